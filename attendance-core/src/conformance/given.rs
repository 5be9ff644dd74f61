//! What cases start from.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::attendee::{Attendee, Name};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::check_in::{CheckIn, Decision, JudgedFace};
use crate::domain::event::Target;
use crate::domain::face::{BoundingBox, Pose, Quality};
use crate::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use crate::domain::organization::{Organization, OrganizationPolicy};
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::{AttendanceRecord, Method, Reason, Status};
use crate::domain::session::SessionId;
use crate::domain::similarity::Similarity;
use crate::domain::zone::Zone;
use crate::ports::AttendanceRepo;
use crate::ports::attendance_repo::{Commit, RecordDraft};

/// An organization's id that nobody else has.
pub(super) fn fresh_organization() -> OrganizationId {
    OrganizationId::new(format!("o-{}", Uuid::now_v7().simple())).unwrap()
}

/// That many microseconds after 2026-11-21 08:00 UTC.
pub(super) fn at(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(1_795_248_000_000_000 + microsecond).unwrap()
}

pub(super) fn unsaved_organization(id: OrganizationId) -> Organization {
    let policy = OrganizationPolicy::default();
    Organization { id, zone: Zone::new("Europe/Berlin").unwrap(), policy, created_at: at(0), version: 0 }
}

/// A new organization.
pub(super) async fn organization(repo: &dyn AttendanceRepo) -> OrganizationId {
    let unsaved = unsaved_organization(fresh_organization());
    repo.create_organization(&unsaved, &entry(AuditAction::CreateOrganization)).await.unwrap().id
}

/// Two new organizations.
pub(super) async fn two_organizations(repo: &dyn AttendanceRepo) -> (OrganizationId, OrganizationId) {
    (organization(repo).await, organization(repo).await)
}

/// Somebody who is not yet registered.
pub(super) fn somebody() -> Attendee {
    Attendee::new(AttendeeId::fresh(), Name::new("Ada Lovelace").unwrap(), at(0))
}

/// A new attendee.
pub(super) async fn attendee(repo: &dyn AttendanceRepo, organization: &OrganizationId) -> AttendeeId {
    repo.create_attendee(organization, &somebody(), &entry(AuditAction::Register)).await.unwrap().id
}

/// A new line of the audit.
pub(super) fn entry(action: AuditAction) -> AuditEntry {
    AuditEntry::new(at(0), Actor::new("teacher-7 'ü' 100%").unwrap(), action, None)
}

pub(super) fn session(id: &str) -> SessionId {
    id.parse().unwrap()
}

pub(super) fn check_in_id(id: &str) -> CheckInId {
    CheckInId::new(id).unwrap()
}

/// A check-in in which each of the decisions is one face's.
pub(super) fn check_in(id: &str, decisions: impl IntoIterator<Item = Decision>) -> CheckIn {
    let face = |decision| JudgedFace {
        bounding_box: BoundingBox { left: 0.1, top: -0.012_5, width: 1.0 / 3.0, height: 0.25 },
        quality: Quality {
            size: 120,
            sharpness: 81.7,
            brightness: 50.0,
            pose: Pose { yaw: -12.3, pitch: 4.56, roll: 0.0 },
            confidence: 99.9,
        },
        decision,
    };
    CheckIn {
        id: check_in_id(id),
        captured_at: at(0),
        decided_at: at(250_000),
        by: Actor::new("kiosk-1").unwrap(),
        image: None,
        faces: decisions.into_iter().map(face).collect(),
        unsearched: 0,
        liveness: None,
        refused: None,
    }
}

/// The first version of a record that a check-in made.
pub(super) fn record(session: &SessionId, attendee: AttendeeId, check_in: &str) -> AttendanceRecord {
    AttendanceRecord {
        session: session.clone(),
        attendee,
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(98.7).unwrap() },
        at: at(0),
        recorded_at: at(250_000),
        check_in: Some(check_in_id(check_in)),
        version: 1,
    }
}

/// The next version of a record, by hand.
pub(super) fn correction(record: &AttendanceRecord, reason: &str) -> AttendanceRecord {
    let reason = Some(Reason::new(reason).unwrap());
    AttendanceRecord {
        status: Status::Excused,
        method: Method::Hand { actor: Actor::new("teacher-7").unwrap(), reason },
        recorded_at: at(900_000_000),
        version: record.version + 1,
        ..record.clone()
    }
}

/// The commit of a check-in that makes these records, for the sink and the notifier.
pub(super) fn commit(
    organization: &OrganizationId,
    check_in: CheckIn,
    records: impl IntoIterator<Item = AttendanceRecord>,
) -> Commit {
    let records = records.into_iter().map(|record| RecordDraft::new(organization, record)).collect();
    Commit { check_in, records, events: Vec::new(), targets: vec![Target::sink(), Target::notifier()] }
}

/// Everything that a list has, by pages of at most `limit`.
pub(super) async fn every<T, E: std::fmt::Debug>(
    limit: u16,
    list: impl AsyncFn(PageRequest) -> Result<Page<T>, E>,
) -> Vec<T> {
    let mut request = PageRequest::first(limit);
    let mut items = Vec::new();
    for _ in 0..10_000 {
        let page = list(request).await.expect("a page");
        assert!(page.items.len() <= usize::from(limit), "the page is longer than was asked for");
        items.extend(page.items);
        match page.next {
            Some(cursor) => request = PageRequest::first(limit).after(cursor),
            None => return items,
        }
    }
    panic!("the list never ends");
}

/// A page request with a cursor that no list ever made.
pub(super) fn foreign_cursor() -> PageRequest {
    PageRequest::default().after(crate::domain::page::Cursor("\u{1f600} no cursor".to_owned()))
}
