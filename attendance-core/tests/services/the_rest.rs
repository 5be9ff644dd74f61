//! Marking everybody of whom nothing is known yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attendance_core::Error;
use attendance_core::domain::audit::AuditAction;
use attendance_core::domain::group::Slot;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::record::{AttendanceRecord, Method, Status};
use attendance_core::layer::{Layered, Retried, Sleep};
use attendance_core::memory::FakePicture;
use attendance_core::ports::AttendanceRepo;

use crate::house::{House, at, lesson, me};

const LESSON: &str = "5B.2026-11-23.0";

/// The lesson with a class in which the first is enrolled.
async fn class_of(names: &[&str]) -> (House, Vec<AttendeeId>) {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let mut ids = Vec::new();
    for name in names {
        ids.push(if ids.is_empty() {
            house.enrolled(name, &[&class]).await
        } else {
            house.register(name, &[&class]).await.id
        });
    }
    (house, ids)
}

/// What everybody on the lesson's roster is, and by which version.
async fn roster(house: &House) -> BTreeMap<AttendeeId, Option<(Status, u32)>> {
    let (page, lesson) = (PageRequest::first(PageRequest::MAX), LESSON.parse().expect("a session"));
    let roster = house.attendance.roster(&house.organization, &lesson, &page).await.expect("a roster");
    let what = |record: AttendanceRecord| (record.status, record.version);
    roster.items.into_iter().map(|entry| (entry.attendee.id, entry.record.map(what))).collect()
}

#[tokio::test]
async fn only_who_has_no_record_is_marked_and_how_many_is_answered() {
    let (house, ids) = class_of(&["ada", "bob", "eve"]).await;
    house.register("zoe-of-another-class", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    let marked = house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Absent)).await.unwrap();
    assert_eq!(marked, 2);
    let absent = Some((Status::Absent, 1));
    assert_eq!(
        roster(&house).await,
        [(ids[0], Some((Status::Present, 1))), (ids[1], absent), (ids[2], absent)].into_iter().collect()
    );
    let record = house.attendance.repo().record(&house.organization, &LESSON.parse().unwrap(), ids[1]).await.unwrap();
    let Some(Method::Hand { actor, reason: Some(reason) }) = record.map(|record| record.method) else { panic!() };
    assert_eq!((actor, reason.as_str()), (me(), "the roll call"));
    let audit = house.attendance.repo().audit(&house.organization, &Default::default()).await.unwrap();
    assert_eq!(audit.items.iter().filter(|entry| entry.action == AuditAction::Mark).count(), 2);
}

#[tokio::test]
async fn again_is_harmless_and_touches_nobody() {
    let (house, _) = class_of(&["ada", "bob"]).await;
    let rest = |status| house.attendance.mark_rest(&house.organization, House::rest(LESSON, status));
    assert_eq!(rest(Status::Present).await.unwrap(), 2);
    let before = roster(&house).await;
    assert_eq!(rest(Status::Present).await.unwrap(), 0);
    assert_eq!(rest(Status::Absent).await.unwrap(), 0);
    assert_eq!(roster(&house).await, before);
}

#[tokio::test]
async fn a_face_that_checks_in_meanwhile_is_left_as_it_is() {
    let mut outcomes = BTreeSet::new();
    for turns in 0..40 {
        let (house, ids) = class_of(&["ada", "bob", "eve"]).await;
        // Whichever of them is written first.
        ids.iter().for_each(|_| house.faults.wait_once("Ledger::mark", turns));
        let (marked, answer) = tokio::join!(
            house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Absent)),
            house.offer(FakePicture::of("ada")),
        );
        let standing = roster(&house).await[&ids[0]].unwrap();
        assert_eq!(standing.1, 1, "after {turns} turns: whoever came first stays: {answer:?}");
        let came = standing.0 == Status::Present;
        assert_eq!(marked.unwrap(), if came { 2 } else { 3 }, "after {turns} turns");
        outcomes.insert(came);
    }
    assert_eq!(outcomes.len(), 2, "each came first once");
}

#[tokio::test]
async fn of_two_at_once_each_person_is_marked_by_one() {
    for turns in 0..20 {
        let (house, _) = class_of(&["ada", "bob", "eve"]).await;
        house.faults.wait_once("Ledger::mark", turns);
        let rest = |status| house.attendance.mark_rest(&house.organization, House::rest(LESSON, status));
        let (absent, present) = tokio::join!(rest(Status::Absent), rest(Status::Present));
        let roster = roster(&house).await;
        let of = |status| roster.values().filter(|entry| **entry == Some((status, 1))).count();
        let counted = [absent.unwrap(), present.unwrap()].map(|count| count as usize);
        assert_eq!([of(Status::Absent), of(Status::Present)], counted, "after {turns} turns");
        assert_eq!(counted.iter().sum::<usize>(), 3, "after {turns} turns");
    }
}

#[tokio::test]
async fn a_mark_whose_answer_got_lost_is_counted_and_not_written_twice() {
    let (house, ids) = class_of(&["ada", "bob"]).await;
    let sleep = Sleep::new(|_| std::future::ready(()));
    let retried = Retried::new(3, std::time::Duration::from_millis(1), sleep);
    let repo: Arc<dyn AttendanceRepo> = Arc::new(Layered::new(house.attendance.repo().clone(), retried));
    let attendance = house.with(repo, house.sink.clone());
    house.faults.lose_answer_once("Ledger::mark");
    let marked = attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Absent)).await.unwrap();
    assert_eq!(marked, 2);
    let absent = Some((Status::Absent, 1));
    assert_eq!(roster(&house).await, ids.into_iter().map(|id| (id, absent)).collect());
}

#[tokio::test]
async fn what_a_crash_cut_off_is_finished_by_the_same_request() {
    for fault in ["Directory::attendees", "Ledger::mark", "Directory::attendees_by_id"] {
        let (house, _) = class_of(&["ada", "bob", "eve"]).await;
        house.faults.fail_once(fault);
        let cut = house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Absent)).await;
        cut.unwrap_err();
        house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Absent)).await.unwrap();
        let roster = roster(&house).await;
        assert!(roster.values().all(|entry| *entry == Some((Status::Absent, 1))), "{fault}: {roster:?}");
    }
}

#[tokio::test]
async fn a_roster_of_many_pages_is_marked_to_its_end() {
    let house = House::new().await;
    let class = house.class("5B", Slot::whole_day()).await;
    for index in 0..=PageRequest::MAX {
        house.register(&format!("p{index}"), &[&class]).await;
    }
    let marked = house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Present)).await.unwrap();
    assert_eq!(marked, u32::from(PageRequest::MAX) + 1);
    let again = house.attendance.mark_rest(&house.organization, House::rest(LESSON, Status::Present)).await.unwrap();
    assert_eq!(again, 0);
}

#[tokio::test]
async fn before_the_session_opens_the_rest_can_only_be_excused() {
    let (house, _) = class_of(&["ada", "bob"]).await;
    house.clock.set(at("2026-11-23T06:00:00Z"));
    let rest = |status| house.attendance.mark_rest(&house.organization, House::rest(LESSON, status));
    assert!(matches!(rest(Status::Absent).await, Err(Error::NotOpenYet)));
    assert_eq!(rest(Status::Excused).await.unwrap(), 2);
    let nowhere = House::rest("6C.2026-11-23.0", Status::Absent);
    let unknown = house.attendance.mark_rest(&house.organization, nowhere).await.unwrap_err();
    assert!(matches!(unknown, Error::UnknownSession), "{unknown:?}");
}
