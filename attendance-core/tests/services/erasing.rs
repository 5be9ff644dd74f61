use attendance_core::Error;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::record::Status;
use attendance_core::memory::FakePicture;
use attendance_core::ports::attendance_repo::AttendanceRepoExt;
use attendance_core::{CheckInRequest, When};

use crate::house::{House, me};

async fn house_that_keeps_everything() -> House {
    House::with_policy(OrganizationPolicy { keep_enrolment_images: true, ..OrganizationPolicy::default() }).await
}

#[tokio::test]
async fn forgotten_means_gone() {
    let house = house_that_keeps_everything().await;
    let ada = house.enrolled("ada", &[]).await;
    house.enrolled("bob", &[]).await;
    house.offer(FakePicture::new().face("ada").face("bob")).await;
    house.offer(FakePicture::of("bob").shot(2)).await;
    let mark = House::correct(ada, When::Today, 1, Status::Excused);
    let record = house.attendance.mark(&house.organization, mark).await.unwrap();
    assert_eq!(house.images.len(), 4);

    let erased = house.attendance.erase(&house.organization, ada, &me()).await.unwrap();
    assert_eq!((erased.attendee, erased.faces, erased.images), (ada, 1, 2));
    assert_eq!(house.images.len(), 2, "bob's own pictures stay");
    assert_eq!(house.notifier.forgotten().len(), 1);
    assert_eq!(house.outcome(FakePicture::of("ada")).await, Outcome::Stranger);

    let left = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
    assert_eq!(left, left.without_personal_data());
    assert!(left.tombstone.unwrap().completed_at.is_some());
    let history = house.attendance.repo().history(&house.organization, &record.session, ada).await.unwrap();
    assert_eq!(history.len(), 2, "the records stay, under the opaque id");
    assert!(!serde_json::to_string(&history).unwrap().contains("doctor"), "the reason may name somebody");
}

#[tokio::test]
async fn a_tombstone_blocks_everything_and_the_erasure_can_be_repeated() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let first = house.attendance.erase(&house.organization, ada, &me()).await.unwrap();
    let again = house.attendance.erase(&house.organization, ada, &me()).await.unwrap();
    assert_eq!((again.faces, again.images, again.completed_at), (0, 0, first.completed_at));
    assert!(matches!(house.enrol(ada, FakePicture::of("ada")).await, Err(Error::Erased)));
    let mark = House::mark(ada, When::Today, Status::Present);
    assert!(matches!(house.attendance.mark(&house.organization, mark).await, Err(Error::Erased)));
}

#[tokio::test]
async fn an_erasure_that_a_crash_cut_off_anywhere_is_finished_by_the_sweep() {
    for fault in [
        "FaceMatcher::forget",
        "Notifier::forget",
        "ImageStore::list",
        "ImageStore::delete",
        "Ledger::detach_image",
        "Directory::erase_attendee",
    ] {
        let house = house_that_keeps_everything().await;
        let ada = house.enrolled("ada", &[]).await;
        house.outcome(FakePicture::of("ada")).await;
        house.faults.fail_once(fault);
        let cut_off = house.attendance.erase(&house.organization, ada, &me()).await;
        assert!(cut_off.is_err(), "{fault}");
        assert!(matches!(house.enrol(ada, FakePicture::of("ada")).await, Err(Error::Erased)), "{fault}");

        let swept = house.attendance.sweep(&house.organization).await.unwrap();
        assert_eq!(swept.erasures_completed, 1, "{fault}");
        assert!(house.images.is_empty(), "{fault}");
        let left = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
        assert!(left.tombstone.unwrap().completed_at.is_some(), "{fault}");
    }
}

#[tokio::test]
async fn whoever_is_erased_while_being_enrolled_leaves_no_face() {
    for turns in 0..40 {
        let house = House::new().await;
        let ada = house.register("ada", &[]).await.id;
        house.faults.wait_once("FaceMatcher::enrol", turns);
        let by = me();
        let erasure = house.attendance.erase(&house.organization, ada, &by);
        let (enrolled, _) = tokio::join!(house.enrol(ada, FakePicture::of("ada")), erasure);
        let faces = house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap();
        assert!(faces.is_empty(), "after {turns} turns: {enrolled:?}");
        house.attendance.sweep(&house.organization).await.unwrap();
        let left = house.attendance.repo().attendee(&house.organization, ada).await.unwrap();
        assert!(left.tombstone.unwrap().completed_at.is_some(), "after {turns} turns");
    }
}

#[tokio::test]
async fn an_unknown_attendee_can_not_be_erased() {
    let house = House::new().await;
    let nobody = attendance_core::domain::ids::AttendeeId::fresh();
    let refused = house.attendance.erase(&house.organization, nobody, &me()).await;
    assert!(matches!(refused, Err(Error::UnknownAttendee)));
}

#[tokio::test]
async fn a_picture_of_an_erased_candidate_is_not_kept() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    // The matcher still knows the face: its removal failed, and the tombstone already stands.
    house.faults.fail_once("FaceMatcher::forget");
    house.attendance.erase(&house.organization, ada, &me()).await.unwrap_err();
    let request = CheckInRequest { id: None, ..House::request(&FakePicture::of("ada")) };
    let mut answer = house.attendance.check_in(&house.organization, request).await.unwrap();
    assert_eq!(answer.faces.remove(0).outcome, Outcome::Stranger);
}

#[tokio::test]
async fn no_reason_for_the_rest_outlives_an_erasure_that_came_in_between() {
    for turns in 0..40 {
        let house = House::new().await;
        let ada = house.register("ada", &[]).await.id;
        // The erasure begins once the roster was read.
        house.faults.wait_once("Directory::attendees_by_id", 8);
        house.faults.wait_once("Ledger::mark", turns);
        let by = me();
        let (_, erased) = tokio::join!(
            house.attendance.mark_rest(&house.organization, House::rest("everyone.2026-11-23.0", Status::Absent)),
            house.attendance.erase(&house.organization, ada, &by),
        );
        erased.unwrap();
        let session = "everyone.2026-11-23.0".parse().unwrap();
        let history = house.attendance.repo().history(&house.organization, &session, ada).await.unwrap();
        assert!(!serde_json::to_string(&history).unwrap().contains("roll call"), "after {turns} turns: {history:?}");
    }
}

#[tokio::test]
async fn no_reason_outlives_an_erasure_that_came_in_between() {
    for turns in 0..40 {
        let house = House::new().await;
        let ada = house.register("ada", &[]).await.id;
        house.faults.wait_once("Ledger::mark", turns);
        let by = me();
        let (_, erased) = tokio::join!(
            house.attendance.mark(&house.organization, House::mark(ada, When::Today, Status::Excused)),
            house.attendance.erase(&house.organization, ada, &by),
        );
        erased.unwrap();
        let session = "everyone.2026-11-23.0".parse().unwrap();
        let history = house.attendance.repo().history(&house.organization, &session, ada).await.unwrap();
        assert!(!serde_json::to_string(&history).unwrap().contains("doctor"), "after {turns} turns: {history:?}");
    }
}
