use attendance_core::memory::{FakeFace, FakePicture};
use axum::http::Method;
use serde_json::{Value, json};

use crate::desk::{Answer, Desk, request};

const CHECK_INS: &str = "/v1/orgs/default/check-ins";

/// Offers a picture with an idempotency key.
async fn with_key(desk: &Desk, key: &str, picture: &FakePicture) -> Answer {
    let request = request(Method::POST, CHECK_INS, &desk.kiosk)
        .header("content-type", "image/jpeg")
        .header("idempotency-key", key);
    desk.send(request.body(picture.bytes().into()).unwrap()).await
}

#[tokio::test]
async fn a_face_that_is_known_is_marked_and_then_already_marked() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await;
    let answer: Value = desk.picture(&desk.kiosk, CHECK_INS, FakePicture::of("ada").bytes()).await.is(200).read();
    let face = &answer["faces"][0];
    assert_eq!(face["outcome"], "marked");
    assert_eq!((&face["attendee"], &face["name"]), (&json!(ada.id), &json!("ada")));
    assert_eq!(face["record"]["session"], "everyone.2026-11-21.0");
    assert_eq!(face["record"]["status"], "present");
    assert!(face["similarity"].as_f64().unwrap() > 90.0 && face["box"]["width"].is_number(), "{face}");

    let again: Value =
        desk.picture(&desk.kiosk, CHECK_INS, FakePicture::of("ada").shot(2).bytes()).await.is(200).read();
    assert_eq!(again["faces"][0]["outcome"], "already-marked");
    assert_ne!(again["id"], answer["id"]);

    let read: Value =
        desk.get(&desk.kiosk, &format!("{CHECK_INS}/{}", answer["id"].as_str().unwrap())).await.is(200).read();
    assert_eq!(read, answer);
    desk.get(&desk.kiosk, &format!("{CHECK_INS}/nowhere")).await.problem(404, "not-found");
}

#[tokio::test]
async fn the_same_key_again_answers_the_same_and_records_nothing() {
    let desk = Desk::new().await;
    desk.enrolled("ada").await;
    let first = with_key(&desk, "kiosk-1:4711", &FakePicture::of("ada")).await.is(200);
    assert_eq!(first.read::<Value>()["id"], "kiosk-1:4711");
    // Even with another picture: the key is what counts.
    let replayed = with_key(&desk, "kiosk-1:4711", &FakePicture::of("bob")).await.is(200);
    assert_eq!(replayed.body, first.body);
    let other = with_key(&desk, "kiosk-1:4712", &FakePicture::of("ada")).await.is(200);
    assert_eq!(other.read::<Value>()["faces"][0]["outcome"], "already-marked");
    for bad in ["", "-a", "a b", "a/b", &"a".repeat(129)] {
        let problem = with_key(&desk, bad, &FakePicture::of("ada")).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some("idempotency-key"));
    }
}

#[tokio::test]
async fn of_a_class_photo_every_face_counts_if_it_is_asked_for() {
    let desk = Desk::new().await;
    desk.enrolled("ada").await;
    let photo = FakePicture::of("ada").with(FakeFace::of("bob").size(150)).bytes();
    let largest: Value = desk.picture(&desk.kiosk, CHECK_INS, photo.clone()).await.is(200).read();
    assert_eq!((largest["faces"].as_array().unwrap().len(), &largest["unsearched"]), (1, &json!(1)));
    let all: Value = desk.picture(&desk.kiosk, &format!("{CHECK_INS}?faces=all"), photo.clone()).await.is(200).read();
    let outcomes: Vec<_> = all["faces"].as_array().unwrap().iter().map(|face| &face["outcome"]).collect();
    assert_eq!(outcomes, ["already-marked", "stranger"]);
    let problem = desk.picture(&desk.kiosk, &format!("{CHECK_INS}?faces=some"), photo).await.problem(422, "invalid");
    assert_eq!(problem.field.as_deref(), Some("faces"));
}

#[tokio::test]
async fn a_kiosk_names_nobody_below_certainty() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await;
    let path = format!("/v1/orgs/default/attendees/{}/faces?allow_lookalike=true", desk.registered("twin").await.id);
    let twin = FakePicture::new().with(FakeFace::of("twin").resembles("ada", 98.8)).bytes();
    desk.picture(&desk.admin, &path, twin.clone()).await.is(201);

    let answer: Value = desk.picture(&desk.kiosk, CHECK_INS, twin).await.is(200).read();
    assert_eq!(answer["faces"][0]["outcome"], "ambiguous");
    assert_eq!(answer["faces"][0]["candidates"], json!([]));
    assert!(!answer.to_string().contains(&ada.id.to_string()), "{answer}");
    let path = format!("{CHECK_INS}/{}", answer["id"].as_str().unwrap());
    assert_eq!(desk.get(&desk.kiosk, &path).await.is(200).read::<Value>(), answer);
    let seen: Value = desk.get(&desk.operator, &path).await.is(200).read();
    let names: Vec<_> = seen["faces"][0]["candidates"].as_array().unwrap().iter().map(|found| &found["name"]).collect();
    assert_eq!(names, ["twin", "ada"]);
}

#[tokio::test]
async fn when_a_kiosk_took_a_picture_is_bounded_and_when_an_operator_did_is_not() {
    let desk = Desk::new().await;
    let now = desk.now();
    for (seconds, taken) in [(-24 * 3600, true), (-24 * 3600 - 1, false), (120, true), (121, false)] {
        let at = now + jiff::SignedDuration::from_secs(seconds);
        let path = format!("{CHECK_INS}?captured_at={at}");
        let picture = || FakePicture::of("bob").shot(seconds.unsigned_abs() as u32).bytes();
        let answer = desk.picture(&desk.kiosk, &path, picture()).await;
        if taken {
            assert_eq!(answer.is(200).read::<Value>()["captured_at"], json!(at));
        } else {
            assert_eq!(answer.problem(422, "invalid").field.as_deref(), Some("captured_at"));
        }
        desk.picture(&desk.operator, &path, picture()).await.is(200);
    }
    let problem = desk.picture(&desk.kiosk, &format!("{CHECK_INS}?captured_at=yesterday"), "x".into()).await;
    assert_eq!(problem.problem(422, "invalid").field.as_deref(), Some("captured_at"));
}

#[tokio::test]
async fn what_is_no_picture_of_a_face_is_said() {
    let desk = Desk::new().await;
    desk.picture(&desk.kiosk, CHECK_INS, "Dear Sir or Madam".into()).await.problem(422, "image-unsupported");
    desk.picture(&desk.kiosk, CHECK_INS, "".into()).await.problem(422, "image-empty");
    desk.picture(&desk.kiosk, CHECK_INS, FakePicture::new().bytes()).await.problem(422, "no-face");
    let path = format!("{CHECK_INS}?session=5B.2026-11-21.0");
    desk.picture(&desk.kiosk, &path, FakePicture::of("ada").bytes()).await.problem(404, "unknown-session");
    let path = format!("{CHECK_INS}?session=5B.2999-01-01.0");
    let problem = desk.picture(&desk.kiosk, &path, FakePicture::of("ada").bytes()).await;
    assert_eq!(problem.problem(422, "invalid").field.as_deref(), Some("session"));
}

#[tokio::test]
async fn an_operator_sees_the_picture_while_it_is_kept() {
    let desk = Desk::new().await;
    let picture = FakePicture::of("stranger").bytes();
    let answer: Value = desk.picture(&desk.kiosk, CHECK_INS, picture.clone()).await.is(200).read();
    let path = format!("{CHECK_INS}/{}/image", answer["id"].as_str().unwrap());
    let shown = desk.get(&desk.operator, &path).await.is(200);
    assert_eq!((shown.header("content-type"), &shown.body), ("image/jpeg", &picture));
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    desk.get(&desk.kiosk, &path).await.problem(403, "forbidden");
    desk.clock.advance(jiff::SignedDuration::from_hours(24 * 9));
    let operator = desk.token("default:operator");
    desk.attendance.sweep(&"default".parse().unwrap()).await.unwrap();
    desk.get(&operator, &path).await.problem(404, "image-missing");
}
