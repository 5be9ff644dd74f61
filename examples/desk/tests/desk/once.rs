use std::process::Stdio;
use std::sync::Arc;

use attendance_core::domain::attendee::{ConsentWording, Name};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::RecordQuery;
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::{Attendance, CheckInRequest, EnrolRequest, NewAttendee, NewOrganization};
use attendance_local::event_sink::JsonLinesEventSink;
use attendance_local::notifier::LogNotifier;
use attendance_local::{DataFolder, FolderImageStore, LocalFaceMatcher};
use attendance_sql::SqlAttendanceRepo;

use crate::terminal::{Terminal, answer, grace};

#[test]
fn twelve_processes_at_once_make_one_record() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let photo = grace();
    let arguments = ["check-in", "--at", "2026-11-20T08:00:00Z", "--json", photo.to_str().expect("a path in UTF-8")];
    let processes: Vec<_> =
        (0..12).map(|_| terminal.command(arguments).stdout(Stdio::piped()).spawn().expect("it runs")).collect();
    let mut outcomes: Vec<_> = processes
        .into_iter()
        .map(|process| {
            let answer = answer(&process.wait_with_output().expect("it ends"));
            assert_eq!(answer.status, 0, "{answer:?}");
            answer.lines[0]["faces"][0]["outcome"].to_string()
        })
        .collect();
    outcomes.sort();
    assert_eq!(outcomes.pop().as_deref(), Some("\"marked\""));
    assert!(outcomes.iter().all(|outcome| outcome == "\"already-marked\""), "{outcomes:?}");
    assert_eq!(terminal.records("2026-11-20", "2026-11-20").len(), 1);
    let told = terminal.events().iter().filter(|event| event["type"] == "attendance.record.v1").count();
    assert_eq!(told, 1);
}

/// The same adapters in one process, as a server would have them.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_photos_at_once_make_one_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = DataFolder::open(folder.path().join("data"), DataFolder::WAIT).expect("a data folder");
    let images = Arc::new(FolderImageStore::open(data.images()).expect("a folder"));
    let repo = SqlAttendanceRepo::open_sqlite(&data.database()).await.expect("a database");
    let attendance = Attendance::builder()
        .face_matcher(Arc::new(LocalFaceMatcher::open(data.gallery(), None).expect("the networks")))
        .image_store(images)
        .repo(Arc::new(repo))
        .notifier(Arc::new(LogNotifier::new()))
        .event_sink(Arc::new(JsonLinesEventSink::open(data.events()).expect("a file")))
        .build()
        .expect("five ports");
    let new = NewOrganization { id: "school".parse().expect("an id"), zone: Zone::utc(), policy: Default::default() };
    let by = Actor::new("kiosk").expect("an actor");
    let school = attendance.ensure_organization(new, &by).await.expect("an organization").id;
    let mut new = NewAttendee::named(Name::new("Grace").expect("a name"));
    new.consent = Some(ConsentWording::new("My face may be used.").expect("a wording"));
    let attendee = attendance.register(&school, new, &by).await.expect("an attendee").id;
    let image = ImageRef::bytes(std::fs::read(grace()).expect("a portrait"));
    let request = EnrolRequest::new(attendee, image.clone(), by.clone());
    attendance.enrol(&school, request).await.expect("an enrolment");

    let mut kiosks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (attendance, school) = (attendance.clone(), school.clone());
        let request = CheckInRequest::new(image.clone(), by.clone());
        kiosks.spawn(async move { attendance.check_in(&school, request).await.expect("an answer") });
    }
    let outcomes = kiosks.join_all().await.into_iter().map(|mut answer| answer.faces.remove(0).outcome);
    let (marked, others): (Vec<_>, Vec<_>) = outcomes.partition(|outcome| matches!(outcome, Outcome::Marked { .. }));
    assert_eq!(marked.len(), 1);
    assert!(others.iter().all(|outcome| matches!(outcome, Outcome::AlreadyMarked { .. })), "{others:?}");
    let query = RecordQuery { from: jiff::civil::Date::MIN, to: jiff::civil::Date::MAX, group: None, attendee: None };
    assert_eq!(attendance.report_all(&school, &query).await.expect("a report").len(), 1);
}
