use attendance_core::domain::audit::AuditAction;
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
    let mark = House::correct(ada, When::Today, 1, Status::Excused);
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
async fn a_face_that_came_meanwhile_is_not_overwritten_and_the_refusal_says_what_stands() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    for expected in [House::mark(ada, When::Today, Status::Absent), House::correct(ada, When::Today, 2, Status::Absent)]
    {
        let refused = house.attendance.mark(&house.organization, expected).await.unwrap_err();
        assert_eq!(refused.code(), "outdated");
        let text = "there is a record of version 1: look at it, and name that version to replace it";
        assert_eq!(refused.to_string(), text);
        let Error::Outdated(Some(standing)) = refused else { panic!("{refused:?}") };
        assert_eq!((standing.status, standing.version), (Status::Present, 1));
        assert!(matches!(standing.method, Method::Face { .. }));
    }
    let session = "everyone.2026-11-23.0".parse().unwrap();
    let history = house.attendance.repo().history(&house.organization, &session, ada).await.unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn whoever_expects_a_version_where_there_is_no_record_changes_nothing() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    for version in [0, 1, u32::MAX] {
        let mark = House::correct(ada, When::Today, version, Status::Present);
        let refused = house.attendance.mark(&house.organization, mark).await.unwrap_err();
        assert!(matches!(refused, Error::Outdated(None)), "{refused:?}");
        assert_eq!(refused.to_string(), "there is no record yet: mark it as the first one");
    }
}

#[tokio::test]
async fn an_absence_of_the_sweep_is_replaced_by_whoever_knows_it() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let ada = house.register("ada", &[&class]).await.id;
    house.clock.set(at("2026-11-23T08:10:00Z"));
    house.attendance.sweep(&house.organization).await.unwrap();
    let unseen = house.attendance.mark(&house.organization, House::mark(ada, When::Today, Status::Excused)).await;
    let Err(Error::Outdated(Some(standing))) = unseen else { panic!("{unseen:?}") };
    assert_eq!((standing.status, standing.method), (Status::Absent, Method::Sweep));
    let knowing = House::correct(ada, When::Today, standing.version, Status::Excused);
    assert_eq!(house.attendance.mark(&house.organization, knowing).await.unwrap().version, 2);
}

#[tokio::test]
async fn of_two_who_mark_at_once_one_is_told_what_the_other_said() {
    for turns in 0..12 {
        let house = House::new().await;
        let ada = house.register("ada", &[]).await.id;
        house.faults.wait_once("Ledger::mark", turns);
        let (present, absent) = tokio::join!(
            house.attendance.mark(&house.organization, House::mark(ada, When::Today, Status::Present)),
            house.attendance.mark(&house.organization, House::mark(ada, When::Today, Status::Absent)),
        );
        let (made, refused) = if present.is_ok() { (present, absent) } else { (absent, present) };
        let Err(Error::Outdated(Some(standing))) = refused else { panic!("after {turns} turns: {refused:?}") };
        assert_eq!(*standing, made.unwrap());
    }
}

#[tokio::test]
async fn the_same_mark_again_is_answered_as_the_first_and_written_once() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let first = House::mark(ada, When::Today, Status::Late);
    let record = house.attendance.mark(&house.organization, first.clone()).await.unwrap();
    house.clock.set(at("2026-11-23T07:05:00Z"));
    assert_eq!(house.attendance.mark(&house.organization, first.clone()).await.unwrap(), record);
    let audit = house.attendance.repo().audit(&house.organization, &Default::default()).await.unwrap();
    assert_eq!(audit.items.iter().filter(|entry| entry.action == AuditAction::Mark).count(), 1);
    // Once it was corrected, the first one is news of yesterday.
    let corrected = House::correct(ada, When::Today, 1, Status::Present);
    let corrected = house.attendance.mark(&house.organization, corrected).await.unwrap();
    let refused = house.attendance.mark(&house.organization, first).await.unwrap_err();
    let Error::Outdated(Some(standing)) = refused else { panic!("{refused:?}") };
    assert_eq!(*standing, corrected);
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
