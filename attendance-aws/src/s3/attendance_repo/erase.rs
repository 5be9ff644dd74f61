//! Forgotten means gone, in every version that the bucket keeps.
//!
//! 1. The attendee's document is stripped of all that is personal, which also refuses every write upon what was read
//!    before; what was overwritten is deleted for good.
//! 2. What the document names goes: claims of external ids and links of subjects, in all their versions, and places on
//!    rosters.
//! 3. Every record that may have a reason loses it in all its versions, and what was overwritten is deleted for good.
//! 4. The document stops naming what is gone, and only then says that the erasure is complete.
//!
//! Every step can be repeated, and is, until the last one is done; each looks whether something is left.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::record::Method;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::Entity;
use jiff::Timestamp;
use uuid::Uuid;

use super::files::{AttendeeFile, OwnerFile, RecordFile};
use super::objects::{Found, Patience, Put};
use super::versions::Purge;
use super::{S3AttendanceRepo, next};

impl S3AttendanceRepo {
    pub(super) async fn erase(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let tenant = self.tenant(organization);
        let key = tenant.attendee(id);
        let stripped = self.change_buried(organization, &key, strip, None).await?;
        self.objects.purge(&key, Purge::Overwritten).await?;

        for hash in &stripped.subjects {
            let link = tenant.subject(hash);
            let found = self.objects.get::<OwnerFile>(&link).await?;
            if let Some(linked) = found.as_ref().and_then(|found| found.version.entry()) {
                // The link goes, that it was made is told.
                self.enter(organization, linked).await?;
            }
            self.release(&link, id).await?;
        }
        for hash in &stripped.claims {
            self.release(&tenant.claim(hash), id).await?;
        }
        for group in &stripped.rosters {
            let key = tenant.on_roster(group, id);
            self.objects.delete(&key).await?;
            self.objects.purge(&key, Purge::Deleted).await?;
        }
        let prefix = tenant.reasons(id);
        for reason in self.objects.list_all(&prefix).await? {
            if let Some(Ok(session)) = reason.strip_prefix(&prefix).map(str::parse::<SessionId>) {
                self.remove_reasons(&tenant.record(&session, id)).await?;
            }
        }

        self.change_buried(organization, &key, forget_names, None).await?;
        self.objects.purge(&key, Purge::Overwritten).await?;
        self.change_buried(organization, &key, |file| complete(file, now), Some(entry)).await.map(drop)
    }

    /// Changes the document of an attendee who has a tombstone, and answers it as it then stands.
    async fn change_buried(
        &self,
        organization: &OrganizationId,
        key: &str,
        change: impl Fn(&mut AttendeeFile) -> bool + Send,
        entry: Option<&AuditEntry>,
    ) -> Result<AttendeeFile, RepoError> {
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<AttendeeFile>(key).await?.ok_or(RepoError::NotFound(Entity::Attendee))?;
            let Found { mut content, version } = found;
            let attendee = content.attendee.as_ref().ok_or(RepoError::NotFound(Entity::Attendee))?;
            if !attendee.is_erased() {
                return Err(RepoError::Conflict);
            }
            if !change(&mut content) {
                return Ok(content);
            }
            match self.act_upon(organization, key, Some(&version), &content, Uuid::now_v7(), entry).await? {
                Put::Done => return Ok(content),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    async fn remove_reasons(&self, key: &str) -> Result<(), RepoError> {
        let mut patience = Patience::new();
        loop {
            let Some(Found { mut content, version }) = self.objects.get::<RecordFile>(key).await? else { break };
            if !without_reasons(&mut content) {
                break;
            }
            match self.objects.replace(key, &version, &content, Uuid::now_v7()).await? {
                Put::Done => break,
                Put::Lost(_) => patience.wait().await?,
            }
        }
        self.objects.purge(key, Purge::Overwritten).await
    }
}

/// Takes away what is personal; whether there was any.
fn strip(file: &mut AttendeeFile) -> bool {
    let Some(attendee) = &file.attendee else { return false };
    let mut stripped = attendee.without_personal_data();
    if stripped == *attendee {
        return false;
    }
    // A copy that was read before must not bring the personal data back.
    stripped.version = next(stripped.version);
    file.attendee = Some(stripped);
    true
}

fn forget_names(file: &mut AttendeeFile) -> bool {
    let named = !(file.claims.is_empty() && file.subjects.is_empty() && file.rosters.is_empty());
    file.claims.clear();
    file.subjects.clear();
    file.rosters.clear();
    named
}

fn complete(file: &mut AttendeeFile, now: Timestamp) -> bool {
    let Some(attendee) = &mut file.attendee else { return false };
    let Some(tombstone) = attendee.tombstone.as_mut().filter(|tombstone| tombstone.completed_at.is_none()) else {
        return false;
    };
    tombstone.completed_at = Some(now);
    attendee.version = next(attendee.version);
    true
}

fn without_reasons(file: &mut RecordFile) -> bool {
    let mut had = false;
    for version in &mut file.versions {
        if let Method::Hand { reason, .. } = &mut version.record.method {
            had |= reason.take().is_some();
        }
    }
    had
}
