use attendance_api::wire::{AuditEntry, IssuedToken, Page, Whoami};
use attendance_api::{Api, auth::Role};
use attendance_core::domain::audit::AuditAction;
use jiff::SignedDuration;
use serde_json::json;

use crate::desk::Desk;

const TOKENS: &str = "/v1/orgs/default/tokens";

#[tokio::test]
async fn an_admin_makes_tokens_for_each_role() {
    let desk = Desk::new().await;
    for (role, page) in [("admin", "/"), ("operator", "/"), ("kiosk", "/kiosk.html")] {
        let issued: IssuedToken = desk.post(&desk.admin, TOKENS, &json!({ "role": role })).await.is(201).read();
        assert_eq!(issued.path, format!("{page}#token={}", issued.token));
        assert_eq!(issued.expires_at, desk.now() + SignedDuration::from_hours(30 * 24));
        let who: Whoami = desk.get(&issued.token, "/v1/whoami").await.is(200).read();
        assert_eq!(who.groups.iter().map(|right| right.role.as_str()).collect::<Vec<_>>(), [role]);
    }
    desk.post(&desk.operator, TOKENS, &json!({ "role": "kiosk" })).await.problem(403, "forbidden");
}

#[tokio::test]
async fn every_token_that_is_made_is_in_the_audit_of_its_organization() {
    let desk = Desk::new().await;
    desk.organization("school").await;
    for role in ["kiosk", "operator", "admin"] {
        let new = json!({ "role": role, "days": 1 });
        desk.post(&desk.admin, "/v1/orgs/school/tokens", &new).await.is(201);
        let audit: Page<AuditEntry> =
            desk.get(&desk.token("school:admin"), "/v1/orgs/school/audit?limit=1").await.is(200).read();
        let entry = &audit.items[0];
        assert_eq!((entry.action, entry.by.as_str()), (AuditAction::IssueToken, "default-admin"));
        let about = entry.about.as_ref().unwrap().as_str();
        assert!(about.starts_with(&format!("{role}:")) && about.ends_with(" until 2026-11-22T09:00:00Z"), "{about}");
    }
    let before: Page<AuditEntry> = desk.get(&desk.admin, "/v1/orgs/default/audit").await.is(200).read();
    desk.post(&desk.operator, TOKENS, &json!({ "role": "kiosk" })).await.problem(403, "forbidden");
    desk.post(&desk.admin, TOKENS, &json!({ "role": "kiosk", "days": 0 })).await.problem(422, "invalid");
    let after: Page<AuditEntry> = desk.get(&desk.admin, "/v1/orgs/default/audit").await.is(200).read();
    assert_eq!(after, before, "what was refused is not told");
}

#[tokio::test]
async fn an_attendees_token_shows_their_own() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await;
    let new = json!({ "role": "attendee", "attendee": ada.id, "days": 1 });
    let issued: IssuedToken = desk.post(&desk.admin, TOKENS, &new).await.is(201).read();
    assert_eq!((issued.role, issued.path), (Role::Attendee, format!("/me.html#token={}", issued.token)));
    let who: Whoami = desk.get(&issued.token, "/v1/whoami").await.is(200).read();
    assert_eq!(who.attendee, Some(ada.id));
    let audit: Page<AuditEntry> = desk.get(&desk.admin, "/v1/orgs/default/audit?limit=2").await.is(200).read();
    let told: Vec<_> = audit.items.iter().map(|entry| (entry.action, entry.attendee)).collect();
    assert_eq!(told, [(AuditAction::IssueToken, Some(ada.id)), (AuditAction::LinkSignIn, Some(ada.id))]);
    desk.delete(&desk.admin, &format!("/v1/orgs/default/attendees/{}", ada.id)).await.is(200);
    let who: Whoami = desk.get(&issued.token, "/v1/whoami").await.is(200).read();
    assert_eq!(who.attendee, None);
    desk.post(&desk.admin, TOKENS, &new).await.problem(410, "erased");
}

#[tokio::test]
async fn what_a_token_can_not_be_is_refused() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await;
    for (new, field) in [
        (json!({ "role": "attendee" }), "attendee"),
        (json!({ "role": "kiosk", "attendee": ada.id }), "attendee"),
        (json!({ "role": "kiosk", "days": 0 }), "days"),
        (json!({ "role": "kiosk", "days": 366 }), "days"),
        (json!({ "role": "owner" }), "role"),
    ] {
        let problem = desk.post(&desk.admin, TOKENS, &new).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field), "{new}");
    }
    let nobody = json!({ "role": "attendee", "attendee": "0192f3a4-7c1e-7b3a-8c55-0123456789ab" });
    desk.post(&desk.admin, TOKENS, &nobody).await.problem(404, "unknown-attendee");
}

#[tokio::test]
async fn an_admin_of_the_home_organization_makes_tokens_for_any_and_another_only_for_their_own() {
    let desk = Desk::new().await;
    desk.organization("school").await;
    let new = json!({ "role": "admin" });
    let school: IssuedToken = desk.post(&desk.admin, "/v1/orgs/school/tokens", &new).await.is(201).read();
    desk.get(&school.token, "/v1/orgs/school").await.is(200);
    desk.post(&school.token, "/v1/orgs/school/tokens", &new).await.is(201);
    desk.post(&school.token, TOKENS, &new).await.problem(404, "unknown-organization");
    desk.post(&desk.admin, "/v1/orgs/nowhere/tokens", &new).await.problem(404, "unknown-organization");
}

#[tokio::test]
async fn a_host_that_makes_no_tokens_has_no_such_address() {
    let mut desk = Desk::new().await;
    desk.router = Api::new(desk.attendance.clone(), desk.tokens.clone()).router();
    desk.post(&desk.admin, TOKENS, &json!({ "role": "kiosk" })).await.problem(404, "not-found");
    desk.get(&desk.admin, "/metrics").await.problem(404, "not-found");
    desk.get(&desk.admin, "/v1/orgs/default/live").await.problem(404, "not-found");
}
