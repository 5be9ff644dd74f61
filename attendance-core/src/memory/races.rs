//! The conformance cases run on one task, and nothing here ever awaits: only threads can race.

use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;

use super::{InMemoryAttendanceRepo, InMemoryImageStore};
use crate::domain::attendee::{Attendee, ExternalId, Name};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::check_in::CheckIn;
use crate::domain::event::Target;
use crate::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::{Organization, OrganizationPolicy};
use crate::domain::record::{AttendanceRecord, Method, Status};
use crate::domain::similarity::Similarity;
use crate::domain::zone::Zone;
use crate::ports::attendance_repo::{Claim, Commit, Committed, Delivery, RecordDraft, Recorded};
use crate::ports::image_store::{ContentType, PutMode};
use crate::ports::{Directory, ImageStore, Ledger, Outbox, RepoError};

const THREADS: usize = 8;
const ROUNDS: u32 = 200;

/// The output of a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("an in-memory adapter waited"),
    }
}

/// What each of many threads gets who begin at the same instant.
fn race<T: Send>(runner: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        let (start, runner) = (&start, &runner);
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                scope.spawn(move || {
                    start.wait();
                    runner(index)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn entry(action: AuditAction) -> AuditEntry {
    AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::system(), action, None)
}

fn school(id: u32) -> Organization {
    Organization {
        id: OrganizationId::new(format!("school-{id}")).unwrap(),
        zone: Zone::utc(),
        policy: OrganizationPolicy::default(),
        created_at: Timestamp::UNIX_EPOCH,
        version: 0,
    }
}

fn repo_with(school: &Organization) -> InMemoryAttendanceRepo {
    let repo = InMemoryAttendanceRepo::new();
    now(repo.create_organization(school, &entry(AuditAction::CreateOrganization))).unwrap();
    repo
}

fn arrival(organization: &OrganizationId, attendee: AttendeeId, check_in: &str) -> Commit {
    let id = CheckInId::new(check_in).unwrap();
    let record = AttendanceRecord {
        session: "5B.2026-11-23.0".parse().unwrap(),
        attendee,
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(98.7).unwrap() },
        at: Timestamp::UNIX_EPOCH,
        recorded_at: Timestamp::UNIX_EPOCH,
        check_in: Some(id.clone()),
        version: 1,
    };
    let check_in = CheckIn {
        id,
        captured_at: Timestamp::UNIX_EPOCH,
        decided_at: Timestamp::UNIX_EPOCH,
        by: Actor::system(),
        image: None,
        faces: Vec::new(),
        unsearched: 0,
        liveness: None,
        refused: None,
    };
    let records = vec![RecordDraft::new(organization, record)];
    Commit { check_in, records, events: Vec::new(), targets: vec![Target::sink()] }
}

#[test]
fn of_many_threads_that_create_an_organization_one_wins() {
    let repo = InMemoryAttendanceRepo::new();
    for round in 0..ROUNDS {
        let school = school(round);
        let created = race(|_| now(repo.create_organization(&school, &entry(AuditAction::CreateOrganization))).is_ok());
        assert_eq!(created.iter().filter(|created| **created).count(), 1);
    }
}

#[test]
fn of_many_threads_that_register_an_external_id_one_wins() {
    let school = school(0);
    let repo = repo_with(&school);
    for round in 0..ROUNDS {
        let registered = race(|_| {
            let name = Name::new("Ada").unwrap();
            let mut attendee = Attendee::new(AttendeeId::fresh(), name, Timestamp::UNIX_EPOCH);
            attendee.external_id = Some(ExternalId::new(format!("R-{round}")).unwrap());
            now(repo.create_attendee(&school.id, &attendee, &entry(AuditAction::Register)))
        });
        let refused = registered.iter().filter(|each| matches!(each, Err(RepoError::ExternalIdTaken))).count();
        assert_eq!(refused, THREADS - 1);
    }
}

#[test]
fn of_many_threads_that_commit_one_makes_the_record_and_its_event() {
    let school = school(0);
    let repo = repo_with(&school);
    for round in 1..=ROUNDS {
        let ada = AttendeeId::fresh();
        let committed =
            race(|thread| now(repo.commit(&school.id, &arrival(&school.id, ada, &format!("{round}-{thread}")))));
        let new = |each: &&Result<Committed, _>| matches!(each, Ok(Committed::Written(recorded)) if matches!(recorded[..], [Recorded::New(_)]));
        assert_eq!(committed.iter().filter(new).count(), 1);
        assert_eq!(now(repo.pending(&school.id, &Target::sink(), usize::MAX)).unwrap().len(), round as usize);
    }
}

#[test]
fn of_many_threads_that_commit_one_check_in_one_writes_it() {
    let school = school(0);
    let repo = repo_with(&school);
    for round in 0..ROUNDS {
        let commit = arrival(&school.id, AttendeeId::fresh(), &format!("c-{round}"));
        let committed = race(|_| now(repo.commit(&school.id, &commit)).unwrap());
        assert_eq!(committed.iter().filter(|each| matches!(each, Committed::Written(_))).count(), 1);
    }
}

#[test]
fn of_many_threads_that_claim_a_delivery_one_is_granted() {
    let school = school(0);
    let repo = repo_with(&school);
    for round in 0..ROUNDS {
        let delivery = Delivery(format!("event-{round}:email"));
        let (begin, end) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let claims = race(|_| now(repo.claim_delivery(&school.id, &delivery, begin, end)).unwrap());
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::Granted).count(), 1);
    }
}

#[test]
fn of_many_threads_that_create_an_image_one_wins() {
    let store = InMemoryImageStore::new();
    for round in 0..ROUNDS {
        let (school, key) = (school(0).id, ImageKey::new(format!("checkins/{round}")).unwrap());
        let put = |thread: usize| {
            let bytes = vec![0xff, 0xd8, 0xff, thread as u8].into();
            now(store.put(&school, &key, bytes, ContentType::Jpeg, PutMode::Create)).is_ok()
        };
        assert_eq!(race(put).iter().filter(|created| **created).count(), 1);
    }
}
