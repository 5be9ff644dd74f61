//! Forgotten means gone: what is personal of an attendee lies in their own item, in the external id's and the subjects',
//! and in the reasons of their records and of earlier versions of these.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::record::{AttendanceRecord, Method};
use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::DynamoAttendanceRepo;
use super::attendee::changes;
use super::audit::entering;
use super::items::{Item, SK, body, holding, key, text, unreadable};
use super::keys::{self, Key, LAST};
use super::listing::Listing;
use super::read::Write;
use super::transact::{Action, Condition, MAX_ACTIONS, Transacted};
use crate::pauses::pauses;

/// How many items are read before those that have to change are written.
const BATCH: usize = 100;

/// The record without its reason; `None` if it has none.
fn without_reason(record: &AttendanceRecord) -> Option<AttendanceRecord> {
    let Method::Hand { actor, reason: Some(_) } = &record.method else { return None };
    let method = Method::Hand { actor: actor.clone(), reason: None };
    Some(AttendanceRecord { method, ..record.clone() })
}

impl DynamoAttendanceRepo {
    /// Every step can be repeated, and the tombstone says that it is complete only after the last one: until then the
    /// sweep comes back to it.
    pub(crate) async fn erase(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        self.strip(organization, attendee).await?;
        self.unlink_subjects(organization, attendee).await?;
        // Records before their history: what a correction moves into the history afterwards has no reason any more.
        self.strip_records(organization, attendee).await?;
        self.strip_history(organization, attendee).await?;
        self.complete(organization, attendee, now, entry).await
    }

    /// Takes away the attendee's own fields, the external id and the lines in rosters.
    async fn strip(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut pauses = pauses();
        loop {
            let before = self.stored_attendee(organization, attendee).await?;
            if before.attendee.tombstone.is_none() {
                return Err(RepoError::Conflict);
            }
            let mut stripped = before.attendee.without_personal_data();
            if stripped == before.attendee && before.rosters.is_empty() {
                return Ok(());
            }
            // A copy that was read before must not bring the personal data back.
            stripped.version = stripped.version.saturating_add(1);
            if let Transacted::Refused(_) =
                self.transact(changes(organization, Some(&before), &stripped, MAX_ACTIONS)?).await?
            {
                tokio::time::sleep(pauses.next().ok_or(RepoError::Conflict)?).await;
            }
        }
    }

    async fn unlink_subjects(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut lines = self.lines(organization, attendee, keys::SUBJECTS);
        while let Some(line) = lines.next().await? {
            let hash = text(&line, SK)?.strip_prefix(keys::SUBJECTS).ok_or_else(unreadable)?;
            let theirs = Condition {
                expression: "attribute_not_exists(pk) OR attendee = :attendee",
                values: vec![(":attendee", AttributeValue::S(attendee.to_string()))],
            };
            // Refused, it is somebody else's by now, and the line went with that.
            self.transact(vec![
                Action::Delete(keys::subject_of_hash(organization, hash), Some(theirs)),
                Action::Delete(key(&line)?, None),
            ])
            .await?;
        }
        Ok(())
    }

    async fn strip_records(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut lines = self.lines(organization, attendee, keys::RECORDS);
        loop {
            let some = lines.some(BATCH).await?;
            if some.is_empty() {
                return Ok(());
            }
            let mut records = Vec::with_capacity(some.len());
            for line in &some {
                let session = text(line, SK)?.strip_prefix(keys::RECORDS).and_then(keys::session_at);
                records.push(keys::record(organization, &session.ok_or_else(unreadable)?, attendee));
            }
            for (key, item) in self.get_all(records).await? {
                self.strip_record(key, item).await?;
            }
        }
    }

    /// Upon what stands when it is written: a correction may come in between.
    async fn strip_record(&self, key: Key, mut item: Item) -> Result<(), RepoError> {
        let mut pauses = pauses();
        while let Some(stripped) = without_reason(&body(&item)?) {
            let put = Action::Put(holding(key.clone(), &stripped)?, Some(Condition::unchanged(&item)));
            if let Transacted::Written = self.transact(vec![put]).await? {
                break;
            }
            tokio::time::sleep(pauses.next().ok_or(RepoError::Conflict)?).await;
            item = self.get(key.clone()).await?.ok_or_else(unreadable)?;
        }
        Ok(())
    }

    async fn strip_history(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<(), RepoError> {
        let mut versions = self.lines(organization, attendee, keys::HISTORY);
        loop {
            let some = versions.some(BATCH).await?;
            if some.is_empty() {
                return Ok(());
            }
            let mut stripped = Vec::new();
            for item in &some {
                if let Some(version) = without_reason(&body(item)?) {
                    stripped.push(Write::Put(holding(key(item)?, &version)?));
                }
            }
            self.write_all(stripped).await?;
        }
    }

    /// Sets the instant at which it was complete, unless it is set, together with the entry of whoever completed it.
    async fn complete(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let mut pauses = pauses();
        loop {
            let before = self.stored_attendee(organization, attendee).await?;
            let mut complete = before.attendee.clone();
            let tombstone = complete.tombstone.as_mut().ok_or(RepoError::Conflict)?;
            if tombstone.completed_at.is_some() {
                return Ok(());
            }
            tombstone.completed_at = Some(now);
            complete.version = complete.version.saturating_add(1);
            let mut actions = changes(organization, Some(&before), &complete, MAX_ACTIONS - 1)?;
            actions.push(entering(organization, entry)?);
            if let Transacted::Written = self.transact(actions).await? {
                return Ok(());
            }
            tokio::time::sleep(pauses.next().ok_or(RepoError::Conflict)?).await;
        }
    }

    /// What an attendee's partition has of one kind.
    fn lines(&self, organization: &OrganizationId, attendee: AttendeeId, kind: &str) -> Listing<'_> {
        Listing::new(self, [keys::of_attendee(organization, attendee)], kind, format!("{kind}{LAST}"), BATCH)
    }
}
