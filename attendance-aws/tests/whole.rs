//! The façade on AWS alone: what a check-in costs, and what is told to whom.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use attendance_aws::dynamodb::{DynamoAttendanceRepo, create_table};
use attendance_aws::kinesis::KinesisEventSink;
use attendance_aws::rekognition::RekognitionMatcher;
use attendance_aws::s3::S3ImageStore;
use attendance_aws::sns::{SnsConfig, SnsNotifier};
use attendance_aws::{AwsConfig, Call};
use attendance_core::domain::attendee::{ConsentWording, Email, ExternalId, Name, Phone};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::domain::similarity::Threshold;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::ImageStore as _;
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::{Attendance, CheckInRequest, EnrolRequest, NewAttendee, NewOrganization};
use bytes::Bytes;
use support::{EMULATOR, Log, Proxy, REKOGNITION, Request, aws_at, endpoint};
use uuid::Uuid;

const GRACE: &[u8] = include_bytes!("../../attendance-local/testdata/grace_hopper.jpg");
const ASTRONAUT: &[u8] = include_bytes!("../../attendance-local/testdata/astronaut.png");

/// What must not leave the repository but to whom it belongs.
const PERSONAL: [&str; 4] = ["Zxname", "zxmail", "49555666777", "zxroll"];

/// Everything on AWS, seen through two proxies: one before Rekognition, one before all else.
struct Whole {
    attendance: Attendance,
    images: S3ImageStore,
    aws: [AwsConfig; 2],
    proxies: [Proxy; 2],
    organization: OrganizationId,
}

fn me() -> Actor {
    Actor::new("kiosk-1").unwrap()
}

async fn whole() -> Option<Whole> {
    let (emulator, rekognition) = (endpoint(EMULATOR)?, endpoint(REKOGNITION)?);
    let proxies = [Proxy::before(&emulator).await, Proxy::before(&rekognition).await];
    let aws = [aws_at(&proxies[0].endpoint), aws_at(&proxies[1].endpoint)];
    let name = format!("whole-{}", Uuid::now_v7().simple());
    create_table(&aws[0], &name).await.unwrap();
    aws[0].s3().create_bucket().bucket(&name).send().await.unwrap();
    let kinesis = aws[0].kinesis();
    kinesis.create_stream().stream_name(&name).shard_count(1).send().await.unwrap();
    while kinesis.describe_stream_summary().stream_name(&name).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    let topic = aws[0].sns().create_topic().name(&name).send().await.unwrap().topic_arn;
    let mut topics = SnsConfig::default();
    topics.operators = topic;

    let images = S3ImageStore::new(&aws[0], &name);
    // The percentages are those of the embedded networks behind `rekognition-local`.
    let policy = MatchPolicy {
        threshold: Threshold::new(90.0).unwrap(),
        margin: 1.0,
        duplicate: Threshold::new(95.0).unwrap(),
        check_in_quality: QualityPolicy::ANY,
        enrolment_quality: QualityPolicy::ANY,
        measurement: None,
    };
    let matcher = RekognitionMatcher::new(&aws[1], "whole").unwrap().with_images(images.clone()).with_policy(policy);
    let attendance = Attendance::builder()
        .face_matcher(Arc::new(matcher))
        .image_store(Arc::new(images.clone()))
        .repo(Arc::new(DynamoAttendanceRepo::new(&aws[0], &name)))
        .notifier(Arc::new(SnsNotifier::new(&aws[0], topics).unwrap()))
        .event_sink(Arc::new(KinesisEventSink::new(&aws[0], &name)))
        .build()
        .unwrap();
    let organization = OrganizationId::new(format!("o-{}", Uuid::now_v7().simple())).unwrap();
    let policy = OrganizationPolicy { keep_enrolment_images: true, ..OrganizationPolicy::default() };
    let zone = Zone::new("Europe/Berlin").unwrap();
    attendance.ensure_organization(NewOrganization { id: organization.clone(), zone, policy }, &me()).await.unwrap();
    Some(Whole { attendance, images, aws, proxies, organization })
}

impl Whole {
    async fn enrolled(&self, photo: &'static [u8]) -> AttendeeId {
        let mut person = NewAttendee::named(Name::new("Zxname Hopper").unwrap());
        person.email = Some(Email::new("zxmail@example.org").unwrap());
        person.phone = Some(Phone::new("+49555666777").unwrap());
        person.external_id = Some(ExternalId::new(format!("zxroll-{}", photo.len())).unwrap());
        person.consent = Some(ConsentWording::new("My face may be used to record my attendance.").unwrap());
        let person = self.attendance.register(&self.organization, person, &me()).await.unwrap().id;
        let request = EnrolRequest::new(person, ImageRef::bytes(photo), me());
        self.attendance.enrol(&self.organization, request).await.unwrap();
        person
    }

    /// A check-in of a picture that a kiosk uploaded, as the function that S3 calls does it.
    async fn check_in(&self, number: u32, photo: &'static [u8]) -> Outcome {
        let id = CheckInId::new(format!("c-{number}")).unwrap();
        let key = ImageKey::new(format!("checkins/2026-11-21/{id}")).unwrap();
        let content_type = ContentType::sniff(photo).unwrap();
        let photo = Bytes::from_static(photo);
        self.images.put(&self.organization, &key, photo, content_type, PutMode::Create).await.unwrap();
        for aws in &self.aws {
            drop(aws.calls().take());
        }
        let request = CheckInRequest { id: Some(id), ..CheckInRequest::new(ImageRef::Stored(key), me()) };
        let mut answer = self.attendance.check_in(&self.organization, request).await.unwrap();
        assert_eq!(answer.faces.len(), 1);
        answer.faces.remove(0).outcome
    }

    /// The requests since the last call of this, of each service and operation.
    fn calls(&self) -> BTreeMap<String, u64> {
        let name = |call: &Call| format!("{} {}", call.service, call.operation);
        let sent = self.aws.iter().flat_map(|aws| aws.calls().take());
        sent.map(|(call, times)| (name(&call), times)).collect()
    }
}

#[tokio::test]
async fn a_kiosks_check_in_costs_one_search_and_one_write_and_no_download() {
    let Some(whole) = whole().await else { return };
    whole.enrolled(GRACE).await;
    whole.enrolled(ASTRONAUT).await;
    // The first check-in of a day makes its session, which takes one more write.
    assert!(matches!(whole.check_in(1, GRACE).await, Outcome::Marked { .. }));
    assert!(matches!(whole.check_in(2, ASTRONAUT).await, Outcome::Marked { .. }));
    let (reads, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        whole.calls().into_iter().partition(|(name, _)| name.contains("GetItem") || name.contains("Query"));
    let expected = [("DynamoDB TransactWriteItems", 1), ("Rekognition SearchUsersByImage", 1)];
    assert_eq!(others, expected.map(|(name, times)| (name.to_owned(), times)).into());
    assert!(reads.values().sum::<u64>() <= 8, "{reads:?}");
}

/// The values of every key of an item, wherever it stands in a request to DynamoDB.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if matches!(name.as_str(), "pk" | "sk") {
                    found.push(value.to_string());
                }
                keys(value, found);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// What of a request may be seen by others than those for whom it is: for DynamoDB the keys of items, for SNS
/// all but the addresses to which a message goes, for others everything.
fn visible(request: &Request) -> String {
    let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if target.starts_with("DynamoDB") {
        let mut found = Vec::new();
        keys(&serde_json::from_slice(&request.body).unwrap(), &mut found);
        return found.join("\n");
    }
    if target.starts_with("Kinesis") {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let records = body["Records"].as_array().cloned().unwrap_or_default();
        return records.iter().map(|record| format!("{record} {}", decoded(&record["Data"]))).collect();
    }
    request.text()
}

fn decoded(data: &serde_json::Value) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn nothing_personal_is_in_ids_keys_events_or_logs_from_registration_to_erasure() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(subscriber.finish());
    let Some(whole) = whole().await else { return };
    let grace = whole.enrolled(GRACE).await;
    assert!(matches!(whole.check_in(1, GRACE).await, Outcome::Marked { .. }));
    whole.attendance.relay(&whole.organization).await.unwrap();
    whole.attendance.erase(&whole.organization, grace, &me()).await.unwrap();
    whole.attendance.relay(&whole.organization).await.unwrap();

    let requests: Vec<_> = whole.proxies.iter().flat_map(Proxy::take).collect();
    let services = [
        "RekognitionService.SearchUsersByImage",
        "DynamoDB_20120810.TransactWriteItems",
        "Kinesis_20131202.PutRecords",
    ];
    for service in services {
        let target = |request: &Request| request.headers.get("x-amz-target").is_some_and(|target| target == service);
        assert!(requests.iter().any(target), "nothing was seen of {service}");
    }
    for request in &requests {
        let visible = visible(request);
        for personal in PERSONAL {
            assert!(!visible.contains(personal), "{personal} in {visible}");
        }
    }
    let log = log.text();
    assert!(log.contains("SearchUsersByImage"), "nothing was logged");
    for personal in PERSONAL {
        assert!(!log.contains(personal), "{personal} in the log");
    }
}
