use attendance_api::wire::{Items, Method as Came, Page, Phase, ReportRow, RosterEntry, Session};
use attendance_core::domain::record::Status;
use axum::http::Method;
use serde_json::json;

use crate::desk::Desk;

const SESSION: &str = "/v1/orgs/default/sessions/5B.2026-11-21.0";

#[tokio::test]
async fn a_record_by_hand_keeps_every_version_and_says_who_and_why() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await.id.to_string();
    desk.class(&[&ada]).await;
    let path = format!("{SESSION}/records/{ada}");
    desk.get(&desk.operator, &format!("{path}/history")).await.problem(404, "not-found");
    for (status, reason) in [("late", "the bus was late"), ("excused", "brought a note")] {
        let mark = json!({ "status": status, "reason": reason });
        desk.json(Method::PUT, &desk.operator, &path, &mark).await.is(200);
    }
    let history: Items<ReportRow> = desk.get(&desk.operator, &format!("{path}/history")).await.is(200).read();
    let told: Vec<_> = history.items.iter().map(|row| (row.version, row.status)).collect();
    assert_eq!(told, [(1, Status::Late), (2, Status::Excused)]);
    let row = &history.items[1];
    let Came::Hand { actor, reason } = &row.method else { panic!("{row:?}") };
    assert_eq!((actor.as_str(), reason.as_ref().unwrap().as_str()), ("default-operator", "brought a note"));
    assert_eq!(row.name.as_ref().unwrap().as_str(), "Ada Lovelace");
    assert_eq!((row.date.to_string().as_str(), row.group.as_str()), ("2026-11-21", "5B"));

    desk.json(Method::PUT, &desk.operator, &path, &json!({ "status": "late" })).await.problem(422, "invalid");
    let mark = json!({ "status": "late", "reason": "x" });
    desk.json(Method::PUT, &desk.kiosk, &path, &mark).await.problem(403, "forbidden");
}

#[tokio::test]
async fn whoever_is_not_on_the_roster_is_not_marked() {
    let desk = Desk::new().await;
    desk.class(&[]).await;
    let ada = desk.registered("Ada Lovelace").await.id;
    let mark = json!({ "status": "present", "reason": "was there" });
    let path = format!("{SESSION}/records/{ada}");
    desk.json(Method::PUT, &desk.operator, &path, &mark).await.problem(409, "not-on-roster");
}

#[tokio::test]
async fn the_one_session_of_a_date_need_not_be_named_and_of_several_the_problem_names_them() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await.id.to_string();
    desk.class(&[&ada]).await;
    let new = json!({ "attendee": ada, "status": "present", "reason": "was there" });
    let row: ReportRow = desk.post(&desk.operator, "/v1/orgs/default/records", &new).await.is(200).read();
    assert_eq!(row.session.to_string(), "5B.2026-11-21.0");

    desk.post(&desk.admin, "/v1/orgs/default/groups", &crate::groups::lesson("choir")).await.is(201);
    desk.put(&desk.admin, &format!("/v1/orgs/default/groups/choir/members/{ada}")).await.is(204);
    let problem = desk.post(&desk.operator, "/v1/orgs/default/records", &new).await.problem(409, "choose-session");
    let sessions: Vec<_> = problem.sessions.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(sessions, ["5B.2026-11-21.0", "choir.2026-11-21.0"]);
    let dated = json!({ "attendee": ada, "status": "present", "reason": "x", "date": "21.11.2026" });
    let problem = desk.post(&desk.operator, "/v1/orgs/default/records", &dated).await.problem(422, "invalid");
    assert_eq!(problem.field.as_deref(), Some("date"));
}

#[tokio::test]
async fn closing_a_session_marks_the_absent_on_its_roster() {
    let desk = Desk::new().await;
    let (ada, grace) = (desk.registered("Ada Lovelace").await.id, desk.registered("Grace Hopper").await.id);
    desk.class(&[&ada.to_string(), &grace.to_string()]).await;
    let mark = json!({ "status": "present", "reason": "was there" });
    desk.json(Method::PUT, &desk.operator, &format!("{SESSION}/records/{ada}"), &mark).await.is(200);
    let roster = || async {
        let page: Page<RosterEntry> = desk.get(&desk.operator, &format!("{SESSION}/roster")).await.is(200).read();
        page.items.into_iter().map(|entry| entry.record.map(|row| row.status)).collect::<Vec<_>>()
    };
    assert_eq!(roster().await, [Some(Status::Present), None]);
    desk.clock.advance(jiff::SignedDuration::from_mins(1));
    let closed: Session = desk.post(&desk.operator, &format!("{SESSION}/close"), &json!(null)).await.is(200).read();
    assert_eq!(closed.phase, Phase::Closed);
    assert_eq!(roster().await, [Some(Status::Present), Some(Status::Absent)]);
    let next_week = "/v1/orgs/default/sessions/5B.2026-11-28.0/close";
    desk.post(&desk.operator, next_week, &json!(null)).await.problem(409, "not-open");
}
