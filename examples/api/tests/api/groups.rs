use attendance_api::wire::{Group, Items, Member, Page, Phase, Session};
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::desk::{Desk, request};

const GROUPS: &str = "/v1/orgs/default/groups";

pub(crate) fn lesson(id: &str) -> Value {
    json!({
        "id": id, "name": "Class 5B", "zone": "Europe/Berlin",
        "timetable": [{
            "number": 0, "days": ["saturday"], "opens": "09:45", "late_after": "10:05", "closes": "11:00:00",
            "marks_absent": true,
        }],
    })
}

impl Desk {
    /// The class 5B with these members; it meets on Saturdays at ten, Berlin time.
    pub(crate) async fn class(&self, members: &[&str]) {
        self.post(&self.admin, GROUPS, &lesson("5B")).await.is(201);
        for member in members {
            self.put(&self.admin, &format!("{GROUPS}/5B/members/{member}")).await.is(204);
        }
    }

    pub(crate) async fn put(&self, token: &str, path: &str) -> crate::desk::Answer {
        self.send(request(Method::PUT, path, token).body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn a_group_is_made_once_read_and_changed() {
    let desk = Desk::new().await;
    let answer = desk.post(&desk.admin, GROUPS, &lesson("5B")).await.is(201);
    assert_eq!(answer.header("location"), "/v1/orgs/default/groups/5B");
    let group: Value = answer.read();
    assert_eq!(group["timetable"][0]["opens"], "09:45:00");
    assert_eq!(group["version"], 1);
    desk.post(&desk.admin, GROUPS, &lesson("5B")).await.problem(409, "exists");

    let path = format!("{GROUPS}/5B");
    let change = json!({ "name": null, "zone": "UTC", "timetable": [], "version": 1 });
    let changed: Group = desk.json(Method::PUT, &desk.admin, &path, &change).await.is(200).read();
    assert_eq!((changed.name, changed.zone.name(), changed.version), (None, "UTC", 2));
    desk.json(Method::PUT, &desk.admin, &path, &change).await.problem(409, "conflict");
    desk.json(Method::PUT, &desk.operator, &path, &change).await.problem(403, "forbidden");
    let nowhere = json!({ "name": null, "zone": "UTC", "timetable": [], "version": 0 });
    let unknown = desk.json(Method::PUT, &desk.admin, &format!("{GROUPS}/5C"), &nowhere).await;
    unknown.problem(404, "unknown-group");

    let listed: Page<Group> = desk.get(&desk.operator, GROUPS).await.is(200).read();
    assert_eq!(listed.items.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["5B", "everyone"]);
}

#[tokio::test]
async fn whoever_makes_or_changes_a_group_is_in_the_audit() {
    let desk = Desk::new().await;
    desk.post(&desk.admin, GROUPS, &lesson("5B")).await.is(201);
    desk.post(&desk.admin, GROUPS, &lesson("5B")).await.problem(409, "exists");
    let change = json!({ "name": null, "zone": "UTC", "timetable": [], "version": 1 });
    desk.json(Method::PUT, &desk.admin, &format!("{GROUPS}/5B"), &change).await.is(200);
    let audit: Value = desk.get(&desk.admin, "/v1/orgs/default/audit").await.is(200).read();
    let told = |n: usize| ["action", "by", "about"].map(|field| audit["items"][n][field].clone());
    assert_eq!(told(0), [json!("change-group"), json!("default-admin"), json!("5B")]);
    assert_eq!(told(1), [json!("create-group"), json!("default-admin"), json!("5B")]);
    assert_eq!(told(2), [json!("create-organization"), json!("system"), json!("default")]);
    assert_eq!(audit["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_timetable_that_breaks_a_rule_is_refused_with_its_field() {
    let desk = Desk::new().await;
    for (pointer, value, field) in [
        ("/timetable/0/opens", json!("9 o'clock"), "timetable[0].opens"),
        ("/timetable/0/days", json!([]), "timetable"),
        ("/timetable/0/number", json!(100), "timetable"),
        ("/zone", json!("Europe/Atlantis"), "zone"),
        ("/id", json!("5 B"), "id"),
    ] {
        let mut group = lesson("5B");
        *group.pointer_mut(pointer).unwrap() = value;
        let problem = desk.post(&desk.admin, GROUPS, &group).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field), "{problem:?}");
    }
}

#[tokio::test]
async fn members_join_and_leave_and_show_no_more_than_a_roll_call_needs() {
    let desk = Desk::new().await;
    let new = json!({ "name": "Ada Lovelace", "email": "ada@example.org", "external_id": "R-1815" });
    let ada: Value = desk.post(&desk.admin, "/v1/orgs/default/attendees", &new).await.is(201).read();
    let ada = ada["id"].as_str().unwrap();
    desk.class(&[ada, ada]).await;
    let path = format!("{GROUPS}/5B/members");
    let members: Value = desk.get(&desk.operator, &path).await.is(200).read();
    let member = json!({ "id": ada, "name": "Ada Lovelace", "external_id": "R-1815", "enrolment": "none" });
    assert_eq!(members, json!({ "items": [member] }));

    desk.put(&desk.operator, &format!("{path}/{ada}")).await.problem(403, "forbidden");
    for _ in 0..2 {
        desk.delete(&desk.admin, &format!("{path}/{ada}")).await.is(204);
    }
    assert!(desk.get(&desk.operator, &path).await.read::<Page<Member>>().items.is_empty());
    desk.delete(&desk.admin, &format!("{GROUPS}/everyone/members/{ada}")).await.problem(409, "everyone-stays");
    desk.get(&desk.operator, &format!("{GROUPS}/5C/members")).await.problem(404, "unknown-group");
}

#[tokio::test]
async fn another_organization_s_groups_are_not_there() {
    let desk = Desk::new().await;
    desk.class(&[]).await;
    desk.organization("other").await;
    let other = desk.token("other:admin");
    for path in ["groups/5B", "groups/5B/members", "groups/5B/sessions", "sessions/5B.2026-11-21.0"] {
        let answer = desk.get(&other, &format!("/v1/orgs/other/{path}")).await;
        let code = if path.starts_with("sessions") { "unknown-session" } else { "unknown-group" };
        answer.problem(404, code);
        desk.get(&other, &format!("/v1/orgs/default/{path}")).await.problem(404, "unknown-organization");
    }
}

#[tokio::test]
async fn sessions_are_listed_before_and_after_they_come_to_be() {
    let desk = Desk::new().await;
    desk.class(&[]).await;
    let path = format!("{GROUPS}/5B/sessions");
    let today: Items<Session> = desk.get(&desk.operator, &path).await.is(200).read();
    assert_eq!(today.items.len(), 1);
    let session = &today.items[0];
    assert_eq!((session.id.to_string().as_str(), session.phase), ("5B.2026-11-21.0", Phase::InTime));
    assert_eq!(session.opens_at.to_string(), "2026-11-21T08:45:00Z");

    let month: Items<Session> =
        desk.get(&desk.operator, &format!("{path}?from=2026-11-01&to=2026-12-01")).await.is(200).read();
    assert_eq!(month.items.len(), 4);
    let long = desk.get(&desk.operator, &format!("{path}?from=2026-11-01&to=2026-12-02")).await;
    assert_eq!(long.problem(422, "invalid").field.as_deref(), Some("to"));
    desk.get(&desk.operator, &format!("{path}?from=2026-11-02&to=2026-11-01")).await.problem(422, "range-reversed");
    for bad in ["20261101", "1969-12-31", "2200-01-01", "tomorrow"] {
        let answer = desk.get(&desk.operator, &format!("{path}?from={bad}")).await;
        assert_eq!(answer.problem(422, "invalid").field.as_deref(), Some("from"), "{bad}");
    }
    desk.get(&desk.kiosk, "/v1/orgs/default/sessions/5B.2026-11-21.0").await.is(200);
    desk.get(&desk.kiosk, "/v1/orgs/default/sessions/5B.2026-11-20.0").await.problem(404, "unknown-session");
    desk.get(&desk.kiosk, "/v1/orgs/default/sessions/5B.9999-12-31.0").await.problem(422, "invalid");
}
