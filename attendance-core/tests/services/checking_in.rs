use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::check_in::{Outcome, Refusal};
use attendance_core::domain::group::{Group, Slot};
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::policy::QualityProblem;
use attendance_core::domain::record::Status;
use attendance_core::domain::zone::Zone;
use attendance_core::memory::{FakeFace, FakePicture};
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, CheckInQuery, Outgoing, RecordQuery};
use attendance_core::{CheckInRequest, Error, When};
use jiff::civil::{date, time};

use crate::house::{House, at, group_id, lesson, me};

#[tokio::test]
async fn a_second_photo_of_the_same_person_is_already_marked() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let Outcome::Marked { candidate, record } = house.outcome(FakePicture::of("ada").shot(1)).await else {
        panic!("not marked")
    };
    assert_eq!((candidate.attendee, record.attendee, record.status), (ada, ada, Status::Present));
    assert_eq!(record.session.to_string(), "everyone.2026-11-23.0");
    let Outcome::AlreadyMarked { record: standing, .. } = house.outcome(FakePicture::of("ada").shot(2)).await else {
        panic!("marked twice")
    };
    assert_eq!(standing, record);
}

#[tokio::test]
async fn the_same_check_in_again_answers_the_same_and_writes_nothing() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let picture = FakePicture::new().face("ada").face("a stranger");
    let first = house.offer_as("kiosk-1:42", &picture).await;
    assert!(matches!(first.faces[0].outcome, Outcome::Marked { .. }));
    house.attendance.relay(&house.organization).await.unwrap();
    let events = house.sink.events().len();
    let again = house.offer_as("kiosk-1:42", &picture).await;
    assert_eq!(again, first);
    // Nor is a picture looked at again.
    house.faults.fail_once("FaceMatcher::identify");
    assert_eq!(house.offer_as("kiosk-1:42", &FakePicture::of("eve")).await, first);
    house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(house.sink.events().len(), events);
}

#[tokio::test]
async fn a_commit_whose_answer_got_lost_is_repeated_by_its_id() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let request =
        || CheckInRequest { id: Some("retry-me".parse().unwrap()), ..House::request(&FakePicture::of("ada")) };
    house.faults.lose_answer_once("Ledger::commit");
    let lost = house.attendance.check_in(&house.organization, request()).await.unwrap_err();
    assert_eq!((lost.code(), lost.retry()), ("unavailable", attendance_core::ports::Retry::Yes));
    let answer = house.attendance.check_in(&house.organization, request()).await.unwrap();
    assert!(matches!(answer.faces[0].outcome, Outcome::Marked { .. }), "{answer:?}");
}

#[tokio::test]
async fn fifty_pictures_at_once_make_one_record() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let picture = FakePicture::of("ada");
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (attendance, organization) = (house.attendance.clone(), house.organization.clone());
        let request = House::request(&picture);
        tasks.spawn(async move { attendance.check_in(&organization, request).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let marked = answers.iter().filter(|answer| matches!(answer.faces[0].outcome, Outcome::Marked { .. })).count();
    let already =
        answers.iter().filter(|answer| matches!(answer.faces[0].outcome, Outcome::AlreadyMarked { .. })).count();
    assert_eq!((marked, already), (1, 49));
}

#[tokio::test]
async fn a_stranger_is_a_stranger() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    assert_eq!(house.outcome(FakePicture::of("nobody knows")).await, Outcome::Stranger);
    let strangers = CheckInQuery { strangers: true, ..CheckInQuery::default() };
    let listed = house.attendance.repo().check_ins(&house.organization, &strangers, &Default::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
}

#[tokio::test]
async fn a_face_between_two_attendees_is_ambiguous_and_names_both() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    let eve = house.enrolled("eve", &[]).await;
    let twin = FakePicture::new().with(FakeFace::of("?").resembles("ada", 95.0).resembles("eve", 93.5));
    let Outcome::Ambiguous { candidates } = house.outcome(twin).await else { panic!("not ambiguous") };
    assert_eq!(candidates.iter().map(|candidate| candidate.attendee).collect::<Vec<_>>(), [ada, eve]);
}

#[tokio::test]
async fn two_faces_of_one_picture_are_never_the_same_attendee() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let poster = FakePicture::new().face("ada").with(FakeFace::of("poster").resembles("ada", 97.0));
    let answer = house.offer(poster).await;
    assert!(matches!(answer.faces[0].outcome, Outcome::Marked { .. }));
    assert!(matches!(answer.faces[1].outcome, Outcome::Ambiguous { .. }));
}

#[tokio::test]
async fn a_poor_face_is_given_no_name() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    assert_eq!(
        house.outcome(FakePicture::new().with(FakeFace::of("ada").blurred())).await,
        Outcome::PoorQuality { problems: vec![QualityProblem::Blurred] }
    );
}

#[tokio::test]
async fn the_lesson_of_ones_class_comes_before_the_day_of_everybody() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    house.enrolled("bob", &[]).await;
    let answer = house.offer(FakePicture::new().face("ada").face("bob")).await;
    let sessions: Vec<_> = answer
        .faces
        .iter()
        .map(|face| match &face.outcome {
            Outcome::Marked { record, .. } => record.session.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sessions, ["5B.2026-11-23.0", "everyone.2026-11-23.0"]);
}

#[tokio::test]
async fn lateness_counts_from_the_capture_not_from_the_processing() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    house.enrolled("bob", &[&class]).await;
    house.clock.set(at("2026-11-23T07:30:00Z"));
    let captured = |picture: FakePicture, instant: &str| CheckInRequest {
        captured_at: Some(at(instant)),
        ..House::request(&picture)
    };
    let status = |answer: attendance_core::CheckInAnswer| match &answer.faces[0].outcome {
        Outcome::Marked { record, .. } => record.status,
        other => panic!("{other:?}"),
    };
    let early = captured(FakePicture::of("ada"), "2026-11-23T07:05:00Z");
    assert_eq!(status(house.attendance.check_in(&house.organization, early).await.unwrap()), Status::Present);
    let late = captured(FakePicture::of("bob"), "2026-11-23T07:05:01Z");
    assert_eq!(status(house.attendance.check_in(&house.organization, late).await.unwrap()), Status::Late);
}

#[tokio::test]
async fn a_named_session_expects_its_roster_and_keeps_its_hours() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    house.enrolled("ada", &[&class]).await;
    house.enrolled("bob", &[]).await;
    let named = |picture: FakePicture, session: &str| CheckInRequest {
        session: Some(session.parse().unwrap()),
        ..House::request(&picture)
    };
    let outcome = async |request| {
        house.attendance.check_in(&house.organization, request).await.map(|mut answer| answer.faces.remove(0).outcome)
    };
    let bob = named(FakePicture::of("bob"), "5B.2026-11-23.0");
    assert!(matches!(outcome(bob).await, Ok(Outcome::NotExpected { .. })));
    let tomorrow = named(FakePicture::of("ada"), "5B.2026-11-24.0");
    assert!(matches!(outcome(tomorrow).await, Ok(Outcome::Refused { reason: Refusal::NotOpen, .. })));
    let yesterday = named(FakePicture::of("ada"), "5B.2026-11-22.0");
    assert!(matches!(outcome(yesterday).await, Ok(Outcome::Refused { reason: Refusal::Closed, .. })));
    let nothing = named(FakePicture::of("ada"), "5B.2026-11-23.7");
    assert!(matches!(outcome(nothing).await, Err(Error::UnknownSession)));
}

#[tokio::test]
async fn several_open_sessions_must_be_chosen_from() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let choir = house.class("choir", Slot::whole_day()).await;
    house.enrolled("ada", &[&class, &choir]).await;
    let Outcome::ChooseSession { sessions, .. } = house.outcome(FakePicture::of("ada")).await else {
        panic!("chosen without asking")
    };
    let sessions: Vec<_> = sessions.iter().map(ToString::to_string).collect();
    assert_eq!(sessions, ["5B.2026-11-23.0", "choir.2026-11-23.0"]);
}

#[tokio::test]
async fn a_night_shift_of_yesterday_is_still_open() {
    let house = House::new().await;
    let night =
        Slot { opens: jiff::civil::time(22, 0, 0, 0), closes: jiff::civil::time(6, 0, 0, 0), ..Slot::whole_day() };
    let shift = house.class("night", night).await;
    house.enrolled("ada", &[&shift]).await;
    house.clock.set(at("2026-11-24T02:00:00Z"));
    let Outcome::Marked { record, .. } = house.outcome(FakePicture::of("ada")).await else { panic!("not marked") };
    assert_eq!(record.session.to_string(), "night.2026-11-23.0");
}

#[tokio::test]
async fn without_a_consent_nobody_is_recorded() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    // The matcher still knows the face.
    let repo = house.attendance.repo();
    let withdrawn = Attendee { consent: None, ..repo.attendee(&house.organization, ada).await.unwrap() };
    repo.save_attendee(&house.organization, &withdrawn, &Outgoing::default()).await.unwrap();
    assert!(matches!(house.outcome(FakePicture::of("ada")).await, Outcome::Refused { reason: Refusal::NoConsent, .. }));
}

#[tokio::test]
async fn an_image_that_can_not_be_used_leaves_nothing_behind() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let broken: [(&[u8], &str); 3] =
        [(b"", "image-empty"), (b"hello", "image-unsupported"), (b"\xff\xd8\xffFAKE-FACES{", "image-damaged")];
    for (bytes, code) in broken {
        let image = attendance_core::ports::face_matcher::ImageRef::bytes(bytes.to_vec());
        let request = CheckInRequest { image, ..House::request(&FakePicture::new()) };
        let error = house.attendance.check_in(&house.organization, request).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    let nobody = house.attendance.check_in(&house.organization, House::request(&FakePicture::new())).await;
    assert_eq!(nobody.unwrap_err().code(), "no-face");
    let listed =
        house.attendance.repo().check_ins(&house.organization, &CheckInQuery::default(), &Default::default()).await;
    assert!(listed.unwrap().items.is_empty());
    assert!(house.images.is_empty());
}

#[tokio::test]
async fn a_picture_is_kept_only_as_long_as_the_policy_says() {
    for (days, kept) in [(0, 0), (7, 1)] {
        let policy = OrganizationPolicy { check_in_image_days: days, ..OrganizationPolicy::default() };
        let house = House::with_policy(policy).await;
        house.enrolled("ada", &[]).await;
        house.outcome(FakePicture::of("ada")).await;
        assert_eq!(house.images.len(), kept, "{days} days");
    }
}

#[tokio::test]
async fn another_organization_sees_nothing() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    let other = attendance_core::NewOrganization {
        id: "other".parse().unwrap(),
        zone: attendance_core::domain::zone::Zone::utc(),
        policy: OrganizationPolicy::default(),
    };
    let other = house.attendance.ensure_organization(other, &me()).await.unwrap().id;
    let mut answer = house.attendance.check_in(&other, House::request(&FakePicture::of("ada"))).await.unwrap();
    assert_eq!(answer.faces.remove(0).outcome, Outcome::Stranger);
    let nowhere = "nowhere".parse().unwrap();
    let error = house.attendance.check_in(&nowhere, House::request(&FakePicture::of("ada"))).await.unwrap_err();
    assert_eq!(error.code(), "unknown-organization");
}

#[tokio::test]
async fn a_picture_that_can_not_be_kept_is_said_and_the_record_stands() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.faults.fail_once("ImageStore::put");
    let request =
        || CheckInRequest { id: Some("kiosk-1:1".parse().unwrap()), ..House::request(&FakePicture::of("ada")) };
    let error = house.attendance.check_in(&house.organization, request()).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    let again = house.attendance.check_in(&house.organization, request()).await.unwrap();
    assert!(matches!(again.faces[0].outcome, Outcome::Marked { .. }));
    let with_image = CheckInQuery { with_image: true, ..CheckInQuery::default() };
    let listed = house.attendance.repo().check_ins(&house.organization, &with_image, &Default::default()).await;
    assert!(listed.unwrap().items.is_empty(), "no check-in names a picture that is not there");
}

#[tokio::test]
async fn who_comes_to_a_session_that_is_over_is_told_so_and_recorded_nowhere_else() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let ada = house.enrolled("ada", &[&class]).await;
    house.clock.set(at("2026-11-23T08:10:00Z"));
    house.attendance.sweep(&house.organization).await.unwrap();
    let Outcome::Refused { reason: Refusal::Closed, session, record: Some(record), .. } =
        house.outcome(FakePicture::of("ada")).await
    else {
        panic!("not told")
    };
    assert_eq!((session, record.status, record.attendee), (Some(record.session.clone()), Status::Absent, ada));
    assert_eq!(record.session.to_string(), "5B.2026-11-23.0");

    // In the evening there is nothing nearer; an hour before the next lesson it has not opened yet.
    house.clock.set(at("2026-11-23T20:00:00Z"));
    assert!(matches!(
        house.outcome(FakePicture::of("ada").shot(2)).await,
        Outcome::Refused { reason: Refusal::Closed, .. }
    ));
    house.clock.set(at("2026-11-24T05:45:00Z"));
    let early = house.outcome(FakePicture::of("ada").shot(3)).await;
    assert!(matches!(early, Outcome::Refused { reason: Refusal::NotOpen, session: None, .. }), "{early:?}");
}

#[tokio::test]
async fn a_night_shift_is_one_record_whenever_one_comes_and_leaves() {
    let house = House::new().await;
    let slot = Slot { opens: time(21, 30, 0, 0), late_after: None, closes: time(6, 0, 0, 0), ..Slot::whole_day() };
    let shift = house.class("night", slot).await;
    let ada = house.enrolled("ada", &[&shift]).await;
    let mut shot = 0;
    let mut come = async |instant: &str| {
        shot += 1;
        house.clock.set(at(instant));
        house.outcome(FakePicture::of("ada").shot(shot)).await
    };
    let before = come("2026-11-23T20:20:00Z").await;
    assert!(matches!(before, Outcome::Refused { reason: Refusal::NotOpen, .. }), "{before:?}");
    assert!(matches!(come("2026-11-23T20:31:00Z").await, Outcome::Marked { .. }));
    assert!(matches!(come("2026-11-24T04:59:00Z").await, Outcome::AlreadyMarked { .. }));
    let after = come("2026-11-24T05:01:00Z").await;
    assert!(matches!(after, Outcome::Refused { reason: Refusal::Closed, record: Some(_), .. }), "{after:?}");
    let all = RecordQuery { from: date(2026, 11, 1), to: date(2026, 11, 30), group: None, attendee: Some(ada) };
    let records = house.attendance.repo().records(&house.organization, &all, &Default::default()).await.unwrap();
    assert_eq!(records.items.len(), 1);
}

#[tokio::test]
async fn everyone_expects_only_those_who_are_in_no_group_that_meets() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let mut list = Group::new(group_id("bus"), Zone::new("Europe/Berlin").unwrap());
    list.timetable.clear();
    house.attendance.save_group(&house.organization, &list, &me()).await.unwrap();
    let ada = house.register("ada", &[&class]).await.id;
    let bob = house.enrolled("bob", &[&list.id]).await;
    let eve = house.register("eve", &[]).await.id;
    let everyone = "everyone.2026-11-23.0".parse().unwrap();
    let expected = house.attendance.roster(&house.organization, &everyone, &Default::default()).await.unwrap().items;
    assert_eq!(expected.into_iter().map(|entry| entry.attendee.id).collect::<Vec<_>>(), [bob, eve]);
    assert!(matches!(house.outcome(FakePicture::of("bob")).await, Outcome::Marked { .. }));
    let marked = house.attendance.mark_rest(&house.organization, House::rest("everyone.2026-11-23.0", Status::Absent));
    assert_eq!(marked.await.unwrap(), 1);
    // Who has a record there all the same is shown with it.
    let when = When::Session("everyone.2026-11-23.0".parse().unwrap());
    house.attendance.mark(&house.organization, House::mark(ada, when, Status::Excused)).await.unwrap();
    let shown = house.attendance.roster(&house.organization, &everyone, &Default::default()).await.unwrap().items;
    assert_eq!(shown.into_iter().map(|entry| entry.attendee.id).collect::<Vec<_>>(), [ada, bob, eve]);
}
