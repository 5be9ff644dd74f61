use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::attendee::{EnrolmentState, Tombstone};
use crate::domain::audit::{Actor, AuditAction};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::page::PageRequest;
use crate::ports::RepoError;
use crate::ports::attendance_repo::{CheckInQuery, Outgoing};
use crate::ports::notifier::Recipient;

/// What an erasure removed this time; repeated, there is nothing left to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Who was forgotten.
    pub attendee: AttendeeId,
    /// How many faces were removed.
    pub faces: u32,
    /// How many pictures were removed: enrolment photos, and check-in pictures that name the attendee.
    pub images: u32,
    /// Since when the erasure is complete.
    pub completed_at: Timestamp,
}

impl Attendance {
    /// Forgets an attendee: a tombstone first, which blocks enrolment, check-in and notification; then vectors,
    /// subscriptions, pictures and personal data; then a look whether all is gone. What stays is the tombstone, and
    /// the records under the opaque id. Can be repeated, and goes on where a crash cut it off.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::NotErased`], and those of the ports: the tombstone stands then, and the
    /// sweep repeats the rest.
    pub async fn erase(&self, organization: &OrganizationId, id: AttendeeId, by: &Actor) -> Result<Erased, Error> {
        self.set_tombstone(organization, id, by).await?;
        let attendee = self.any_attendee(organization, id).await?;

        let faces = self.matcher.forget(organization, id).await?;
        let recipient = Recipient::of(&attendee);
        if recipient.is_reachable() {
            self.notifier.forget(organization, &recipient).await?;
        }
        let images = self.remove_pictures_of(organization, id).await?;
        let completed_at = self.now();
        let entry = self.entry(by, AuditAction::CompleteErasure, Some(id));
        self.repo.erase_attendee(organization, id, completed_at, &entry).await?;
        self.verify_erased(organization, id).await?;

        let first = attendee.tombstone.and_then(|tombstone| tombstone.completed_at);
        Ok(Erased { attendee: id, faces, images, completed_at: first.unwrap_or(completed_at) })
    }

    async fn set_tombstone(&self, organization: &OrganizationId, id: AttendeeId, by: &Actor) -> Result<(), Error> {
        for _ in 0..16 {
            let mut attendee = self.any_attendee(organization, id).await?;
            if attendee.is_erased() {
                return Ok(());
            }
            let now = self.now();
            attendee.tombstone = Some(Tombstone { requested_at: now, completed_at: None });
            attendee.enrolment = EnrolmentState::Removed;
            let removed = Event::of_enrolment(organization, id, EnrolmentState::Removed, attendee.version + 1, now);
            let audit = Some(self.entry(by, AuditAction::Erase, Some(id)));
            let outgoing = Outgoing { events: vec![removed], targets: self.targets.clone(), audit };
            match self.repo.save_attendee(organization, &attendee, &outgoing).await {
                Ok(_) => return Ok(()),
                Err(RepoError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RepoError::Conflict.into())
    }

    /// Deletes enrolment photos, and check-in pictures that name the attendee, and answers how many they were.
    async fn remove_pictures_of(&self, organization: &OrganizationId, id: AttendeeId) -> Result<u32, Error> {
        let mut removed = self.delete_enrolment_photos(organization, id).await?;
        let query = naming(id);
        loop {
            let check_ins = self.repo.check_ins(organization, &query, &PageRequest::first(100)).await?.items;
            if check_ins.is_empty() {
                return Ok(removed);
            }
            for check_in in check_ins {
                if let Some(key) = &check_in.image {
                    self.images.delete(organization, key).await?;
                    removed += 1;
                }
                self.repo.detach_image(organization, &check_in.id).await?;
            }
        }
    }

    /// Deletes the photos that somebody was enrolled by, and answers how many they were.
    pub(super) async fn delete_enrolment_photos(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
    ) -> Result<u32, Error> {
        let prefix = ImageKey::enrolments_of(id);
        let mut deleted = 0;
        // What was listed is gone, so that the first page is always the next one.
        loop {
            let keys = self.images.list(organization, &prefix, &PageRequest::first(100)).await?.items;
            if keys.is_empty() {
                return Ok(deleted);
            }
            for key in keys {
                self.images.delete(organization, &key).await?;
                deleted += 1;
            }
        }
    }

    async fn verify_erased(&self, organization: &OrganizationId, id: AttendeeId) -> Result<(), Error> {
        let one = PageRequest::first(1);
        if !self.matcher.faces(organization, id).await?.is_empty() {
            return Err(Error::NotErased("faces"));
        }
        let enrolments = self.images.list(organization, &ImageKey::enrolments_of(id), &one).await?;
        let check_ins = self.repo.check_ins(organization, &naming(id), &one).await?;
        if !enrolments.items.is_empty() || !check_ins.items.is_empty() {
            return Err(Error::NotErased("pictures"));
        }
        let attendee = self.any_attendee(organization, id).await?;
        if attendee != attendee.without_personal_data() {
            return Err(Error::NotErased("personal data"));
        }
        Ok(())
    }
}

fn naming(attendee: AttendeeId) -> CheckInQuery {
    CheckInQuery { attendee: Some(attendee), with_image: true, ..CheckInQuery::default() }
}
