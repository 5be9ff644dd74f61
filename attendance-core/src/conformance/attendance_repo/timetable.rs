//! Sessions.

use jiff::Timestamp;
use jiff::civil::date;

use crate::conformance::given::*;
use crate::domain::ids::{GroupId, OrganizationId};
use crate::domain::session::Session;
use crate::ports::attendance_repo::{Entity, SessionQuery};
use crate::ports::{AttendanceRepo, RepoError};
use futures_util::future::join_all;

/// A session from `opens_at` on that closes at `closes_at`, in microseconds.
fn meeting(id: &str, opens_at: i64, closes_at: i64) -> Session {
    Session {
        id: session(id),
        opens_at: at(opens_at),
        late_after: None,
        closes_at: at(closes_at),
        marks_absent: true,
        closed_at: None,
    }
}

async fn ensure(repo: &dyn AttendanceRepo, organization: &OrganizationId, ids: &[&str]) {
    for id in ids {
        repo.ensure_session(organization, &meeting(id, 0, 100)).await.unwrap();
    }
}

pub async fn a_session_is_read_back_as_it_was_given(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let micro = |text: &str| text.parse::<Timestamp>().unwrap();
    let given = [
        Session { late_after: Some(at(60)), closed_at: Some(at(70)), ..meeting("5B.2026-11-21.99", 0, 100) },
        Session { marks_absent: false, ..meeting("5b.2026-11-21.99", 1, 101) },
        Session {
            opens_at: micro("1961-07-03T22:00:00.000001Z"),
            closes_at: micro("1961-07-04T05:00:00Z"),
            ..meeting("night.1961-07-03.0", 0, 0)
        },
        Session {
            opens_at: micro("2099-12-31T22:00:00Z"),
            closes_at: micro("2100-01-01T05:00:00.999999Z"),
            ..meeting("night.2099-12-31.0", 0, 0)
        },
    ];
    for session in &given {
        assert_eq!(repo.ensure_session(&organization, session).await.unwrap(), *session);
    }
    for session in given {
        assert_eq!(repo.session(&organization, &session.id).await.unwrap(), Some(session));
    }
}

pub async fn the_first_session_of_an_id_stays(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let first = meeting("5B.2026-11-21.0", 0, 100);
    repo.ensure_session(&organization, &first).await.unwrap();
    let second = meeting("5B.2026-11-21.0", 50, 200);
    assert_eq!(repo.ensure_session(&organization, &second).await.unwrap(), first);
    assert_eq!(repo.session(&organization, &first.id).await.unwrap(), Some(first));
}

pub async fn of_many_who_ensure_a_session_at_once_all_get_the_same(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let given: Vec<_> = (0..8).map(|n| meeting("5B.2026-11-21.0", n, 100)).collect();
    let ensured = join_all(given.iter().map(|given| repo.ensure_session(&organization, given))).await;
    let standing = repo.session(&organization, &given[0].id).await.unwrap().expect("a session");
    for answered in ensured {
        assert_eq!(answered.unwrap(), standing);
    }
}

pub async fn another_organizations_session_of_the_same_id_is_not_found(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    ensure(repo, &mine, &["5B.2026-11-21.0"]).await;
    let id = session("5B.2026-11-21.0");
    assert_eq!(repo.session(&other, &id).await.unwrap(), None);
    let closed = repo.close_session(&other, &id, at(1), None).await;
    assert!(matches!(closed, Err(RepoError::NotFound(Entity::Session))), "{closed:?}");
    assert!(repo.due_sessions(&other, at(1000), 10).await.unwrap().is_empty());
    assert_eq!(repo.session(&mine, &id).await.unwrap().unwrap().closed_at, None);
}

pub async fn sessions_are_listed_once_each_by_date_then_group_then_slot(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let ordered = [
        "5b.2026-11-20.0",
        "5B.2026-11-21.2",
        "5B.2026-11-21.10",
        "Z.2026-11-21.0",
        "a.2026-11-21.1",
        "5B.2026-11-22.0",
    ];
    let shuffled = [3, 0, 5, 2, 4, 1].map(|index| ordered[index]);
    ensure(repo, &organization, &shuffled).await;
    ensure(repo, &other, &["5B.2026-11-21.7"]).await;
    let query = SessionQuery { group: None, from: date(2026, 11, 1), to: date(2026, 11, 30) };
    for limit in [1, 2, 6, 100] {
        let listed = every(limit, async |page| repo.sessions(&organization, &query, &page).await).await;
        let ids: Vec<_> = listed.iter().map(|session| session.id.to_string()).collect();
        assert_eq!(ids, ordered, "by pages of {limit}");
    }
}

pub async fn both_ends_of_a_range_of_sessions_are_included(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let days = ["5B.2026-11-20.0", "5B.2026-11-21.0", "5B.2026-11-22.0", "5B.2026-11-23.0"];
    ensure(repo, &organization, &days).await;
    let listed = async |from: i8, to: i8| {
        let query = SessionQuery { group: None, from: date(2026, 11, from), to: date(2026, 11, to) };
        let listed = every(1, async |page| repo.sessions(&organization, &query, &page).await).await;
        listed.iter().map(|session| session.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(listed(21, 22).await, days[1..3]);
    assert_eq!(listed(21, 21).await, days[1..2]);
    assert_eq!(listed(1, 30).await, days);
    assert!(listed(22, 21).await.is_empty());
}

pub async fn only_one_groups_sessions_are_listed_where_a_group_is_named(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    ensure(repo, &organization, &["5B.2026-11-21.0", "5b.2026-11-21.0", "5.2026-11-21.0"]).await;
    let group = Some(GroupId::new("5b").unwrap());
    let query = SessionQuery { group, from: date(2026, 11, 21), to: date(2026, 11, 21) };
    let listed = every(1, async |page| repo.sessions(&organization, &query, &page).await).await;
    assert_eq!(listed.iter().map(|session| session.id.to_string()).collect::<Vec<_>>(), ["5b.2026-11-21.0"]);
}

pub async fn a_cursor_that_no_timetable_list_made_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let query = SessionQuery { group: None, from: date(2026, 11, 21), to: date(2026, 11, 21) };
    let refused = repo.sessions(&organization, &query, &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
}

pub async fn sessions_that_should_be_closed_are_due_the_earliest_first(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let given = [
        meeting("a.2026-11-21.0", 0, 300),
        meeting("b.2026-11-21.0", 0, 100),
        meeting("c.2026-11-20.0", 0, 200),
        meeting("d.2026-11-20.0", 0, 301),
    ];
    for session in &given {
        repo.ensure_session(&organization, session).await.unwrap();
    }
    let due = async |now: i64, limit| repo.due_sessions(&organization, at(now), limit).await.unwrap();
    let [a, b, c, _] = &given;
    assert_eq!(due(99, 10).await, []);
    assert_eq!(due(100, 10).await, [b.clone()]);
    assert_eq!(due(300, 10).await, [b.clone(), c.clone(), a.clone()]);
    assert_eq!(due(300, 2).await, [b.clone(), c.clone()]);
}

pub async fn a_session_that_was_closed_is_not_due(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    ensure(repo, &organization, &["5B.2026-11-20.0", "5B.2026-11-21.0"]).await;
    repo.close_session(&organization, &session("5B.2026-11-20.0"), at(500), None).await.unwrap();
    let due = repo.due_sessions(&organization, at(1000), 10).await.unwrap();
    assert_eq!(due, [meeting("5B.2026-11-21.0", 0, 100)]);
}

pub async fn the_first_instant_at_which_a_session_was_closed_stays(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    ensure(repo, &organization, &["5B.2026-11-21.0"]).await;
    let id = session("5B.2026-11-21.0");
    let expected = Session { closed_at: Some(at(70)), ..meeting("5B.2026-11-21.0", 0, 100) };
    for instant in [70, 71, 60] {
        assert_eq!(repo.close_session(&organization, &id, at(instant), None).await.unwrap(), expected);
    }
    assert_eq!(repo.session(&organization, &id).await.unwrap(), Some(expected.clone()));
    let ensured = repo.ensure_session(&organization, &meeting("5B.2026-11-21.0", 0, 100)).await.unwrap();
    assert_eq!(ensured, expected, "ensuring does not open it again");
}

pub async fn of_many_who_close_a_session_at_once_all_get_the_same_instant(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    ensure(repo, &organization, &["5B.2026-11-21.0"]).await;
    let id = session("5B.2026-11-21.0");
    let closed = join_all((0..8).map(|n| repo.close_session(&organization, &id, at(n), None))).await;
    let standing = repo.session(&organization, &id).await.unwrap().unwrap();
    assert!(standing.closed_at.is_some());
    for answered in closed {
        assert_eq!(answered.unwrap(), standing);
    }
}

pub async fn a_session_that_does_not_exist_is_not_closed(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let id = session("5B.2026-11-21.0");
    assert_eq!(repo.session(&organization, &id).await.unwrap(), None);
    let refused = repo.close_session(&organization, &id, at(1), None).await;
    assert!(matches!(refused, Err(RepoError::NotFound(Entity::Session))), "{refused:?}");
    assert_eq!(repo.session(&organization, &id).await.unwrap(), None);
}
