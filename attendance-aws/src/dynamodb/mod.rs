//! The attendance repository in one DynamoDB table: [`DynamoAttendanceRepo`].
//!
//! ```no_run
//! # async fn example() -> Result<(), attendance_core::ports::RepoError> {
//! use attendance_aws::AwsConfig;
//! use attendance_aws::dynamodb::{DynamoAttendanceRepo, create_table};
//!
//! let aws = AwsConfig::load().await;
//! create_table(&aws, "attendance").await?; // or Terraform's module `attendance_table`
//! let repo = DynamoAttendanceRepo::new(&aws, "attendance");
//! // … `Arc::new(repo)` wherever an `Arc<dyn AttendanceRepo>` is wanted.
//! # Ok(())
//! # }
//! ```
//!
//! # The table
//!
//! Two string keys, `pk` and `sk`, no index, and `expires_at` as its time to live. Every read is consistent. A `pk` begins
//! with the organization and `#`; what a busy day writes (records, check-ins, the queue of events, the audit) is spread
//! over 8 partitions of an organization, or lies in partitions of its own. A pending event has an `sk` that begins with
//! `outbox#`: a stream that is filtered by it starts a relay when there is something to tell.
//!
//! Events are acknowledged by their ids. Where they are pending is remembered by the repository that listed them; another
//! one looks for them in their shard of the queue, which takes as long as the queue is.
//!
//! # What a check-in costs
//!
//! One `TransactWriteItems`, which is all or nothing. For one face, one record and one target it holds 6 items of up to
//! 1 KB each: the check-in, its line in the list, the attendee's line of it, the record, the attendee's line of that, and
//! the pending event. A transaction counts double: 12 write units, and one more when the event is acknowledged. A partition
//! takes 1,000 a second, and the busiest shards, those of the queue, get an eighth of 3 units a check-in: an organization
//! can write about 2,600 check-ins a second. Before it writes, the service reads the candidates (up to 5 a face, 3,000
//! read units a second for all attendees of an organization): about 600 a second until DynamoDB has split that
//! partition. An account's quota of a table is 40,000 write units a second on demand, unless it is raised.
//!
//! A transaction holds 100 items. A commit that needs more (with one target: above 24 recorded faces) is written by
//! several: each record together with its event, and the check-in last. Cut off between them, the records that were
//! written stand and will be told of, and the check-in is not there: the same check-in, offered again, completes it, and
//! finds its own records. Of two commits of one id at the same time the later one makes nothing once the earlier
//! one's check-in is there.
//!
//! # Once
//!
//! A record, a check-in, an external id are made on the condition that they are not there; DynamoDB answers a refusal
//! with the item that stands, so that nothing has to be read again. An existing record makes that one
//! [`Already`](attendance_core::ports::attendance_repo::Recorded::Already), and the rest is written anew.
//!
//! An attempt whose answer was lost is repeated by the SDK with the same token, and for 10 minutes DynamoDB then answers
//! as it did before. After that, or from a caller who asks again, a commit meets its own check-in and answers
//! [`Replayed`](attendance_core::ports::attendance_repo::Committed::Replayed): the caller reads the records that stand,
//! and reports those that this check-in made as made. A correction or a change of a version that is repeated meets
//! itself as a `Conflict`, and is read again by those who make it.
//!
//! # Faults
//!
//! | fault | what the adapter does |
//! | --- | --- |
//! | `ProvisionedThroughputExceededException`, `ThrottlingException`, `RequestLimitExceeded` | the SDK tries again (4 times); then `Throttled` |
//! | 500, 503, `InternalServerError` | the SDK tries again; then `Unavailable` |
//! | no answer, connection reset | the SDK tries again; then `Unavailable` |
//! | the answer was lost | the SDK tries again with the same token: the first answer counts |
//! | expired or unknown credentials, no rights | `Failed`, which names the code |
//! | no such table | `Failed`, which says how to create it |
//! | `ConditionalCheckFailed` | what the port says: `Already`, `Replayed`, `Exists`, `ExternalIdTaken`, `Conflict` |
//! | `TransactionConflict`, throttling inside of a transaction | again after growing, random pauses (3 to 6 s in all); then `Throttled` |
//! | `UnprocessedKeys`, `UnprocessedItems` | only those again, after such pauses; then `Throttled` |
//! | a page that ends at 1 MB | the next one, until the list's page is full |
//! | an item that a newer version wrote | `TooNew` |
//! | something above 380 KB, more than 100 items at once | `Failed` before anything is written |
//!
//! # What is remembered, and for how long
//!
//! Names, addresses, external ids and reasons stand in attributes only; keys hold opaque ids and hashes. An erasure
//! rewrites or deletes every item that holds something personal of the attendee, and can be cut off and repeated. What
//! backups (point-in-time recovery: up to 35 days) and a stream (24 hours) keep is theirs. A delivery is remembered for
//! 400 days, longer than a Kinesis stream keeps the event that it belongs to (365); then DynamoDB deletes it, usually
//! within two days, and until then it counts as gone. Nothing else expires.

mod attendee;
mod audit;
mod commit;
mod directory;
mod erasure;
mod items;
mod keys;
mod ledger;
mod listing;
mod outbox;
mod read;
mod table;
mod timetable;
mod transact;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use outbox::Places;
pub use table::create_table;

use crate::AwsConfig;
use crate::fault::{Fault, code};

/// The repository in one DynamoDB table. A clone shares its connections.
#[derive(Clone)]
pub struct DynamoAttendanceRepo {
    client: Client,
    table: String,
    /// Organizations that were seen to exist.
    seen: Arc<Mutex<HashSet<OrganizationId>>>,
    places: Arc<Places>,
}

impl DynamoAttendanceRepo {
    /// The repository in that table, which [`create_table`] or Terraform made. Nothing is asked or sent yet.
    #[must_use]
    pub fn new(aws: &AwsConfig, table: impl Into<String>) -> Self {
        Self { client: aws.dynamodb(), table: table.into(), seen: Arc::default(), places: Arc::default() }
    }

    fn remembers(&self, organization: &OrganizationId) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(organization)
    }

    fn remember(&self, organization: &OrganizationId) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(organization.clone());
    }

    /// What an error means that means nothing special to the call.
    fn fault<E>(&self, error: &SdkError<E, HttpResponse>) -> RepoError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if code(error) == Some("ResourceNotFoundException") {
            let why = format!(
                "there is no DynamoDB table {:?} in this account and region: create it with Terraform's module \
                 attendance_table, or with attendance_aws::dynamodb::create_table",
                self.table
            );
            return Fault::unexpected(why).into();
        }
        Fault::of(error).into()
    }
}

impl fmt::Debug for DynamoAttendanceRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoAttendanceRepo").field("table", &self.table).finish_non_exhaustive()
    }
}
