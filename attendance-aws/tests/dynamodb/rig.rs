//! A table of one's own, reached through a proxy, and what tests put into it.

use std::collections::HashMap;
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::dynamodb::{DynamoAttendanceRepo, create_table};
use attendance_core::domain::attendee::{Attendee, Name};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::check_in::{Candidate, CheckIn, Decision, JudgedFace};
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::face::{BoundingBox, Pose, Quality};
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::organization::{Organization, OrganizationPolicy};
use attendance_core::domain::record::{AttendanceRecord, Method, Reason, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::{Commit, Committed, RecordDraft, Recorded};
use attendance_core::ports::{Directory, Ledger, Outbox};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::{EMULATOR, Proxy, aws_at, endpoint, sdk_at};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A table of a name that nobody else has.
pub(crate) async fn fresh_table(aws: &AwsConfig) -> String {
    let table = format!("attendance-test-{}", Uuid::now_v7().simple());
    create_table(aws, &table).await.unwrap();
    table
}

/// A configuration whose attempts follow each other quickly, and end after that time.
pub(crate) fn quick(endpoint: &str, attempt: Duration) -> AwsConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let retries = RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(5));
    AwsConfig::from_sdk(sdk_at(endpoint).into_builder().timeout_config(timeouts).retry_config(retries).build())
}

/// A repository in a table of its own with one organization, which it knows.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) proxy: Proxy,
    pub(crate) repo: DynamoAttendanceRepo,
    pub(crate) school: OrganizationId,
    /// How a second repository gets there.
    pub(crate) aws: AwsConfig,
    /// What looks into the table without the repository.
    pub(crate) client: Client,
    pub(crate) table: String,
}

impl Rig {
    /// `None` where there is no emulator.
    pub(crate) async fn new() -> Option<Self> {
        Self::with_attempts_of(Duration::from_secs(20)).await
    }

    pub(crate) async fn with_attempts_of(attempt: Duration) -> Option<Self> {
        let endpoint = endpoint(EMULATOR)?;
        let aws = aws_at(&endpoint);
        let table = fresh_table(&aws).await;
        let proxy = Proxy::before(&endpoint).await;
        let repo = DynamoAttendanceRepo::new(&quick(&proxy.endpoint, attempt), &table);
        let school = organization("school");
        repo.create_organization(&school, &entry()).await.unwrap();
        repo.organization(&school.id).await.unwrap().unwrap();
        proxy.take();
        Some(Self { proxy, repo, school: school.id, client: aws.dynamodb(), aws, table })
    }

    /// Every item of the table.
    pub(crate) async fn all_items(&self) -> Vec<Item> {
        let mut pages = self.client.scan().table_name(&self.table).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.unwrap());
        }
        items
    }

    /// A new attendee of whom only the name is known.
    pub(crate) async fn attendee(&self) -> AttendeeId {
        self.repo.create_attendee(&self.school, &somebody(), &entry()).await.unwrap().id
    }

    /// The ids of what the sink has not acknowledged, sorted.
    pub(crate) async fn pending(&self) -> Vec<String> {
        let events = self.repo.pending(&self.school, &Target::sink(), 10_000).await.unwrap();
        let mut ids: Vec<_> = events.into_iter().map(|event| event.id.to_string()).collect();
        ids.sort();
        ids
    }

    /// Commits, and says of each record whether this made it.
    pub(crate) async fn made(&self, commit: &Commit) -> Vec<bool> {
        match self.repo.commit(&self.school, commit).await.unwrap() {
            Committed::Written(recorded) => {
                recorded.iter().map(|recorded| matches!(recorded, Recorded::New(_))).collect()
            }
            Committed::Replayed(earlier) => panic!("{earlier:?}"),
        }
    }

    /// The operations since the last time, sorted.
    pub(crate) fn operations(&self) -> Vec<String> {
        let requests = self.proxy.take();
        let mut operations: Vec<_> =
            requests.iter().map(|request| request.operation().unwrap_or("none").to_owned()).collect();
        operations.sort();
        operations
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_248_000 + second).unwrap()
}

pub(crate) fn organization(id: &str) -> Organization {
    let policy = OrganizationPolicy::default();
    Organization { id: id.parse().unwrap(), zone: Zone::utc(), policy, created_at: at(0), version: 0 }
}

pub(crate) fn somebody() -> Attendee {
    Attendee::new(AttendeeId::fresh(), Name::new("Ada Lovelace").unwrap(), at(0))
}

pub(crate) fn monday() -> SessionId {
    "5B.2026-11-23.0".parse().unwrap()
}

pub(crate) fn candidate(attendee: AttendeeId) -> Candidate {
    Candidate { attendee, similarity: Similarity::new(99.5).unwrap() }
}

pub(crate) fn check_in(id: &str, decisions: impl IntoIterator<Item = Decision>) -> CheckIn {
    let face = |decision| JudgedFace {
        bounding_box: BoundingBox { left: 0.25, top: 0.125, width: 0.5, height: 0.5 },
        quality: Quality {
            size: 120,
            sharpness: 81.7,
            brightness: 50.0,
            pose: Pose { yaw: -12.3, pitch: 4.5, roll: 0.0 },
            confidence: 99.9,
        },
        decision,
    };
    CheckIn {
        id: CheckInId::new(id).unwrap(),
        captured_at: at(0),
        decided_at: at(1),
        by: Actor::new("kiosk-1").unwrap(),
        image: None,
        faces: decisions.into_iter().map(face).collect(),
        unsearched: 0,
        liveness: None,
        refused: None,
    }
}

pub(crate) fn record(session: &SessionId, attendee: AttendeeId, check_in: &str) -> AttendanceRecord {
    AttendanceRecord {
        session: session.clone(),
        attendee,
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(99.5).unwrap() },
        at: at(0),
        recorded_at: at(1),
        check_in: Some(CheckInId::new(check_in).unwrap()),
        version: 1,
    }
}

/// The next version of a record, by hand.
pub(crate) fn correction(record: &AttendanceRecord, reason: &str) -> AttendanceRecord {
    let reason = Some(Reason::new(reason).unwrap());
    let method = Method::Hand { actor: Actor::new("teacher-7").unwrap(), reason };
    AttendanceRecord { method, version: record.version + 1, ..record.clone() }
}

/// A check-in that records these on Monday, for the sink.
pub(crate) fn arrivals(school: &OrganizationId, id: &str, attendees: &[AttendeeId]) -> Commit {
    let decision = |attendee: &AttendeeId| Decision::Record { candidate: candidate(*attendee), session: monday() };
    let draft = |attendee: &AttendeeId| RecordDraft::new(school, record(&monday(), *attendee, id));
    Commit {
        check_in: check_in(id, attendees.iter().map(decision)),
        records: attendees.iter().map(draft).collect(),
        events: Vec::new(),
        targets: vec![Target::sink()],
    }
}

/// The id of the event that tells of a first record on Monday.
pub(crate) fn event_of(school: &OrganizationId, attendee: AttendeeId) -> String {
    Event::of_record(school, &record(&monday(), attendee, "any")).id.to_string()
}

/// A line of the audit that goes with a change.
pub(crate) fn entry() -> AuditEntry {
    AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::system(), AuditAction::Change, None)
}
