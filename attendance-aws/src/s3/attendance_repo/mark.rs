//! A record made or corrected by hand or by the sweep.
//!
//! All versions of a record are one document, so that a correction is one compare-and-swap. Its marker says which
//! attempt is to write which version, and has the event. A marker whose attempt did not come to its end is told by the
//! document: either it has the version by that attempt, or it never will: whoever finds the marker writes the document
//! again unchanged (or an empty one), and every write upon what was read before fails.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::record::Method;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::RecordDraft;
use uuid::Uuid;

use super::files::{Change, RecordFile, RecordVersion};
use super::objects::{Found, Patience, Put};
use super::{S3AttendanceRepo, next};

impl S3AttendanceRepo {
    pub(super) async fn mark_record(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<&AuditEntry>,
    ) -> Result<(), RepoError> {
        self.require(organization).await?;
        let tenant = self.tenant(organization);
        let record = &draft.record;
        let key = tenant.record(&record.session, record.attendee);
        // A first version is tried without a look.
        let mut found = if record.version == 1 { None } else { self.objects.get::<RecordFile>(&key).await? };
        let mut patience = Patience::new();
        loop {
            let (mut file, before) = match found {
                Some(Found { content, version }) => (content, Some(version)),
                None => (RecordFile::default(), None),
            };
            if record.version != next(file.version()) {
                return Err(RepoError::Conflict);
            }
            if matches!(record.method, Method::Hand { reason: Some(_), .. }) {
                // Before the reason itself, so that an erasure finds it.
                self.objects.put_empty(vec![tenant.reason(record.attendee, &record.session)]).await?;
            }
            let attempt = Uuid::now_v7();
            if !targets.is_empty() {
                let change = Change::Mark {
                    session: record.session.clone(),
                    attendee: record.attendee,
                    version: record.version,
                    event: draft.event.clone(),
                };
                self.write_marker(organization, attempt, change, targets).await?;
            }
            file.versions.push(RecordVersion { record: record.clone(), attempt });
            let put = self.act_upon(organization, &key, before.as_ref(), &file, attempt, entry);
            found = match put.await? {
                Put::Done => return Ok(()),
                Put::Lost(found) => found,
            };
            if !targets.is_empty() {
                self.objects.delete(&tenant.marker(attempt)).await?;
            }
            // Perhaps only written again unchanged; another version is a conflict.
            if found.as_ref().map_or(0, |found| found.content.version()) < record.version {
                patience.wait().await?;
            }
        }
    }
}
