//! Organizations, groups, attendees, consent: what must be there before a face can be.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attendance, Error};
use crate::domain::attendee::{
    Attendee, Consent, ConsentWording, Email, EnrolmentState, ExternalId, Language, Name, Phone,
};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::event::Event;
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::organization::{Organization, OrganizationPolicy};
use crate::domain::page::PageRequest;
use crate::domain::zone::Zone;
use crate::ports::attendance_repo::{AttendanceRepoExt, Entity};
use crate::ports::{RepoError, Retry};

/// An organization that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewOrganization {
    /// Chosen once.
    pub id: OrganizationId,
    /// The zone of its day.
    pub zone: Zone,
    /// What it decided.
    pub policy: OrganizationPolicy,
}

/// An attendee who is to be registered.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAttendee {
    /// What they are called.
    pub name: Name,
    /// The organization's own id of them.
    pub external_id: Option<ExternalId>,
    /// Where they are written to.
    pub email: Option<Email>,
    /// Where they are texted.
    pub phone: Option<Phone>,
    /// The language of messages to them.
    pub language: Option<Language>,
    /// Whatever else is kept.
    pub attributes: BTreeMap<String, String>,
    /// Rosters that they are on.
    pub groups: BTreeSet<GroupId>,
    /// What they agreed to, if they did.
    pub consent: Option<ConsentWording>,
}

impl NewAttendee {
    /// Somebody of whom only the name is known.
    #[must_use]
    pub fn named(name: Name) -> Self {
        Self {
            name,
            external_id: None,
            email: None,
            phone: None,
            language: None,
            attributes: BTreeMap::new(),
            groups: BTreeSet::new(),
            consent: None,
        }
    }
}

impl Attendance {
    /// Every organization, by id.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn organizations(&self) -> Result<Vec<OrganizationId>, Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut ids = Vec::new();
        loop {
            let found = self.repo.organizations(&page).await?;
            ids.extend(found.items.into_iter().map(|organization| organization.id));
            match found.next {
                Some(next) => page = page.after(next),
                None => return Ok(ids),
            }
        }
    }

    /// Makes an organization unless it is there, and provisions the matcher for it.
    ///
    /// # Errors
    /// Those of the repository and the matcher.
    pub async fn ensure_organization(&self, new: NewOrganization, by: &Actor) -> Result<Organization, Error> {
        if let Some(organization) = self.repo.organization(&new.id).await? {
            self.matcher.provision(&organization.id).await?;
            return Ok(organization);
        }
        self.matcher.provision(&new.id).await?;
        let organization =
            Organization { id: new.id, zone: new.zone, policy: new.policy, created_at: self.now(), version: 0 };
        let entry = self.entry(by, AuditAction::CreateOrganization, None).about(&organization.id);
        match self.repo.create_organization(&organization, &entry).await {
            Err(RepoError::Exists(Entity::Organization)) => {
                Ok(self.repo.existing_organization(&organization.id).await?)
            }
            created => Ok(created?),
        }
    }

    /// Makes or changes a group.
    ///
    /// # Errors
    /// [`Error::Timetable`], `Conflict` for an old version, and those of the repository.
    pub async fn save_group(&self, organization: &OrganizationId, group: &Group, by: &Actor) -> Result<Group, Error> {
        group.check_timetable()?;
        let action = if group.version == 0 { AuditAction::CreateGroup } else { AuditAction::ChangeGroup };
        let entry = self.entry(by, action, None).about(&group.id);
        Ok(self.repo.save_group(organization, group, &entry).await?)
    }

    /// Makes a group that meets the whole day, in the organization's zone, unless it is there.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn ensure_group(&self, organization: &OrganizationId, id: &GroupId, by: &Actor) -> Result<Group, Error> {
        if let Some(group) = self.repo.group(organization, id).await? {
            return Ok(group);
        }
        let zone = self.repo.existing_organization(organization).await?.zone;
        match self.save_group(organization, &Group::new(id.clone(), zone), by).await {
            Err(Error::Repo(RepoError::Conflict)) => self.existing_group(organization, id).await,
            saved => saved,
        }
    }

    /// Registers an attendee.
    ///
    /// # Errors
    /// [`Error::UnknownGroup`], [`Error::TooManyGroups`], [`Error::Attributes`], an external id that is taken, and
    /// those of the repository.
    pub async fn register(
        &self,
        organization: &OrganizationId,
        new: NewAttendee,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        let now = self.now();
        Attendee::check_attributes(&new.attributes)?;
        if new.groups.len() > Attendee::MAX_GROUPS {
            return Err(Error::TooManyGroups(Attendee::MAX_GROUPS));
        }
        for group in &new.groups {
            self.existing_group(organization, group).await?;
        }
        let mut attendee = Attendee::new(AttendeeId::fresh(), new.name, now);
        attendee.external_id = new.external_id;
        attendee.email = new.email;
        attendee.phone = new.phone;
        attendee.language = new.language;
        attendee.attributes = new.attributes;
        attendee.groups = new.groups;
        attendee.groups.remove(&GroupId::everyone());
        attendee.consent = new.consent.map(|wording| Consent { wording, at: now });
        let entry = self.entry(by, AuditAction::Register, Some(attendee.id));
        match self.repo.create_attendee(organization, &attendee, &entry).await {
            // An attempt whose answer got lost may have gone through: nobody else has this id.
            Err(error) if matches!(error, RepoError::Exists(_)) || error.retry() == Retry::Yes => {
                self.repo.attendee(organization, attendee.id).await.map_err(|_| error.into())
            }
            created => Ok(created?),
        }
    }

    /// Records what an attendee agreed to.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the repository.
    pub async fn record_consent(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        wording: &ConsentWording,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        let consent = Consent { wording: wording.clone(), at: self.now() };
        let entry = self.entry(by, AuditAction::Consent, Some(attendee));
        self.change_attendee(organization, attendee, Some(entry), |attendee| {
            attendee.consent = Some(consent.clone());
            Vec::new()
        })
        .await
    }

    /// Withdraws an attendee's consent, and forgets their faces, and the photos of these, with it.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the repository and the matcher.
    pub async fn withdraw_consent(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        let before = self.attendee(organization, attendee).await?;
        let withdrawn = if before.consent.is_none() && before.enrolment == EnrolmentState::Removed {
            // Repeated: perhaps only the faces are still to be forgotten.
            before
        } else {
            let now = self.now();
            let entry = self.entry(by, AuditAction::WithdrawConsent, Some(attendee));
            self.change_attendee(organization, attendee, Some(entry), |attendee| {
                attendee.consent = None;
                attendee.enrolment = EnrolmentState::Removed;
                let version = attendee.version + 1;
                vec![Event::of_enrolment(organization, attendee.id, EnrolmentState::Removed, version, now)]
            })
            .await?
        };
        self.matcher.forget(organization, attendee).await?;
        self.delete_enrolment_photos(organization, attendee).await?;
        Ok(withdrawn)
    }

    /// One attendee who is not erased.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the repository.
    pub async fn attendee(&self, organization: &OrganizationId, id: AttendeeId) -> Result<Attendee, Error> {
        let attendee = self.any_attendee(organization, id).await?;
        if attendee.is_erased() { Err(Error::Erased) } else { Ok(attendee) }
    }

    /// The group, which exists.
    pub(super) async fn existing_group(&self, organization: &OrganizationId, id: &GroupId) -> Result<Group, Error> {
        self.repo.group(organization, id).await?.ok_or(Error::UnknownGroup)
    }

    /// The attendee, who exists.
    pub(super) async fn any_attendee(&self, organization: &OrganizationId, id: AttendeeId) -> Result<Attendee, Error> {
        match self.repo.attendee(organization, id).await {
            Err(RepoError::NotFound(_)) => Err(Error::UnknownAttendee),
            found => Ok(found?),
        }
    }

    /// The line of the audit that goes with an act of now.
    pub(super) fn entry(&self, by: &Actor, action: AuditAction, attendee: Option<AttendeeId>) -> AuditEntry {
        AuditEntry::new(self.now(), by.clone(), action, attendee)
    }
}
