use attendance_api::wire::{Me, Page, ReportRow};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::ports::attendance_repo::Subject;
use serde_json::json;

use crate::desk::Desk;

impl Desk {
    /// A token of an attendee of `default`.
    async fn token_of(&self, attendee: AttendeeId) -> String {
        let token = self.token("default:attendee");
        let subject = Subject { issuer: "desk".to_owned(), subject: "default-attendee".to_owned() };
        let organization = OrganizationId::new("default").unwrap();
        let me = Actor::system();
        self.attendance.link_sign_in(&organization, attendee, &subject, &me).await.unwrap();
        token
    }
}

#[tokio::test]
async fn an_attendee_sees_what_is_their_own_and_nothing_else() {
    let desk = Desk::new().await;
    let (ada, grace) = (desk.enrolled("ada").await, desk.enrolled("grace").await);
    for attendee in [ada.id, grace.id] {
        let new = json!({ "attendee": attendee, "status": "present", "reason": "was there" });
        desk.mark("/v1/orgs/default/records", None, &new).await.is(201);
    }
    let token = desk.token_of(ada.id).await;
    let me: Me = desk.get(&token, "/v1/orgs/default/me").await.is(200).read();
    assert_eq!((me.attendee.id, me.faces), (ada.id, 1));
    let path = "/v1/orgs/default/me/records?from=2026-11-01&to=2026-11-30";
    let records: Page<ReportRow> = desk.get(&token, path).await.is(200).read();
    assert_eq!(records.items.iter().map(|row| row.attendee).collect::<Vec<_>>(), [ada.id]);
    let asked_for_another = format!("{path}&attendee={}", grace.id);
    let records: Page<ReportRow> = desk.get(&token, &asked_for_another).await.is(200).read();
    assert_eq!(records.items.iter().map(|row| row.attendee).collect::<Vec<_>>(), [ada.id]);
    for path in ["groups", "reports?from=2026-11-01&to=2026-11-30", "strangers", "audit", "attendees"] {
        desk.get(&token, &format!("/v1/orgs/default/{path}")).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn whoever_is_no_attendee_has_no_data_of_their_own() {
    let desk = Desk::new().await;
    let unlinked = desk.token("default:attendee");
    desk.get(&unlinked, "/v1/orgs/default/me").await.problem(404, "unknown-attendee");
    desk.get(&desk.admin, "/v1/orgs/default/me").await.problem(403, "forbidden");
}
