use attendance_core::memory::{FakeFace, FakePicture};
use serde_json::{Value, json};

use crate::desk::Desk;

fn faces_of(attendee: &attendance_api::wire::Attendee) -> String {
    format!("/v1/orgs/default/attendees/{}/faces", attendee.id)
}

#[tokio::test]
async fn a_face_is_enrolled_listed_and_removed() {
    let desk = Desk::new().await;
    let path = faces_of(&desk.registered("ada").await);
    let photo = FakePicture::of("ada").bytes();
    let enrolled: Value = desk.picture(&desk.admin, &path, photo.clone()).await.is(201).read();
    assert_eq!((&enrolled["faces"], &enrolled["quality"]["size"]), (&json!(1), &json!(200)));
    // The same photo again changes nothing.
    assert_eq!(desk.picture(&desk.admin, &path, photo).await.is(201).read::<Value>(), enrolled);
    let list: Value = desk.get(&desk.admin, &path).await.is(200).read();
    assert_eq!(list, json!({ "items": [{ "face": enrolled["face"] }] }));

    let face = format!("{path}/{}", enrolled["face"].as_str().unwrap());
    let gone = desk.delete(&desk.admin, &face).await.is(204);
    assert!(gone.body.is_empty());
    desk.delete(&desk.admin, &face).await.is(204);
    assert_eq!(desk.get(&desk.admin, &path).await.is(200).read::<Value>(), json!({ "items": [] }));
}

#[tokio::test]
async fn what_a_photo_lacks_is_said_and_nothing_is_enrolled() {
    let desk = Desk::new().await;
    let path = faces_of(&desk.registered("ada").await);
    let two = FakePicture::of("ada").face("bob").bytes();
    let blurred = FakePicture::new().with(FakeFace::of("ada").blurred()).bytes();
    for (photo, status, code) in [
        (FakePicture::new().bytes(), 422, "no-face"),
        (two, 422, "several-faces"),
        (blurred, 422, "poor-quality"),
        ("Dear Sir or Madam".into(), 422, "image-unsupported"),
        ("".into(), 422, "image-empty"),
        (FakePicture::of("ada").bytes().slice(..20), 422, "image-damaged"),
    ] {
        desk.picture(&desk.admin, &path, photo.clone()).await.problem(status, code);
        desk.picture(&desk.admin, "/v1/orgs/default/face-checks", photo).await.problem(status, code);
    }
    assert_eq!(desk.get(&desk.admin, &path).await.is(200).read::<Value>(), json!({ "items": [] }));
}

#[tokio::test]
async fn no_face_without_a_consent() {
    let desk = Desk::new().await;
    let new = json!({ "name": "ada" });
    let ada: attendance_api::wire::Attendee =
        desk.post(&desk.admin, "/v1/orgs/default/attendees", &new).await.is(201).read();
    let photo = FakePicture::of("ada").bytes();
    desk.picture(&desk.admin, &faces_of(&ada), photo).await.problem(409, "no-consent");
}

#[tokio::test]
async fn a_face_that_is_somebody_elses_names_whose_and_a_twin_can_be_let_in() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await;
    let path = faces_of(&desk.registered("grace").await);
    let photo = FakePicture::of("ada").shot(2).bytes();
    let problem = desk.picture(&desk.admin, &path, photo.clone()).await.problem(409, "enrolled-as-another");
    assert_eq!(problem.attendee, Some(ada.id));
    let check = "/v1/orgs/default/face-checks";
    let problem = desk.picture(&desk.admin, check, photo.clone()).await.problem(409, "enrolled-as-another");
    assert_eq!(problem.attendee, Some(ada.id));
    let own = format!("{check}?attendee={}", ada.id);
    assert!(desk.picture(&desk.admin, &own, photo.clone()).await.is(204).body.is_empty());
    desk.picture(&desk.admin, &format!("{check}?allow_lookalike=true"), photo.clone()).await.is(204);
    desk.picture(&desk.admin, &format!("{check}?allow_lookalike=yes"), photo.clone()).await.problem(422, "invalid");
    desk.picture(&desk.admin, &format!("{path}?allow_lookalike=true"), photo).await.is(201);
}
