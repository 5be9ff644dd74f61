//! The repository in S3 objects only: no database, nothing that runs, nothing that costs while nobody checks in.
//!
//! [`keys`] has the layout as a table. S3 gives what this rests on: reads and lists that see every finished write, writes
//! that succeed only where there is no object (`If-None-Match: *`) or where it is still the one that was read
//! (`If-Match`). It gives no transaction over two objects. So every change has one object that decides it, a marker
//! that is written before, and everything else can be worked out from these two by whoever comes along.
//!
//! # A commit
//!
//! Each commit gets an attempt: a UUID of version 7.
//!
//! 1. **Marker**, `outbox/{attempt}`: the whole commit.
//! 2. **Check-in**, `checkins/{id}`, create-only, with the attempt in it. This decides which commit has the id.
//! 3. **Records**, `attendance/…`, create-only, each with the attempt in it. This decides, for each, who made it. Beside
//!    them, the list of check-ins that name an attendee.
//! 4. **Finished**, `captured/…`: which of the records this attempt made. It is also the check-in's place in the list.
//! 5. The marker stays until every target acknowledged every event that came of it. Then it is deleted.
//!
//! Whoever finds a marker without step 4 does steps 2 to 4 again: [`pending`](attendance_core::ports::Outbox::pending)
//! (the relay), [`check_in`](attendance_core::ports::Ledger::check_in), and a commit with the same id. All of them write
//! the same, as often as they like: step 2 is won by one attempt for ever, a record tells by its attempt who made it, and
//! step 4 follows from the records.
//!
//! | a crash after | leaves | and then |
//! | --- | --- | --- |
//! | nothing | nothing | nothing happened; the caller was told of no success |
//! | 1 | a marker | the relay finishes it; where the caller repeated the commit first, the check-in has another attempt and the marker is deleted: nothing came of it |
//! | 2 | marker and check-in, without records | a repetition is `Replayed`, but finishes first; so does a reader of the check-in; so does the relay |
//! | some of 3 | some records | as after 2; records that are there tell that they are this attempt's |
//! | 4 | all | the events are pending: the marker tells of them |
//! | delivery, before 5 | a marker of what was delivered | it is delivered again: at least once, as promised |
//!
//! - *A record and its event become visible together*: the marker is there before the record. An event is given out
//!   only of a marker that was finished, so only of a record that is there.
//! - *Nothing lost*: a marker is deleted only after its events reached every target, or once another attempt has the
//!   check-in, so that nothing ever comes of it.
//! - *Once*: one object for each check-in and each record, created once.
//! - Between 2 and 4 a commit of several records can be seen in part, by those who read one record and then another.
//!   Who reads the check-in, or lists check-ins, sees it whole.
//! - A commit that was answered by an error may have happened, or may yet: as with every store that is far away. Repeat
//!   it with the same id.
//!
//! # Marks, and attendees that are saved with events
//!
//! A record is one document with all its versions; an attendee is one document. Both are changed by compare-and-swap,
//! after a marker that has the events and says which attempt writes which version. The document remembers the attempt of
//! each version. A marker is settled by a look at the document. If it has the version, it says by which attempt. If it
//! does not, the finder writes the document again unchanged: now the attempt can't succeed any more (it begins again,
//! with another marker, if it is still there), and the marker is deleted. Markers never hold anything personal.
//!
//! External ids have a protocol of their own, in [`claims`]; so have erasure, in [`erase`], and the audit, in [`acts`]:
//! an act and its entry are one write.
//!
//! # Whose write it was
//!
//! The SDK repeats a request whose answer was lost, and the repetition of a conditional write is refused by what the
//! first one wrote. Every document therefore carries the ids of its last writes: a refused write that finds its own
//! id there has succeeded. These ids also make every content unlike any before it: an ETag never comes back.
//!
//! # What may stay behind
//!
//! After a crash amid a registration, a claim may stay behind: a hash at a key, with the opaque id of an attendee who does
//! not have that external id. Whoever registers that external id next takes it over. After a crash just before
//! something new was made, the marker of the act stays in `acts/` until it is made.

mod acts;
mod attendees;
mod claims;
mod commit;
mod directory;
mod erase;
mod files;
mod keys;
mod ledger;
mod list;
mod mark;
mod objects;
mod outbox;
mod pending;
mod timetable;
mod versions;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use uuid::Uuid;

use self::files::OrganizationFile;
use self::keys::{Keys, TenantKeys};
use self::objects::{FORMAT, Objects};
use self::pending::Seen;
use crate::config::AwsConfig;

/// The repository in S3 objects, without a database. A clone shares its connections.
///
/// Everything is written in an order that leaves nothing lost, doubled or half done whenever a process dies: the next
/// relay, repetition or reader finishes what it finds.
///
/// # What it costs
///
/// | call | requests (PUT and LIST at $5, GET at $0.40 a million; DELETE is free) |
/// | --- | --- |
/// | a check-in of one attendee | 5 PUT in 4 steps: marker, check-in, record, the attendee's list, finished |
/// | its relay to the only target | 2 GET; 1 LIST and 1 DELETE for each 1,000 |
/// | its relay to several targets | 4 GET for each target, 1 PUT for each but the last, 1 DELETE |
/// | a mark | 2 PUT, 3 with a reason; a correction 1 GET more |
/// | somebody's act: a mark by hand, a change of an attendee, a group, an organization | 2 PUT more for its entry in the audit, 1 DELETE; 1 GET upon another act |
/// | an attendee registered | 1 PUT, 2 with an external id, 1 more for each group |
/// | a page of a list | 1 LIST for each 1,000 keys and 1 GET for each item, 16 at once |
/// | a roster | as a page, of all who are or were in the group |
/// | records of one attendee | 1 LIST for each 1,000 records of the dates, and 1 GET for each found: filtered by key |
/// | an erasure | some 10 requests, and 3 for each record with a reason |
///
/// About $26 for a million check-ins. It suits a school or a company; where reports over years are read all day, a
/// database is cheaper and quicker.
///
/// # Faults
///
/// | fault | what is done |
/// | --- | --- |
/// | `SlowDown` (503) | the SDK waits and repeats, up to 4 times; then `Throttled` |
/// | 500, timeout, connection reset | the SDK repeats; then `Unavailable` |
/// | an answer that breaks off while it is read | read again twice; then `Unavailable` |
/// | the answer to a conditional write is lost | the SDK repeats, S3 refuses, the adapter knows its own write: success |
/// | 412 of a create-only write | what stands is read: `Exists`, `Already`, `Replayed`, `Held`, as the call has it |
/// | 412 or 404 of a compare-and-swap | read again; `Conflict` if the version moved, another try if it did not |
/// | 409 `ConditionalRequestConflict` | tried again up to 6 times with growing random pauses, 3 to 6 s in all; then `Throttled` |
/// | expired or missing credentials, no right | `Failed` at once, with S3's own word for it |
/// | no such bucket | `Failed`: create it or correct its name |
/// | a document of a newer version | `TooNew` |
/// | a document that can't be read | `Failed`; what it holds is not shown |
/// | single failures of a batched delete | `Throttled`, `Unavailable` or `Failed`, as the first one says |
///
/// # The bucket
///
/// Without the right `s3:ListBucket`, S3 calls what is missing forbidden: it is needed. The bucket may be versioned: an
/// erasure deletes what was overwritten for good, and needs `s3:ListBucketVersions` and
/// `s3:DeleteObjectVersion` for that. A lifecycle rule for noncurrent versions and expired deletion markers below
/// `records/` keeps lists of markers quick. `deliveries/` may expire once no event is that old. Object Lock would forbid
/// erasure. Encryption is the bucket's own setting.
#[derive(Clone)]
pub struct S3AttendanceRepo {
    objects: Objects,
    keys: Keys,
    /// Organizations that exist: they are never deleted.
    known: Arc<Mutex<BTreeSet<OrganizationId>>>,
    seen: Seen,
}

impl S3AttendanceRepo {
    /// The repository in a bucket, below `prefix` ("" for the whole bucket) and there below `records/`: it can share
    /// the bucket with an [`S3ImageStore`](crate::s3::S3ImageStore). The bucket must exist; the rest is made.
    ///
    /// # Errors
    /// `TooNew` where a newer version wrote, `Failed` where there is no such bucket or no right to it, and what else a
    /// request may answer.
    pub async fn open(config: &AwsConfig, bucket: impl Into<String>, prefix: &str) -> Result<Self, RepoError> {
        let repo = Self {
            objects: Objects { client: config.s3(), bucket: bucket.into() },
            keys: Keys::below(prefix),
            known: Arc::default(),
            seen: Seen::default(),
        };
        let key = repo.keys.format();
        // A document that a newer version wrote is refused by its own number.
        if repo.objects.get::<u32>(&key).await?.is_none() {
            repo.objects.create(&key, &FORMAT, Uuid::now_v7()).await?;
        }
        Ok(repo)
    }

    fn tenant(&self, organization: &OrganizationId) -> TenantKeys {
        self.keys.of(organization)
    }

    /// Refuses an organization that does not exist.
    async fn require(&self, organization: &OrganizationId) -> Result<(), RepoError> {
        if self.known().contains(organization) {
            return Ok(());
        }
        let found = self.objects.get::<OrganizationFile>(&self.keys.organization(organization)).await?;
        found.ok_or(RepoError::UnknownOrganization)?;
        self.known().insert(organization.clone());
        Ok(())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<OrganizationId>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for S3AttendanceRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3AttendanceRepo").field("bucket", &self.objects.bucket).finish_non_exhaustive()
    }
}

/// The version that a change is stored with.
fn next(version: u32) -> u32 {
    version.saturating_add(1)
}
