use attendance_core::domain::attendee::{ConsentWording, EnrolmentState, Name};
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::memory::{FakeFace, FakePicture};
use attendance_core::ports::attendance_repo::AttendanceRepoExt;
use attendance_core::{EnrolCheck, EnrolRequest, Error, NewAttendee};

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
        EnrolRequest { allow_lookalike: true, ..EnrolRequest::new(eve, FakePicture::of("ada").shot(2).image(), me()) };
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

#[tokio::test]
async fn a_face_unlike_ones_own_is_refused_unless_somebody_looked() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let request = || EnrolRequest::new(ada, FakePicture::of("eve").image(), me());
    let refused = house.attendance.enrol(&house.organization, request()).await.unwrap_err();
    assert_eq!(refused.code(), "unlike-own-faces");
    let twin = EnrolRequest { allow_lookalike: true, ..request() };
    assert_eq!(house.attendance.enrol(&house.organization, twin).await.unwrap_err().code(), "unlike-own-faces");
    assert_eq!(house.outcome(FakePicture::of("eve")).await, Outcome::Stranger);
    let looked = EnrolRequest { allow_unlike: true, ..request() };
    assert_eq!(house.attendance.enrol(&house.organization, looked).await.unwrap().faces, 2);
}

#[tokio::test]
async fn a_photo_is_checked_as_it_is_enrolled() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let eve = house.register("eve", &[]).await.id;
    for (attendee, picture) in [
        (ada, FakePicture::of("ada").shot(2)),
        (ada, FakePicture::of("eve")),
        (eve, FakePicture::of("ada").shot(3)),
        (eve, FakePicture::of("eve")),
        (eve, FakePicture::new()),
        (eve, FakePicture::new().face("eve").face("a bystander")),
        (eve, FakePicture::new().with(FakeFace::of("eve").blurred())),
    ] {
        let image = picture.image();
        let check = EnrolCheck { attendee: Some(attendee), image, allow_lookalike: false, allow_unlike: false };
        let checked = house.attendance.check_enrolment(&house.organization, check).await;
        let enrolled = house.enrol(attendee, picture).await;
        assert_eq!(checked.map_err(|error| error.code()), enrolled.map(drop).map_err(|error| error.code()));
    }
}

/// Of two enrolments of somebody new at once, the one of a good photo is slow.
async fn good_and_bad_at_once(turns: u32) -> (House, AttendeeId) {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    house.faults.wait_once("FaceMatcher::enrol", turns);
    let bad = FakePicture::new().with(FakeFace::of("ada").blurred());
    let (refused, good) = tokio::join!(house.enrol(ada, bad), house.enrol(ada, FakePicture::of("ada")));
    assert_eq!(refused.expect_err("a bad photo").code(), "poor-quality");
    good.expect("a good photo");
    (house, ada)
}

#[tokio::test]
async fn of_two_enrolments_at_once_a_good_face_stays() {
    for turns in [0, 3, 6, 9, 12, 15, 20, 60] {
        let (house, ada) = good_and_bad_at_once(turns).await;
        house.attendance.sweep(&house.organization).await.unwrap();
        let faces = house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap();
        let attendee = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
        assert_eq!((faces.len(), attendee.enrolment), (1, EnrolmentState::Active), "{turns}");
    }
}

#[tokio::test]
async fn a_face_that_is_enrolled_while_the_last_one_is_removed_stays() {
    for turns in [0, 2, 4, 6, 8, 12, 20] {
        let house = House::new().await;
        let ada = house.enrolled("ada", &[]).await;
        let first = house.attendance.faces(&house.organization, ada).await.unwrap()[0];
        house.faults.wait_once("FaceMatcher::remove_face", turns);
        let by = me();
        let remove = house.attendance.remove_face(&house.organization, ada, first, &by);
        let (removed, enrolled) = tokio::join!(remove, house.enrol(ada, FakePicture::of("ada").shot(2)));
        removed.unwrap();
        enrolled.unwrap();
        let attendee = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
        let faces = house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap();
        assert_eq!((faces.len(), attendee.enrolment), (1, EnrolmentState::Active), "{turns}");
    }
}

#[tokio::test]
async fn withdrawing_the_consent_deletes_the_photos() {
    let house = House::with_policy(OrganizationPolicy { keep_enrolment_images: true, ..Default::default() }).await;
    let ada = house.enrolled("ada", &[]).await;
    assert_eq!(house.images.len(), 1);
    house.attendance.withdraw_consent(&house.organization, ada, &me()).await.unwrap();
    assert_eq!(house.images.len(), 0);
}
