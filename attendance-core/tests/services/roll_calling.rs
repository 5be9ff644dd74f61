use attendance_core::domain::group::Slot;
use attendance_core::domain::ids::GroupId;
use attendance_core::domain::record::{Method, Status};
use attendance_core::memory::FakePicture;
use attendance_core::ports::attendance_repo::RecordQuery;
use attendance_core::{Error, Summary, When};
use jiff::civil::date;

use crate::house::{House, at, lesson, me};

#[tokio::test]
async fn a_correction_keeps_the_arrival_and_the_history() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    house.clock.set(at("2026-11-23T10:00:00Z"));
    let mark = House::mark(ada, When::Today, Status::Excused);
    let record = house.attendance.mark(&house.organization, mark).await.unwrap();
    assert_eq!((record.version, record.at), (2, at("2026-11-23T07:00:00Z")));
    assert!(matches!(&record.method, Method::Hand { actor, reason: Some(_) } if *actor == me()));
    let history = house.attendance.repo().history(&house.organization, &record.session, ada).await.unwrap();
    assert_eq!(history.iter().map(|record| record.status).collect::<Vec<_>>(), [Status::Present, Status::Excused]);
    let audit = house.attendance.repo().audit(&house.organization, &Default::default()).await.unwrap();
    assert_eq!(audit.items[0].attendee, Some(ada));
}

#[tokio::test]
async fn a_mark_whose_answer_got_lost_is_not_written_twice() {
    use attendance_core::layer::{Layered, Retried, Sleep};
    use std::sync::Arc;
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let sleep = Sleep::new(|_| std::future::ready(()));
    let retried = Retried::new(3, std::time::Duration::from_millis(1), sleep);
    let repo: Arc<dyn attendance_core::ports::AttendanceRepo> =
        Arc::new(Layered::new(house.attendance.repo().clone(), retried));
    let attendance = house.with(repo, house.sink.clone());
    house.faults.lose_answer_once("Ledger::mark");
    let mark = House::mark(ada, When::Today, Status::Present);
    let record = attendance.mark(&house.organization, mark).await.unwrap();
    assert_eq!(record.version, 1);
    let history = attendance.repo().history(&house.organization, &record.session, ada).await.unwrap();
    assert_eq!(history, [record]);
}

#[tokio::test]
async fn before_a_session_opens_one_can_only_be_excused() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let tomorrow = When::Date(date(2026, 11, 24));
    let early = house.attendance.mark(&house.organization, House::mark(ada, tomorrow.clone(), Status::Present)).await;
    assert!(matches!(early, Err(Error::NotOpenYet)));
    house.attendance.mark(&house.organization, House::mark(ada, tomorrow, Status::Excused)).await.unwrap();
}

#[tokio::test]
async fn a_date_means_the_one_session_that_the_attendee_has() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let choir = house.class("choir", Slot::whole_day()).await;
    let ada = house.register("ada", &[&class]).await.id;
    let bob = house.register("bob", &[&class, &choir]).await.id;
    let mark = |who| House::mark(who, When::Today, Status::Present);
    let record = house.attendance.mark(&house.organization, mark(ada)).await.unwrap();
    assert_eq!(record.session.to_string(), "5B.2026-11-23.0");
    let several = house.attendance.mark(&house.organization, mark(bob)).await.unwrap_err();
    assert_eq!(
        several.to_string(),
        "the attendee has several sessions on that date: name one of 5B.2026-11-23.0, choir.2026-11-23.0"
    );
    let chosen = When::Session("choir.2026-11-23.0".parse().unwrap());
    house.attendance.mark(&house.organization, House::mark(bob, chosen.clone(), Status::Late)).await.unwrap();
    let stranger = house.attendance.mark(&house.organization, House::mark(ada, chosen, Status::Late)).await;
    assert!(matches!(stranger, Err(Error::NotOnRoster)));
}

#[tokio::test]
async fn closing_a_session_marks_who_did_not_come() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    let bob = house.register("bob", &[&class]).await.id;
    house.outcome(FakePicture::of("ada")).await;
    let id = "5B.2026-11-23.0".parse().unwrap();
    let session = house.attendance.close_session(&house.organization, &id, &me()).await.unwrap();
    assert_eq!(session.closed_at, Some(at("2026-11-23T07:00:00Z")));
    let roster = house.attendance.roster(&house.organization, &id, &Default::default()).await.unwrap();
    let statuses: Vec<_> =
        roster.items.iter().map(|entry| (entry.attendee.id == bob, entry.record.as_ref().unwrap().status)).collect();
    assert_eq!(statuses, [(false, Status::Present), (true, Status::Absent)]);
}

#[tokio::test]
async fn a_report_has_both_ends_of_its_range_and_the_names() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    for day in 23..=26 {
        house.clock.set(at(&format!("2026-11-{day}T07:00:00Z")));
        house.outcome(FakePicture::of("ada").shot(day)).await;
    }
    let query = RecordQuery { from: date(2026, 11, 24), to: date(2026, 11, 25), group: None, attendee: Some(ada) };
    let rows = house.attendance.report_all(&house.organization, &query).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.record.session.date().day()).collect::<Vec<_>>(), [24, 25]);
    assert!(rows.iter().all(|row| row.name.as_ref().unwrap().as_str() == "ada"));
    let mut summary = Summary::default();
    summary.extend(rows.iter().map(|row| row.record.status));
    assert_eq!((summary.present, summary.attendance_rate()), (2, Some(1.0)));

    let reversed = RecordQuery { from: query.to, to: query.from, ..query.clone() };
    let error = house.attendance.report_all(&house.organization, &reversed).await.unwrap_err();
    assert_eq!(error.to_string(), "the range ends (2026-11-24) before it starts (2026-11-25): exchange the two dates");
    let nowhere = RecordQuery { group: Some(GroupId::new("6C").unwrap()), ..query };
    assert!(matches!(house.attendance.report_all(&house.organization, &nowhere).await, Err(Error::UnknownGroup)));
}
