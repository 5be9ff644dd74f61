//! Reading, creating, replacing, deleting and listing objects: all that the rest is made of.
//!
//! Every document carries the id of the write that made it, and of the few before it. So a write that is refused can
//! tell whether it is its own that stands there: the SDK repeats a request whose answer was lost, and the repetition
//! meets the object that the first one made. It also makes every content unlike any before it, so that an ETag never
//! comes back: compare-and-swap can't be deceived.

use std::time::Duration;

use attendance_core::domain::audit::AuditEntry;
use attendance_core::ports::RepoError;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fault::{Fault, code};
use crate::pauses::pauses;

/// The format that this version writes. Anything newer is refused.
pub(super) const FORMAT: u32 = 1;

/// How many requests run at once where one call needs many.
pub(super) const AT_ONCE: usize = 16;

/// How often an answer that broke off is asked for again.
const REREADS: usize = 2;

/// How many earlier writes a document remembers.
const REMEMBERED: usize = 8;

/// A document as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Stored<T> {
    format: u32,
    write: Uuid,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Uuid>,
    /// The entry of the last act upon it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<AuditEntry>,
    content: T,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// A document as it was read.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) content: T,
    /// What a replacement has to name.
    pub(super) version: ObjectVersion,
}

/// Which state of an object was read.
#[derive(Debug, Clone)]
pub(super) struct ObjectVersion {
    etag: String,
    writes: Vec<Uuid>,
    entry: Option<AuditEntry>,
}

impl ObjectVersion {
    /// The entry of the last act upon the document.
    pub(super) fn entry(&self) -> Option<&AuditEntry> {
        self.entry.as_ref()
    }
}

/// What became of a conditional write.
#[derive(Debug)]
pub(super) enum Put<T> {
    /// It stands, or stood until somebody replaced it.
    Done,
    /// Another write was there first; what stands now, if anything.
    Lost(Option<Found<T>>),
}

/// The objects of a bucket.
#[derive(Debug, Clone)]
pub(super) struct Objects {
    pub(super) client: Client,
    pub(super) bucket: String,
}

/// A failure as the port says it.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>) -> RepoError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match code(error) {
        Some("NoSuchBucket") => {
            Fault::unexpected("the bucket does not exist: create it, or correct the name that the repository is given")
                .into()
        }
        _ => Fault::of(error).into(),
    }
}

/// Too many others write the same.
pub(super) fn contended() -> RepoError {
    RepoError::Throttled { source: None }
}

pub(super) fn unreadable() -> RepoError {
    Fault::unexpected("an object is stored in a form that this version can't read").into()
}

/// The pauses between attempts that meet others: longer each time, and not the same for all who wait.
pub(super) struct Patience(Box<dyn Iterator<Item = Duration> + Send>);

impl Patience {
    pub(super) fn new() -> Self {
        Self(Box::new(pauses()))
    }

    /// Waits before the next attempt, or gives up.
    pub(super) async fn wait(&mut self) -> Result<(), RepoError> {
        tokio::time::sleep(self.0.next().ok_or_else(contended)?).await;
        Ok(())
    }
}

enum Condition<'a> {
    Absent,
    Unchanged(&'a str),
}

/// What S3 said to a conditional write.
enum Answer {
    Written,
    Refused,
}

impl Objects {
    /// The object's document, or `None`.
    pub(super) async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Found<T>>, RepoError> {
        let mut rereads = pauses().take(REREADS);
        let (etag, bytes) = loop {
            let answered = self.client.get_object().bucket(&self.bucket).key(key).send().await;
            let output = match answered {
                Ok(output) => output,
                Err(error) if code(&error) == Some("NoSuchKey") => return Ok(None),
                Err(error) => return Err(failure(&error)),
            };
            let etag = output.e_tag.unwrap_or_default();
            match output.body.collect().await {
                Ok(body) => break (etag, body.into_bytes()),
                // The SDK repeats a request, but not the reading of its answer.
                Err(error) => match rereads.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Err(RepoError::Unavailable { source: Box::new(error) }),
                },
            }
        };
        let format: FormatOnly = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        if format.format > FORMAT {
            return Err(RepoError::TooNew);
        }
        let stored: Stored<T> = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
        let mut writes = vec![stored.write];
        writes.extend(stored.earlier);
        let version = ObjectVersion { etag, writes, entry: stored.entry };
        Ok(Some(Found { content: stored.content, version }))
    }

    /// The documents of many keys, in their order.
    pub(super) async fn get_all<T: DeserializeOwned>(
        &self,
        keys: Vec<String>,
    ) -> Result<Vec<Option<Found<T>>>, RepoError> {
        stream::iter(keys.into_iter().map(|key| async move { self.get(&key).await }))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Makes an object where there is none.
    pub(super) async fn create<T>(&self, key: &str, content: &T, write: Uuid) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        self.put_upon(key, None, content, write).await
    }

    /// Replaces an object that is still what was read.
    pub(super) async fn replace<T>(
        &self,
        key: &str,
        version: &ObjectVersion,
        content: &T,
        write: Uuid,
    ) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        self.put_upon(key, Some(version), content, write).await
    }

    /// Makes an object where there is none, replaces what was read otherwise.
    pub(super) async fn put_upon<T>(
        &self,
        key: &str,
        before: Option<&ObjectVersion>,
        content: &T,
        write: Uuid,
    ) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        self.put_with_entry(key, before, content, write, before.and_then(ObjectVersion::entry)).await
    }

    /// As [`Objects::put_upon`], with the entry that the document then carries.
    pub(super) async fn put_with_entry<T>(
        &self,
        key: &str,
        before: Option<&ObjectVersion>,
        content: &T,
        write: Uuid,
        entry: Option<&AuditEntry>,
    ) -> Result<Put<T>, RepoError>
    where
        T: Serialize + DeserializeOwned + Sync,
    {
        let writes = before.map_or(&[][..], |version| &version.writes);
        let condition = before.map_or(Condition::Absent, |version| Condition::Unchanged(&version.etag));
        match self.put_if(key, encode(content, write, writes, entry)?, &condition).await? {
            Answer::Written => Ok(Put::Done),
            Answer::Refused => self.whose(key, write).await,
        }
    }

    /// Whether the write that was refused is the one that stands: its answer was lost.
    async fn whose<T: DeserializeOwned>(&self, key: &str, write: Uuid) -> Result<Put<T>, RepoError> {
        let found = self.get::<T>(key).await?;
        let own = found.as_ref().is_some_and(|found| found.version.writes.contains(&write));
        Ok(if own { Put::Done } else { Put::Lost(found) })
    }

    async fn put_if(&self, key: &str, body: Vec<u8>, condition: &Condition<'_>) -> Result<Answer, RepoError> {
        let mut patience = Patience::new();
        loop {
            let put = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/json");
            let put = match condition {
                Condition::Absent => put.if_none_match("*"),
                Condition::Unchanged(etag) => put.if_match(*etag),
            };
            match put.body(ByteStream::from(body.clone())).send().await {
                Ok(_) => return Ok(Answer::Written),
                Err(error) => match code(&error) {
                    // If-Match of an object that is gone is answered by NoSuchKey.
                    Some("PreconditionFailed" | "NoSuchKey") => return Ok(Answer::Refused),
                    // Another conditional write of the same key was under way; the SDK does not repeat it.
                    Some("ConditionalRequestConflict" | "OperationAborted") => patience.wait().await?,
                    _ => return Err(failure(&error)),
                },
            }
        }
    }

    /// Writes an object whose content is the same whoever writes it.
    pub(super) async fn put<T: Serialize>(&self, key: &str, content: &T) -> Result<(), RepoError> {
        let body = encode(content, Uuid::now_v7(), &[], None)?;
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type("application/json");
        put.body(ByteStream::from(body)).send().await.map(drop).map_err(|error| failure(&error))
    }

    /// Writes objects that say all in their keys.
    pub(super) async fn put_empty(&self, keys: Vec<String>) -> Result<(), RepoError> {
        let put = |key: String| async move {
            let put = self.client.put_object().bucket(&self.bucket).key(key);
            put.body(ByteStream::from_static(b"")).send().await.map(drop).map_err(|error| failure(&error))
        };
        stream::iter(keys.into_iter().map(put)).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Deletes an object. One that is not there is no error.
    pub(super) async fn delete(&self, key: &str) -> Result<(), RepoError> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        deleted.map(drop).map_err(|error| failure(&error))
    }

    /// Deletes objects, or versions of objects, by the thousand. What is not there is no error.
    pub(super) async fn delete_many(&self, objects: Vec<ObjectIdentifier>) -> Result<(), RepoError> {
        for some in objects.chunks(1000) {
            let delete = Delete::builder().set_objects(Some(some.to_vec())).quiet(true).build();
            let delete = delete.map_err(|_| Fault::unexpected("a request could not be built"))?;
            let deleted = self.client.delete_objects().bucket(&self.bucket).delete(delete).send().await;
            let deleted = deleted.map_err(|error| failure(&error))?;
            // A successful answer may hold failures of single objects.
            if let Some(error) = deleted.errors().first() {
                let what = format!("{} objects were not deleted", deleted.errors().len());
                return Err(Fault::of_part(&what, error.code().unwrap_or("no code")).into());
            }
        }
        Ok(())
    }

    /// Deletes an object that is still what was read; `false` if it is not.
    pub(super) async fn delete_unchanged(&self, key: &str, version: &ObjectVersion) -> Result<bool, RepoError> {
        let mut patience = Patience::new();
        loop {
            let delete = self.client.delete_object().bucket(&self.bucket).key(key).if_match(&version.etag);
            match delete.send().await {
                Ok(_) => return Ok(true),
                Err(error) => match code(&error) {
                    Some("PreconditionFailed") => return Ok(false),
                    Some("NoSuchKey") => return Ok(true),
                    Some("ConditionalRequestConflict" | "OperationAborted") => patience.wait().await?,
                    _ => return Err(failure(&error)),
                },
            }
        }
    }

    /// Up to `limit` keys (1,000 at most) that begin with `prefix` and come after `after`, in their order, and whether
    /// there are more.
    pub(super) async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, bool), RepoError> {
        let limit = i32::try_from(limit.clamp(1, 1000)).unwrap_or(1000);
        let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).max_keys(limit);
        let list = list.set_start_after(after.map(str::to_owned));
        let listed = list.send().await.map_err(|error| failure(&error))?;
        let keys = listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect();
        Ok((keys, listed.is_truncated.unwrap_or(false)))
    }

    /// Every key that begins with `prefix`.
    pub(super) async fn list_all(&self, prefix: &str) -> Result<Vec<String>, RepoError> {
        let mut keys: Vec<String> = Vec::new();
        loop {
            let (some, more) = self.list(prefix, keys.last().map(String::as_str), 1000).await?;
            let ended = some.is_empty();
            keys.extend(some);
            if !more || ended {
                return Ok(keys);
            }
        }
    }
}

fn encode<T: Serialize>(
    content: &T,
    write: Uuid,
    before: &[Uuid],
    entry: Option<&AuditEntry>,
) -> Result<Vec<u8>, RepoError> {
    let earlier = before.iter().take(REMEMBERED).copied().collect();
    let stored = Stored { format: FORMAT, write, earlier, entry: entry.cloned(), content };
    serde_json::to_vec(&stored).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_was_written_before_documents_carried_entries_is_read() {
        let written = r#"{"format":1,"write":"0192f3a4-7c1e-7b3a-8c55-0123456789ab","content":[7]}"#;
        let stored: Stored<Vec<u32>> = serde_json::from_str(written).unwrap();
        assert_eq!((stored.content, stored.entry, stored.earlier), (vec![7], None, Vec::new()));
    }
}
