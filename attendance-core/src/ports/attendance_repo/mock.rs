//! `MockAttendanceRepo`: one mock of the four traits.

#![allow(missing_docs, reason = "what mockall generates is documented by the traits")]

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    AttendeeQuery, CheckInQuery, Claim, Commit, Committed, Delivery, Directory, Ledger, Outbox, Outgoing, RecordDraft,
    RecordQuery, RepoError, SessionQuery, Subject, Timetable,
};
use crate::domain::attendee::{Attendee, ExternalId};
use crate::domain::audit::AuditEntry;
use crate::domain::check_in::CheckIn;
use crate::domain::event::{Event, EventId, Target};
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::AttendanceRecord;
use crate::domain::session::{Session, SessionId};

mockall::mock! {
    /// A repository of which a test says what it is asked and what it answers.
    #[derive(Debug)]
    pub AttendanceRepo {}

    #[async_trait]
    impl Directory for AttendanceRepo {
        async fn create_organization(
            &self,
            organization: &Organization,
            entry: &AuditEntry,
        ) -> Result<Organization, RepoError>;
        async fn save_organization(
            &self,
            organization: &Organization,
            entry: &AuditEntry,
        ) -> Result<Organization, RepoError>;
        async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError>;
        async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError>;
        async fn create_attendee(
            &self,
            organization: &OrganizationId,
            attendee: &Attendee,
            entry: &AuditEntry,
        ) -> Result<Attendee, RepoError>;
        async fn save_attendee(
            &self,
            organization: &OrganizationId,
            attendee: &Attendee,
            outgoing: &Outgoing,
        ) -> Result<Attendee, RepoError>;
        async fn attendees_by_id(
            &self,
            organization: &OrganizationId,
            attendees: &[AttendeeId],
        ) -> Result<Vec<Attendee>, RepoError>;
        async fn attendee_by_external_id(
            &self,
            organization: &OrganizationId,
            external_id: &ExternalId,
        ) -> Result<Option<Attendee>, RepoError>;
        async fn attendees(
            &self,
            organization: &OrganizationId,
            query: &AttendeeQuery,
            page: &PageRequest,
        ) -> Result<Page<Attendee>, RepoError>;
        async fn erase_attendee(
            &self,
            organization: &OrganizationId,
            attendee: AttendeeId,
            now: Timestamp,
            entry: &AuditEntry,
        ) -> Result<(), RepoError>;
        async fn save_group(
            &self,
            organization: &OrganizationId,
            group: &Group,
            entry: &AuditEntry,
        ) -> Result<Group, RepoError>;
        async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError>;
        async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError>;
        async fn link_subject(
            &self,
            organization: &OrganizationId,
            subject: &Subject,
            attendee: AttendeeId,
            entry: &AuditEntry,
        ) -> Result<(), RepoError>;
        async fn attendee_of_subject(
            &self,
            organization: &OrganizationId,
            subject: &Subject,
        ) -> Result<Option<AttendeeId>, RepoError>;
    }

    #[async_trait]
    impl Timetable for AttendanceRepo {
        async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError>;
        async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError>;
        async fn sessions(
            &self,
            organization: &OrganizationId,
            query: &SessionQuery,
            page: &PageRequest,
        ) -> Result<Page<Session>, RepoError>;
        async fn due_sessions(
            &self,
            organization: &OrganizationId,
            now: Timestamp,
            limit: usize,
        ) -> Result<Vec<Session>, RepoError>;
        async fn close_session(
            &self,
            organization: &OrganizationId,
            session: &SessionId,
            at: Timestamp,
            entry: Option<AuditEntry>,
        ) -> Result<Session, RepoError>;
    }

    #[async_trait]
    impl Ledger for AttendanceRepo {
        async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError>;
        async fn mark(
            &self,
            organization: &OrganizationId,
            draft: &RecordDraft,
            targets: &[Target],
            entry: Option<AuditEntry>,
        ) -> Result<(), RepoError>;
        async fn record(
            &self,
            organization: &OrganizationId,
            session: &SessionId,
            attendee: AttendeeId,
        ) -> Result<Option<AttendanceRecord>, RepoError>;
        async fn records(
            &self,
            organization: &OrganizationId,
            query: &RecordQuery,
            page: &PageRequest,
        ) -> Result<Page<AttendanceRecord>, RepoError>;
        async fn history(
            &self,
            organization: &OrganizationId,
            session: &SessionId,
            attendee: AttendeeId,
        ) -> Result<Vec<AttendanceRecord>, RepoError>;
        async fn check_in(&self, organization: &OrganizationId, check_in: &CheckInId)
        -> Result<Option<CheckIn>, RepoError>;
        async fn check_ins(
            &self,
            organization: &OrganizationId,
            query: &CheckInQuery,
            page: &PageRequest,
        ) -> Result<Page<CheckIn>, RepoError>;
        async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError>;
        async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError>;
        async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError>;
    }

    #[async_trait]
    impl Outbox for AttendanceRepo {
        async fn pending(
            &self,
            organization: &OrganizationId,
            target: &Target,
            limit: usize,
        ) -> Result<Vec<Event>, RepoError>;
        async fn acknowledge(
            &self,
            organization: &OrganizationId,
            target: &Target,
            events: &[EventId],
        ) -> Result<(), RepoError>;
        async fn claim_delivery(
            &self,
            organization: &OrganizationId,
            delivery: &Delivery,
            now: Timestamp,
            lease_until: Timestamp,
        ) -> Result<Claim, RepoError>;
        async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError>;
    }
}
