//! What only SQLite has to show; the conformance suite is in `sqlite_conformance.rs`.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use attendance_core::domain::attendee::{Attendee, Email, ExternalId, Name, Phone, Tombstone};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::organization::{Organization, OrganizationPolicy};
use attendance_core::domain::record::{AttendanceRecord, Method, Reason, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{
    Commit, Committed, Directory, Ledger, Outbox, Outgoing, RecordDraft, Recorded, Subject,
};
use attendance_sql::SqlAttendanceRepo;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row};
use uuid::Uuid;

fn now() -> Timestamp {
    Timestamp::from_microsecond(1_795_248_000_000_000).unwrap()
}

/// A line of the audit that goes with a change.
fn entry() -> AuditEntry {
    AuditEntry::new(now(), Actor::system(), AuditAction::Change, None)
}

fn school() -> OrganizationId {
    OrganizationId::new("school").unwrap()
}

fn session() -> SessionId {
    "everyone.2026-11-21.0".parse().unwrap()
}

/// The attendee of that number: the same in every process.
fn attendee_id(number: u128) -> AttendeeId {
    Uuid::from_u128(number).into()
}

async fn with_school(path: &Path) -> SqlAttendanceRepo {
    let repo = SqlAttendanceRepo::open_sqlite(path).await.unwrap();
    let policy = OrganizationPolicy::default();
    let organization = Organization { id: school(), zone: Zone::utc(), policy, created_at: now(), version: 0 };
    repo.create_organization(&organization, &entry()).await.unwrap();
    repo
}

fn commit_of(check_in: &str, attendee: AttendeeId) -> Commit {
    let check_in = CheckIn {
        id: CheckInId::new(check_in).unwrap(),
        captured_at: now(),
        decided_at: now(),
        by: Actor::system(),
        image: None,
        faces: Vec::new(),
        unsearched: 0,
        liveness: None,
        refused: None,
    };
    let record = AttendanceRecord {
        session: session(),
        attendee,
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(98.7).unwrap() },
        at: now(),
        recorded_at: now(),
        check_in: Some(check_in.id.clone()),
        version: 1,
    };
    let records = vec![RecordDraft::new(&school(), record)];
    Commit { check_in, records, events: Vec::new(), targets: vec![Target::sink(), Target::notifier()] }
}

fn is_new(committed: &Committed) -> bool {
    matches!(committed, Committed::Written(recorded) if matches!(recorded[..], [Recorded::New(_)]))
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

/// The bytes of the database and of its journals.
fn bytes_of(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        bytes.extend(std::fs::read(file).unwrap_or_default());
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn after_an_erasure_no_byte_of_the_person_is_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    let repo = with_school(&path).await;
    // Enough people of changing size that pages split and rows move.
    let mut people = Vec::new();
    for number in 0..400_u128 {
        let mut attendee = Attendee::new(attendee_id(number * 7919 % 400), Name::new("Somebody").unwrap(), now());
        attendee.external_id = Some(ExternalId::new(format!("roll-{number}")).unwrap());
        people.push(repo.create_attendee(&school(), &attendee, &entry()).await.unwrap());
    }
    let secrets = |number: usize| {
        ["Zxname", "zxmail", "+49555", "zxroll", "zxattribute", "zxconsent", "zxreason", "zxsubject", "zxolder"]
            .map(|what| format!("{what}{:07}", number * 131))
    };
    let victims = [3, 77, 200, 398];
    for index in (0..people.len()).chain(victims) {
        let [name, mail, phone, roll, attribute, _, _, subject, older] = secrets(index);
        let mut attendee = people[index].clone();
        for value in [older.repeat(1 + index % 9), attribute.repeat(1 + index % 5)] {
            attendee.name = Some(Name::new(name.clone()).unwrap());
            attendee.email = Some(Email::new(format!("{mail}@example.org")).unwrap());
            attendee.phone = Some(Phone::new(phone.clone()).unwrap());
            attendee.external_id = Some(ExternalId::new(roll.clone()).unwrap());
            attendee.attributes = BTreeMap::from([("branch".to_owned(), value)]);
            attendee = repo.save_attendee(&school(), &attendee, &Outgoing::default()).await.unwrap();
        }
        let subject = Subject { issuer: "https://id.example.org".to_owned(), subject };
        repo.link_subject(&school(), &subject, attendee.id, &entry()).await.unwrap();
        people[index] = attendee;
    }
    for victim in victims {
        let attendee = people[victim].id;
        let mut record = commit_of("ignored", attendee).records.remove(0).record;
        for version in 1..=3 {
            let reason = Some(Reason::new(format!("{}-{version}", secrets(victim)[6])).unwrap());
            record = AttendanceRecord {
                method: Method::Hand { actor: Actor::system(), reason },
                check_in: None,
                version,
                ..record
            };
            repo.mark(&school(), &RecordDraft::new(&school(), record.clone()), &[], None).await.unwrap();
        }
        assert!(holds(&bytes_of(&path), &secrets(victim)[0]), "the test must see what it looks for");

        let tombstone = Some(Tombstone { requested_at: now(), completed_at: None });
        let condemned = Attendee { tombstone, ..people[victim].clone() };
        repo.save_attendee(&school(), &condemned, &Outgoing::default()).await.unwrap();
        repo.erase_attendee(&school(), attendee, now(), &entry()).await.unwrap();

        let bytes = bytes_of(&path);
        for secret in secrets(victim) {
            assert!(!holds(&bytes, &secret), "{secret} is left");
        }
        let history = repo.history(&school(), &session(), attendee).await.unwrap();
        assert_eq!(history.len(), 3);
    }
    assert!(holds(&bytes_of(&path), &secrets(4)[0]), "the others stay");
    repo.close().await.unwrap();
    assert!(!holds(&bytes_of(&path), &secrets(3)[0]));
}

#[tokio::test]
async fn an_erasure_waits_for_a_reader_of_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    let repo = with_school(&path).await;
    let mut attendee = Attendee::new(attendee_id(1), Name::new("Zxname").unwrap(), now());
    attendee.tombstone = Some(Tombstone { requested_at: now(), completed_at: None });
    repo.create_attendee(&school(), &attendee, &entry()).await.unwrap();

    let mut reader = raw(&path).await;
    let mut reading = reader.begin().await.unwrap();
    sqlx::query("SELECT name FROM attendees").fetch_all(&mut *reading).await.unwrap();
    let erasing = tokio::spawn({
        let repo = repo.clone();
        async move { repo.erase_attendee(&school(), attendee_id(1), now(), &entry()).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!erasing.is_finished(), "the log is still being read");
    reading.rollback().await.unwrap();
    erasing.await.unwrap().unwrap();
    assert!(!holds(&bytes_of(&path), "Zxname"));
}

#[tokio::test]
async fn a_file_keeps_its_number_when_it_is_written_anew_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("attendance.db"), folder.path().join("copy.db"));
    let repo = with_school(&path).await;
    assert_eq!(repo.file_id().await.unwrap(), None);
    for no_number in [0, 1 << 31] {
        assert!(matches!(repo.set_file_id(no_number).await, Err(RepoError::Failed { .. })), "{no_number}");
    }
    repo.set_file_id(2_147_483_647).await.unwrap();
    sqlx::query("VACUUM").execute(&mut raw(&path).await).await.unwrap();
    repo.close().await.unwrap();
    std::fs::copy(&path, &copy).unwrap();
    for path in [path, copy] {
        let again = SqlAttendanceRepo::open_sqlite(&path).await.unwrap();
        assert_eq!(again.file_id().await.unwrap(), Some(2_147_483_647));
        again.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    with_school(&path).await.close().await.unwrap();
    let mut connection = raw(&path).await;
    sqlx::query(
        "INSERT INTO attendance_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let refused = SqlAttendanceRepo::open_sqlite(&path).await;
    assert!(matches!(refused, Err(RepoError::TooNew)), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    std::fs::write(&path, "This is a letter, and not a database at all. ".repeat(100)).unwrap();
    let refused = SqlAttendanceRepo::open_sqlite(&path).await;
    assert!(matches!(refused, Err(RepoError::Failed { .. })), "{refused:?}");
    assert!(holds(&bytes_of(&path), "This is a letter"));
    let refused = SqlAttendanceRepo::open_sqlite(&folder.path().join("missing").join("attendance.db")).await;
    assert!(matches!(refused, Err(RepoError::Failed { .. })), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let repo = with_school(&folder.path().join("attendance.db")).await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
    drop(repo);
}

#[tokio::test]
async fn a_schema_that_is_up_to_date_is_opened_while_somebody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    let repo = with_school(&path).await;
    let mut connection = raw(&path).await;
    let writing = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let started = Instant::now();
    let second = SqlAttendanceRepo::open_sqlite(&path).await.unwrap();
    assert_eq!(second.organization(&school()).await.unwrap().unwrap().id, school());
    assert!(started.elapsed() < Duration::from_secs(5));
    writing.rollback().await.unwrap();
    drop(repo);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_commit_at_once_all_succeed_and_one_record_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    // Two repositories are as two processes: they share nothing but the file.
    let repos = [with_school(&path).await, SqlAttendanceRepo::open_sqlite(&path).await.unwrap()].map(Arc::new);
    let mut commits = Vec::new();
    for number in 0..200 {
        let repo = Arc::clone(&repos[number % 2]);
        commits.push(tokio::spawn(async move {
            repo.commit(&school(), &commit_of(&format!("photo-{number}"), attendee_id(1))).await
        }));
    }
    let mut new = 0;
    for commit in commits {
        new += usize::from(is_new(&commit.await.unwrap().unwrap()));
    }
    assert_eq!(new, 1);
    assert_eq!(repos[0].pending(&school(), &Target::sink(), 10).await.unwrap().len(), 1);
}

/// Set for the process that [`child_commits`] is meant to run in: the file, and the number of the process.
const CHILD: &str = "ATTENDANCE_SQL_CHILD";

fn child(path: &Path, number: u32, many: bool) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_commits", "--exact", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .env("ATTENDANCE_SQL_CHILD_NUMBER", number.to_string())
        .env("ATTENDANCE_SQL_CHILD_MANY", many.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The check-ins of which a child said that they were acknowledged, and whether each made its record.
fn acknowledged(child: Child) -> Vec<(String, bool)> {
    let lines = BufReader::new(child.stdout.unwrap()).lines().map_while(Result::ok);
    let read = |line: String| {
        let (id, new) = line.rsplit("acknowledged ").next()?.split_once(' ')?;
        line.contains("acknowledged ").then(|| (id.to_owned(), new == "true"))
    };
    lines.filter_map(read).collect()
}

#[tokio::test]
#[ignore = "runs in a process of its own, for the tests below"]
async fn child_commits() {
    let Ok(path) = std::env::var(CHILD).map(PathBuf::from) else { return };
    let number: u128 = std::env::var("ATTENDANCE_SQL_CHILD_NUMBER").unwrap().parse().unwrap();
    let many: bool = std::env::var("ATTENDANCE_SQL_CHILD_MANY").unwrap().parse().unwrap();
    let repo = SqlAttendanceRepo::open_sqlite(&path).await.unwrap();
    for round in 0..(if many { 100_000 } else { 10_u128 }) {
        let attendee = attendee_id(if many { number * 1_000_000 + round } else { round });
        let id = format!("photo-{number}-{round}");
        let committed = repo.commit(&school(), &commit_of(&id, attendee)).await.unwrap();
        println!("\nacknowledged {id} {}", is_new(&committed));
    }
}

#[tokio::test]
async fn a_process_that_is_killed_loses_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    with_school(&path).await.close().await.unwrap();
    let mut total = 0;
    for number in 1..=10 {
        let mut child = child(&path, number, true);
        let wait = Duration::from_millis(120 + u64::from(number * 37 % 100));
        std::thread::sleep(wait);
        child.kill().unwrap();
        child.wait().unwrap();
        let ids = acknowledged(child);
        total += ids.len();

        let repo = SqlAttendanceRepo::open_sqlite(&path).await.unwrap();
        let pending = repo.pending(&school(), &Target::notifier(), 100_000).await.unwrap();
        for (id, new) in &ids {
            assert!(new, "{id} is of an attendee that no other check-in has");
            let id = CheckInId::new(id.as_str()).unwrap();
            assert!(repo.check_in(&school(), &id).await.unwrap().is_some(), "{id} was lost");
            let round: u128 = id.as_str().rsplit('-').next().unwrap().parse().unwrap();
            let attendee = attendee_id(u128::from(number) * 1_000_000 + round);
            let record = repo.record(&school(), &session(), attendee).await.unwrap().unwrap();
            assert_eq!(record.check_in, Some(id));
            let told = RecordDraft::new(&school(), record).event;
            assert_eq!(pending.iter().filter(|event| **event == told).count(), 1);
        }
        repo.close().await.unwrap();
    }
    assert!(total > 0, "no child came to commit anything");
    let mut connection = raw(&path).await;
    let verdict = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(verdict.get::<String, _>(0), "ok");
}

#[tokio::test]
async fn twelve_processes_that_commit_the_same_make_one_record_each() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    let repo = with_school(&path).await;
    let children: Vec<_> = (1..=12).map(|number| child(&path, number, false)).collect();
    let acknowledged: Vec<_> = children.into_iter().flat_map(acknowledged).collect();
    assert_eq!(acknowledged.len(), 120, "every commit succeeds");
    assert_eq!(acknowledged.iter().filter(|(_, new)| *new).count(), 10, "each record is made by one of them");
    assert_eq!(repo.pending(&school(), &Target::sink(), 1000).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_can_be_opened_by_many_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attendance.db");
        let opened: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move { SqlAttendanceRepo::open_sqlite(&path).await })
            })
            .collect();
        for repo in opened {
            repo.await.unwrap().unwrap().close().await.unwrap();
        }
    }
}
