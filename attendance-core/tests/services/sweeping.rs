use attendance_core::CheckInRequest;
use attendance_core::domain::attendee::EnrolmentState;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::record::{Method, Status};
use attendance_core::memory::FakePicture;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, CheckInQuery};

use crate::house::{House, at, lesson};

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
