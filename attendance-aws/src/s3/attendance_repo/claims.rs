//! An external id belongs to one attendee: a claim at the key of its hash, created with `If-None-Match`, names them.
//!
//! The attendee's own document has the last word: a claim counts as long as the attendee whom it names has the id. One
//! that a crash left, or a change of the id, is stale, and whoever wants the id takes it over. That two never have it:
//!
//! - Who writes an attendee with an id reads the attendee first, then writes the claim (anew, if it is theirs
//!   already), then writes the attendee if it is still what was read. This is repeated as a whole.
//! - Who takes a claim over reads the claim, then the attendee whom it names, who lacks the id; then touches that
//!   attendee's document (the same content again, or an empty one where there is none), and then replaces the claim; each
//!   only if it is still what was read.
//!
//! Say the one whom the claim names succeeds in writing the id after the other saw that they lack it. What they wrote
//! upon was read before their claim. If the claim was written before the other read it, their write comes after the
//! touch and is upon what was before it, and fails; or it comes before the touch, and the touch fails. If the claim was
//! written after the other read it, the other's replacement fails.

use attendance_core::domain::attendee::{Attendee, ExternalId};
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::ports::RepoError;
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::{AttendeeFile, OwnerFile};
use super::objects::{Patience, Put};
use super::versions::Purge;

impl S3AttendanceRepo {
    /// Claims the id for an attendee whose document was read before, and answers its hash.
    pub(super) async fn claim(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
        attendee: AttendeeId,
    ) -> Result<String, RepoError> {
        let tenant = self.tenant(organization);
        let hash = tenant.claim_hash(external_id);
        let key = tenant.claim(&hash);
        let claim = OwnerFile { attendee };
        let mut patience = Patience::new();
        loop {
            let found = match self.objects.create(&key, &claim, Uuid::now_v7()).await? {
                Put::Done => return Ok(hash),
                Put::Lost(Some(found)) => found,
                Put::Lost(None) => {
                    patience.wait().await?;
                    continue;
                }
            };
            let holder = found.content.attendee;
            if (holder == attendee || self.disown(organization, holder, external_id).await?)
                && let Put::Done = self.objects.replace(&key, &found.version, &claim, Uuid::now_v7()).await?
            {
                return Ok(hash);
            }
            patience.wait().await?;
        }
    }

    /// Makes sure that an attendee who lacks the id does not get it any more by a claim that was read before; `false`
    /// if they were changed meanwhile.
    async fn disown(
        &self,
        organization: &OrganizationId,
        holder: AttendeeId,
        external_id: &ExternalId,
    ) -> Result<bool, RepoError> {
        let key = self.tenant(organization).attendee(holder);
        let found = self.objects.get::<AttendeeFile>(&key).await?;
        let has = |attendee: &Attendee| attendee.external_id.as_ref() == Some(external_id);
        let content = match &found {
            Some(found) if found.content.attendee.as_ref().is_some_and(has) => return Err(RepoError::ExternalIdTaken),
            Some(found) => found.content.clone(),
            None => AttendeeFile::empty(),
        };
        let before = found.as_ref().map(|found| &found.version);
        let touched = self.objects.put_upon(&key, before, &content, Uuid::now_v7()).await?;
        Ok(matches!(touched, Put::Done))
    }

    /// Who has that external id.
    pub(super) async fn holder(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError> {
        let tenant = self.tenant(organization);
        let key = tenant.claim(&tenant.claim_hash(external_id));
        let Some(claim) = self.objects.get::<OwnerFile>(&key).await? else { return Ok(None) };
        let found = self.objects.get::<AttendeeFile>(&tenant.attendee(claim.content.attendee)).await?;
        let holder = found.and_then(|found| found.content.attendee);
        Ok(holder.filter(|attendee| attendee.external_id.as_ref() == Some(external_id)))
    }

    /// Deletes the claim of an external id, or the link of a subject, as long as it names that attendee, in all its
    /// versions. The attendee was stripped before: no new one comes.
    pub(super) async fn release(&self, key: &str, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<OwnerFile>(key).await?.filter(|found| found.content.attendee == attendee);
            let gone = match found {
                Some(found) => self.objects.delete_unchanged(key, &found.version).await?,
                None => true,
            };
            if gone {
                return self.objects.purge(key, Purge::Deleted).await;
            }
            patience.wait().await?;
        }
    }
}
