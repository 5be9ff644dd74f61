//! What every database server has to show besides the conformance suite.

use std::sync::Arc;
use std::time::{Duration, Instant};

use attendance_core::domain::attendee::{Attendee, Email, ExternalId, Name};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::organization::{Organization, OrganizationPolicy};
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::record::{AttendanceRecord, Method, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{
    Commit, Committed, Directory, Ledger, Outbox, Outgoing, RecordDraft, RecordQuery, Recorded,
};
use attendance_sql::SqlAttendanceRepo;
use jiff::Timestamp;
use sqlx::Pool;
use sqlx::pool::PoolOptions;
use uuid::Uuid;

use super::{Database, Server};

pub(crate) fn now() -> Timestamp {
    Timestamp::from_microsecond(1_795_248_000_000_000).unwrap()
}

/// A line of the audit that goes with a change.
fn entry() -> AuditEntry {
    AuditEntry::new(now(), Actor::system(), AuditAction::Change, None)
}

pub(crate) fn school() -> OrganizationId {
    OrganizationId::new("school").unwrap()
}

fn session() -> SessionId {
    "everyone.2026-11-21.0".parse().unwrap()
}

fn attendee_id(number: u128) -> AttendeeId {
    Uuid::from_u128(number).into()
}

async fn with_school<S: Server>(database: &Database<S>, connections: u32) -> SqlAttendanceRepo {
    let repo = database.open(connections).await.unwrap();
    let policy = OrganizationPolicy::default();
    let organization = Organization { id: school(), zone: Zone::utc(), policy, created_at: now(), version: 0 };
    repo.create_organization(&organization, &entry()).await.unwrap();
    repo
}

fn commit_of(check_in: &str, attendees: impl IntoIterator<Item = u128>) -> Commit {
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
    let record = |attendee| AttendanceRecord {
        session: session(),
        attendee: attendee_id(attendee),
        status: Status::Present,
        method: Method::Face { similarity: Similarity::new(98.7).unwrap() },
        at: now(),
        recorded_at: now(),
        check_in: Some(check_in.id.clone()),
        version: 1,
    };
    let records = attendees.into_iter().map(|attendee| RecordDraft::new(&school(), record(attendee))).collect();
    Commit { check_in, records, events: Vec::new(), targets: vec![Target::sink(), Target::notifier()] }
}

fn made(committed: &Committed) -> usize {
    let Committed::Written(recorded) = committed else { return 0 };
    recorded.iter().filter(|recorded| matches!(recorded, Recorded::New(_))).count()
}

/// Everything that an error shows, its sources too, to people and to programmers.
fn all_of(error: &RepoError) -> String {
    let mut text = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        text.push_str(&format!("\n{error}"));
        next = error.source();
    }
    text
}

/// Runs what 200 connections of two processes would do at once: nobody fails, one makes the record.
pub(crate) async fn many_who_commit_at_once_all_succeed_and_one_record_is_made<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    let repos = [with_school(&database, 20).await, database.open(20).await.unwrap()].map(Arc::new);
    let mut commits = Vec::new();
    for number in 0..200 {
        let repo = Arc::clone(&repos[number % 2]);
        commits.push(tokio::spawn(
            async move { repo.commit(&school(), &commit_of(&format!("photo-{number}"), [1])).await },
        ));
    }
    let mut new = 0;
    for commit in commits {
        new += made(&commit.await.unwrap().unwrap());
    }
    assert_eq!(new, 1);
    assert_eq!(repos[0].pending(&school(), &Target::sink(), 10).await.unwrap().len(), 1);
    assert_eq!(repos[1].pending(&school(), &Target::notifier(), 10).await.unwrap().len(), 1);
}

/// Commits that name the same people in every order, and some twice, wait for each other's records without end if the
/// order is not the repository's own.
pub(crate) async fn group_photos_of_the_same_people_in_any_order_make_each_record_once<S: Server>() {
    const PEOPLE: u128 = 12;
    let Some(database) = Database::<S>::make().await else { return };
    let repos = [with_school(&database, 12).await, database.open(12).await.unwrap()].map(Arc::new);
    let mut commits = Vec::new();
    for number in 0..60_usize {
        let repo = Arc::clone(&repos[number % 2]);
        commits.push(tokio::spawn(async move {
            let mut people: Vec<u128> = (0..PEOPLE).collect();
            people.rotate_left(number % 12);
            if number % 3 == 0 {
                people.reverse();
            }
            repo.commit(&school(), &commit_of(&format!("photo-{number}"), people)).await
        }));
    }
    let mut new = 0;
    for commit in commits {
        new += made(&commit.await.unwrap().unwrap());
    }
    assert_eq!(new as u128, PEOPLE);
    let pending = repos[0].pending(&school(), &Target::sink(), 1000).await.unwrap();
    assert_eq!(pending.len() as u128, PEOPLE, "every record is told once");
}

/// What was refused holds no lock: neither the next in line nor a frozen function may have to wait for it.
pub(crate) async fn a_refused_change_leaves_no_transaction_open<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    let repo = with_school(&database, 1).await;
    let attendee = Attendee::new(attendee_id(1), Name::new("Somebody").unwrap(), now());
    let stored = repo.create_attendee(&school(), &attendee, &entry()).await.unwrap();
    let stale = Attendee { version: 7, ..stored.clone() };
    let (first, second) = (commit_of("first", [1]), commit_of("second", [2]));
    repo.commit(&school(), &first).await.unwrap();
    let replaced = RecordDraft::new(&school(), AttendanceRecord { version: 5, ..first.records[0].record.clone() });
    // On a thread of its own, while nothing else runs on this one: what was left open is open still.
    let locks_are_free = || {
        let url = database.url().to_owned();
        let locking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let pool = super::pool::<S>(&url, 1);
                let sql = "UPDATE attendees SET version = version; UPDATE records SET version = version";
                tokio::time::timeout(Duration::from_secs(5), S::run(&pool, sql)).await.is_ok_and(|done| done.is_ok())
            })
        });
        locking.join().unwrap()
    };
    let saved = repo.save_attendee(&school(), &stale, &Outgoing::default()).await;
    assert!(matches!(saved, Err(RepoError::Conflict)) && locks_are_free(), "{saved:?}");
    let erased = repo.erase_attendee(&school(), stored.id, now(), &entry()).await;
    assert!(matches!(erased, Err(RepoError::Conflict)) && locks_are_free(), "{erased:?}");
    let marked = repo.mark(&school(), &replaced, &[], None).await;
    assert!(matches!(marked, Err(RepoError::Conflict)) && locks_are_free(), "{marked:?}");
    let replayed = repo.commit(&school(), &first).await;
    assert!(matches!(replayed, Ok(Committed::Replayed(_))) && locks_are_free(), "{replayed:?}");
    assert_eq!(made(&repo.commit(&school(), &second).await.unwrap()), 1);
}

pub(crate) async fn a_schema_of_a_newer_version_is_refused<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    with_school(&database, 2).await.close().await.unwrap();
    database
        .run(
            "INSERT INTO attendance_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'from the future', TRUE, '0', 0)",
        )
        .await;
    let refused = database.open(2).await;
    assert!(matches!(refused, Err(RepoError::TooNew)), "{refused:?}");
}

pub(crate) async fn a_schema_that_was_left_half_made_is_refused<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    with_school(&database, 2).await.close().await.unwrap();
    database.run("UPDATE attendance_migrations SET success = FALSE").await;
    let refused = database.open(2).await;
    assert!(matches!(refused, Err(RepoError::Failed { .. })), "{refused:?}");
}

pub(crate) async fn a_new_database_can_be_opened_by_many_at_once<S: Server>() {
    for _ in 0..3 {
        let Some(database) = Database::<S>::make().await.map(Arc::new) else { return };
        let opening = (0..12).map(|_| {
            let database = Arc::clone(&database);
            tokio::spawn(async move { database.open(2).await })
        });
        for repo in opening.collect::<Vec<_>>() {
            let repo = repo.await.unwrap().unwrap();
            assert_eq!(repo.organization(&school()).await.unwrap(), None);
            repo.close().await.unwrap();
        }
    }
}

pub(crate) async fn a_schema_that_is_up_to_date_is_opened_while_somebody_writes<S: Server>(begin: &str) {
    let Some(database) = Database::<S>::make().await else { return };
    let repo = with_school(&database, 2).await;
    let pool = database.pool(1);
    S::run(&pool, &format!("{begin}; UPDATE organizations SET version = 7")).await.unwrap();
    let started = Instant::now();
    let second = database.open(2).await.unwrap();
    assert_eq!(second.organization(&school()).await.unwrap().unwrap().version, 1, "what is not committed is not seen");
    assert!(started.elapsed() < Duration::from_secs(5));
    S::run(&pool, "ROLLBACK").await.unwrap();
    pool.close().await;
    repo.close().await.unwrap();
}

/// The databases repeat values, whole rows even, in what they say about a broken rule.
pub(crate) async fn a_broken_rule_is_told_without_the_value_that_broke_it<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    let repo = with_school(&database, 2).await;
    database.run("ALTER TABLE attendees ADD CONSTRAINT short_names CHECK (CHAR_LENGTH(name) < 10)").await;
    database.run("CREATE UNIQUE INDEX one_address ON attendees (email)").await;
    let secrets = ["Zxname Zxsurname", "zxmail@example.org", "zxroll"];
    let person = |number, name: &str| {
        let mut attendee = Attendee::new(attendee_id(number), Name::new(name).unwrap(), now());
        attendee.email = Some(Email::new(secrets[1]).unwrap());
        attendee.external_id = Some(ExternalId::new(format!("{}-{number}", secrets[2])).unwrap());
        attendee
    };
    let too_long = repo.create_attendee(&school(), &person(1, secrets[0]), &entry()).await.unwrap_err();
    assert!(matches!(too_long, RepoError::Failed { .. }), "{too_long:?}");
    repo.create_attendee(&school(), &person(2, "Zxname"), &entry()).await.unwrap();
    let taken = repo.create_attendee(&school(), &person(3, "Zxname"), &entry()).await.unwrap_err();
    for error in [too_long, taken] {
        let text = all_of(&error);
        for secret in ["Zxname", "zxmail", "zxroll"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// Servers restart, fail over, and end connections that were idle for long.
pub(crate) async fn connections_that_the_server_ended_are_replaced<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    let repo = with_school(&database, 4).await;
    repo.commit(&school(), &commit_of("before", [1])).await.unwrap();
    database.end_connections().await;
    let committed = repo.commit(&school(), &commit_of("after", [2])).await.unwrap();
    assert_eq!(made(&committed), 1);
    assert!(repo.check_in(&school(), &CheckInId::new("before").unwrap()).await.unwrap().is_some());
}

pub(crate) async fn a_pool_without_a_free_connection_is_busy_and_not_asked_again<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    with_school(&database, 1).await.close().await.unwrap();
    let patience = Duration::from_secs(2);
    let options = PoolOptions::new().max_connections(1).acquire_timeout(patience);
    let pool = options.connect_lazy_with((*database.pool(1).connect_options()).clone());
    let repo = S::on(pool.clone()).await.unwrap();
    let held = pool.acquire().await.unwrap();
    let started = Instant::now();
    let refused = repo.commit(&school(), &commit_of("photo", [1])).await;
    assert!(matches!(refused, Err(RepoError::Throttled { .. })), "{refused:?}");
    assert!(started.elapsed() < patience * 2, "it waited {:?}", started.elapsed());
    drop(held);
    assert_eq!(made(&repo.commit(&school(), &commit_of("photo", [1])).await.unwrap()), 1);
}

pub(crate) async fn a_server_that_does_not_answer_is_told_in_time<S: Server>(scheme: &str) {
    // It takes connections, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://nobody@{}/none", silent.local_addr().unwrap());
    let patience = Duration::from_millis(300);
    let pool: Pool<S::Engine> = PoolOptions::new().acquire_timeout(patience).connect_lazy(&url).unwrap();
    let started = Instant::now();
    let refused = S::on(pool).await;
    assert!(matches!(refused, Err(RepoError::Throttled { .. } | RepoError::Unavailable { .. })), "{refused:?}");
    assert!(started.elapsed() < patience * 10, "it waited {:?}", started.elapsed());
}

/// Texts sort by their bytes whatever the server's language is, and a page goes on where the last one ended although
/// records were added before that place.
pub(crate) async fn a_list_goes_on_from_its_cursor_although_records_are_added_before_it<S: Server>() {
    let Some(database) = Database::<S>::make().await else { return };
    let repo = with_school(&database, 2).await;
    // Languages put "a-b" behind "ab" and "Zebra" at the end.
    let groups = ["Zebra", "a", "a-b", "aB", "a_b", "ab"];
    let sessions: Vec<SessionId> =
        groups.iter().map(|group| format!("{group}.2026-11-20.0").parse().unwrap()).collect();
    let mark = async |session: &SessionId, attendee| {
        let mut record = commit_of("ignored", [attendee]).records.remove(0).record;
        record.session = session.clone();
        record.check_in = None;
        repo.mark(&school(), &RecordDraft::new(&school(), record), &[], None).await.unwrap();
    };
    for session in sessions.iter().rev() {
        mark(session, 5).await;
        mark(session, 3).await;
    }
    let date = session().date();
    let query = RecordQuery { from: date.yesterday().unwrap(), to: date, group: None, attendee: None };
    let mut seen = Vec::new();
    let mut page = PageRequest::first(3);
    for late in 100.. {
        let found = repo.records(&school(), &query, &page).await.unwrap();
        seen.extend(found.items.iter().map(|record| (record.session.clone(), record.attendee)));
        let Some(next) = found.next else { break };
        mark(&sessions[0], late).await;
        page = page.after(next);
    }
    let expected: Vec<_> = sessions.iter().flat_map(|s| [3, 5].map(|a| (s.clone(), attendee_id(a)))).collect();
    assert_eq!(seen, expected);
}
