use attendance_api::wire::{Attendee, Page};
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, request};

const ATTENDEES: &str = "/v1/orgs/default/attendees";

#[tokio::test]
async fn an_attendee_is_registered_read_and_changed() {
    let desk = Desk::new().await;
    let new = json!({
        "name": "Ada Lovelace", "external_id": "R-1815", "email": "ada@example.org", "phone": "+4930123456",
        "language": "en", "attributes": { "branch": "mathematics" }, "groups": ["everyone"],
        "consent": "My face may be used.",
    });
    let answer = desk.post(&desk.admin, ATTENDEES, &new).await.is(201);
    let ada: Attendee = answer.read();
    let path = format!("{ATTENDEES}/{}", ada.id);
    assert_eq!(answer.header("location"), path);
    assert_eq!(
        desk.get(&desk.admin, &path).await.is(200).read::<Value>(),
        json!({
            "id": ada.id, "name": "Ada Lovelace", "external_id": "R-1815", "email": "ada@example.org",
            "phone": "+4930123456", "language": "en", "attributes": { "branch": "mathematics" }, "groups": [],
            "consent": { "wording": "My face may be used.", "at": "2026-11-21T09:00:00Z" }, "enrolment": "none",
            "registered_at": "2026-11-21T09:00:00Z", "version": 1,
        })
    );

    let patch = json!({ "name": "Ada King", "email": null, "attributes": { "year": "1" } });
    let changed: Value = desk.json(Method::PATCH, &desk.admin, &path, &patch).await.is(200).read();
    assert_eq!(changed["name"], "Ada King");
    assert_eq!(changed["email"], Value::Null);
    assert_eq!(changed["phone"], "+4930123456");
    assert_eq!(changed["attributes"], json!({ "year": "1" }));
    desk.json(Method::PATCH, &desk.admin, &path, &json!({ "name": null })).await.problem(422, "invalid");

    // Attributes are replaced as a whole, which a merge patch (RFC 7396) would not do.
    let merge = request(Method::PATCH, &path, &desk.admin).header("content-type", "application/merge-patch+json");
    desk.send(merge.body(patch.to_string().into()).unwrap()).await.problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn a_change_upon_an_older_version_is_a_conflict() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await;
    let path = format!("{ATTENDEES}/{}", ada.id);
    let patch = |name: &str| json!({ "name": name, "version": ada.version });
    desk.json(Method::PATCH, &desk.admin, &path, &patch("Ada King")).await.is(200);
    desk.json(Method::PATCH, &desk.admin, &path, &patch("Ada Byron")).await.problem(409, "conflict");
    assert_eq!(desk.get(&desk.admin, &path).await.read::<Value>()["name"], "Ada King");
}

#[tokio::test]
async fn an_external_id_belongs_to_one() {
    let desk = Desk::new().await;
    desk.post(&desk.admin, ATTENDEES, &json!({ "name": "Ada", "external_id": "7" })).await.is(201);
    let taken = desk.post(&desk.admin, ATTENDEES, &json!({ "name": "Grace", "external_id": "7" })).await;
    taken.problem(409, "external-id-taken");
    let unknown = desk.post(&desk.admin, ATTENDEES, &json!({ "name": "Grace", "groups": ["5B"] })).await;
    unknown.problem(404, "unknown-group");
}

#[tokio::test]
async fn markup_is_data_and_comes_back_as_it_was() {
    let desk = Desk::new().await;
    let nasty = "<script>alert('1')</script>\"&amp;{{7*7}}'; DROP TABLE attendee; --";
    let new = json!({
        "name": nasty, "external_id": nasty, "attributes": { nasty.chars().take(24).collect::<String>(): nasty },
        "consent": nasty,
    });
    let made: Value = desk.post(&desk.admin, ATTENDEES, &new).await.is(201).read();
    let path = format!("{ATTENDEES}/{}", made["id"].as_str().unwrap());
    let answer = desk.get(&desk.admin, &path).await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let read: Value = answer.read();
    for (field, value) in [("name", &read["name"]), ("external_id", &read["external_id"])] {
        assert_eq!(value, nasty, "{field}");
    }
    assert_eq!(read["attributes"], new["attributes"]);
    assert_eq!(read["consent"]["wording"], nasty);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let desk = Desk::new().await;
    let known = [("Ada Lovelace", "a-1"), ("Grace Hopper", "g-1"), ("Ada Yonath", "a-2"), ("Ada Deer", "a-3")];
    for (name, id) in known.into_iter().chain([("Emmy Noether", "e-1")]) {
        desk.post(&desk.admin, ATTENDEES, &json!({ "name": name, "external_id": id })).await.is(201);
    }
    let names = |page: &Page<Attendee>| -> Vec<String> {
        page.items.iter().map(|attendee| attendee.name.as_ref().unwrap().as_str().to_owned()).collect()
    };
    let list = async |query: &str| -> Page<Attendee> {
        desk.get(&desk.admin, &format!("{ATTENDEES}?{query}")).await.is(200).read()
    };
    assert_eq!(names(&list("search=ADA").await), ["Ada Lovelace", "Ada Yonath", "Ada Deer"]);
    assert_eq!(names(&list("search=g-1").await), ["Grace Hopper"]);
    assert_eq!(names(&list("external_id=e-1").await), ["Emmy Noether"]);
    assert_eq!(names(&list("external_id=e-1&search=ada").await), [""; 0]);
    assert_eq!(list("external_id=E-1").await.items, []);
    assert_eq!(names(&list("search=").await).len(), 5);
    assert_eq!(names(&list("group=everyone").await).len(), 5);
    desk.get(&desk.admin, &format!("{ATTENDEES}?group=5B")).await.problem(404, "unknown-group");

    // Every one is found exactly once, whatever the pages.
    for (search, limit, expected) in [("", 1, 5), ("", 2, 5), ("ada", 1, 3), ("ada", 2, 3), ("nobody", 2, 0)] {
        let mut found = Vec::new();
        let mut query = format!("search={search}&limit={limit}");
        loop {
            let page = list(&query).await;
            assert!(page.items.len() <= limit);
            found.extend(page.items.iter().map(|attendee| attendee.id));
            let Some(next) = page.next else { break };
            query = format!("search={search}&limit={limit}&after={next}");
        }
        let mut distinct = found.clone();
        distinct.dedup();
        assert_eq!((found.len(), distinct.len()), (expected, expected), "{search}");
    }
}

#[tokio::test]
async fn consent_comes_and_goes_and_faces_go_with_it() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("Ada Lovelace").await;
    let path = format!("{ATTENDEES}/{}", ada.id);
    let withdrawn: Attendee = desk.delete(&desk.admin, &format!("{path}/consent")).await.is(200).read();
    assert_eq!(withdrawn.consent, None);
    let faces: Value = desk.get(&desk.admin, &format!("{path}/faces")).await.is(200).read();
    assert_eq!(faces, json!({ "items": [] }));
    let wording = json!({ "wording": "Again." });
    let given: Attendee =
        desk.json(Method::PUT, &desk.admin, &format!("{path}/consent"), &wording).await.is(200).read();
    assert_eq!(given.consent.unwrap().wording.as_str(), "Again.");
}

#[tokio::test]
async fn an_erased_attendee_is_gone_and_erasing_repeats() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("Ada Lovelace").await;
    let path = format!("{ATTENDEES}/{}", ada.id);
    let first: Value = desk.delete(&desk.admin, &path).await.is(200).read();
    assert_eq!(first["faces"], 1);
    let again: Value = desk.delete(&desk.admin, &path).await.is(200).read();
    assert_eq!((&again["faces"], &again["completed_at"]), (&json!(0), &first["completed_at"]));
    desk.get(&desk.admin, &path).await.problem(410, "erased");
    desk.get(&desk.admin, &format!("{path}/faces")).await.problem(410, "erased");
    desk.json(Method::PATCH, &desk.admin, &path, &json!({ "name": "Eve" })).await.problem(410, "erased");
    let wording = json!({ "wording": "Again." });
    desk.json(Method::PUT, &desk.admin, &format!("{path}/consent"), &wording).await.problem(410, "erased");
    let head = request(Method::HEAD, &path, &desk.admin).body(Body::empty()).unwrap();
    assert_eq!(desk.send(head).await.status, 410);
}
