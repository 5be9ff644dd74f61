//! Forgotten means gone: what is personal goes first, then what the files still hold of it, and only then it is said.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::ports::RepoError;
use jiff::Timestamp;

use crate::directory::{locked, update};
use crate::engine::Tx;
use crate::query::Query;
use crate::rows::micros;
use crate::{SqlAttendanceRepo, audit, repeated};

/// What an erasure takes away besides the attendee's own fields.
const PERSONAL_ELSEWHERE: [&str; 4] = [
    "DELETE FROM rosters WHERE organization = ? AND attendee = ?",
    "DELETE FROM subjects WHERE organization = ? AND attendee = ?",
    "UPDATE records SET reason = NULL WHERE organization = ? AND attendee = ? AND reason IS NOT NULL",
    "UPDATE record_history SET reason = NULL WHERE organization = ? AND attendee = ? AND reason IS NOT NULL",
];

async fn strip_within(tx: &mut Tx, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
    let before = locked(tx, organization, attendee).await?;
    if before.tombstone.is_none() {
        return Err(RepoError::Conflict);
    }
    let mut stripped = before.without_personal_data();
    if stripped != before {
        // A copy that was read before must not bring the personal data back.
        stripped.version += 1;
        update(tx, organization, &before, &stripped).await?;
    }
    for sql in PERSONAL_ELSEWHERE {
        tx.execute(Query::new(sql).bind(organization.as_str()).bind(attendee.to_string())).await?;
    }
    Ok(())
}

/// Says that an erasure is complete, unless it said so before, together with the entry of whoever completed it.
async fn complete_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    attendee: AttendeeId,
    now: Timestamp,
    entry: &AuditEntry,
) -> Result<(), RepoError> {
    let query = Query::new(
        "UPDATE attendees SET erasure = 2, erasure_completed_at = ?, version = version + 1 \
         WHERE organization = ? AND id = ? AND erasure = 1",
    )
    .bind(micros(now))
    .bind(organization.as_str())
    .bind(attendee.to_string());
    let completed = tx.execute(query).await? > 0;
    audit::enter(tx, organization, completed.then_some(entry)).await
}

impl SqlAttendanceRepo {
    pub(crate) async fn erase(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        repeated!(self.engine, self.try_strip(organization, attendee))?;
        // Only what is gone from the journals too counts as complete: until then the sweep comes back to it.
        self.engine.purge().await?;
        repeated!(self.engine, self.try_complete(organization, attendee, now, entry))
    }

    /// Takes away everything personal, but does not yet say so.
    async fn try_strip(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut tx = self.engine.begin().await?;
        let stripped = strip_within(&mut tx, organization, attendee).await;
        tx.end(stripped).await
    }

    async fn try_complete(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let mut tx = self.engine.begin().await?;
        let completed = complete_within(&mut tx, organization, attendee, now, entry).await;
        tx.end(completed).await
    }
}
