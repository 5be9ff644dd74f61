//! Acts: changes that have an entry in the audit.
//!
//! The document that decides a change carries the entry of the act that wrote it, so that both are one write. From there
//! the entry is copied to its place in the audit. A marker, written before, says where to look:
//!
//! 1. **The act before**: the entry that the document still carries is copied, if that was not done. Then it may be
//!    overwritten. A write that is nobody's act carries it on.
//! 2. **Marker**, `acts/{attempt}`: where the document is found, and the entry.
//! 3. **Document**, by compare-and-swap, with the entry in it. This decides whether the act happened.
//! 4. **Entry**, `audit/…`, create-only.
//! 5. The marker is deleted.
//!
//! Whoever reads the audit from its beginning settles the markers that a crash left, of which there are none as a rule.
//! A document that carries the entry is a reason to do steps 4 and 5. One that does not had the entry copied before it
//! was overwritten, or never had it: it is written again unchanged, so that the attempt can't succeed any more (it begins
//! again, if it is still there), and the marker is deleted. Where there is no document and no copy, it may still be
//! made: the marker stays. What deletes a document copies its entry first.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::{ActFile, AttendeeFile, Carrier};
use super::objects::{ObjectVersion, Patience, Put};

impl S3AttendanceRepo {
    /// Writes a document upon what was read, as the act that the entry tells of: steps 1 to 5.
    pub(super) async fn act_upon<T>(
        &self,
        organization: &OrganizationId,
        key: &str,
        before: Option<&ObjectVersion>,
        content: &T,
        attempt: Uuid,
        entry: Option<&AuditEntry>,
    ) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        let Some(entry) = entry else { return self.objects.put_upon(key, before, content, attempt).await };
        let marker = ActFile { carrier: Carrier::Document(key.to_owned()), entry: entry.clone() };
        let put = self.begin_act(organization, key, before, content, attempt, &marker).await?;
        let done = matches!(put, Put::Done).then_some(entry);
        self.end_act(organization, attempt, done).await?;
        Ok(put)
    }

    /// Steps 1 to 3.
    pub(super) async fn begin_act<T>(
        &self,
        organization: &OrganizationId,
        key: &str,
        before: Option<&ObjectVersion>,
        content: &T,
        attempt: Uuid,
        marker: &ActFile,
    ) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        if let Some(earlier) = before.and_then(ObjectVersion::entry)
            && !self.is_entered(organization, earlier).await?
        {
            self.enter(organization, earlier).await?;
        }
        // Nobody else uses the attempt's id: what is there already is this very marker.
        self.objects.create(&self.tenant(organization).act(attempt), marker, attempt).await?;
        self.objects.put_with_entry(key, before, content, attempt, Some(&marker.entry)).await
    }

    /// Steps 4 and 5; only 5 of an act that did not happen.
    pub(super) async fn end_act(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        done: Option<&AuditEntry>,
    ) -> Result<(), RepoError> {
        if let Some(entry) = done {
            self.enter(organization, entry).await?;
        }
        self.objects.delete(&self.tenant(organization).act(attempt)).await
    }

    /// Adds a line to the audit, unless it is there.
    pub(super) async fn enter(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        let key = self.tenant(organization).audit_entry(entry.at, entry.id);
        self.objects.create(&key, entry, Uuid::now_v7()).await.map(drop)
    }

    async fn is_entered(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<bool, RepoError> {
        let key = self.tenant(organization).audit_entry(entry.at, entry.id);
        Ok(self.objects.get::<AuditEntry>(&key).await?.is_some())
    }

    /// Brings acts to their end that a crash cut off.
    pub(super) async fn settle_acts(&self, organization: &OrganizationId) -> Result<(), RepoError> {
        for marker in self.objects.list_all(&self.tenant(organization).acts()).await? {
            self.settle_act(organization, &marker).await?;
        }
        Ok(())
    }

    async fn settle_act(&self, organization: &OrganizationId, marker: &str) -> Result<(), RepoError> {
        let Some(found) = self.objects.get::<ActFile>(marker).await? else { return Ok(()) };
        let ActFile { carrier, entry } = found.content;
        let mut may_be_made = false;
        for document in self.carriers(organization, carrier).await? {
            match self.look_at(&document, &entry).await? {
                Look::Carries => {
                    self.enter(organization, &entry).await?;
                    return self.objects.delete(marker).await;
                }
                Look::Never => {}
                Look::NoDocument => may_be_made = true,
            }
        }
        if may_be_made && !self.is_entered(organization, &entry).await? {
            return Ok(());
        }
        self.objects.delete(marker).await
    }

    /// The documents of which one carries the entry, if the act was done. None of a link whose attendee was erased: it
    /// ended with them, and its entry was copied before.
    async fn carriers(&self, organization: &OrganizationId, carrier: Carrier) -> Result<Vec<String>, RepoError> {
        let tenant = self.tenant(organization);
        match carrier {
            Carrier::Document(key) => Ok(vec![key]),
            Carrier::LinkOf(attendee) => {
                let found = self.objects.get::<AttendeeFile>(&tenant.attendee(attendee)).await?;
                let subjects = found.map(|found| found.content.subjects).unwrap_or_default();
                Ok(subjects.iter().map(|hash| tenant.subject(hash)).collect())
            }
        }
    }

    /// Whether a document carries the entry. One that does not is written again unchanged.
    async fn look_at(&self, document: &str, entry: &AuditEntry) -> Result<Look, RepoError> {
        let mut patience = Patience::new();
        loop {
            let Some(stands) = self.objects.get::<serde_json::Value>(document).await? else {
                return Ok(Look::NoDocument);
            };
            if stands.version.entry() == Some(entry) {
                return Ok(Look::Carries);
            }
            match self.objects.replace(document, &stands.version, &stands.content, Uuid::now_v7()).await? {
                Put::Done => return Ok(Look::Never),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }
}

/// What a look at a document says of an act.
enum Look {
    /// It was done.
    Carries,
    /// It was not done upon this document, or was followed by another act; it never will be.
    Never,
    /// There is no such document: it may still be made.
    NoDocument,
}
