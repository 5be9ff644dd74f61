use attendance_core::memory::FakePicture;
use serde_json::{Value, json};

use crate::desk::Desk;

#[tokio::test]
async fn strangers_are_listed_latest_first_and_only_within_the_range() {
    let desk = Desk::new().await;
    desk.enrolled("ada").await;
    for (instant, picture) in [
        ("2026-11-21T09:00:00Z", FakePicture::of("eve")),
        ("2026-11-21T10:00:00Z", FakePicture::of("ada")),
        ("2026-11-21T11:00:00Z", FakePicture::of("mallory")),
    ] {
        desk.clock.set(instant.parse().unwrap());
        desk.picture(&desk.kiosk, "/v1/orgs/default/check-ins", picture.bytes()).await.is(200);
    }
    let path = "/v1/orgs/default/strangers";
    let captured = |answer: Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["captured_at"].as_str().unwrap().to_owned()).collect()
    };
    let all: Value = desk.get(&desk.operator, path).await.is(200).read();
    assert_eq!(all["items"][0]["faces"][0]["decision"], "stranger");
    assert_eq!(all["items"][0]["has_image"], true);
    assert_eq!(all["items"][0]["by"], "default-kiosk");
    assert_eq!(captured(all), ["2026-11-21T11:00:00Z", "2026-11-21T09:00:00Z"]);
    let early = format!("{path}?from=2026-11-21T08:00:00Z&to=2026-11-21T10:00:00Z");
    assert_eq!(captured(desk.get(&desk.operator, &early).await.is(200).read()), ["2026-11-21T09:00:00Z"]);
    desk.get(&desk.operator, &format!("{path}?from=yesterday")).await.problem(422, "invalid");
    let reversed = format!("{path}?to=2026-11-21T08:00:00Z&from=2026-11-21T10:00:00Z");
    desk.get(&desk.operator, &reversed).await.problem(422, "range-reversed");
    desk.get(&desk.kiosk, path).await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_audit_says_who_did_what_and_only_to_admins() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await.id;
    let path = "/v1/orgs/default/audit";
    let audit: Value = desk.get(&desk.admin, path).await.is(200).read();
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!("enrol"), json!("register"), json!("create-organization")]);
    assert_eq!((&audit["items"][0]["by"], &audit["items"][0]["attendee"]), (&json!("default-admin"), &json!(ada)));
    desk.get(&desk.operator, path).await.problem(403, "forbidden");
}
