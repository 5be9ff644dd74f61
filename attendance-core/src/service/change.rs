//! Changes to an attendee: fields and rosters.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attendance, Error};
use crate::domain::attendee::{Attendee, Email, ExternalId, Language, Name, Phone};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::ports::RepoError;
use crate::ports::attendance_repo::Outgoing;
use crate::ports::notifier::Recipient;

/// What is to become of an attendee's fields. `None` leaves a field as it is; `Some(None)` removes what it holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttendeeChange {
    /// What they are called.
    pub name: Option<Name>,
    /// The organization's own id of them.
    pub external_id: Option<Option<ExternalId>>,
    /// Where they are written to.
    pub email: Option<Option<Email>>,
    /// Where they are texted.
    pub phone: Option<Option<Phone>>,
    /// The language of messages to them.
    pub language: Option<Option<Language>>,
    /// Whatever else is kept, as a whole.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Rosters that they are on, as a whole.
    pub groups: Option<BTreeSet<GroupId>>,
    /// The version that the change was made upon; another one that is stored is a `Conflict`. `None`: whatever is
    /// stored.
    pub version: Option<u32>,
}

/// How often a change is repeated upon what somebody else changed at the same time.
pub(super) const ATTEMPTS: usize = 16;

impl Attendance {
    /// Changes fields of an attendee. The notifier forgets an address that they no longer have.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], [`Error::UnknownGroup`], [`Error::TooManyGroups`],
    /// [`Error::Attributes`], an external id that is taken, a `Conflict` with the version, and those of the ports.
    pub async fn change(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        change: AttendeeChange,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        if let Some(attributes) = &change.attributes {
            Attendee::check_attributes(attributes)?;
        }
        let before = self.attendee(organization, id).await?;
        for group in change.groups.iter().flatten() {
            if !before.is_in(group) {
                self.existing_group(organization, group).await?;
            }
        }
        let is_other = |attendee: &Attendee| change.version.is_some_and(|version| version != attendee.version);
        if is_other(&before) {
            return Err(RepoError::Conflict.into());
        }
        // First: an address that is forgotten in vain is only told again, one that outlives the change stays for good.
        let mut after = before.clone();
        change.apply(&mut after);
        let dropped = Recipient {
            email: before.email.clone().filter(|_| before.email != after.email),
            phone: before.phone.clone().filter(|_| before.phone != after.phone),
            ..Recipient::of(&before)
        };
        if dropped.is_reachable() {
            self.notifier.forget(organization, &dropped).await?;
        }
        let entry = self.entry(by, AuditAction::Change, Some(id));
        self.try_change(organization, id, Some(entry), |attendee| {
            if is_other(attendee) {
                return Err(RepoError::Conflict.into());
            }
            change.apply(attendee);
            within_groups(attendee)
        })
        .await
    }

    /// Puts an attendee on a group's roster; who is on it stays on it.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], [`Error::UnknownGroup`], [`Error::TooManyGroups`], and those of
    /// the repository.
    pub async fn join_group(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        group: &GroupId,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        self.existing_group(organization, group).await?;
        let before = self.attendee(organization, id).await?;
        if before.is_in(group) {
            return Ok(before);
        }
        let entry = self.entry(by, AuditAction::Change, Some(id)).about(group);
        self.try_change(organization, id, Some(entry), |attendee| {
            attendee.groups.insert(group.clone());
            within_groups(attendee)
        })
        .await
    }

    /// Takes an attendee off a group's roster; their records stay. Who is not on it stays off it.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], [`Error::UnknownGroup`], [`Error::EveryoneStays`], and those of
    /// the repository.
    pub async fn leave_group(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        group: &GroupId,
        by: &Actor,
    ) -> Result<Attendee, Error> {
        if group.is_everyone() {
            return Err(Error::EveryoneStays);
        }
        self.existing_group(organization, group).await?;
        let before = self.attendee(organization, id).await?;
        if !before.is_in(group) {
            return Ok(before);
        }
        let entry = self.entry(by, AuditAction::Change, Some(id)).about(group);
        self.try_change(organization, id, Some(entry), |attendee| {
            attendee.groups.remove(group);
            Ok(Vec::new())
        })
        .await
    }

    /// Changes an attendee who is not erased: reads, changes and saves again until nobody came in between. The change
    /// answers the events to send with it; the entry is that of somebody's act.
    pub(super) async fn change_attendee(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        entry: Option<AuditEntry>,
        change: impl Fn(&mut Attendee) -> Vec<Event> + Send,
    ) -> Result<Attendee, Error> {
        self.try_change(organization, id, entry, move |attendee| Ok(change(attendee))).await
    }

    /// As [`Attendance::change_attendee`], with a change that may refuse.
    pub(super) async fn try_change(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        entry: Option<AuditEntry>,
        change: impl Fn(&mut Attendee) -> Result<Vec<Event>, Error> + Send,
    ) -> Result<Attendee, Error> {
        let mut attendee = self.attendee(organization, id).await?;
        let mut outgoing = Outgoing { events: Vec::new(), targets: self.targets.clone(), audit: entry };
        for _ in 0..ATTEMPTS {
            outgoing.events = change(&mut attendee)?;
            match self.repo.save_attendee(organization, &attendee, &outgoing).await {
                Err(RepoError::Conflict) => {}
                saved => return Ok(saved?),
            }
            let stored = Attendee { version: attendee.version + 1, ..attendee };
            attendee = self.attendee(organization, id).await?;
            if attendee == stored {
                // It went through after all and its answer got lost, or somebody else did the very same: then the entry
                // is still to be stored.
                if let Some(entry) = &outgoing.audit {
                    self.repo.append_audit(organization, entry).await?;
                }
                return Ok(attendee);
            }
        }
        Err(RepoError::Conflict.into())
    }
}

impl AttendeeChange {
    fn apply(&self, attendee: &mut Attendee) {
        if let Some(name) = &self.name {
            attendee.name = Some(name.clone());
        }
        replace(&mut attendee.external_id, self.external_id.as_ref());
        replace(&mut attendee.email, self.email.as_ref());
        replace(&mut attendee.phone, self.phone.as_ref());
        replace(&mut attendee.language, self.language.as_ref());
        replace(&mut attendee.attributes, self.attributes.as_ref());
        replace(&mut attendee.groups, self.groups.as_ref());
        attendee.groups.remove(&GroupId::everyone());
    }
}

fn replace<T: Clone>(field: &mut T, with: Option<&T>) {
    if let Some(value) = with {
        *field = value.clone();
    }
}

/// No events, unless the attendee is now in too many groups.
fn within_groups(attendee: &Attendee) -> Result<Vec<Event>, Error> {
    if attendee.groups.len() > Attendee::MAX_GROUPS {
        return Err(Error::TooManyGroups(Attendee::MAX_GROUPS));
    }
    Ok(Vec::new())
}
