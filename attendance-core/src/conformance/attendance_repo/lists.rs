//! The ledger's lists: records and check-ins.

use jiff::civil::date;

use crate::conformance::given::*;
use crate::domain::check_in::{Candidate, CheckIn, Decision, Refusal};
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::similarity::Similarity;
use crate::ports::attendance_repo::{CheckInQuery, RecordDraft, RecordQuery};
use crate::ports::{AttendanceRepo, RepoError};

/// Records an attendee at sessions.
async fn record_at(repo: &dyn AttendanceRepo, organization: &OrganizationId, attendee: AttendeeId, sessions: &[&str]) {
    for id in sessions {
        let draft = RecordDraft::new(organization, record(&session(id), attendee, "c-1"));
        repo.mark(organization, &draft, &[], None).await.unwrap();
    }
}

/// All records of November 2026.
fn november() -> RecordQuery {
    RecordQuery { from: date(2026, 11, 1), to: date(2026, 11, 30), group: None, attendee: None }
}

async fn sessions_of_records(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    query: RecordQuery,
    limit: u16,
) -> Vec<(String, AttendeeId)> {
    let listed = every(limit, async |page| repo.records(organization, &query, &page).await).await;
    listed.into_iter().map(|record| (record.session.to_string(), record.attendee)).collect()
}

pub async fn records_are_listed_once_each_by_date_group_slot_and_attendee(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let (ada, bob) = (attendee(repo, &organization).await, attendee(repo, &organization).await);
    let ordered = [
        "5b.2026-11-20.0",
        "5B.2026-11-21.2",
        "5B.2026-11-21.10",
        "Z.2026-11-21.0",
        "a.2026-11-21.0",
        "5B.2026-11-22.0",
    ];
    for (attendee, order) in [(bob, [3, 0, 5, 2, 4, 1]), (ada, [1, 4, 2, 5, 0, 3])] {
        record_at(repo, &organization, attendee, &order.map(|index| ordered[index])).await;
    }
    let stranger = attendee(repo, &other).await;
    record_at(repo, &other, stranger, &["5B.2026-11-21.3"]).await;
    let expected: Vec<_> =
        ordered.iter().flat_map(|id| [ada, bob].map(|attendee| ((*id).to_owned(), attendee))).collect();
    for limit in [1, 2, 5, 12, 100] {
        let listed = sessions_of_records(repo, &organization, november(), limit).await;
        assert_eq!(listed, expected, "by pages of {limit}");
    }
}

pub async fn both_ends_of_a_range_of_records_are_included(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let days = ["5B.1969-12-31.0", "5B.2026-11-20.0", "5B.2026-11-21.0", "5B.2026-11-22.0", "5B.2099-01-01.0"];
    record_at(repo, &organization, ada, &days).await;
    let listed = async |from, to| {
        let query = RecordQuery { from, to, ..november() };
        let listed = sessions_of_records(repo, &organization, query, 2).await;
        listed.into_iter().map(|(session, _)| session).collect::<Vec<_>>()
    };
    assert_eq!(listed(date(2026, 11, 20), date(2026, 11, 21)).await, days[1..3]);
    assert_eq!(listed(date(2026, 11, 22), date(2026, 11, 22)).await, days[3..4]);
    assert_eq!(listed(date(1969, 12, 31), date(2099, 1, 1)).await, days);
    assert!(listed(date(2026, 11, 22), date(2026, 11, 20)).await.is_empty());
}

pub async fn records_are_filtered_by_group_and_by_attendee(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, bob) = (attendee(repo, &organization).await, attendee(repo, &organization).await);
    for attendee in [ada, bob] {
        record_at(repo, &organization, attendee, &["5B.2026-11-21.0", "5b.2026-11-21.0", "5.2026-11-21.0"]).await;
    }
    let listed = async |group: Option<&str>, attendee| {
        let query = RecordQuery { group: group.map(|id| GroupId::new(id).unwrap()), attendee, ..november() };
        sessions_of_records(repo, &organization, query, 1).await
    };
    let pair = |id: &str, attendee| (id.to_owned(), attendee);
    assert_eq!(listed(Some("5b"), None).await, [pair("5b.2026-11-21.0", ada), pair("5b.2026-11-21.0", bob)]);
    assert_eq!(listed(Some("5B"), Some(bob)).await, [pair("5B.2026-11-21.0", bob)]);
    assert_eq!(listed(None, Some(ada)).await.len(), 3);
    assert_eq!(listed(Some("6"), None).await, []);
    assert_eq!(listed(None, Some(AttendeeId::fresh())).await, []);
}

pub async fn of_a_corrected_record_only_the_standing_version_is_listed(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let first = record(&session("5B.2026-11-21.0"), ada, "c-1");
    let second = correction(&first, "on leave");
    for version in [&first, &second] {
        repo.mark(&organization, &RecordDraft::new(&organization, version.clone()), &[], None).await.unwrap();
    }
    let listed = every(1, async |page| repo.records(&organization, &november(), &page).await).await;
    assert_eq!(listed, [second]);
}

fn candidate(attendee: AttendeeId) -> Candidate {
    Candidate { attendee, similarity: Similarity::new(95.0).unwrap() }
}

/// Commits a check-in that was captured that many microseconds after the others' zero.
async fn capture(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    id: &str,
    captured: i64,
    faces: &[Decision],
) {
    let given = CheckIn { captured_at: at(captured), ..check_in(id, faces.to_vec()) };
    repo.commit(organization, &commit(organization, given, [])).await.unwrap();
}

async fn ids_of_check_ins(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    query: CheckInQuery,
    limit: u16,
) -> Vec<String> {
    let listed = every(limit, async |page| repo.check_ins(organization, &query, &page).await).await;
    listed.into_iter().map(|check_in| check_in.id.as_str().to_owned()).collect()
}

pub async fn check_ins_are_listed_once_each_the_latest_capture_first(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let before_1970 = -2_000_000_000_000_000;
    for (id, captured) in [("b", 20), ("d", before_1970), ("a", 2_000_000), ("c", 19)] {
        capture(repo, &organization, id, captured, &[]).await;
    }
    capture(repo, &other, "elsewhere", 20, &[]).await;
    for limit in [1, 2, 4, 100] {
        let listed = ids_of_check_ins(repo, &organization, CheckInQuery::default(), limit).await;
        assert_eq!(listed, ["a", "b", "c", "d"], "by pages of {limit}");
    }
}

pub async fn check_ins_of_one_instant_are_listed_once_each(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ids = ["a", "A", "b", "10", "9", "a.b", "a:b"];
    for id in ids {
        capture(repo, &organization, id, 0, &[]).await;
    }
    let mut expected = ids.map(str::to_owned).to_vec();
    expected.sort();
    for limit in [1, 2, 3] {
        let mut listed = ids_of_check_ins(repo, &organization, CheckInQuery::default(), limit).await;
        listed.sort();
        assert_eq!(listed, expected, "by pages of {limit}");
    }
}

pub async fn check_ins_are_listed_from_an_instant_on_and_before_another(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    for (id, captured) in [("a", 1), ("b", 2), ("c", 3)] {
        capture(repo, &organization, id, captured, &[]).await;
    }
    let listed = async |from: Option<i64>, to: Option<i64>| {
        let query = CheckInQuery { from: from.map(at), to: to.map(at), ..CheckInQuery::default() };
        ids_of_check_ins(repo, &organization, query, 1).await
    };
    assert_eq!(listed(Some(2), None).await, ["c", "b"]);
    assert_eq!(listed(None, Some(2)).await, ["a"]);
    assert_eq!(listed(Some(1), Some(3)).await, ["b", "a"]);
    assert!(listed(Some(2), Some(2)).await.is_empty());
}

pub async fn check_ins_with_a_stranger_or_with_a_picture_are_listed_where_asked_for(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let known = Decision::NotExpected { candidate: candidate(ada) };
    capture(repo, &organization, "known", 1, std::slice::from_ref(&known)).await;
    capture(repo, &organization, "stranger", 2, &[known, Decision::Stranger]).await;
    for (id, captured, decision) in
        [("pictured", 3, Decision::Ambiguous { candidates: vec![] }), ("both", 4, Decision::Stranger)]
    {
        let image = Some(ImageKey::new(format!("checkins/2026-11-21/{id}")).unwrap());
        let given = CheckIn { captured_at: at(captured), image, ..check_in(id, [decision]) };
        repo.commit(&organization, &commit(&organization, given, [])).await.unwrap();
    }
    let listed = async |strangers, with_image| {
        let query = CheckInQuery { strangers, with_image, ..CheckInQuery::default() };
        ids_of_check_ins(repo, &organization, query, 1).await
    };
    assert_eq!(listed(true, false).await, ["both", "stranger"]);
    assert_eq!(listed(false, true).await, ["both", "pictured"]);
    assert_eq!(listed(true, true).await, ["both"]);
    repo.detach_image(&organization, &check_in_id("both")).await.unwrap();
    assert_eq!(listed(false, true).await, ["pictured"]);
    assert_eq!(listed(false, false).await, ["both", "pictured", "stranger", "known"]);
}

pub async fn check_ins_that_name_an_attendee_are_listed_however_they_name_them(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let (ada, bob) = (attendee(repo, &organization).await, attendee(repo, &organization).await);
    let monday = session("5B.2026-11-23.0");
    let naming = [
        ("record", Decision::Record { candidate: candidate(ada), session: monday.clone() }),
        ("ambiguous", Decision::Ambiguous { candidates: vec![candidate(bob), candidate(ada)] }),
        ("not-expected", Decision::NotExpected { candidate: candidate(ada) }),
        ("choose", Decision::ChooseSession { candidate: candidate(ada), sessions: vec![monday] }),
        ("refused", Decision::Refused { candidate: candidate(ada), reason: Refusal::Closed, session: None }),
    ];
    for (index, (id, decision)) in naming.iter().enumerate() {
        let faces = [Decision::Stranger, decision.clone(), decision.clone()];
        capture(repo, &organization, id, index as i64, &faces).await;
    }
    capture(repo, &organization, "nobody", 9, &[Decision::Stranger]).await;
    capture(repo, &other, "elsewhere", 9, &[naming[0].1.clone()]).await;
    let listed = async |attendee, limit| {
        let query = CheckInQuery { attendee: Some(attendee), ..CheckInQuery::default() };
        ids_of_check_ins(repo, &organization, query, limit).await
    };
    for limit in [1, 2, 100] {
        assert_eq!(listed(ada, limit).await, ["refused", "choose", "not-expected", "ambiguous", "record"]);
    }
    assert_eq!(listed(bob, 1).await, ["ambiguous"]);
    let query = CheckInQuery { attendee: Some(ada), from: Some(at(1)), to: Some(at(3)), ..CheckInQuery::default() };
    assert_eq!(ids_of_check_ins(repo, &organization, query, 1).await, ["not-expected", "ambiguous"]);
}

pub async fn a_cursor_that_no_ledger_list_made_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let refused = repo.records(&organization, &november(), &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
    let refused = repo.check_ins(&organization, &CheckInQuery::default(), &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
}
