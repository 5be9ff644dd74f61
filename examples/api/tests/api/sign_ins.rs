use attendance_api::wire::{AuditEntry, Me, Page, SignIn};
use axum::http::Method;
use serde_json::{Value, json};

use crate::desk::{Answer, Desk};

const NOBODY: &str = "0192f3a4-7c1e-7b3a-8c55-0123456789ab";

impl Desk {
    async fn link(&self, token: &str, organization: &str, attendee: impl ToString, new: &Value) -> Answer {
        let path = format!("/v1/orgs/{organization}/attendees/{}/sign-in", attendee.to_string());
        self.json(Method::PUT, token, &path, new).await
    }
}

fn subject(text: &str) -> Value {
    json!({ "subject": text })
}

#[tokio::test]
async fn a_user_who_is_linked_sees_what_is_their_own() {
    let desk = Desk::new().await;
    let (ada, _) = (desk.enrolled("ada").await, desk.enrolled("grace").await);
    let user = desk.token("default:attendee");
    desk.get(&user, "/v1/orgs/default/me").await.problem(404, "unknown-attendee");
    for _ in 0..2 {
        let answer = desk.link(&desk.admin, "default", ada.id, &subject("default-attendee")).await.is(200);
        assert_eq!(answer.read::<Value>(), json!({ "subject": "default-attendee", "attendee": ada.id }));
    }
    let me: Me = desk.get(&user, "/v1/orgs/default/me").await.is(200).read();
    assert_eq!(me.attendee.id, ada.id);
    let who: Value = desk.get(&user, "/v1/whoami").await.is(200).read();
    assert_eq!(who["attendee"], json!(ada.id));
    let audit: Page<AuditEntry> = desk.get(&desk.admin, "/v1/orgs/default/audit?limit=1").await.is(200).read();
    let line = serde_json::to_value(&audit.items[0]).unwrap();
    assert_eq!(line["action"], "link-sign-in");
    assert_eq!((&line["by"], &line["attendee"]), (&json!("default-admin"), &json!(ada.id)));
}

#[tokio::test]
async fn a_sign_in_is_one_attendees_and_an_attendee_may_have_several() {
    let desk = Desk::new().await;
    let (ada, grace) = (desk.enrolled("ada").await, desk.enrolled("grace").await);
    let user = desk.token("default:attendee");
    desk.link(&desk.admin, "default", ada.id, &subject("default-attendee")).await.is(200);
    let answer = desk.link(&desk.admin, "default", grace.id, &subject("default-attendee")).await.is(200);
    assert_eq!(answer.read::<SignIn>().instead_of, Some(ada.id));
    let me: Me = desk.get(&user, "/v1/orgs/default/me").await.is(200).read();
    assert_eq!(me.attendee.id, grace.id);
    desk.link(&desk.admin, "default", grace.id, &subject("her-other-one")).await.is(200);
    let me: Me = desk.get(&user, "/v1/orgs/default/me").await.is(200).read();
    assert_eq!(me.attendee.id, grace.id);
}

#[tokio::test]
async fn only_an_admin_of_the_organization_links() {
    let desk = Desk::new().await;
    desk.organization("school").await;
    let ada = desk.registered("Ada Lovelace").await;
    let new = subject("default-attendee");
    for role in ["operator", "kiosk", "attendee"] {
        let token = desk.token(&format!("default:{role}"));
        desk.link(&token, "default", ada.id, &new).await.problem(403, "forbidden");
    }
    let theirs = desk.token("school:admin");
    desk.link(&theirs, "default", ada.id, &new).await.problem(404, "unknown-organization");
    desk.link(&theirs, "school", ada.id, &new).await.problem(404, "unknown-attendee");
    desk.get(&desk.token("default:attendee"), "/v1/orgs/default/me").await.problem(404, "unknown-attendee");
}

#[tokio::test]
async fn a_sign_in_that_is_linked_here_is_nobodys_elsewhere() {
    let desk = Desk::new().await;
    desk.organization("school").await;
    let ada = desk.registered("Ada Lovelace").await;
    desk.link(&desk.admin, "default", ada.id, &subject("school-attendee")).await.is(200);
    desk.get(&desk.token("school:attendee"), "/v1/orgs/school/me").await.problem(404, "unknown-attendee");
}

#[tokio::test]
async fn nobody_and_who_was_erased_get_no_sign_in() {
    let desk = Desk::new().await;
    let new = subject("default-attendee");
    desk.link(&desk.admin, "default", NOBODY, &new).await.problem(404, "unknown-attendee");
    let ada = desk.registered("Ada Lovelace").await;
    desk.delete(&desk.admin, &format!("/v1/orgs/default/attendees/{}", ada.id)).await.is(200);
    desk.link(&desk.admin, "default", ada.id, &new).await.problem(410, "erased");
}

#[tokio::test]
async fn a_subject_that_no_token_has_is_refused() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await;
    desk.link(&desk.admin, "default", ada.id, &subject(&"s".repeat(128))).await.is(200);
    let too_long = "s".repeat(129);
    for (new, field) in [
        (subject(""), "subject"),
        (subject(" s"), "subject"),
        (subject("two\nlines"), "subject"),
        (subject(&too_long), "subject"),
        (json!({}), "body"),
        (json!({ "subject": "s", "issuer": "https://elsewhere.example.org" }), "issuer"),
    ] {
        let problem = desk.link(&desk.admin, "default", ada.id, &new).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field), "{new}");
    }
}
