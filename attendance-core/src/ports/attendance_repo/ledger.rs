use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::RepoError;
use crate::domain::audit::AuditEntry;
use crate::domain::check_in::CheckIn;
use crate::domain::event::{Event, Target};
use crate::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::{AttendanceRecord, Method};
use crate::domain::session::SessionId;

/// A record that is to be made, and the event that tells of it if it is.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordDraft {
    /// The record.
    pub record: AttendanceRecord,
    /// Becomes visible with the record, or not at all.
    pub event: Event,
}

impl RecordDraft {
    /// A record with the event that tells of it.
    #[must_use]
    pub fn new(organization: &OrganizationId, record: AttendanceRecord) -> Self {
        let event = Event::of_record(organization, &record);
        Self { record, event }
    }

    /// The draft as it follows a record that stands, if it may replace it unasked: what a chore marked.
    #[must_use]
    pub fn superseding(&self, organization: &OrganizationId, standing: &AttendanceRecord) -> Option<Self> {
        let version = standing.version.saturating_add(1);
        let next = AttendanceRecord { version, ..self.record.clone() };
        (standing.method == Method::Sweep).then(|| Self::new(organization, next))
    }
}

/// Everything that one check-in writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The check-in.
    pub check_in: CheckIn,
    /// Records of version 1, at most one per (session, attendee). They supersede what a chore marked.
    pub records: Vec<RecordDraft>,
    /// Events that do not depend on a record.
    pub events: Vec<Event>,
    /// Where every event has to go.
    pub targets: Vec<Target>,
}

/// What became of one record of a commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// It was made, perhaps as the next version of what a chore had marked.
    New(AttendanceRecord),
    /// This one was there before, and stands.
    Already(AttendanceRecord),
}

impl Recorded {
    /// The record that stands.
    #[must_use]
    pub fn into_record(self) -> AttendanceRecord {
        match self {
            Self::New(record) | Self::Already(record) => record,
        }
    }
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It was written; what became of each record, in their order.
    Written(Vec<Recorded>),
    /// A check-in of this id was there before, and stands; nothing was written.
    Replayed(CheckIn),
}

/// Which records are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordQuery {
    /// The first local date of a session.
    pub from: Date,
    /// The last local date of a session.
    pub to: Date,
    /// Only sessions of that group.
    pub group: Option<GroupId>,
    /// Only that attendee's.
    pub attendee: Option<AttendeeId>,
}

/// Which check-ins are listed; `None` and `false` list all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckInQuery {
    /// Captured at or after.
    pub from: Option<Timestamp>,
    /// Captured before.
    pub to: Option<Timestamp>,
    /// Only those with a stranger.
    pub strangers: bool,
    /// Only those that name that attendee, as an ambiguous candidate too.
    pub attendee: Option<AttendeeId>,
    /// Only those whose picture is kept.
    pub with_image: bool,
}

/// Check-ins, records and their history, and the audit.
#[async_trait]
pub trait Ledger: std::fmt::Debug + Send + Sync + 'static {
    /// Writes a check-in with its records and events, atomically.
    ///
    /// # Behavior
    /// - After `Ok` it survives a crash. A record and its event become visible together, or not at all.
    /// - One record per (session, attendee): the first commit makes it, every other one gets it as `Already`, also when
    ///   many commit at once; the event of an `Already` is not stored.
    /// - A record by [`Method::Sweep`](crate::domain::record::Method::Sweep) is superseded: the commit's becomes its next
    ///   version, with that version's event, is answered as `New`, and the sweep's stays in the history.
    /// - A commit with the id of an earlier check-in changes nothing and answers `Replayed` with the earlier one, also
    ///   when many commit at once.
    /// - Every event goes into the outbox for every target.
    /// - The same session and attendee in another organization is another record.
    async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError>;

    /// Makes or corrects one record, with its event, and with its entry of the audit where it is somebody's act,
    /// atomically.
    ///
    /// # Behavior
    /// - Version 1 is made only where there is no record, version n + 1 only upon version n; anything else is refused
    ///   as `Conflict`, and neither its event nor its entry is stored.
    /// - The version before stays in the history.
    async fn mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<AuditEntry>,
    ) -> Result<(), RepoError>;

    /// The record that stands, or `None`.
    async fn record(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Option<AttendanceRecord>, RepoError>;

    /// The records that stand, ordered by date, then by group, slot and attendee.
    ///
    /// # Behavior
    /// - Both ends of the range are included. Following `next` yields each exactly once.
    async fn records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<AttendanceRecord>, RepoError>;

    /// Every version of a record, the first one first; empty if there is none.
    async fn history(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Vec<AttendanceRecord>, RepoError>;

    /// One check-in, or `None`.
    ///
    /// # Behavior
    /// - It is read back as it was committed. Another organization's is not found.
    async fn check_in(&self, organization: &OrganizationId, check_in: &CheckInId)
    -> Result<Option<CheckIn>, RepoError>;

    /// Check-ins, the latest capture first.
    ///
    /// # Behavior
    /// - Every condition of the query holds for every one listed. Following `next` yields each exactly once.
    async fn check_ins(
        &self,
        organization: &OrganizationId,
        query: &CheckInQuery,
        page: &PageRequest,
    ) -> Result<Page<CheckIn>, RepoError>;

    /// Removes the picture's key from a check-in: the picture is gone.
    ///
    /// # Behavior
    /// - It can be repeated; a check-in that does not exist succeeds too.
    async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError>;

    /// Adds a line to the audit, for an act that changes nothing else here: a token, something outside of the
    /// repository. Whatever changes something brings its entry along.
    ///
    /// # Behavior
    /// - Adding an entry again changes nothing.
    async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError>;

    /// The audit, the latest entry first.
    ///
    /// # Behavior
    /// - Following `next` yields each exactly once.
    async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError>;
}
