use std::sync::Arc;

use attendance_core::domain::attendee::{EnrolmentState, Name};
use attendance_core::domain::audit::AuditAction;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::group::Slot;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::record::{Method, Status};
use attendance_core::memory::{FakePicture, InMemoryAttendanceRepo};
use attendance_core::ports::ImageStore;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, CheckInQuery, Outgoing};
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::{Attendance, CheckInRequest, Chore, NewAttendee, NewOrganization};
use jiff::civil::time;

use crate::house::{House, at, lesson, me};

#[tokio::test]
async fn after_a_session_closed_who_did_not_come_is_absent_once() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    let bob = house.register("bob", &[&class]).await.id;
    house.register("eve", &[]).await;
    house.outcome(FakePicture::of("ada")).await;

    house.clock.set(at("2026-11-23T07:59:59Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().marked_absent, 0);
    house.clock.set(at("2026-11-23T08:00:00Z"));
    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!((swept.sessions_closed, swept.marked_absent), (1, 1));
    let session = "5B.2026-11-23.0".parse().unwrap();
    let record = house.attendance.repo().record(&house.organization, &session, bob).await.unwrap().unwrap();
    assert_eq!((record.status, record.method), (Status::Absent, Method::Sweep));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().marked_absent, 0);
}

#[tokio::test]
async fn a_sweep_that_was_off_for_days_closes_each_of_them() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.register("ada", &[&class]).await;
    house.clock.set(at("2026-11-26T12:00:00Z"));
    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!((swept.sessions_closed, swept.marked_absent), (4, 4));
}

#[tokio::test]
async fn a_picture_taken_in_time_that_arrives_after_the_sweep_corrects_the_absence() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let ada = house.enrolled("ada", &[&class]).await;
    house.clock.set(at("2026-11-23T08:10:00Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().marked_absent, 1);
    let late_event =
        CheckInRequest { captured_at: Some(at("2026-11-23T06:58:00Z")), ..House::request(&FakePicture::of("ada")) };
    let mut answer = house.attendance.check_in(&house.organization, late_event).await.unwrap();
    let Outcome::Marked { record, .. } = answer.faces.remove(0).outcome else { panic!("{answer:?}") };
    assert_eq!((record.attendee, record.status, record.version), (ada, Status::Present, 2));
}

#[tokio::test]
async fn pictures_are_deleted_when_their_time_is_over() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    house.clock.set(at("2026-11-30T12:00:00Z"));
    house.outcome(FakePicture::of("ada").shot(2)).await;
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().images_expired, 0);
    house.clock.set(at("2026-12-01T12:00:00Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().images_expired, 1);
    assert_eq!(house.images.len(), 1);
    let with_image = CheckInQuery { with_image: true, ..CheckInQuery::default() };
    let left = house.attendance.repo().check_ins(&house.organization, &with_image, &Default::default()).await.unwrap();
    assert_eq!(left.items.len(), 1);
}

#[tokio::test]
async fn the_matcher_keeps_only_faces_that_the_repository_knows_of() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let nobody = attendance_core::domain::ids::AttendeeId::fresh();
    let face = attendance_core::domain::ids::FaceId::derive(&house.organization, nobody, b"x");
    let matcher = house.attendance.face_matcher();
    let quality = attendance_core::domain::policy::QualityPolicy::ANY;
    let image = FakePicture::of("bob").image();
    matcher.enrol(&house.organization, nobody, face, &image, &quality).await.unwrap();
    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!(swept.enrolments_reconciled, 1);
    assert!(matcher.faces(&house.organization, nobody).await.unwrap().is_empty());
    assert_eq!(matcher.faces(&house.organization, ada).await.unwrap().len(), 1);

    matcher.forget(&house.organization, ada).await.unwrap();
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().enrolments_reconciled, 1);
    let attendee = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
    assert_eq!(attendee.enrolment, EnrolmentState::Removed);
}

#[tokio::test]
async fn a_late_picture_whose_answer_got_lost_is_present_when_it_is_repeated() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    house.clock.set(at("2026-11-23T08:10:00Z"));
    house.attendance.sweep(&house.organization).await.unwrap();
    let late = || CheckInRequest {
        id: Some("c-1".parse().unwrap()),
        captured_at: Some(at("2026-11-23T06:58:00Z")),
        ..House::request(&FakePicture::of("ada"))
    };
    for fault in ["Ledger::mark", "Ledger::record", "Ledger::commit"] {
        house.faults.fail_once(fault);
    }
    let _ = house.attendance.check_in(&house.organization, late()).await;
    house.faults.clear();
    let mut answer = house.attendance.check_in(&house.organization, late()).await.unwrap();
    let Outcome::Marked { record, .. } = answer.faces.remove(0).outcome else { panic!("{answer:?}") };
    assert_eq!((record.status, record.version), (Status::Present, 2));
}

/// The same matcher beside a repository that knows nobody: it was lost, or is another one.
async fn beside_an_empty_repository(house: &House) -> Attendance {
    let other = house.with(Arc::new(InMemoryAttendanceRepo::new()), house.sink.clone());
    let new = NewOrganization {
        id: house.organization.clone(),
        zone: "Europe/Berlin".parse().expect("a zone"),
        policy: OrganizationPolicy::default(),
    };
    other.ensure_organization(new, &me()).await.expect("an organization");
    other
}

#[tokio::test]
async fn faces_of_many_whom_the_repository_does_not_know_are_held_until_a_person_decides() {
    let house = House::new().await;
    for name in ["ada", "bob", "cleo", "dora", "emil", "finn"] {
        house.enrolled(name, &[]).await;
    }
    let lost = beside_an_empty_repository(&house).await;
    for _ in 0..3 {
        let swept = lost.sweep(&house.organization).await.unwrap();
        assert_eq!((swept.removals_held, swept.enrolments_reconciled), (6, 0));
    }
    let removals = lost.removals(&house.organization).await.unwrap();
    assert!(removals.iter().all(|removal| removal.faces == 1 && !removal.known), "{removals:?}");
    let audit = lost.repo().audit(&house.organization, &PageRequest::default()).await.unwrap().items;
    assert_eq!(audit.iter().filter(|entry| entry.action == AuditAction::HoldRemovals).count(), 1, "{audit:?}");

    let seen: Vec<_> = removals.iter().map(|removal| removal.attendee).collect();
    assert_eq!(lost.remove_unknown_faces(&house.organization, &seen, &me()).await.unwrap(), 6);
    assert_eq!(lost.removals(&house.organization).await.unwrap(), []);
    // Whoever is known keeps theirs.
    let ada = house.enrolled("ada", &[]).await;
    assert_eq!(house.attendance.remove_unknown_faces(&house.organization, &[ada], &me()).await.unwrap(), 0);
    assert_eq!(house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_chore_that_fails_stops_no_other_and_is_reported() {
    let house = House::with_policy(OrganizationPolicy { check_in_image_days: 1, ..Default::default() }).await;
    let class = house.class("5B", lesson()).await;
    let club = house.class("club", lesson()).await;
    house.register("eve", &[&club]).await;
    let ada = house.enrolled("ada", &[&class]).await;
    let bob = house.enrolled("bob", &[&class]).await;
    house.outcome(FakePicture::of("bob")).await;
    for who in [ada, bob] {
        house.faults.fail_once("FaceMatcher::forget");
        house.attendance.erase(&house.organization, who, &me()).await.unwrap_err();
    }
    house.clock.set(at("2026-11-25T12:00:00Z"));
    for fault in ["FaceMatcher::forget", "Ledger::mark", "Timetable::close_session"] {
        house.faults.fail_once(fault);
    }
    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!(swept.erasures_completed, 1);
    assert!(swept.sessions_closed >= 4 && swept.marked_absent >= 2, "{swept:?}");
    let failed: Vec<_> = swept.failed.iter().map(|(chore, failures)| (*chore, failures.times)).collect();
    assert_eq!(failed, [(Chore::Sessions, 2), (Chore::Erasures, 1)]);

    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!((swept.erasures_completed, swept.failed.len()), (1, 0));
}

#[tokio::test]
async fn where_no_pictures_are_kept_an_upload_is_not_kept_either() {
    let policy = OrganizationPolicy { check_in_image_days: 0, ..Default::default() };
    for fault in [None, Some("ImageStore::delete"), Some("Ledger::detach_image")] {
        let house = House::with_policy(policy.clone()).await;
        house.enrolled("ada", &[]).await;
        let key: ImageKey = "checkins/2026-11-23/door.jpg".parse().unwrap();
        let bytes = FakePicture::of("ada").bytes();
        house.images.put(&house.organization, &key, bytes, ContentType::Jpeg, PutMode::Create).await.unwrap();
        let request = CheckInRequest::of_stored(key, "v1", house.attendance.now(), me());
        if let Some(fault) = fault {
            house.faults.fail_once(fault);
        }
        let answer = house.attendance.check_in(&house.organization, request).await;
        assert_eq!(answer.is_ok(), fault.is_none());
        if fault.is_some() {
            house.attendance.sweep(&house.organization).await.unwrap();
        }
        assert_eq!(house.images.len(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn where_no_pictures_are_kept_an_upload_that_shows_nobody_is_not_kept_either() {
    let house = House::with_policy(OrganizationPolicy { check_in_image_days: 0, ..Default::default() }).await;
    for fault in [None, Some("ImageStore::delete")] {
        let key: ImageKey = "checkins/2026-11-23/door.jpg".parse().unwrap();
        let bytes = FakePicture::new().bytes();
        house.images.put(&house.organization, &key, bytes, ContentType::Jpeg, PutMode::Replace).await.unwrap();
        let request = || CheckInRequest {
            id: Some(fault.unwrap_or("c-1").replace("::", "-").parse().unwrap()),
            ..CheckInRequest::of_stored(key.clone(), "v1", house.attendance.now(), me())
        };
        if let Some(fault) = fault {
            house.faults.fail_once(fault);
            // Nobody is told that it is done while it is not.
            let error = house.attendance.check_in(&house.organization, request()).await.unwrap_err();
            assert_eq!((error.code(), house.images.len()), ("unavailable", 1));
        }
        let error = house.attendance.check_in(&house.organization, request()).await.unwrap_err();
        assert_eq!((error.code(), house.images.len()), ("no-face", 0));
    }
}

#[tokio::test]
async fn a_picture_whose_commit_failed_is_found_and_deleted() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.faults.fail_once("Ledger::commit");
    let request = House::request(&FakePicture::of("ada"));
    house.attendance.check_in(&house.organization, request).await.unwrap_err();
    house.outcome(FakePicture::of("ada").shot(2)).await;
    assert_eq!(house.images.len(), 2);
    // Of today: its commit may still be tried again.
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().images_expired, 0);
    house.clock.set(at("2026-11-24T12:00:00Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().images_expired, 1);
    let kept = CheckInQuery { with_image: true, ..CheckInQuery::default() };
    let kept = house.attendance.repo().check_ins(&house.organization, &kept, &Default::default()).await.unwrap().items;
    assert_eq!((house.images.len(), kept.len()), (1, 1));
}

#[tokio::test]
async fn check_ins_are_read_for_pictures_once_a_day_and_again_if_something_failed() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    let failed = async |house: &House| {
        let swept = house.attendance.sweep(&house.organization).await.unwrap();
        swept.failed.contains_key(&Chore::Pictures)
    };
    house.clock.set(at("2026-11-24T12:00:00Z"));
    house.faults.fail_once("Ledger::check_ins");
    assert!(failed(&house).await);
    assert!(!failed(&house).await);
    house.faults.fail_once("Ledger::check_ins");
    assert!(!failed(&house).await, "they were read, and nothing is new");
    house.clock.set(at("2026-11-25T12:00:00Z"));
    assert!(failed(&house).await, "another day");
}

#[tokio::test]
async fn many_whose_faces_are_away_are_not_called_unenrolled_until_a_person_decides() {
    let house = House::new().await;
    let organization = &house.organization;
    let mut ids = Vec::new();
    for name in ["ada", "bob", "cleo", "dora", "emil", "finn"] {
        let id = house.enrolled(name, &[]).await;
        house.attendance.face_matcher().forget(organization, id).await.unwrap();
        ids.push(id);
    }
    let state = async |id| house.attendance.repo().attendee(organization, id).await.unwrap().enrolment;
    for _ in 0..2 {
        let swept = house.attendance.sweep(organization).await.unwrap();
        assert_eq!((swept.faces_missing, swept.enrolments_reconciled), (true, 0));
    }
    assert_eq!(state(ids[0]).await, EnrolmentState::Active);
    let removals = house.attendance.removals(organization).await.unwrap();
    assert!(removals.len() == 6 && removals.iter().all(|removal| removal.faces == 0 && removal.known));
    assert_eq!(house.attendance.remove_unknown_faces(organization, &ids[..1], &me()).await.unwrap(), 1);
    assert_eq!((state(ids[0]).await, state(ids[1]).await), (EnrolmentState::Removed, EnrolmentState::Active));
    // Five are few enough.
    let swept = house.attendance.sweep(organization).await.unwrap();
    assert_eq!((swept.faces_missing, swept.enrolments_reconciled), (false, 5));
}

#[tokio::test]
async fn faces_that_were_away_and_are_back_are_not_forgotten_in_bulk() {
    let house = House::with_policy(OrganizationPolicy { consent_required: false, ..Default::default() }).await;
    let organization = &house.organization;
    let mut ids = Vec::new();
    for name in ["ada", "bob", "cleo", "dora", "emil", "finn"] {
        let new = NewAttendee::named(Name::new(name).unwrap());
        let id = house.attendance.register(organization, new, &me()).await.unwrap().id;
        house.enrol(id, FakePicture::of(name)).await.unwrap();
        // As a sweep calls somebody whose face is not there.
        let mut attendee = house.attendance.repo().attendee(organization, id).await.unwrap();
        attendee.enrolment = EnrolmentState::Removed;
        house.attendance.repo().save_attendee(organization, &attendee, &Outgoing::default()).await.unwrap();
        ids.push(id);
    }
    let swept = house.attendance.sweep(organization).await.unwrap();
    assert_eq!((swept.removals_held, swept.enrolments_reconciled), (6, 0));
    for id in ids {
        assert_eq!(house.attendance.face_matcher().faces(organization, id).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn nobody_is_absent_from_a_session_that_the_clocks_skip() {
    let house = House::new().await;
    let slot = Slot { opens: time(2, 30, 0, 0), late_after: None, closes: time(3, 0, 0, 0), ..lesson() };
    let night = house.class("night", slot).await;
    house.register("ada", &[&night]).await;
    house.clock.set(at("2027-03-27T12:00:00Z"));
    house.attendance.sweep(&house.organization).await.unwrap();
    house.clock.set(at("2027-03-28T12:00:00Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().marked_absent, 0);
    house.clock.set(at("2027-03-29T12:00:00Z"));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().marked_absent, 1);
}
