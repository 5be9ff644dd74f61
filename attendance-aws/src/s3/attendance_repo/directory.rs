//! Organizations, groups and sign-in. Attendees have files of their own.

use std::collections::BTreeSet;

use async_trait::async_trait;
use attendance_core::domain::attendee::{Attendee, ExternalId};
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::group::Group;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::organization::Organization;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Directory, Entity, Outgoing, Subject};
use jiff::Timestamp;
use uuid::Uuid;

use super::files::{ActFile, AttendeeFile, Carrier, OrganizationFile, OwnerFile};
use super::list::{List, Place, Range};
use super::objects::{Found, Patience, Put};
use super::{S3AttendanceRepo, next};

const ORGANIZATIONS: List = List("organizations");
const GROUPS: List = List("groups");

impl S3AttendanceRepo {
    /// The group of everybody is made with the organization. Where a crash came in between, whoever asks for it first
    /// makes it.
    async fn make_everyone(&self, organization: &OrganizationId) -> Result<Option<Group>, RepoError> {
        let found = self.objects.get::<OrganizationFile>(&self.keys.organization(organization)).await?;
        let Some(found) = found else { return Ok(None) };
        let everyone = Group { version: 1, ..Group::everyone(found.content.first_zone) };
        match self.objects.create(&self.tenant(organization).group(&everyone.id), &everyone, Uuid::now_v7()).await? {
            Put::Done => Ok(Some(everyone)),
            Put::Lost(standing) => Ok(standing.map(|found| found.content)),
        }
    }

    async fn found_group(
        &self,
        organization: &OrganizationId,
        group: &GroupId,
    ) -> Result<Option<Found<Group>>, RepoError> {
        let key = self.tenant(organization).group(group);
        let found = self.objects.get::<Group>(&key).await?;
        if found.is_none() && group.is_everyone() && self.make_everyone(organization).await?.is_some() {
            return self.objects.get(&key).await;
        }
        Ok(found)
    }

    /// Writes the subject's own document, which says as whom it signs in, and answers the attempt of the act, which is
    /// still to be ended.
    async fn point_subject(
        &self,
        organization: &OrganizationId,
        key: &str,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<Uuid, RepoError> {
        let marker = ActFile { carrier: Carrier::LinkOf(attendee), entry: entry.clone() };
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<OwnerFile>(key).await?;
            let (attempt, before) = (Uuid::now_v7(), found.as_ref().map(|found| &found.version));
            match self.begin_act(organization, key, before, &OwnerFile { attendee }, attempt, &marker).await? {
                Put::Done => return Ok(attempt),
                Put::Lost(_) => self.end_act(organization, attempt, None).await?,
            }
            patience.wait().await?;
        }
    }

    /// Notes in the attendee's document that the subject signs in as them; refused once they are to be erased.
    async fn note_subject(&self, key: &str, hash: &str) -> Result<(), RepoError> {
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<AttendeeFile>(key).await?;
            let Found { mut content, version } = found.ok_or(RepoError::NotFound(Entity::Attendee))?;
            if content.attendee.as_ref().is_none_or(Attendee::is_erased) {
                return Err(RepoError::NotFound(Entity::Attendee));
            }
            if !content.subjects.insert(hash.to_owned()) {
                return Ok(());
            }
            match self.objects.replace(key, &version, &content, Uuid::now_v7()).await? {
                Put::Done => return Ok(()),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }
}

#[async_trait]
impl Directory for S3AttendanceRepo {
    async fn create_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let stored = Organization { version: 1, ..organization.clone() };
        let file = OrganizationFile { organization: stored.clone(), first_zone: stored.zone.clone() };
        let key = self.keys.organization(&stored.id);
        match self.act_upon(&stored.id, &key, None, &file, Uuid::now_v7(), Some(entry)).await? {
            Put::Done => {
                self.make_everyone(&stored.id).await?;
                Ok(stored)
            }
            Put::Lost(_) => Err(RepoError::Exists(Entity::Organization)),
        }
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let key = self.keys.organization(&organization.id);
        let stored = Organization { version: next(organization.version), ..organization.clone() };
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<OrganizationFile>(&key).await?.ok_or(RepoError::UnknownOrganization)?;
            if found.content.organization.version != organization.version {
                return Err(RepoError::Conflict);
            }
            let file = OrganizationFile { organization: stored.clone(), ..found.content };
            let before = Some(&found.version);
            match self.act_upon(&stored.id, &key, before, &file, Uuid::now_v7(), Some(entry)).await? {
                Put::Done => return Ok(stored),
                // Perhaps only written again unchanged: whoever changed it has left another version.
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError> {
        let found = self.objects.get::<OrganizationFile>(&self.keys.organization(organization)).await?;
        Ok(found.map(|found| found.content.organization))
    }

    async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError> {
        let after = ORGANIZATIONS.start(page, |place| OrganizationId::new(place).is_ok())?;
        let prefix = self.keys.organizations();
        let read = |place: &str| Place::Read(format!("{prefix}{place}"));
        let range = Range { prefix: prefix.clone(), after, wanted: page.limit() + 1 };
        let item = |_: &str, found: Found<OrganizationFile>| Some(found.content.organization);
        Ok(ORGANIZATIONS.page(self.objects.collect(range, read, item).await?, page))
    }

    async fn create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        self.register(organization, attendee, entry).await
    }

    async fn save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        self.save(organization, attendee, outgoing).await
    }

    async fn attendees_by_id(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
    ) -> Result<Vec<Attendee>, RepoError> {
        let tenant = self.tenant(organization);
        let once: BTreeSet<_> = attendees.iter().map(|id| tenant.attendee(*id)).collect();
        let keys = once.into_iter().collect();
        let found = self.objects.get_all::<AttendeeFile>(keys).await?;
        Ok(found.into_iter().flatten().filter_map(|found| found.content.attendee).collect())
    }

    async fn attendee_by_external_id(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError> {
        self.holder(organization, external_id).await
    }

    async fn attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError> {
        self.list_attendees(organization, query, page).await
    }

    async fn erase_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        self.erase(organization, attendee, now, entry).await
    }

    async fn save_group(
        &self,
        organization: &OrganizationId,
        group: &Group,
        entry: &AuditEntry,
    ) -> Result<Group, RepoError> {
        self.require(organization).await?;
        let key = self.tenant(organization).group(&group.id);
        let stored = Group { version: next(group.version), ..group.clone() };
        let mut patience = Patience::new();
        loop {
            let found = self.found_group(organization, &group.id).await?;
            if found.as_ref().map_or(0, |found| found.content.version) != group.version {
                return Err(RepoError::Conflict);
            }
            let before = found.as_ref().map(|found| &found.version);
            match self.act_upon(organization, &key, before, &stored, Uuid::now_v7(), Some(entry)).await? {
                Put::Done => return Ok(stored),
                // Perhaps only written again unchanged: whoever changed it has left another version.
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError> {
        Ok(self.found_group(organization, group).await?.map(|found| found.content))
    }

    async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError> {
        let after = GROUPS.start(page, |place| GroupId::new(place).is_ok())?;
        if after.is_none() {
            // Listed only if it is there.
            self.found_group(organization, &GroupId::everyone()).await?;
        }
        let prefix = self.tenant(organization).groups();
        let read = |place: &str| Place::Read(format!("{prefix}{place}"));
        let range = Range { prefix: prefix.clone(), after, wanted: page.limit() + 1 };
        let items = self.objects.collect(range, read, |_: &str, found: Found<Group>| Some(found.content)).await?;
        Ok(GROUPS.page(items, page))
    }

    async fn link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let tenant = self.tenant(organization);
        let hash = tenant.subject_hash(subject);
        let (link, owner) = (tenant.subject(&hash), tenant.attendee(attendee));
        self.note_subject(&owner, &hash).await?;
        let attempt = self.point_subject(organization, &link, attendee, entry).await?;
        // Erased meanwhile: the erasure may have looked before the link was there.
        let found = self.objects.get::<AttendeeFile>(&owner).await?;
        if found.and_then(|found| found.content.attendee).is_none_or(|attendee| attendee.is_erased()) {
            self.release(&link, attendee).await?;
            self.end_act(organization, attempt, None).await?;
            return Err(RepoError::NotFound(Entity::Attendee));
        }
        self.end_act(organization, attempt, Some(entry)).await
    }

    async fn attendee_of_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Option<AttendeeId>, RepoError> {
        let tenant = self.tenant(organization);
        let hash = tenant.subject_hash(subject);
        let Some(link) = self.objects.get::<OwnerFile>(&tenant.subject(&hash)).await? else { return Ok(None) };
        let id = link.content.attendee;
        let found = self.objects.get::<AttendeeFile>(&tenant.attendee(id)).await?;
        Ok(found.filter(|found| found.content.subjects.contains(&hash)).map(|_| id))
    }
}
