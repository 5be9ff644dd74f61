//! `KinesisEventSink` on an emulator of Kinesis: the conformance suite, and what the sink does when Kinesis, or the way
//! there, fails.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::kinesis::KinesisEventSink;
use attendance_core::conformance::event_sink::EventSinkFixture;
use attendance_core::domain::event::{Event, EventId};
use attendance_core::domain::ids::{CheckInId, OrganizationId};
use attendance_core::ports::{EventSink, EventSinkError};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use jiff::Timestamp;
use serde_json::{Value, json};
use support::{Disturbance, EMULATOR, Proxy, Request, endpoint, sdk_at};
use uuid::Uuid;

use Disturbance::{Answer, Lost, Pass, Reset, Silence};

/// A configuration whose attempts follow each other quickly.
fn aws(endpoint: &str) -> AwsConfig {
    patient(endpoint, Duration::from_secs(20))
}

/// One whose attempts end after that time.
fn patient(endpoint: &str, attempt: Duration) -> AwsConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(10));
    AwsConfig::from_sdk(sdk_at(endpoint).into_builder().timeout_config(timeouts).retry_config(retries).build())
}

/// A new stream of four shards, its sink, and the requests of the sink.
#[derive(Clone)]
struct Stream {
    proxy: Proxy,
    sink: KinesisEventSink,
    /// What looks at the stream without the sink.
    kinesis: Client,
    name: String,
}

impl Stream {
    /// `None` where there is no emulator.
    async fn new() -> Option<Self> {
        let endpoint = endpoint(EMULATOR)?;
        let kinesis = aws(&endpoint).kinesis();
        let name = format!("attendance-test-{}", Uuid::now_v7().simple());
        kinesis.create_stream().stream_name(&name).shard_count(4).send().await.unwrap();
        let proxy = Proxy::before(&endpoint).await;
        let sink = KinesisEventSink::new(&aws(&proxy.endpoint), &name);
        Some(Self { proxy, sink, kinesis, name })
    }

    async fn publish(&self, events: &[Event]) -> Result<(), EventSinkError> {
        self.sink.publish(&school(), events).await
    }

    /// All that each shard has, page by page.
    async fn records(&self) -> BTreeMap<String, Vec<Record>> {
        let shards = self.kinesis.list_shards().stream_name(&self.name).send().await.unwrap();
        let mut records = BTreeMap::new();
        for shard in shards.shards() {
            let request = self.kinesis.get_shard_iterator().stream_name(&self.name).shard_id(shard.shard_id());
            let start = request.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
            let (mut iterator, mut of_shard) = (start.shard_iterator, Vec::new());
            while let Some(from) = iterator {
                let page = self.kinesis.get_records().shard_iterator(from).limit(100).send().await.unwrap();
                let end = page.records().is_empty() && page.millis_behind_latest() == Some(0);
                of_shard.extend(page.records);
                iterator = page.next_shard_iterator.filter(|_| !end);
            }
            records.insert(shard.shard_id().to_owned(), of_shard);
        }
        records
    }

    async fn events(&self) -> Vec<Event> {
        let records = self.records().await.into_values().flatten();
        records.map(|record| serde_json::from_slice(record.data().as_ref()).unwrap()).collect()
    }

    async fn ids(&self) -> BTreeSet<EventId> {
        self.events().await.into_iter().map(|event| event.id).collect()
    }
}

async fn sink() -> Option<(EventSinkFixture, ())> {
    let stream = Stream::new().await?;
    let sink = Arc::new(stream.sink.clone());
    let read_back = move || {
        let stream = stream.clone();
        async move { stream.events().await }
    };
    Some((EventSinkFixture::new(sink).read_back(read_back), ()))
}

attendance_core::event_sink_suite!(sink);

fn school() -> OrganizationId {
    OrganizationId::new("school").unwrap()
}

fn strangers(count: u32) -> Vec<Event> {
    let check_in = CheckInId::new("c-1").unwrap();
    (0..count).map(|face| Event::of_stranger(&school(), &check_in, face, Timestamp::UNIX_EPOCH)).collect()
}

fn ids(events: &[Event]) -> BTreeSet<EventId> {
    events.iter().map(|event| event.id.clone()).collect()
}

/// What a request sent: each record's key and event.
fn sent(request: &Request) -> Vec<(String, Event)> {
    assert_eq!(request.operation(), Some("PutRecords"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let record = |record: &Value| {
        let data = aws_smithy_types::base64::decode(text(&record["Data"])).unwrap();
        (text(&record["PartitionKey"]), serde_json::from_slice(&data).unwrap())
    };
    body["Records"].as_array().unwrap().iter().map(record).collect()
}

fn sent_ids(request: &Request) -> BTreeSet<EventId> {
    sent(request).into_iter().map(|(_, event)| event.id).collect()
}

/// An answer that says success, in which those records have an error that have one here.
fn partial(codes: &[Option<&str>]) -> Disturbance {
    let record = |code: &Option<&str>| match code {
        Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "made by a test" }),
        None => json!({ "SequenceNumber": "1", "ShardId": "shardId-000000000000" }),
    };
    let failed = codes.iter().flatten().count();
    let records: Vec<_> = codes.iter().map(record).collect();
    Answer(200, json!({ "FailedRecordCount": failed, "Records": records }).to_string())
}

const TOO_FAST: Option<&str> = Some("ProvisionedThroughputExceededException");
const INTERNAL: Option<&str> = Some("InternalFailure");

fn failed(error: &EventSinkError) -> BTreeSet<EventId> {
    match error {
        EventSinkError::Partial { failed } => failed.iter().cloned().collect(),
        other => panic!("{other:?}"),
    }
}

fn source(error: &EventSinkError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn a_record_is_an_events_json_under_a_key_that_tells_nothing() {
    let Some(stream) = Stream::new().await else { return };
    let check_in = CheckInId::new("ada.lovelace").unwrap();
    let event = Event::of_stranger(&school(), &check_in, 0, Timestamp::UNIX_EPOCH);
    stream.publish(std::slice::from_ref(&event)).await.unwrap();
    let request = stream.proxy.take().remove(0);
    let (key, of_record) = sent(&request).remove(0);
    assert_eq!(of_record, event);
    assert!(key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    // What names the check-in is inside the record, and nowhere else.
    assert!(!request.text().contains("lovelace") && !request.text().contains("school"), "{}", request.text());
    let records: Vec<_> = stream.records().await.into_values().flatten().collect();
    assert_eq!(records.len(), 1);
    let json: Value = serde_json::from_slice(records[0].data().as_ref()).unwrap();
    assert_eq!((&json["specversion"], &json["type"]), (&json!("1.0"), &json!("attendance.stranger.v1")));
    assert_eq!(format!("{:?}", stream.sink), format!("KinesisEventSink {{ stream: {:?}, .. }}", stream.name));
}

#[tokio::test]
async fn events_are_spread_over_the_shards() {
    let Some(stream) = Stream::new().await else { return };
    stream.publish(&strangers(400)).await.unwrap();
    let records = stream.records().await;
    assert_eq!(records.len(), 4);
    assert!(records.values().all(|of_shard| of_shard.len() > 50), "a shard has too few");
}

#[tokio::test]
async fn a_thousand_events_are_two_requests_of_500() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(1001);
    stream.publish(&events).await.unwrap();
    let sizes: Vec<_> = stream.proxy.take().iter().map(|request| sent(request).len()).collect();
    assert_eq!(sizes, [500, 500, 1]);
    assert_eq!(stream.ids().await, ids(&events));
}

#[tokio::test]
async fn a_stream_may_be_named_by_its_arn() {
    let Some(stream) = Stream::new().await else { return };
    let described = stream.kinesis.describe_stream_summary().stream_name(&stream.name).send().await.unwrap();
    let arn = described.stream_description_summary().unwrap().stream_arn();
    let sink = KinesisEventSink::new(&aws(&stream.proxy.endpoint), arn);
    sink.publish(&school(), &strangers(1)).await.unwrap();
    assert_eq!(stream.ids().await, ids(&strangers(1)));
}

#[tokio::test]
async fn only_the_records_that_failed_are_sent_again() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(4);
    stream.proxy.disturb([partial(&[None, TOO_FAST, None, INTERNAL]), partial(&[INTERNAL, None])]);
    stream.publish(&events).await.unwrap();
    let requests = stream.proxy.take();
    let expected = [ids(&events), ids(&[events[1].clone(), events[3].clone()]), ids(&events[1..2])];
    assert_eq!(requests.iter().map(sent_ids).collect::<Vec<_>>(), expected);
    // Only the third request reached the stream; its record has the key that it had at first.
    assert_eq!(stream.ids().await, ids(&events[1..2]));
    assert_eq!(sent(&requests[2])[0], sent(&requests[0])[1]);
}

#[tokio::test]
async fn records_that_fail_each_time_are_named() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(501);
    let mut codes = [None; 500];
    codes[7] = TOO_FAST;
    codes[499] = TOO_FAST;
    stream.proxy.disturb([partial(&codes)]);
    stream.proxy.disturb(std::iter::repeat_n(partial(&[TOO_FAST, TOO_FAST]), 6));
    let error = stream.publish(&events).await.unwrap_err();
    // The second batch was not tried while the stream was too busy for the first.
    assert_eq!(failed(&error), ids(&[events[7].clone(), events[499].clone(), events[500].clone()]));
    assert_eq!(stream.proxy.take().len(), 7);
}

#[tokio::test]
async fn when_no_record_gets_through_the_error_says_why() {
    let Some(stream) = Stream::new().await else { return };
    stream.proxy.disturb(std::iter::repeat_n(partial(&[TOO_FAST, TOO_FAST]), 7));
    let error = stream.publish(&strangers(2)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Throttled { .. }), "{error:?}");
    stream.proxy.disturb(std::iter::repeat_n(partial(&[INTERNAL, INTERNAL]), 7));
    let error = stream.publish(&strangers(2)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Unavailable { .. }), "{error:?}");
    assert_eq!(source(&error), "a record was not taken: InternalFailure");
}

#[tokio::test]
async fn a_request_that_fails_is_tried_again() {
    let Some(stream) = Stream::new().await else { return };
    let too_fast = Disturbance::json(400, "ProvisionedThroughputExceededException");
    for fault in [too_fast, Disturbance::json(500, "InternalFailure"), Reset] {
        stream.proxy.disturb([fault.clone()]);
        stream.publish(&strangers(3)).await.unwrap();
        assert_eq!(stream.proxy.take().len(), 2, "{fault:?}");
    }
    assert_eq!(stream.events().await.len(), 9);
}

#[tokio::test]
async fn a_request_that_fails_each_time_is_told_as_what_it_is() {
    let Some(stream) = Stream::new().await else { return };
    let too_fast = Disturbance::json(400, "ProvisionedThroughputExceededException");
    let internal = Disturbance::json(500, "InternalFailure");
    for (fault, throttled) in [(too_fast, true), (internal, false), (Reset, false)] {
        stream.proxy.disturb(std::iter::repeat_n(fault.clone(), 3));
        let error = stream.publish(&strangers(2)).await.unwrap_err();
        let expected = match throttled {
            true => matches!(error, EventSinkError::Throttled { .. }),
            false => matches!(error, EventSinkError::Unavailable { .. }),
        };
        assert!(expected, "{fault:?}: {error:?}");
        assert_eq!(stream.proxy.take().len(), 3, "{fault:?}");
    }
    assert!(stream.events().await.is_empty());
}

#[tokio::test]
async fn a_stream_that_does_not_answer_in_time_is_unavailable() {
    let Some(stream) = Stream::new().await else { return };
    let impatient = KinesisEventSink::new(&patient(&stream.proxy.endpoint, Duration::from_millis(100)), &stream.name);
    stream.proxy.disturb(std::iter::repeat_n(Silence(Duration::from_secs(30)), 3));
    let error = impatient.publish(&school(), &strangers(1)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Unavailable { .. }), "{error:?}");
    assert_eq!(stream.proxy.take().len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_the_same_ids_arrive_twice() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(3);
    stream.proxy.disturb([Lost]);
    stream.publish(&events).await.unwrap();
    assert_eq!(stream.events().await.len(), 6);
    assert_eq!(stream.ids().await, ids(&events));
}

#[tokio::test]
async fn after_some_batches_a_failed_request_is_partial_and_names_the_rest() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(1200);
    for code in ["ExpiredTokenException", "ResourceNotFoundException"] {
        stream.proxy.disturb([Pass, Disturbance::json(400, code)]);
        assert_eq!(failed(&stream.publish(&events).await.unwrap_err()), ids(&events[500..]));
        assert_eq!(stream.proxy.take().len(), 2);
    }
    stream.proxy.disturb([Pass].into_iter().chain(std::iter::repeat_n(Reset, 3)));
    assert_eq!(failed(&stream.publish(&events).await.unwrap_err()), ids(&events[500..]));
    assert_eq!(stream.ids().await, ids(&events[..500]));
}

#[tokio::test]
async fn after_some_records_a_failed_request_is_partial_and_names_the_rest() {
    let Some(stream) = Stream::new().await else { return };
    let events = strangers(3);
    stream.proxy.disturb([partial(&[TOO_FAST, None, TOO_FAST]), Disturbance::json(400, "ExpiredTokenException")]);
    let error = stream.publish(&events).await.unwrap_err();
    assert_eq!(failed(&error), ids(&[events[0].clone(), events[2].clone()]));
}

#[tokio::test]
async fn what_will_not_pass_is_named_and_not_tried_again() {
    let Some(stream) = Stream::new().await else { return };
    stream.proxy.disturb([Disturbance::json(400, "ExpiredTokenException")]);
    let error = stream.publish(&strangers(1)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Failed { .. }), "{error:?}");
    assert!(source(&error).contains("ExpiredTokenException"), "{}", source(&error));

    let missing = KinesisEventSink::new(&aws(&stream.proxy.endpoint), "no-such-stream");
    let error = missing.publish(&school(), &strangers(1)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Failed { .. }), "{error:?}");
    assert!(source(&error).contains("ResourceNotFoundException"), "{}", source(&error));
    assert_eq!(stream.proxy.take().len(), 2);
}

#[tokio::test]
async fn an_answer_that_leaves_records_out_is_no_success() {
    let Some(stream) = Stream::new().await else { return };
    stream.proxy.disturb([partial(&[None])]);
    let error = stream.publish(&strangers(2)).await.unwrap_err();
    assert!(matches!(error, EventSinkError::Failed { .. }), "{error:?}");

    let without_number = json!({ "FailedRecordCount": 0, "Records": [{ "ShardId": "shardId-000000000000" }] });
    stream.proxy.disturb([Answer(200, without_number.to_string())]);
    stream.publish(&strangers(1)).await.unwrap();
    assert_eq!(stream.ids().await, ids(&strangers(1)));
}
