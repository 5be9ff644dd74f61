use attendance_api::wire::{Organization, Page};
use serde_json::{Value, json};

use crate::desk::Desk;

#[tokio::test]
async fn an_admin_of_the_home_organization_makes_others_and_sees_all() {
    let desk = Desk::new().await;
    let new = json!({ "id": "school", "zone": "Europe/Berlin", "policy": { "check_in_image_days": 3 } });
    let answer = desk.post(&desk.admin, "/v1/orgs", &new).await.is(201);
    assert_eq!(answer.header("location"), "/v1/orgs/school");
    assert_eq!(
        answer.read::<Value>(),
        json!({
            "id": "school", "zone": "Europe/Berlin", "created_at": "2026-11-21T09:00:00Z", "version": 1,
            "policy": {
                "consent_required": true, "check_in_image_days": 3, "keep_enrolment_images": false,
                "notify_attendees": true, "alert_strangers": true,
            },
        })
    );
    desk.post(&desk.admin, "/v1/orgs", &new).await.problem(409, "exists");
    let audit: Value = desk.get(&desk.token("school:admin"), "/v1/orgs/school/audit").await.is(200).read();
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
    assert_eq!(audit["items"][0]["action"], "create-organization");
    assert_eq!((&audit["items"][0]["by"], &audit["items"][0]["about"]), (&json!("default-admin"), &json!("school")));
    let first: Page<Organization> = desk.get(&desk.admin, "/v1/orgs?limit=1").await.is(200).read();
    let next = format!("/v1/orgs?limit=1&after={}", first.next.unwrap());
    let second: Page<Organization> = desk.get(&desk.admin, &next).await.is(200).read();
    let ids: Vec<_> = first.items.iter().chain(&second.items).map(|it| it.id.as_str()).collect();
    assert_eq!((ids, second.next), (vec!["default", "school"], None));
}

#[tokio::test]
async fn nobody_else_makes_organizations_or_sees_those_of_others() {
    let desk = Desk::new().await;
    desk.organization("school").await;
    let new = json!({ "id": "another", "zone": "UTC" });
    for right in ["school:admin", "default:operator", "default:kiosk"] {
        desk.post(&desk.token(right), "/v1/orgs", &new).await.problem(403, "forbidden");
    }
    let list: Page<Organization> = desk.get(&desk.token("school:kiosk"), "/v1/orgs").await.is(200).read();
    assert_eq!(list.items.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["school"]);
    let after = desk.get(&desk.token("school:kiosk"), "/v1/orgs?after=school").await.is(200);
    assert_eq!(after.read::<Value>(), json!({ "items": [] }));
    desk.get(&desk.token("school:kiosk"), "/v1/orgs?after=%20").await.problem(422, "invalid-cursor");
    // A right in an organization that was never made shows nothing.
    let ghost = desk.get(&desk.token("ghost:admin"), "/v1/orgs").await.is(200);
    assert_eq!(ghost.read::<Value>(), json!({ "items": [] }));
}

#[tokio::test]
async fn whoever_has_a_role_reads_the_organization() {
    let desk = Desk::new().await;
    let kiosk: Organization = desk.get(&desk.kiosk, "/v1/orgs/default").await.is(200).read();
    assert_eq!(kiosk.id.as_str(), "default");
    desk.get(&desk.token("default:attendee"), "/v1/orgs/default").await.is(200);
    desk.get(&desk.token("other:admin"), "/v1/orgs/default").await.problem(404, "unknown-organization");
}

#[tokio::test]
async fn the_home_organization_is_what_the_host_says() {
    let desk = Desk::with(|api| api.home("school".parse().unwrap())).await;
    desk.organization("school").await;
    let new = json!({ "id": "another", "zone": "UTC" });
    desk.post(&desk.admin, "/v1/orgs", &new).await.problem(403, "forbidden");
    desk.post(&desk.token("school:admin"), "/v1/orgs", &new).await.is(201);
}

#[tokio::test]
async fn what_an_organization_can_not_be_is_refused() {
    let desk = Desk::new().await;
    for (new, field) in [
        (json!({ "id": "School", "zone": "UTC" }), "id"),
        (json!({ "id": "school", "zone": "Mars/Olympus" }), "zone"),
        (
            json!({ "id": "school", "zone": "UTC", "policy": { "check_in_image_days": 70_000 } }),
            "policy.check_in_image_days",
        ),
        (json!({ "id": "school", "zone": "UTC", "policy": [] }), "policy"),
        (json!({ "id": "school", "zone": "UTC", "policy": { "matching": null } }), "policy.matching"),
    ] {
        let problem = desk.post(&desk.admin, "/v1/orgs", &new).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field));
    }
}
