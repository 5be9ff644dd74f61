use async_trait::async_trait;
use jiff::Timestamp;

use super::{Outgoing, RepoError};
use crate::domain::attendee::{Attendee, ExternalId};
use crate::domain::audit::AuditEntry;
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::page::{Page, PageRequest};

/// Who signs in, as the identity provider says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The provider.
    pub issuer: String,
    /// Its opaque name for the person.
    pub subject: String,
}

/// Which attendees are listed; everything `None` or `false` lists all who are not erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttendeeQuery {
    /// Only those on that group's roster.
    pub group: Option<GroupId>,
    /// Instead of all others, only those whose erasure was asked for and is not complete.
    pub erasing: bool,
}

/// Organizations, attendees, their consent and enrolment state, groups, and who signs in as whom.
///
/// Whatever has a `version` is saved only if the stored version is the given one, and is then stored with one more.
///
/// # Behavior
/// - An act and its entry of the audit are stored both or neither: also where many act at once, or a process dies. An act
///   that is refused leaves no entry.
/// - An entry that is stored again, by a repetition, is there once.
#[async_trait]
pub trait Directory: std::fmt::Debug + Send + Sync + 'static {
    /// Makes an organization, together with its group [`everyone`](Group::everyone).
    ///
    /// # Behavior
    /// - It is stored with version 1, and its group `everyone` exists.
    /// - An id that is taken is refused as `Exists`, also when many create at once: one wins.
    async fn create_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError>;

    /// Changes an organization.
    ///
    /// # Behavior
    /// - It is stored with the next version; an older version is refused as `Conflict`.
    /// - One that does not exist is refused as `UnknownOrganization`.
    async fn save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError>;

    /// One organization, or `None`.
    async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError>;

    /// All organizations, ordered by id.
    ///
    /// # Behavior
    /// - Following `next` yields each exactly once.
    async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError>;

    /// Registers an attendee.
    ///
    /// # Behavior
    /// - It is stored with version 1 and read back as it was given.
    /// - An external id that another attendee has is refused as `ExternalIdTaken`, also when many register at once; in
    ///   another organization it is free.
    /// - An id that is taken is refused as `Exists`.
    /// - An organization that does not exist is refused as `UnknownOrganization`.
    async fn create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError>;

    /// Changes an attendee, and stores the events and the entry that go with it, all or nothing.
    ///
    /// # Behavior
    /// - It is stored with the next version; an older version is refused as `Conflict`, and its events and its entry are
    ///   not stored.
    /// - An external id that another attendee has is refused as `ExternalIdTaken`; one that is given up becomes free.
    /// - One that does not exist is refused as `NotFound`, another organization's too.
    async fn save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError>;

    /// Those of the given attendees who exist, in any order; at most 100 ids are given.
    ///
    /// # Behavior
    /// - Unknown ids, and those of another organization, are left out. Erased attendees are found.
    async fn attendees_by_id(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
    ) -> Result<Vec<Attendee>, RepoError>;

    /// The attendee with that external id, or `None`.
    ///
    /// # Behavior
    /// - Upper and lower case are different.
    async fn attendee_by_external_id(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError>;

    /// Attendees, ordered by id.
    ///
    /// # Behavior
    /// - Those whose erasure was asked for are left out, unless the query is for those whose erasure is not complete.
    /// - A group's roster has exactly those who have the group; `everyone` has everybody.
    /// - Following `next` yields each exactly once.
    async fn attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError>;

    /// Removes everything personal about an attendee who has a tombstone: fields, links to subjects, the reasons of
    /// their records and of their history. Sets the tombstone's `completed_at`.
    ///
    /// # Behavior
    /// - The id, the tombstone and the records stay; the external id becomes free.
    /// - When it returns, nothing personal is left in the store, nor in its journals.
    /// - It can be repeated; `completed_at` keeps the first instant.
    /// - It counts as a stored change: a copy that was read before can't be saved afterwards, which is a `Conflict`.
    /// - An attendee without a tombstone is refused as `Conflict`, one who does not exist as `NotFound`.
    /// - The entry is stored with `completed_at`: the one of whoever completed it, and none of a repetition.
    async fn erase_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError>;

    /// Makes (version 0) or changes a group.
    ///
    /// # Behavior
    /// - It is stored with the next version; another version than the stored one is refused as `Conflict`.
    async fn save_group(
        &self,
        organization: &OrganizationId,
        group: &Group,
        entry: &AuditEntry,
    ) -> Result<Group, RepoError>;

    /// One group, or `None`.
    ///
    /// # Behavior
    /// - Another organization's group of the same id is not found.
    async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError>;

    /// All groups, ordered by id.
    ///
    /// # Behavior
    /// - Following `next` yields each exactly once.
    async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError>;

    /// Says that a subject signs in as an attendee.
    ///
    /// # Behavior
    /// - Linking a subject again replaces its attendee.
    /// - An attendee who does not exist, or is erased, is refused as `NotFound`.
    async fn link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError>;

    /// As whom a subject signs in, or `None`.
    ///
    /// # Behavior
    /// - A link ends when its attendee is erased.
    async fn attendee_of_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Option<AttendeeId>, RepoError>;
}
