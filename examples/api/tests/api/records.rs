use attendance_api::wire::{Items, Marked, Method as Came, Page, Phase, ReportRow, RosterEntry, Session};
use attendance_core::domain::record::Status;
use attendance_core::memory::FakePicture;
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
    let mark = json!({ "status": "late", "reason": "the bus was late" });
    assert_eq!(desk.mark(&path, None, &mark).await.is(201).header("etag"), "\"1\"");
    let mark = json!({ "status": "excused", "reason": "brought a note" });
    assert_eq!(desk.mark(&path, Some(1), &mark).await.is(200).header("etag"), "\"2\"");
    let history: Items<ReportRow> = desk.get(&desk.operator, &format!("{path}/history")).await.is(200).read();
    let told: Vec<_> = history.items.iter().map(|row| (row.version, row.status)).collect();
    assert_eq!(told, [(1, Status::Late), (2, Status::Excused)]);
    let row = &history.items[1];
    let Came::Hand { actor, reason } = &row.method else { panic!("{row:?}") };
    assert_eq!((actor.as_str(), reason.as_ref().unwrap().as_str()), ("default-operator", "brought a note"));
    assert_eq!(row.name.as_ref().unwrap().as_str(), "Ada Lovelace");
    assert_eq!((row.date.to_string().as_str(), row.group.as_str()), ("2026-11-21", "5B"));

    desk.mark(&path, Some(2), &json!({ "status": "late" })).await.problem(422, "invalid");
    let mark = json!({ "status": "late", "reason": "x" });
    desk.json(Method::PUT, &desk.kiosk, &path, &mark).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_mark_says_what_it_knows_to_stand() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await.id.to_string();
    desk.class(&[&ada]).await;
    let mark = json!({ "attendee": ada, "status": "late", "reason": "the bus was late" });
    let named = json!({ "status": "late", "reason": "the bus was late" });
    let path = format!("{SESSION}/records/{ada}");
    for (path, mark) in [(path.as_str(), &named), ("/v1/orgs/default/records", &mark)] {
        let problem = desk.mark_with(path, &[], mark).await.problem(428, "precondition-required");
        for header in ["if-none-match: *", "if-match: \"1\""] {
            assert!(problem.detail.contains(header), "{}", problem.detail);
        }
        for (headers, field) in [
            (&[("if-match", "*")][..], "if-match"),
            (&[("if-match", "1")], "if-match"),
            (&[("if-match", "W/\"1\"")], "if-match"),
            (&[("if-match", "\"1\", \"2\"")], "if-match"),
            (&[("if-match", "\"1\""), ("if-match", "\"2\"")], "if-match"),
            (&[("if-match", "\"1\""), ("if-none-match", "*")], "if-match"),
            (&[("if-none-match", "\"1\"")], "if-none-match"),
        ] {
            let problem = desk.mark_with(path, headers, mark).await.problem(422, "invalid");
            assert_eq!(problem.field.as_deref(), Some(field), "{headers:?}: {}", problem.detail);
        }
    }
    desk.get(&desk.operator, &path).await.problem(404, "not-found");
}

#[tokio::test]
async fn what_came_meanwhile_is_answered_and_not_overwritten() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await.id;
    desk.class(&[&ada.to_string()]).await;
    let path = format!("{SESSION}/records/{ada}");
    let absent = json!({ "status": "absent", "reason": "roll call" });
    let problem = desk.mark(&path, Some(1), &absent).await.problem(412, "outdated");
    assert_eq!(problem.record, None, "{}", problem.detail);

    desk.picture(&desk.kiosk, "/v1/orgs/default/check-ins", FakePicture::of("ada").bytes()).await.is(200);
    let by_day = json!({ "attendee": ada, "status": "absent", "reason": "roll call" });
    for (path, mark, replaced) in
        [(path.as_str(), &absent, None), (&path, &absent, Some(2)), ("/v1/orgs/default/records", &by_day, None)]
    {
        let problem = desk.mark(path, replaced, mark).await.problem(412, "outdated");
        let stands = problem.record.expect("the record that stands");
        assert_eq!((stands.attendee, stands.status, stands.version), (ada, Status::Present, 1));
        assert!(matches!(stands.method, Came::Face { .. }));
    }
    let read = desk.get(&desk.operator, &path).await.is(200);
    let row: ReportRow = read.read();
    assert_eq!((read.header("etag"), row.status, row.version), ("\"1\"", Status::Present, 1));

    desk.mark(&path, Some(1), &absent).await.is(200);
    let again = desk.mark(&path, Some(1), &absent).await.is(200);
    assert_eq!((again.header("etag"), again.read::<ReportRow>().version), ("\"2\"", 2));
}

#[tokio::test]
async fn the_rest_is_marked_at_once_and_whoever_came_stays_as_they_are() {
    let desk = Desk::new().await;
    let (ada, bob) = (desk.enrolled("ada").await.id, desk.registered("bob").await.id);
    desk.class(&[&ada.to_string(), &bob.to_string()]).await;
    desk.picture(&desk.kiosk, "/v1/orgs/default/check-ins", FakePicture::of("ada").bytes()).await.is(200);
    let absent = json!({ "status": "absent", "reason": "roll call" });
    for count in [1, 0] {
        let answer = desk.post(&desk.operator, &format!("{SESSION}/rest"), &absent).await.is(200);
        assert_eq!(answer.read::<Marked>(), Marked { marked: count });
    }
    let page: Page<RosterEntry> = desk.get(&desk.operator, &format!("{SESSION}/roster")).await.is(200).read();
    let rows: Vec<_> = page.items.into_iter().map(|entry| entry.record.unwrap()).collect();
    assert_eq!(
        rows.iter().map(|row| (row.status, row.version)).collect::<Vec<_>>(),
        [(Status::Present, 1), (Status::Absent, 1)]
    );
    desk.post(&desk.operator, &format!("{SESSION}/rest"), &json!({ "status": "absent" })).await.problem(422, "invalid");
    desk.post(&desk.kiosk, &format!("{SESSION}/rest"), &absent).await.problem(403, "forbidden");
    let next_week = "/v1/orgs/default/sessions/5B.2026-11-28.0/rest";
    desk.post(&desk.operator, next_week, &absent).await.problem(409, "not-open");
}

#[tokio::test]
async fn whoever_is_not_on_the_roster_is_not_marked() {
    let desk = Desk::new().await;
    desk.class(&[]).await;
    let ada = desk.registered("Ada Lovelace").await.id;
    let mark = json!({ "status": "present", "reason": "was there" });
    let path = format!("{SESSION}/records/{ada}");
    desk.mark(&path, None, &mark).await.problem(409, "not-on-roster");
}

#[tokio::test]
async fn the_one_session_of_a_date_need_not_be_named_and_of_several_the_problem_names_them() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await.id.to_string();
    desk.class(&[&ada]).await;
    let new = json!({ "attendee": ada, "status": "present", "reason": "was there" });
    let row: ReportRow = desk.mark("/v1/orgs/default/records", None, &new).await.is(201).read();
    assert_eq!(row.session.to_string(), "5B.2026-11-21.0");

    desk.post(&desk.admin, "/v1/orgs/default/groups", &crate::groups::lesson("choir")).await.is(201);
    desk.put(&desk.admin, &format!("/v1/orgs/default/groups/choir/members/{ada}")).await.is(204);
    let problem = desk.mark("/v1/orgs/default/records", None, &new).await.problem(409, "choose-session");
    let sessions: Vec<_> = problem.sessions.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(sessions, ["5B.2026-11-21.0", "choir.2026-11-21.0"]);
    let dated = json!({ "attendee": ada, "status": "present", "reason": "x", "date": "21.11.2026" });
    let problem = desk.mark("/v1/orgs/default/records", None, &dated).await.problem(422, "invalid");
    assert_eq!(problem.field.as_deref(), Some("date"));
}

#[tokio::test]
async fn closing_a_session_marks_the_absent_on_its_roster() {
    let desk = Desk::new().await;
    let (ada, grace) = (desk.registered("Ada Lovelace").await.id, desk.registered("Grace Hopper").await.id);
    desk.class(&[&ada.to_string(), &grace.to_string()]).await;
    let mark = json!({ "status": "present", "reason": "was there" });
    desk.mark(&format!("{SESSION}/records/{ada}"), None, &mark).await.is(201);
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
