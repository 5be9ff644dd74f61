//! What the tests start from.

use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::attendee::{Attendee, Email, ExternalId, Name};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::check_in::{Candidate, CheckIn, Decision, JudgedFace};
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::face::{BoundingBox, Pose, Quality};
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::organization::{Organization, OrganizationPolicy};
use attendance_core::domain::record::{AttendanceRecord, Method, Reason, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::Directory as _;
use attendance_core::ports::attendance_repo::{Commit, RecordDraft};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::support::{EMULATOR, Proxy, endpoint, sdk_at};

/// An emulator with a bucket.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) emulator: String,
    pub(crate) bucket: String,
}

static BUCKET: OnceCell<String> = OnceCell::const_new();

/// Repeats soon, gives up soon: tests need not wait as the world does.
pub(crate) fn config(endpoint: &str) -> AwsConfig {
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(5));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build();
    AwsConfig::from_sdk(sdk_at(endpoint).into_builder().retry_config(retries).timeout_config(timeouts).build())
}

impl World {
    /// The bucket of this run of the tests.
    pub(crate) async fn begin() -> Option<Self> {
        let emulator = endpoint(EMULATOR)?;
        let bucket = BUCKET.get_or_init(|| make_bucket(&emulator)).await.clone();
        Some(Self { emulator, bucket })
    }

    /// A new bucket that keeps every version.
    pub(crate) async fn versioned() -> Option<Self> {
        let emulator = endpoint(EMULATOR)?;
        let bucket = make_bucket(&emulator).await;
        let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let client = config(&emulator).s3();
        client.put_bucket_versioning().bucket(&bucket).versioning_configuration(versioning).send().await.unwrap();
        Some(Self { emulator, bucket })
    }

    pub(crate) fn client(&self) -> aws_sdk_s3::Client {
        config(&self.emulator).s3()
    }

    pub(crate) async fn repo(&self) -> S3AttendanceRepo {
        S3AttendanceRepo::open(&config(&self.emulator), &self.bucket, "").await.unwrap()
    }

    /// A repository behind a proxy that has seen nothing yet.
    pub(crate) async fn watched(&self) -> (S3AttendanceRepo, Proxy) {
        let proxy = Proxy::before(&self.emulator).await;
        let repo = S3AttendanceRepo::open(&config(&proxy.endpoint), &self.bucket, "").await.unwrap();
        proxy.take();
        (repo, proxy)
    }

    /// The keys of an organization behind its prefix, that begin with `what`.
    pub(crate) async fn keys(&self, organization: &OrganizationId, what: &str) -> Vec<String> {
        let prefix = format!("records/of/{organization}/{what}");
        let listed = self.client().list_objects_v2().bucket(&self.bucket).prefix(prefix).send().await.unwrap();
        listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }
}

async fn make_bucket(emulator: &str) -> String {
    let bucket = format!("attendance-{}", Uuid::now_v7());
    config(emulator).s3().create_bucket().bucket(&bucket).send().await.unwrap();
    bucket
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_248_000 + second).unwrap()
}

pub(crate) fn unsaved_organization() -> Organization {
    Organization {
        id: OrganizationId::new(format!("o-{}", Uuid::now_v7().simple())).unwrap(),
        zone: Zone::new("Europe/Berlin").unwrap(),
        policy: OrganizationPolicy::default(),
        created_at: at(0),
        version: 0,
    }
}

pub(crate) async fn organization(repo: &S3AttendanceRepo) -> OrganizationId {
    repo.create_organization(&unsaved_organization(), &entry()).await.unwrap().id
}

/// Somebody of whom all is known, with words that nothing else has.
pub(crate) fn ada() -> Attendee {
    let mut ada = Attendee::new(AttendeeId::fresh(), Name::new("Lovelace").unwrap(), at(0));
    ada.external_id = Some(ExternalId::new("Roll1815").unwrap());
    ada.email = Some(Email::new("countess@example.org").unwrap());
    ada.attributes.insert("branch".to_owned(), "Mathematics".to_owned());
    ada
}

/// What must be nowhere but in the documents themselves.
pub(crate) const PERSONAL: [&str; 6] = ["Lovelace", "Roll1815", "countess", "Mathematics", "dentist", "subject-of-ada"];

pub(crate) fn monday() -> SessionId {
    "5B.2026-11-23.0".parse().unwrap()
}

pub(crate) fn record(attendee: AttendeeId, check_in: &str) -> AttendanceRecord {
    AttendanceRecord {
        session: monday(),
        attendee,
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(98.7).unwrap() },
        at: at(0),
        recorded_at: at(1),
        check_in: Some(CheckInId::new(check_in).unwrap()),
        version: 1,
    }
}

/// The next version of a record, by hand.
pub(crate) fn corrected(record: &AttendanceRecord) -> AttendanceRecord {
    let method = Method::Hand {
        actor: Actor::new("teacher-7").unwrap(),
        reason: Some(Reason::new("was with the dentist").unwrap()),
    };
    AttendanceRecord { status: Status::Excused, method, version: record.version + 1, ..record.clone() }
}

/// A check-in that records these attendees on Monday and shows a stranger.
pub(crate) fn arrival(organization: &OrganizationId, attendees: &[AttendeeId], id: &str) -> Commit {
    let decision = |attendee: &AttendeeId| {
        let candidate = Candidate { attendee: *attendee, similarity: Similarity::new(98.7).unwrap() };
        Decision::Record { candidate, session: monday() }
    };
    let face = |decision| JudgedFace {
        bounding_box: BoundingBox { left: 0.1, top: 0.1, width: 0.25, height: 0.25 },
        quality: Quality {
            size: 120,
            sharpness: 81.5,
            brightness: 50.0,
            pose: Pose { yaw: -12.0, pitch: 4.5, roll: 0.0 },
            confidence: 99.5,
        },
        decision,
    };
    let check_in = CheckIn {
        id: CheckInId::new(id).unwrap(),
        captured_at: at(0),
        decided_at: at(1),
        by: Actor::new("kiosk-1").unwrap(),
        image: Some(ImageKey::new(format!("checkins/2026-11-23/{id}")).unwrap()),
        faces: attendees.iter().map(decision).chain([Decision::Stranger]).map(face).collect(),
        unsearched: 0,
        liveness: None,
        refused: None,
    };
    let stranger = Event::of_stranger(organization, &check_in.id, u32::try_from(attendees.len()).unwrap(), at(1));
    let records = attendees.iter().map(|id| RecordDraft::new(organization, record(*id, check_in.id.as_str())));
    Commit { records: records.collect(), events: vec![stranger], check_in, targets: vec![Target::sink()] }
}

/// A check-in that records one attendee and tells the sink.
pub(crate) fn one_arrival(organization: &OrganizationId, attendee: AttendeeId, id: &str) -> Commit {
    let mut commit = arrival(organization, &[attendee], id);
    commit.events.clear();
    commit.check_in.faces.truncate(1);
    commit
}

/// A line of the audit that goes with a change.
pub(crate) fn entry() -> AuditEntry {
    AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::system(), AuditAction::Change, None)
}
