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
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::DynamoAttendanceRepo;
use super::attendee::{ATTENDEE, StoredAttendee, changes};
use super::audit::entering;
use super::items::{Item, SK, body, marker, parsed, text, versioned};
use super::keys::{self, FIRST, LAST};
use super::listing::{List, Listing};
use super::outbox::{distinct, sending};
use super::transact::{Action, Condition, MAX_ACTIONS, Transacted};
use crate::pauses::pauses;

const ORGANIZATIONS: List = List("organizations");
const ATTENDEES: List = List("attendees");
const GROUPS: List = List("groups");

fn organization_item(organization: &Organization) -> Result<Item, RepoError> {
    versioned(keys::organization(&organization.id), organization, organization.version)
}

fn group_item(organization: &OrganizationId, group: &Group) -> Result<Item, RepoError> {
    versioned(keys::group(organization, &group.id), group, group.version)
}

/// Whether an attendee belongs into a list.
fn is_listed(attendee: &Attendee, query: &AttendeeQuery) -> bool {
    let wanted = match attendee.tombstone {
        None => !query.erasing,
        Some(tombstone) => query.erasing && tombstone.completed_at.is_none(),
    };
    wanted && query.group.as_ref().is_none_or(|group| attendee.is_in(group))
}

/// The place after which a list by ids goes on.
fn from_id(after: Option<String>) -> String {
    after.unwrap_or_else(|| FIRST.to_owned())
}

impl DynamoAttendanceRepo {
    /// Those attendees, in the order of the ids.
    async fn attendees_of(
        &self,
        organization: &OrganizationId,
        ids: impl IntoIterator<Item = AttendeeId> + Send,
    ) -> Result<Vec<Attendee>, RepoError> {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        let keys: Vec<_> = ids.into_iter().map(|id| keys::attendee(organization, id)).collect();
        let found = self.get_all(keys.clone()).await?;
        keys.iter().filter_map(|key| found.get(key)).map(body).collect()
    }
}

#[async_trait]
impl Directory for DynamoAttendanceRepo {
    async fn create_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let stored = Organization { version: 1, ..organization.clone() };
        let everyone = Group { version: 1, ..Group::everyone(stored.zone.clone()) };
        let actions = vec![
            Action::Put(organization_item(&stored)?, Some(Condition::absent())),
            Action::Put(marker(keys::listed_organization(&stored.id)), None),
            Action::Put(group_item(&stored.id, &everyone)?, None),
            entering(&stored.id, entry)?,
        ];
        match self.transact(actions).await? {
            Transacted::Written => Ok(stored),
            Transacted::Refused(_) => Err(RepoError::Exists(Entity::Organization)),
        }
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let stored = Organization { version: organization.version.saturating_add(1), ..organization.clone() };
        let put = Action::Put(organization_item(&stored)?, Some(Condition::version(organization.version)));
        match self.transact(vec![put, entering(&stored.id, entry)?]).await? {
            Transacted::Written => Ok(stored),
            Transacted::Refused(refusals) if refusals.iter().any(|refusal| refusal.stands.is_some()) => {
                Err(RepoError::Conflict)
            }
            Transacted::Refused(_) => Err(RepoError::UnknownOrganization),
        }
    }

    async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError> {
        let found = self.get(keys::organization(organization)).await?;
        if found.is_some() {
            self.remember(organization);
        }
        found.as_ref().map(body).transpose()
    }

    async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError> {
        let after = ORGANIZATIONS.start(page, |text| text.parse().ok().map(|id: OrganizationId| id.to_string()))?;
        let partition = [keys::ORGANIZATIONS.to_owned()];
        let mut lines = Listing::new(self, partition, from_id(after.clone()), LAST, page.limit() + 1);
        let mut found: Vec<Organization> = Vec::new();
        while found.len() <= page.limit() {
            let some = lines.some((page.limit() + 1 - found.len()).min(100)).await?;
            if some.is_empty() {
                break;
            }
            let ids = some.iter().map(|line| parsed(line, SK)).collect::<Result<Vec<OrganizationId>, _>>()?;
            let new = ids.iter().filter(|id| after.as_deref() != Some(id.as_str()));
            let wanted: Vec<_> = new.map(keys::organization).collect();
            let organizations = self.get_all(wanted.clone()).await?;
            for item in wanted.iter().filter_map(|key| organizations.get(key)) {
                found.push(body(item)?);
            }
        }
        Ok(ORGANIZATIONS.page(found, page, |organization| organization.id.to_string()))
    }

    async fn create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        self.known(organization).await?;
        let stored = Attendee { version: 1, ..attendee.clone() };
        let mut actions = changes(organization, None, &stored, MAX_ACTIONS - 1)?;
        actions.push(entering(organization, entry)?);
        match self.transact(actions).await? {
            Transacted::Written => Ok(stored),
            Transacted::Refused(refusals) if refusals.iter().any(|refusal| refusal.action == 0) => {
                Err(RepoError::Exists(Entity::Attendee))
            }
            Transacted::Refused(_) => Err(RepoError::ExternalIdTaken),
        }
    }

    async fn save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        let before = self.stored_attendee(organization, attendee.id).await?;
        if before.attendee.version != attendee.version {
            return Err(RepoError::Conflict);
        }
        let stored = Attendee { version: attendee.version.saturating_add(1), ..attendee.clone() };
        let mut with_it = sending(organization, &outgoing.events, &distinct(&outgoing.targets)?)?;
        if let Some(entry) = &outgoing.audit {
            with_it.push(entering(organization, entry)?);
        }
        let room = MAX_ACTIONS.saturating_sub(with_it.len());
        let mut actions = changes(organization, Some(&before), &stored, room)?;
        actions.extend(with_it);
        match self.transact(actions).await? {
            Transacted::Written => Ok(stored),
            Transacted::Refused(refusals) if refusals.iter().any(|refusal| refusal.action == 0) => {
                Err(RepoError::Conflict)
            }
            Transacted::Refused(_) => Err(RepoError::ExternalIdTaken),
        }
    }

    async fn attendees_by_id(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
    ) -> Result<Vec<Attendee>, RepoError> {
        self.attendees_of(organization, attendees.iter().copied()).await
    }

    async fn attendee_by_external_id(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError> {
        let Some(holder) = self.get(keys::external_id(organization, external_id)).await? else { return Ok(None) };
        let found = self.attendees_of(organization, [parsed(&holder, ATTENDEE)?]).await?;
        // Given up between the two reads, it is nobody's.
        Ok(found.into_iter().find(|attendee| attendee.external_id.as_ref() == Some(external_id)))
    }

    async fn attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError> {
        let after = ATTENDEES.start(page, |text| text.parse().ok().map(|id: AttendeeId| id.to_string()))?;
        let group = query.group.as_ref().filter(|group| !group.is_everyone());
        // Lines that lead to attendees, or the attendees themselves.
        let lines = match group {
            _ if query.erasing => Some(keys::erasing(organization)),
            Some(group) => Some(keys::roster(organization, group)),
            None => None,
        };
        let partition = [lines.clone().unwrap_or_else(|| keys::attendees(organization))];
        let mut listing = Listing::new(self, partition, from_id(after.clone()), LAST, page.limit() + 1);
        let mut found: Vec<Attendee> = Vec::new();
        while found.len() <= page.limit() {
            let mut some = listing.some((page.limit() + 1 - found.len()).min(100)).await?;
            if some.is_empty() {
                break;
            }
            some.retain(|item| after.as_deref() != text(item, SK).ok());
            let attendees = if lines.is_some() {
                let ids = some.iter().map(|line| parsed(line, SK)).collect::<Result<Vec<_>, _>>()?;
                self.attendees_of(organization, ids).await?
            } else {
                some.iter().map(body).collect::<Result<_, _>>()?
            };
            found.extend(attendees.into_iter().filter(|attendee| is_listed(attendee, query)));
        }
        Ok(ATTENDEES.page(found, page, |attendee| attendee.id.to_string()))
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
        self.known(organization).await?;
        let stored = Group { version: group.version.saturating_add(1), ..group.clone() };
        let condition = if group.version == 0 { Condition::absent() } else { Condition::version(group.version) };
        let put = Action::Put(group_item(organization, &stored)?, Some(condition));
        match self.transact(vec![put, entering(organization, entry)?]).await? {
            Transacted::Written => Ok(stored),
            Transacted::Refused(_) => Err(RepoError::Conflict),
        }
    }

    async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError> {
        self.get(keys::group(organization, group)).await?.as_ref().map(body).transpose()
    }

    async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError> {
        let after = GROUPS.start(page, |text| text.parse().ok().map(|id: GroupId| id.to_string()))?;
        let partition = [keys::groups(organization)];
        let mut listing = Listing::new(self, partition, from_id(after.clone()), LAST, page.limit() + 1);
        let mut found: Vec<Group> = Vec::new();
        while found.len() <= page.limit() {
            let Some(item) = listing.next().await? else { break };
            if after.as_deref() != Some(text(&item, SK)?) {
                found.push(body(&item)?);
            }
        }
        Ok(GROUPS.page(found, page, |group| group.id.to_string()))
    }

    async fn link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let id = AttributeValue::S(attendee.to_string());
        let mut pauses = pauses();
        loop {
            let before = self.attendee_of_subject(organization, subject).await?;
            let unchanged = match before {
                None => Condition::absent(),
                Some(before) => Condition {
                    expression: "attendee = :before",
                    values: vec![(":before", AttributeValue::S(before.to_string()))],
                },
            };
            let mut link = marker(keys::subject(organization, subject));
            link.insert(ATTENDEE.to_owned(), id.clone());
            let mut actions = vec![
                Action::Check(keys::attendee(organization, attendee), StoredAttendee::living()),
                Action::Put(link, Some(unchanged)),
                Action::Put(marker(keys::attendees_subject(organization, attendee, subject)), None),
                entering(organization, entry)?,
            ];
            if let Some(before) = before.filter(|before| *before != attendee) {
                actions.push(Action::Delete(keys::attendees_subject(organization, before, subject), None));
            }
            match self.transact(actions).await? {
                Transacted::Written => return Ok(()),
                Transacted::Refused(refusals) if refusals.iter().any(|refusal| refusal.action == 0) => {
                    return Err(self.refusal(organization, RepoError::NotFound(Entity::Attendee)).await);
                }
                // Somebody else linked it in between.
                Transacted::Refused(_) => tokio::time::sleep(pauses.next().ok_or(RepoError::Conflict)?).await,
            }
        }
    }

    async fn attendee_of_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Option<AttendeeId>, RepoError> {
        let found = self.get(keys::subject(organization, subject)).await?;
        found.as_ref().map(|link| parsed(link, ATTENDEE)).transpose()
    }
}
