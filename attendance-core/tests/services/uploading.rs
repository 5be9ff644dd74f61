use std::sync::{Arc, Mutex};

use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::CheckInId;
use attendance_core::domain::image::ImageKey;
use attendance_core::memory::FakePicture;
use attendance_core::ports::face_matcher::Faces;
use attendance_core::ports::image_store::{ContentType, PresignedUpload, PutMode};
use attendance_core::ports::{ImageStore as _, MockImageStore};
use attendance_core::{Attendance, CheckInRequest, UploadRequest};
use bytes::Bytes;

use crate::house::{House, at, lesson, me};

/// A wish that differs in everything from what counts without one.
fn wish() -> UploadRequest {
    UploadRequest {
        id: Some(CheckInId::new("c-1").expect("an id")),
        content_type: ContentType::Jpeg,
        faces: Faces::All,
        session: Some("5B.2026-11-23.0".parse().expect("an id")),
        captured_at: Some(at("2026-11-23T07:10:00.123Z")),
    }
}

/// The key for which a form is made, as a store that can make one is told it.
async fn key_of(house: &House, request: UploadRequest) -> ImageKey {
    let told = Arc::new(Mutex::new(None));
    let mut store = MockImageStore::new();
    let teller = told.clone();
    store.expect_presign_upload().times(1).returning(move |_, key, limits, now| {
        *teller.lock().expect("no panic") = Some(key.clone());
        let expires_at = now + jiff::SignedDuration::try_from(limits.valid_for).expect("some minutes");
        Ok(PresignedUpload { url: "https://bucket".to_owned(), fields: Vec::new(), expires_at })
    });
    let attendance = Attendance::builder()
        .face_matcher(house.attendance.face_matcher().clone())
        .image_store(Arc::new(store))
        .repo(house.attendance.repo().clone())
        .notifier(house.notifier.clone())
        .event_sink(house.sink.clone())
        .clock(house.clock.clone())
        .build()
        .expect("all five ports");
    let id = request.id.clone();
    let upload = attendance.offer_upload(&house.organization, request).await.expect("a form");
    assert!(id.is_none_or(|id| id == upload.check_in));
    assert_eq!(upload.form.expires_at, at("2026-11-23T07:05:00Z"));
    let key = told.lock().expect("no panic").take().expect("a key");
    assert_eq!(key.check_in_id(), Some(upload.check_in));
    key
}

/// Uploads a picture, and offers it as whoever is told of it does.
async fn arrived(
    house: &House,
    key: &ImageKey,
    bytes: Bytes,
) -> Result<attendance_core::CheckInAnswer, attendance_core::Error> {
    let version =
        house.images.put(&house.organization, key, bytes, ContentType::Jpeg, PutMode::Replace).await.expect("stored");
    let request = CheckInRequest::of_stored(key.clone(), &version, at("2026-11-23T07:30:00Z"), me());
    house.attendance.check_in(&house.organization, request).await
}

#[tokio::test]
async fn an_uploaded_picture_is_checked_in_as_was_wished_and_can_be_asked_for() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let ada = house.enrolled("ada", &[&class]).await;
    let key = key_of(&house, wish()).await;
    assert_eq!(key.as_str(), "checkins/2026-11-23/c-1/all.1795417800123.5B.2026-11-23.0.jpg");
    let id = CheckInId::new("c-1").unwrap();
    assert_eq!(house.attendance.checked_in(&house.organization, &id).await.unwrap(), None);

    let picture = FakePicture::new().face("ada").face("a stranger").bytes();
    let answer = arrived(&house, &key, picture.clone()).await.unwrap();
    assert_eq!((answer.captured_at, answer.faces.len()), (wish().captured_at.unwrap(), 2));
    let Outcome::Marked { record, .. } = &answer.faces[0].outcome else { panic!("{answer:?}") };
    assert_eq!((record.attendee, &record.session), (ada, &wish().session.unwrap()));
    assert_eq!(house.attendance.checked_in(&house.organization, &id).await.unwrap(), Some(answer.clone()));
    assert_eq!(arrived(&house, &key, picture).await.unwrap(), answer);
}

#[tokio::test]
async fn without_wishes_the_largest_face_counts_when_the_picture_arrives() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let least = UploadRequest {
        id: None,
        content_type: ContentType::Png,
        faces: Faces::Largest,
        session: None,
        captured_at: None,
    };
    let key = key_of(&house, least).await;
    let answer = arrived(&house, &key, FakePicture::new().face("ada").face("a stranger").bytes()).await.unwrap();
    assert_eq!((answer.captured_at, answer.faces.len(), answer.unsearched), (at("2026-11-23T07:30:00Z"), 1, 1));
}

#[tokio::test]
async fn an_upload_that_can_not_be_used_is_told_to_whoever_asks_for_it() {
    let house = House::new().await;
    for (number, bytes, code) in [
        (1, FakePicture::new().bytes(), "no-face"),
        (2, Bytes::from_static(b"hello"), "image-unsupported"),
        (3, Bytes::from_static(b"\xff\xd8\xffFAKE-FACES{"), "image-damaged"),
    ] {
        let id = CheckInId::new(format!("c-{number}")).unwrap();
        let key = key_of(&house, UploadRequest { id: Some(id.clone()), session: None, ..wish() }).await;
        assert_eq!(arrived(&house, &key, bytes).await.unwrap_err().code(), code);
        let asked = house.attendance.checked_in(&house.organization, &id).await;
        assert_eq!(asked.unwrap_err().code(), code);
        // Another picture at the same place is the same check-in.
        let again = arrived(&house, &key, FakePicture::of("ada").bytes()).await;
        assert_eq!(again.unwrap_err().code(), code);
        let kept = house.attendance.repo().check_in(&house.organization, &id).await.unwrap().unwrap();
        assert_eq!((kept.image, kept.faces.len()), (Some(key), 0));
    }
}

#[tokio::test]
async fn a_picture_that_has_not_come_yet_may_still_come() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let key = key_of(&house, UploadRequest { session: None, ..wish() }).await;
    let early = CheckInRequest::of_stored(key.clone(), "", at("2026-11-23T07:00:00Z"), me());
    let error = house.attendance.check_in(&house.organization, early).await.unwrap_err();
    assert_eq!(error.code(), "image-missing");
    assert!(arrived(&house, &key, FakePicture::of("ada").bytes()).await.is_ok());
}

#[tokio::test]
async fn a_store_without_addresses_says_so() {
    let house = House::new().await;
    let wish = UploadRequest { session: None, ..wish() };
    let error = house.attendance.offer_upload(&house.organization, wish).await.unwrap_err();
    assert_eq!(error.code(), "can-not-presign");
}

#[tokio::test]
async fn a_session_that_is_not_there_is_said_before_the_upload() {
    let house = House::new().await;
    let error = house.attendance.offer_upload(&house.organization, wish()).await.unwrap_err();
    assert_eq!(error.code(), "unknown-session");
}

#[tokio::test]
async fn an_upload_goes_when_the_time_of_check_in_pictures_is_over() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let key = key_of(&house, UploadRequest { session: None, ..wish() }).await;
    arrived(&house, &key, FakePicture::of("ada").bytes()).await.unwrap();
    house.clock.advance(jiff::SignedDuration::from_hours(9 * 24));
    assert_eq!(house.attendance.sweep(&house.organization).await.unwrap().images_expired, 1);
    let id = CheckInId::new("c-1").unwrap();
    let kept = house.attendance.repo().check_in(&house.organization, &id).await.unwrap().unwrap();
    assert_eq!((kept.image, house.images.is_empty()), (None, true));
}
