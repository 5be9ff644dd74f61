use std::collections::BTreeSet;

use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::attendee::EnrolmentState;
use crate::domain::audit::{Actor, AuditAction, Matter};
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::page::PageRequest;
use crate::ports::attendance_repo::{AttendanceRepoExt, AttendeeQuery};

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    /// Sessions that were closed.
    pub sessions_closed: u32,
    /// Attendees who were marked absent.
    pub marked_absent: u32,
    /// Check-in pictures whose time was over.
    pub images_expired: u32,
    /// Erasures that a crash had cut off and that were brought to their end.
    pub erasures_completed: u32,
    /// Enrolments on which matcher and repository disagreed.
    pub enrolments_reconciled: u32,
}

/// How many days back a sweep looks for sessions that nobody closed: it may have been off over a holiday.
const LOOK_BACK_DAYS: i64 = 14;

impl Attendance {
    /// Does what time does: opens and closes sessions, marks the absent, deletes check-in pictures whose time is over,
    /// finishes erasures and reconciles the matcher with the repository. Can be repeated and cut off at any point.
    ///
    /// # Errors
    /// Those of the ports.
    pub async fn sweep(&self, organization: &OrganizationId) -> Result<Swept, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let now = self.now();
        let mut swept = Swept::default();
        self.open_sessions(organization, now).await?;
        self.close_due_sessions(organization, now, &mut swept).await?;
        self.finish_erasures(organization, &mut swept).await?;
        self.expire_pictures(&tenant, now, &mut swept).await?;
        self.reconcile(&tenant, &mut swept).await?;
        Ok(swept)
    }

    /// Stores the sessions that opened and that mark the absent: nobody else may have stored them.
    async fn open_sessions(&self, organization: &OrganizationId, now: Timestamp) -> Result<(), Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let groups = self.repo.groups(organization, &page).await?;
            for group in groups.items.iter().filter(|group| group.timetable.iter().any(|slot| slot.marks_absent)) {
                self.open_sessions_of(organization, group, now).await?;
            }
            match groups.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }

    async fn open_sessions_of(
        &self,
        organization: &OrganizationId,
        group: &Group,
        now: Timestamp,
    ) -> Result<(), Error> {
        let today = group.zone.date_at(now);
        let from = today.saturating_sub(Span::new().days(LOOK_BACK_DAYS));
        let created_at = self.repo.existing_organization(organization).await?.created_at;
        for session in self.sessions_of(organization, group, from, today).await? {
            if session.marks_absent && session.opens_at <= now && session.closes_at > created_at {
                self.repo.ensure_session(organization, &session).await?;
            }
        }
        Ok(())
    }

    async fn close_due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        loop {
            let due = self.repo.due_sessions(organization, now, 100).await?;
            if due.is_empty() {
                return Ok(());
            }
            for session in due {
                swept.marked_absent += self.mark_absent(organization, &session, now).await?;
                self.repo.close_session(organization, &session.id, session.closes_at, None).await?;
                swept.sessions_closed += 1;
            }
        }
    }

    async fn finish_erasures(&self, organization: &OrganizationId, swept: &mut Swept) -> Result<(), Error> {
        let query = AttendeeQuery { group: None, erasing: true };
        let mut page = PageRequest::first(100);
        loop {
            let erasing = self.repo.attendees(organization, &query, &page).await?;
            for attendee in erasing.items {
                self.erase(organization, attendee.id, &Actor::system()).await?;
                swept.erasures_completed += 1;
            }
            match erasing.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }

    /// Keys begin with the date, in order: the first that is not over ends it.
    async fn expire_pictures(&self, tenant: &Organization, now: Timestamp, swept: &mut Swept) -> Result<(), Error> {
        let days = Span::new().days(i64::from(tenant.policy.check_in_image_days));
        let first_kept = tenant.zone.date_at(now).saturating_sub(days);
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let keys = self.images.list(&tenant.id, ImageKey::CHECK_INS, &page).await?;
            let is_kept = |key: &&ImageKey| key.check_in_date().is_some_and(|date| date >= first_kept);
            let over: Vec<_> = keys.items.iter().take_while(|key| !is_kept(key)).collect();
            let ended = over.len() < keys.items.len();
            let over: Vec<_> = over.into_iter().filter(|key| key.check_in_date().is_some()).collect();
            if !over.is_empty() {
                // First: what is gone without a trace can't be told of afterwards.
                let matter = Matter::new(format!("{} check-in pictures", over.len()))?;
                let entry = self.entry(&Actor::system(), AuditAction::ExpirePictures, None).about(matter);
                self.repo.append_audit(&tenant.id, &entry).await?;
            }
            for key in over {
                self.images.delete(&tenant.id, key).await?;
                if let Some(id) = key.check_in_id() {
                    self.repo.detach_image(&tenant.id, &id).await?;
                }
                swept.images_expired += 1;
            }
            match keys.next {
                Some(next) if !ended => page = page.after(next),
                _ => return Ok(()),
            }
        }
    }

    /// The matcher has faces only of those who may have some; the repository calls only those active who have some.
    async fn reconcile(&self, tenant: &Organization, swept: &mut Swept) -> Result<(), Error> {
        let organization = &tenant.id;
        let mut with_face = BTreeSet::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            // Some matchers list all faces for each page.
            let enrolled = self.matcher.enrolled(organization, &page).await?;
            let ids: Vec<AttendeeId> = enrolled.items.iter().map(|entry| entry.attendee).collect();
            let mut known = Vec::with_capacity(ids.len());
            for ids in ids.chunks(100) {
                known.extend(self.repo.attendees_by_id(organization, ids).await?);
            }
            for id in &ids {
                let attendee = known.iter().find(|attendee| attendee.id == *id);
                let may = attendee.is_some_and(|attendee| {
                    !attendee.is_erased() && (attendee.consent.is_some() || !tenant.policy.consent_required)
                });
                match attendee.map(|attendee| attendee.enrolment) {
                    Some(EnrolmentState::Active) if may => {}
                    Some(EnrolmentState::Pending) if may => {
                        let entry = self.entry(&Actor::system(), AuditAction::Enrol, Some(*id));
                        self.set_enrolment(organization, *id, EnrolmentState::Active, Some(entry)).await?;
                        swept.enrolments_reconciled += 1;
                    }
                    _ => {
                        let entry = self.entry(&Actor::system(), AuditAction::ForgetFaces, Some(*id));
                        self.repo.append_audit(organization, &entry).await?;
                        self.matcher.forget(organization, *id).await?;
                        swept.enrolments_reconciled += 1;
                        continue;
                    }
                }
                with_face.insert(*id);
            }
            match enrolled.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        self.correct_active(organization, &with_face, swept).await
    }

    async fn correct_active(
        &self,
        organization: &OrganizationId,
        with_face: &BTreeSet<AttendeeId>,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let attendees = self.repo.attendees(organization, &AttendeeQuery::default(), &page).await?;
            for attendee in attendees.items {
                let called_active = attendee.enrolment == EnrolmentState::Active;
                // Asked again: a face may have come since the matcher's list was read.
                if called_active
                    && !with_face.contains(&attendee.id)
                    && self.matcher.faces(organization, attendee.id).await?.is_empty()
                {
                    self.set_enrolment(organization, attendee.id, EnrolmentState::Removed, None).await?;
                    swept.enrolments_reconciled += 1;
                }
            }
            match attendees.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }
}
