//! What the documents hold.

use std::collections::{BTreeMap, BTreeSet};

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::domain::organization::Organization;
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::domain::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrganizationFile {
    pub(super) organization: Organization,
    /// The zone in which its group of everybody begins.
    pub(super) first_zone: Zone,
}

/// An attendee, and where else something of them lies. No `Debug`: it is personal.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AttendeeFile {
    /// `None`: there is none, and whoever was about to make one has to begin again.
    pub(super) attendee: Option<Attendee>,
    /// Hashes of the external ids that they have or had.
    pub(super) claims: BTreeSet<String>,
    /// Hashes of the subjects that sign in as them.
    pub(super) subjects: BTreeSet<String>,
    /// The rosters on which they are or were.
    pub(super) rosters: BTreeSet<GroupId>,
    /// By which attempt each version with events was written.
    pub(super) told: BTreeMap<u32, Uuid>,
}

impl AttendeeFile {
    pub(super) fn empty() -> Self {
        Self {
            attendee: None,
            claims: BTreeSet::new(),
            subjects: BTreeSet::new(),
            rosters: BTreeSet::new(),
            told: BTreeMap::new(),
        }
    }
}

/// Whose external id it is, or as whom a subject signs in: as long as the attendee's own document says so too.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OwnerFile {
    pub(super) attendee: AttendeeId,
}

/// A record in all its versions, the first one first. Without any there is no record, and whoever was about to make
/// one has to begin again.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct RecordFile {
    pub(super) versions: Vec<RecordVersion>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct RecordVersion {
    pub(super) record: AttendanceRecord,
    /// By which attempt it was written: the marker of that name has its event.
    pub(super) attempt: Uuid,
}

impl RecordFile {
    pub(super) fn last(&self) -> Option<&AttendanceRecord> {
        self.versions.last().map(|version| &version.record)
    }

    /// The version number that stands; 0 for none.
    pub(super) fn version(&self) -> u32 {
        self.last().map_or(0, |record| record.version)
    }

    /// Which attempt made that version.
    pub(super) fn attempt(&self, version: u32) -> Option<Uuid> {
        self.versions.iter().find(|each| each.record.version == version).map(|each| each.attempt)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CheckInFile {
    pub(super) check_in: CheckIn,
    /// The commit that won the id.
    pub(super) attempt: Uuid,
}

/// A check-in is finished: all that its commit writes is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CapturedFile {
    /// The commit.
    pub(super) attempt: Uuid,
    /// Which of its records it made, in their order.
    pub(super) made: Vec<bool>,
}

/// An act that is under way, or done and not yet in the audit. As in any marker, nothing in it is personal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ActFile {
    pub(super) carrier: Carrier,
    pub(super) entry: AuditEntry,
}

/// Which document carries the entry of an act, once it is done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Carrier {
    /// The one of that key.
    Document(String),
    /// One of those that say as whom a subject signs in: their keys are made of the subjects, and the attendee's own
    /// document names them as long as they are theirs.
    LinkOf(AttendeeId),
}

/// What is under way, or done and not yet told to everybody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) change: Change,
    pub(super) targets: Vec<Target>,
    /// What has reached each target.
    #[serde(default)]
    pub(super) acknowledged: BTreeMap<Target, BTreeSet<EventId>>,
}

/// Nothing in it is personal: a deleted marker may live on in a bucket with versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub(super) enum Change {
    /// All that a commit writes: whoever finds it can finish it.
    Commit { check_in: Box<CheckIn>, drafts: Vec<Draft>, events: Vec<Event> },
    /// One version of a record, which either is in the record's document or never will be.
    Mark { session: SessionId, attendee: AttendeeId, version: u32, event: Event },
    /// One version of an attendee, as a mark.
    Save { attendee: AttendeeId, version: u32, events: Vec<Event> },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) record: AttendanceRecord,
    pub(super) event: Event,
}

impl Marker {
    /// Every event that may come of it.
    pub(super) fn events(&self) -> Vec<&Event> {
        match &self.change {
            Change::Commit { drafts, events, .. } => drafts.iter().map(|draft| &draft.event).chain(events).collect(),
            Change::Mark { event, .. } => vec![event],
            Change::Save { events, .. } => events.iter().collect(),
        }
    }

    pub(super) fn has_reached(&self, target: &Target, event: &EventId) -> bool {
        self.acknowledged.get(target).is_some_and(|events| events.contains(event))
    }
}

/// A delivery that somebody claimed, or made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(super) enum DeliveryFile {
    Claimed { lease_until: Timestamp },
    Done,
}
