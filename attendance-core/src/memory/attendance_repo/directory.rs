use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{InMemoryAttendanceRepo, Tenant, next_version};
use crate::domain::attendee::{Attendee, ExternalId};
use crate::domain::audit::AuditEntry;
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::Method;
use crate::memory::{nothing, page_of, start_after};
use crate::ports::RepoError;
use crate::ports::attendance_repo::{AttendeeQuery, Directory, Entity, Outgoing, Subject};

impl Tenant {
    /// Refuses an external id that somebody else has.
    fn check_external_id(&self, attendee: &Attendee) -> Result<(), RepoError> {
        let holder = attendee.external_id.as_ref().and_then(|id| self.external_ids.get(id));
        if holder.is_some_and(|holder| *holder != attendee.id) { Err(RepoError::ExternalIdTaken) } else { Ok(()) }
    }

    fn store_attendee(&mut self, attendee: Attendee) {
        self.external_ids.retain(|_, holder| *holder != attendee.id);
        self.external_ids.extend(attendee.external_id.clone().map(|id| (id, attendee.id)));
        self.attendees.insert(attendee.id, attendee);
    }

    fn erase(&mut self, id: AttendeeId, now: Timestamp, entry: &AuditEntry) -> Result<(), RepoError> {
        let stored = self.attendees.get(&id).ok_or(RepoError::NotFound(Entity::Attendee))?;
        let mut erased = stored.without_personal_data();
        let tombstone = erased.tombstone.as_mut().ok_or(RepoError::Conflict)?;
        let completes = tombstone.completed_at.is_none();
        tombstone.completed_at.get_or_insert(now);
        // A copy that was read before must not bring the personal data back.
        erased.version += u32::from(erased != *stored);
        self.store_attendee(erased);
        self.enter(completes.then_some(entry));
        self.subjects.retain(|_, attendee| *attendee != id);
        for ((_, attendee), versions) in &mut self.records {
            for version in versions.iter_mut().filter(|_| *attendee == id) {
                if let Method::Hand { reason, .. } = &mut version.method {
                    *reason = None;
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Directory for InMemoryAttendanceRepo {
    async fn create_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        match self.tenants().entry(organization.id.clone()) {
            Entry::Occupied(_) => Err(RepoError::Exists(Entity::Organization)),
            Entry::Vacant(free) => {
                let stored = Organization { version: 1, ..organization.clone() };
                free.insert(Tenant::new(stored.clone())).enter(Some(entry));
                Ok(stored)
            }
        }
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        self.write(&organization.id, |tenant| {
            let version = next_version(organization.version, tenant.organization.version)?;
            tenant.organization = Organization { version, ..organization.clone() };
            tenant.enter(Some(entry));
            Ok(tenant.organization.clone())
        })
    }

    async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError> {
        Ok(self.read(organization, None, |tenant| Some(tenant.organization.clone())))
    }

    async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError> {
        let after: Option<OrganizationId> = start_after("organizations", page, |text| text.parse().ok())?;
        let tenants = self.tenants();
        let rest = tenants.iter().filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
        Ok(page_of("organizations", page, rest.map(|(_, tenant)| tenant.organization.clone()), |each| {
            each.id.to_string()
        }))
    }

    async fn create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        self.write(organization, |tenant| {
            if tenant.attendees.contains_key(&attendee.id) {
                return Err(RepoError::Exists(Entity::Attendee));
            }
            tenant.check_external_id(attendee)?;
            let stored = Attendee { version: 1, ..attendee.clone() };
            tenant.store_attendee(stored.clone());
            tenant.enter(Some(entry));
            Ok(stored)
        })
    }

    async fn save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        self.write(organization, |tenant| {
            let before = tenant.attendees.get(&attendee.id).ok_or(RepoError::NotFound(Entity::Attendee))?;
            let version = next_version(attendee.version, before.version)?;
            tenant.check_external_id(attendee)?;
            let stored = Attendee { version, ..attendee.clone() };
            tenant.store_attendee(stored.clone());
            tenant.send(&outgoing.events, &outgoing.targets);
            tenant.enter(outgoing.audit.as_ref());
            Ok(stored)
        })
    }

    async fn attendees_by_id(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
    ) -> Result<Vec<Attendee>, RepoError> {
        let wanted: BTreeSet<_> = attendees.iter().collect();
        Ok(self.read(organization, Vec::new(), |tenant| {
            wanted.into_iter().filter_map(|id| tenant.attendees.get(id).cloned()).collect()
        }))
    }

    async fn attendee_by_external_id(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError> {
        Ok(self.read(organization, None, |tenant| {
            tenant.external_ids.get(external_id).and_then(|id| tenant.attendees.get(id).cloned())
        }))
    }

    async fn attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError> {
        let after: Option<AttendeeId> = start_after("attendees", page, |text| text.parse().ok())?;
        let listed = |attendee: &&Attendee| {
            let wanted = match attendee.tombstone {
                None => !query.erasing,
                Some(tombstone) => query.erasing && tombstone.completed_at.is_none(),
            };
            wanted
                && query.group.as_ref().is_none_or(|group| attendee.is_in(group))
                && after.is_none_or(|after| attendee.id > after)
        };
        Ok(self.read(organization, nothing(), |tenant| {
            page_of("attendees", page, tenant.attendees.values().filter(listed).cloned(), |each| each.id.to_string())
        }))
    }

    async fn erase_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        self.write(organization, |tenant| tenant.erase(attendee, now, entry))
    }

    async fn save_group(
        &self,
        organization: &OrganizationId,
        group: &Group,
        entry: &AuditEntry,
    ) -> Result<Group, RepoError> {
        self.write(organization, |tenant| {
            let stored = tenant.groups.get(&group.id).map_or(0, |group| group.version);
            let group = Group { version: next_version(group.version, stored)?, ..group.clone() };
            tenant.groups.insert(group.id.clone(), group.clone());
            tenant.enter(Some(entry));
            Ok(group)
        })
    }

    async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError> {
        Ok(self.read(organization, None, |tenant| tenant.groups.get(group).cloned()))
    }

    async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError> {
        let after: Option<GroupId> = start_after("groups", page, |text| text.parse().ok())?;
        Ok(self.read(organization, nothing(), |tenant| {
            let rest = tenant.groups.values().filter(|group| after.as_ref().is_none_or(|after| group.id > *after));
            page_of("groups", page, rest.cloned(), |each| each.id.to_string())
        }))
    }

    async fn link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        self.write(organization, |tenant| {
            let known = tenant.attendees.get(&attendee).filter(|attendee| !attendee.is_erased());
            known.ok_or(RepoError::NotFound(Entity::Attendee))?;
            tenant.subjects.insert(subject.clone(), attendee);
            tenant.enter(Some(entry));
            Ok(())
        })
    }

    async fn attendee_of_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Option<AttendeeId>, RepoError> {
        Ok(self.read(organization, None, |tenant| tenant.subjects.get(subject).copied()))
    }
}
