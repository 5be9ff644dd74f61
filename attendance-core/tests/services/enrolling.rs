use attendance_core::domain::attendee::{ConsentWording, EnrolmentState, Name};
use attendance_core::domain::check_in::Outcome;
use attendance_core::memory::{FakeFace, FakePicture};
use attendance_core::ports::attendance_repo::AttendanceRepoExt;
use attendance_core::{EnrolRequest, Error, NewAttendee};

use crate::house::{House, me};

#[tokio::test]
async fn no_vector_is_made_without_a_consent() {
    let house = House::new().await;
    let ada = NewAttendee::named(Name::new("ada").unwrap());
    let ada = house.attendance.register(&house.organization, ada, &me()).await.unwrap().id;
    // Not even for a moment: the matcher is not asked.
    house.faults.fail_once("FaceMatcher::enrol");
    let refused = house.enrol(ada, FakePicture::of("ada")).await.unwrap_err();
    assert!(matches!(refused, Error::ConsentMissing), "{refused}");
    house.enrol(house.register("bob", &[]).await.id, FakePicture::of("bob")).await.unwrap_err();
    assert!(house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap().is_empty());

    let wording = ConsentWording::new("My face may be used.").unwrap();
    house.attendance.record_consent(&house.organization, ada, &wording, &me()).await.unwrap();
    house.enrol(ada, FakePicture::of("ada")).await.unwrap();
}

#[tokio::test]
async fn enrolling_the_same_photo_again_changes_nothing() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    assert_eq!(house.enrol(ada, FakePicture::of("ada")).await.unwrap().faces, 1);
    assert_eq!(house.enrol(ada, FakePicture::of("ada").shot(2)).await.unwrap().faces, 2);
}

#[tokio::test]
async fn a_face_that_is_enrolled_as_somebody_else_is_refused_unless_somebody_looked() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let eve = house.register("eve", &[]).await.id;
    let refused = house.enrol(eve, FakePicture::of("ada").shot(2)).await.unwrap_err();
    assert!(matches!(refused, Error::EnrolledAsAnother { attendee } if attendee == ada), "{refused}");
    let looked =
        EnrolRequest { attendee: eve, image: FakePicture::of("ada").shot(2).image(), allow_lookalike: true, by: me() };
    house.attendance.enrol(&house.organization, looked).await.unwrap();
}

#[tokio::test]
async fn a_refused_photo_leaves_the_attendee_as_before() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let pictures = [
        (FakePicture::new(), "no-face"),
        (FakePicture::new().face("ada").face("a bystander"), "several-faces"),
        (FakePicture::new().with(FakeFace::of("ada").blurred()), "poor-quality"),
    ];
    for (picture, code) in pictures {
        assert_eq!(house.enrol(ada, picture).await.unwrap_err().code(), code);
        let attendee = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
        assert_eq!(attendee.enrolment, EnrolmentState::None);
    }
    assert!(house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_enrolment_that_a_crash_cut_off_is_finished_by_the_sweep() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    house.faults.fail_once("Directory::attendees_by_id");
    house.enrol(ada, FakePicture::of("ada")).await.unwrap_err();
    // The face went in; everything after it was cut off.
    house.faults.lose_answer_once("FaceMatcher::enrol");
    house.faults.fail_once("Directory::save_attendee");
    let _cut_off = house.enrol(ada, FakePicture::of("ada")).await.unwrap_err();
    house.attendance.sweep(&house.organization).await.unwrap();
    let attendee = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
    let faces = house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap();
    assert_eq!(attendee.enrolment == EnrolmentState::Active, !faces.is_empty(), "{attendee:?} {faces:?}");
}

#[tokio::test]
async fn withdrawing_the_consent_forgets_the_face() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.attendance.withdraw_consent(&house.organization, ada, &me()).await.unwrap();
    assert!(house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap().is_empty());
    assert_eq!(house.outcome(FakePicture::of("ada")).await, Outcome::Stranger);
}
