use std::collections::{BTreeSet, HashMap};

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::{Chore, Swept};
use crate::domain::attendee::{Attendee, EnrolmentState};
use crate::domain::audit::{Actor, AuditAction, AuditEntry, Matter};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::page::PageRequest;
use crate::ports::attendance_repo::{AttendanceRepoExt, AttendeeQuery};
use crate::service::{Attendance, Error};

/// Faces that the matcher has of somebody and that nobody may have, as far as the repository knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Whose.
    pub attendee: AttendeeId,
    /// How many; none of somebody who is called active and has none.
    pub faces: usize,
    /// Whether the repository knows the attendee: they have no consent, which is required. Otherwise the repository may
    /// be an older one than the faces.
    pub known: bool,
}

/// What is to become of the faces of somebody.
enum Verdict {
    /// They are known, and called active.
    Right,
    /// They are known and may stay, and the repository does not say so yet: an enrolment was cut off, or two at once.
    Activate,
    /// Somebody said that they shall go, and a crash came in between.
    Forget,
    /// Nobody said so.
    Doubtful { known: bool },
}

impl Verdict {
    fn of(tenant: &Organization, attendee: Option<&Attendee>) -> Self {
        let Some(attendee) = attendee else { return Self::Doubtful { known: false } };
        let (without, removed) = (attendee.consent.is_none(), attendee.enrolment == EnrolmentState::Removed);
        let required = tenant.policy.consent_required;
        if attendee.is_erased() || (without && removed && required) {
            Self::Forget
        } else if without && (removed || required) {
            // Withdrawn; or called removed while the faces were away, and they are back.
            Self::Doubtful { known: true }
        } else if attendee.enrolment == EnrolmentState::Active {
            Self::Right
        } else {
            Self::Activate
        }
    }
}

impl Attendance {
    /// Compares the matcher with the repository: faces of the erased and of those who withdrew their consent go, known
    /// faces are called active, and who is called active without a face is no longer.
    ///
    /// Faces that nobody said shall go are removed only if they are of a few attendees
    /// ([`AttendanceBuilder::removals_at_most`](crate::AttendanceBuilder::removals_at_most)): of more, none is. A
    /// repository that was lost, or that is older than the matcher, knows of nobody; then a person looks at
    /// [`Attendance::removals`] and decides with [`Attendance::remove_unknown_faces`].
    pub async fn reconcile_enrolments(&self, tenant: &Organization) -> Swept {
        let mut swept = Swept::default();
        let result = self.reconcile(tenant, &mut swept).await;
        Swept::of(Chore::Enrolments, swept, result)
    }

    async fn reconcile(&self, tenant: &Organization, swept: &mut Swept) -> Result<(), Error> {
        let organization = &tenant.id;
        let mut with_face = BTreeSet::new();
        let mut doubtful = Vec::new();
        let mut held = 0;
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            // Some matchers list all faces for each page.
            let enrolled = self.matcher.enrolled(organization, &page).await?;
            let ids: Vec<AttendeeId> = enrolled.items.iter().map(|entry| entry.attendee).collect();
            let known = self.known(organization, &ids).await?;
            for id in ids {
                match Verdict::of(tenant, known.get(&id)) {
                    Verdict::Right => {
                        with_face.insert(id);
                        continue;
                    }
                    Verdict::Doubtful { .. } => {
                        held += 1;
                        if doubtful.len() <= self.removals_at_most {
                            doubtful.push(id);
                        }
                        continue;
                    }
                    Verdict::Activate => {
                        with_face.insert(id);
                        let entry = self.entry(&Actor::system(), AuditAction::Enrol, Some(id));
                        match self.set_enrolment(organization, id, EnrolmentState::Active, Some(entry)).await {
                            Ok(()) => swept.enrolments_reconciled += 1,
                            Err(error) => swept.note(Chore::Enrolments, &error),
                        }
                    }
                    Verdict::Forget => self.forget_faces(organization, id, swept).await,
                }
            }
            match enrolled.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        if doubtful.len() <= self.removals_at_most {
            for id in doubtful {
                self.forget_faces(organization, id, swept).await;
            }
        } else {
            swept.removals_held = held;
            let entry = self.once_a_day(tenant, &format!("faces of {held} attendees, held back"))?;
            self.repo.append_audit(organization, &entry).await?;
        }
        self.correct_active(tenant, &with_face, swept).await
    }

    /// The line of the audit that says what is held back: one for each number and day.
    fn once_a_day(&self, tenant: &Organization, what: &str) -> Result<AuditEntry, Error> {
        let now = self.now();
        let matter = Matter::new(what)?;
        let today = tenant.zone.instant(tenant.zone.date_at(now).to_datetime(Time::midnight()));
        let what = format!("{}/{}", tenant.id, matter.as_str());
        let entry = AuditEntry::new(now, Actor::system(), AuditAction::HoldRemovals, None).about(matter);
        Ok(entry.once_a_day(today, &what))
    }

    async fn known(
        &self,
        organization: &OrganizationId,
        ids: &[AttendeeId],
    ) -> Result<HashMap<AttendeeId, Attendee>, Error> {
        let mut known = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(100) {
            let found = self.repo.attendees_by_id(organization, ids).await?;
            known.extend(found.into_iter().map(|attendee| (attendee.id, attendee)));
        }
        Ok(known)
    }

    async fn forget_faces(&self, organization: &OrganizationId, id: AttendeeId, swept: &mut Swept) {
        let entry = self.entry(&Actor::system(), AuditAction::ForgetFaces, Some(id));
        match self.forget_with(organization, id, &entry).await {
            Ok(()) => swept.enrolments_reconciled += 1,
            Err(error) => swept.note(Chore::Enrolments, &error),
        }
    }

    async fn forget_with(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), Error> {
        self.repo.append_audit(organization, entry).await?;
        self.matcher.forget(organization, id).await?;
        self.delete_enrolment_photos(organization, id).await?;
        Ok(())
    }

    /// Calls nobody active who has no face, unless they are many: then the faces are away, and may come back.
    async fn correct_active(
        &self,
        tenant: &Organization,
        with_face: &BTreeSet<AttendeeId>,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let faceless = self.faceless(&tenant.id, with_face, self.removals_at_most.saturating_add(1)).await?;
        if faceless.len() > self.removals_at_most {
            swept.faces_missing = true;
            let entry = self.once_a_day(tenant, "enrolments without a face, held back")?;
            return Ok(self.repo.append_audit(&tenant.id, &entry).await?);
        }
        for id in faceless {
            match self.set_enrolment(&tenant.id, id, EnrolmentState::Removed, None).await {
                Ok(()) => swept.enrolments_reconciled += 1,
                Err(error) => swept.note(Chore::Enrolments, &error),
            }
        }
        Ok(())
    }

    /// Those who are called active and have no face, at most so many.
    async fn faceless(
        &self,
        organization: &OrganizationId,
        with_face: &BTreeSet<AttendeeId>,
        most: usize,
    ) -> Result<Vec<AttendeeId>, Error> {
        let mut faceless = Vec::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let attendees = self.repo.attendees(organization, &AttendeeQuery::default(), &page).await?;
            for attendee in attendees.items {
                let suspect = attendee.enrolment == EnrolmentState::Active && !with_face.contains(&attendee.id);
                // Asked again: a face may have come since the matcher's list was read.
                if suspect && self.matcher.faces(organization, attendee.id).await?.is_empty() {
                    faceless.push(attendee.id);
                    if faceless.len() == most {
                        return Ok(faceless);
                    }
                }
            }
            match attendees.next {
                Some(next) => page = page.after(next),
                None => return Ok(faceless),
            }
        }
    }

    /// The faces that nobody may have as far as the repository knows, and that [`Attendance::sweep`] holds back where they
    /// are of many: by attendee, at most a page of them. After these, those who are called active and have no face.
    ///
    /// # Errors
    /// Those of the repository and the matcher.
    pub async fn removals(&self, organization: &OrganizationId) -> Result<Vec<Removal>, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let mut with_face = BTreeSet::new();
        let mut removals = Vec::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let enrolled = self.matcher.enrolled(organization, &page).await?;
            let ids: Vec<AttendeeId> = enrolled.items.iter().map(|entry| entry.attendee).collect();
            let known = self.known(organization, &ids).await?;
            for entry in enrolled.items {
                with_face.insert(entry.attendee);
                if let Verdict::Doubtful { known } = Verdict::of(&tenant, known.get(&entry.attendee)) {
                    removals.push(Removal { attendee: entry.attendee, faces: entry.faces.len(), known });
                }
                if removals.len() == usize::from(PageRequest::MAX) {
                    return Ok(removals);
                }
            }
            match enrolled.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        let room = usize::from(PageRequest::MAX) - removals.len();
        let faceless = self.faceless(organization, &with_face, room).await?;
        removals.extend(faceless.into_iter().map(|attendee| Removal { attendee, faces: 0, known: true }));
        Ok(removals)
    }

    /// Removes the faces of these attendees, if nobody may have them still: what a person decides who looked at
    /// [`Attendance::removals`]. Whoever may have them keeps them, and who has none is no longer called active. Answers how
    /// many attendees it changed.
    ///
    /// # Errors
    /// Those of the ports; what was removed by then is removed.
    pub async fn remove_unknown_faces(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
        by: &Actor,
    ) -> Result<u32, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let mut removed = 0;
        for ids in attendees.chunks(100) {
            let known = self.known(organization, ids).await?;
            for id in ids {
                let verdict = Verdict::of(&tenant, known.get(id));
                if self.matcher.faces(organization, *id).await?.is_empty() {
                    if matches!(verdict, Verdict::Right) {
                        let entry = self.entry(by, AuditAction::ForgetFaces, Some(*id));
                        self.set_enrolment(organization, *id, EnrolmentState::Removed, Some(entry)).await?;
                        removed += 1;
                    }
                } else if matches!(verdict, Verdict::Doubtful { .. } | Verdict::Forget) {
                    let entry = self.entry(by, AuditAction::ForgetFaces, Some(*id));
                    self.forget_with(organization, *id, &entry).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}
