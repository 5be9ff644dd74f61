//! Events to a Kinesis data stream.

mod batch;

use std::fmt;

use async_trait::async_trait;
use attendance_core::domain::event::{Event, EventId};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::{EventSink, EventSinkError};
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::PutRecordsResultEntry;

use crate::AwsConfig;
use crate::fault::Fault;
use crate::pauses::pauses;
use batch::{Entry, batches};

/// Publishes events to a data stream, each as a record of its own: the event's CloudEvents JSON.
///
/// A record's partition key is a hash, so that nothing can be read from it and the load is spread over the shards. The
/// versions of one attendance record have the same key, and so have the enrolment states of one attendee: one consumer
/// sees them all and need not agree with others on which is the newest. Their order is not promised, since a version
/// that failed is sent again after a later one that did not. Every other event has a key of its own.
///
/// Delivery is at least once: an event whose answer was lost is published again, with the same id.
///
/// Needs the right `kinesis:PutRecords`, and for an encrypted stream `kms:GenerateDataKey`.
///
/// # Limits
/// A request takes 500 records and 5 MiB, a record 1 MiB with its key (the service's guide, Quotas and limits); batches
/// are cut to fit.
///
/// # Faults
/// | fault | what the sink does |
/// | --- | --- |
/// | some records of an answer that says success have an error (`ProvisionedThroughputExceededException`, `InternalFailure`) | sends those again, and only those, up to six times within 6 s; then stops, and `Partial` names what is left |
/// | all records have one, each time | `Throttled` or `Unavailable` by the last error |
/// | a request fails: throttling, 500, a timeout, a connection that is reset | the SDK repeats it; at last `Throttled` or `Unavailable`, or, once anything went through, `Partial` with all that did not |
/// | an answer is lost | the SDK repeats the request; consumers see some ids twice |
/// | the stream does not exist, credentials have expired, no rights | `Failed` with what Kinesis said, or `Partial` once anything went through |
/// | an event is larger than a record may be | the others are sent, and `Partial` names it; `Failed`, if there are no others |
#[derive(Clone)]
pub struct KinesisEventSink {
    client: Client,
    stream: String,
}

impl KinesisEventSink {
    /// A sink to a stream, by its name or ARN.
    #[must_use]
    pub fn new(aws: &AwsConfig, stream: impl Into<String>) -> Self {
        Self { client: aws.kinesis(), stream: stream.into() }
    }

    /// The stream's name or ARN.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.stream
    }

    async fn publish_entries(&self, entries: Vec<Entry>) -> Result<(), EventSinkError> {
        let events = entries.len();
        let (batches, too_large) = batches(entries);
        let mut fault = too_large.first().map(|entry| {
            tracing::error!(bytes = entry.bytes(), "an event is larger than a record may be");
            Fault::unexpected(format!("the event {} is larger than a record may be", entry.id))
        });
        let ids = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.id);
        let mut failed: Vec<EventId> = ids(too_large).collect();
        let mut stopped = false;
        for mut batch in batches {
            if !stopped && let Err(error) = self.send(&mut batch).await {
                tracing::warn!(left = batch.len(), "events did not get through");
                // The stream is too busy, or out of reach: the other batches wait for a better time.
                stopped = true;
                fault = Some(error);
            }
            failed.extend(ids(batch));
        }
        match fault {
            None => Ok(()),
            Some(fault) if failed.len() == events => Err(fault.into()),
            Some(_) => Err(EventSinkError::Partial { failed }),
        }
    }

    /// Sends a batch, and again what failed of it. Removes from `batch` what went through; what is left has a fault.
    async fn send(&self, batch: &mut Vec<Entry>) -> Result<(), Fault> {
        let mut pauses = pauses();
        loop {
            let results = self.put(batch).await?;
            let mut fault = None;
            let mut results = results.into_iter();
            batch.retain(|_| {
                let failed = results.next().and_then(|result| failure(&result));
                let stays = failed.is_some();
                fault = failed.or(fault.take());
                stays
            });
            let Some(fault) = fault else { return Ok(()) };
            let Some(pause) = pauses.next() else { return Err(fault) };
            tokio::time::sleep(pause).await;
        }
    }

    /// One request. Answers a result for each entry.
    async fn put(&self, batch: &[Entry]) -> Result<Vec<PutRecordsResultEntry>, Fault> {
        let request = match self.stream.starts_with("arn:") {
            true => self.client.put_records().stream_arn(&self.stream),
            false => self.client.put_records().stream_name(&self.stream),
        };
        let request = request.set_records(Some(batch.iter().map(|entry| entry.record.clone()).collect()));
        let answer = request.send().await.map_err(|error| Fault::of(&error))?;
        if answer.records.len() != batch.len() {
            return Err(Fault::unexpected("Kinesis did not answer for every record"));
        }
        Ok(answer.records)
    }
}

/// Why a record did not get through, if it did not.
fn failure(result: &PutRecordsResultEntry) -> Option<Fault> {
    let code = result.error_code().or_else(|| result.sequence_number().is_none().then_some("no sequence number"));
    code.map(|code| Fault::of_part("a record was not taken", code))
}

impl fmt::Debug for KinesisEventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KinesisEventSink").field("stream", &self.stream).finish_non_exhaustive()
    }
}

#[async_trait]
impl EventSink for KinesisEventSink {
    async fn publish(&self, _: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
        self.publish_entries(events.iter().map(Entry::of).collect::<Result<_, _>>()?).await
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, SdkConfig};

    use super::*;

    #[tokio::test]
    async fn an_event_that_no_request_takes_is_an_error_that_names_it() {
        let aws = AwsConfig::from_sdk(SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
        let entry = Entry::new(EventId::new("e-1").unwrap(), "key".to_owned(), vec![b' '; 1024 * 1024]).ok().unwrap();
        let error = KinesisEventSink::new(&aws, "stream").publish_entries(vec![entry]).await.unwrap_err();
        assert!(matches!(&error, EventSinkError::Failed { source } if source.to_string().contains("e-1")), "{error:?}");
    }
}
