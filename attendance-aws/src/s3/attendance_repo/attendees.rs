//! Attendees: registered, changed, listed.
//!
//! A roster is a list of empty objects, written before the attendee who is on it, and never deleted while the attendee
//! may come back to the group: whoever is listed is read, and counts only if they say so themselves. So a roster is
//! never short of anybody. It costs one request for each attendee who is or was in the group, instead of one for each of
//! the organization.

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Entity, Outgoing};
use uuid::Uuid;

use super::files::{AttendeeFile, Change};
use super::list::{List, Place, Range};
use super::objects::{Found, ObjectVersion, Patience, Put, contended};
use super::{S3AttendanceRepo, next};

const ATTENDEES: List = List("attendees");

impl S3AttendanceRepo {
    pub(super) async fn register(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        self.require(organization).await?;
        let stored = Attendee { version: 1, ..attendee.clone() };
        let key = self.tenant(organization).attendee(attendee.id);
        // Read before the claim: nothing, until it turns out to be something.
        let mut before: Option<ObjectVersion> = None;
        let mut patience = Patience::new();
        loop {
            let mut file = AttendeeFile { attendee: Some(stored.clone()), ..AttendeeFile::empty() };
            self.prepare(organization, &stored, None, &mut file).await?;
            let put = self.act_upon(organization, &key, before.as_ref(), &file, Uuid::now_v7(), Some(entry));
            match put.await? {
                Put::Done => return Ok(stored),
                Put::Lost(Some(Found { content: AttendeeFile { attendee: Some(_), .. }, .. })) => {
                    return Err(RepoError::Exists(Entity::Attendee));
                }
                Put::Lost(found) => before = found.map(|found| found.version),
            }
            patience.wait().await?;
        }
    }

    pub(super) async fn save(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        let key = self.tenant(organization).attendee(attendee.id);
        let stored = Attendee { version: next(attendee.version), ..attendee.clone() };
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<AttendeeFile>(&key).await?;
            let Some(Found { content: AttendeeFile { attendee: Some(before), .. }, .. }) = &found else {
                return Err(RepoError::NotFound(Entity::Attendee));
            };
            if before.version != attendee.version {
                return Err(RepoError::Conflict);
            }
            let (before, Some(Found { content, version })) = (before.clone(), found) else { return Err(contended()) };
            let attempt = Uuid::now_v7();
            let mut file = AttendeeFile { attendee: Some(stored.clone()), ..content };
            self.prepare(organization, &stored, Some(&before), &mut file).await?;
            let tells = !outgoing.events.is_empty() && !outgoing.targets.is_empty();
            if tells {
                file.told.insert(stored.version, attempt);
                let change =
                    Change::Save { attendee: stored.id, version: stored.version, events: outgoing.events.clone() };
                self.write_marker(organization, attempt, change, &outgoing.targets).await?;
            }
            let put = self.act_upon(organization, &key, Some(&version), &file, attempt, outgoing.audit.as_ref());
            match put.await? {
                Put::Done => return Ok(stored),
                Put::Lost(_) if tells => self.objects.delete(&self.tenant(organization).marker(attempt)).await?,
                Put::Lost(_) => {}
            }
            // Perhaps only touched: whoever changed it has left another version.
            patience.wait().await?;
        }
    }

    /// Writes what has to be there before the attendee's document is.
    async fn prepare(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        before: Option<&Attendee>,
        file: &mut AttendeeFile,
    ) -> Result<(), RepoError> {
        if let Some(external_id) = &attendee.external_id
            && before.and_then(|before| before.external_id.as_ref()) != Some(external_id)
        {
            file.claims.insert(self.claim(organization, external_id, attendee.id).await?);
        }
        let tenant = self.tenant(organization);
        let added: Vec<_> = attendee.groups.difference(&file.rosters).cloned().collect();
        self.objects.put_empty(added.iter().map(|group| tenant.on_roster(group, attendee.id)).collect()).await?;
        file.rosters.extend(added);
        Ok(())
    }

    pub(super) async fn list_attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError> {
        let after = ATTENDEES.start(page, |place| place.parse::<AttendeeId>().is_ok())?;
        let tenant = self.tenant(organization);
        let roster = query.group.as_ref().filter(|group| !group.is_everyone());
        let prefix = roster.map_or_else(|| tenant.attendees(), |group| tenant.roster(group));
        let look = |place: &str| place.parse().map_or(Place::Skip, |id| Place::Read(tenant.attendee(id)));
        let item = |_: &str, found: Found<AttendeeFile>| {
            found.content.attendee.filter(|attendee| {
                let wanted = match attendee.tombstone {
                    None => !query.erasing,
                    Some(tombstone) => query.erasing && tombstone.completed_at.is_none(),
                };
                wanted && query.group.as_ref().is_none_or(|group| attendee.is_in(group))
            })
        };
        let range = Range { prefix, after, wanted: page.limit() + 1 };
        Ok(ATTENDEES.page(self.objects.collect(range, look, item).await?, page))
    }
}
