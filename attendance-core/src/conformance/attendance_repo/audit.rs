//! The audit: an act and its entry are one write.

use futures_util::future::join_all;

use super::attendees::bury;
use crate::conformance::given::*;
use crate::domain::attendee::{Attendee, ExternalId, Tombstone};
use crate::domain::audit::{Actor, AuditAction, AuditEntry, Matter};
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::session::{Session, SessionId};
use crate::domain::zone::Zone;
use crate::ports::attendance_repo::{Outgoing, RecordDraft, Subject};
use crate::ports::{AttendanceRepo, AttendanceRepoExt, RepoError};

/// An entry at that microsecond.
fn entry_at(microsecond: i64, action: AuditAction) -> AuditEntry {
    AuditEntry { at: at(microsecond), ..entry(action) }
}

/// What the audit has, the earliest entry first, without the making of the organization.
async fn entered(repo: &dyn AttendanceRepo, organization: &OrganizationId) -> Vec<AuditEntry> {
    let mut entries = every(100, async |page| repo.audit(organization, &page).await).await;
    assert_eq!(entries.pop().map(|entry| entry.action), Some(AuditAction::CreateOrganization));
    entries.reverse();
    entries
}

fn group(id: &str) -> Group {
    Group::new(GroupId::new(id).unwrap(), Zone::utc())
}

fn subject() -> Subject {
    Subject { issuer: "https://idp".to_owned(), subject: "ada".to_owned() }
}

fn monday() -> SessionId {
    session("5B.2026-11-23.0")
}

async fn open_monday(repo: &dyn AttendanceRepo, organization: &OrganizationId) {
    let session = Session {
        id: monday(),
        opens_at: at(0),
        late_after: None,
        closes_at: at(100),
        marks_absent: true,
        closed_at: None,
    };
    repo.ensure_session(organization, &session).await.unwrap();
}

/// An entry alone, without events.
fn alone(audit: AuditEntry) -> Outgoing {
    Outgoing { audit: Some(audit), ..Outgoing::default() }
}

pub async fn every_act_is_in_the_audit(repo: &dyn AttendanceRepo) {
    let unsaved = unsaved_organization(fresh_organization());
    let made = entry(AuditAction::CreateOrganization);
    let stored = repo.create_organization(&unsaved, &made).await.unwrap();
    let organization = &stored.id;
    assert_eq!(every(1, async |page| repo.audit(organization, &page).await).await, [made]);

    let actions = [
        AuditAction::ChangeOrganization,
        AuditAction::CreateGroup,
        AuditAction::ChangeGroup,
        AuditAction::Register,
        AuditAction::LinkSignIn,
        AuditAction::Mark,
        AuditAction::Mark,
        AuditAction::CloseSession,
        AuditAction::Erase,
        AuditAction::CompleteErasure,
    ];
    let expected: Vec<_> = (1..).zip(actions).map(|(microsecond, action)| entry_at(microsecond, action)).collect();
    let [settings, new_group, new_timetable, new, linked, marked, corrected, closed, begun, completed] = &expected[..]
    else {
        panic!("as many as there are actions")
    };
    repo.save_organization(&stored, settings).await.unwrap();
    let class = repo.save_group(organization, &group("5B"), new_group).await.unwrap();
    repo.save_group(organization, &class, new_timetable).await.unwrap();
    let ada = repo.create_attendee(organization, &somebody(), new).await.unwrap();
    repo.link_subject(organization, &subject(), ada.id, linked).await.unwrap();
    let first = record(&monday(), ada.id, "c-1");
    let second = correction(&first, "on leave");
    for (version, by) in [(first, marked), (second, corrected)] {
        repo.mark(organization, &RecordDraft::new(organization, version), &[], Some(by.clone())).await.unwrap();
    }
    open_monday(repo, organization).await;
    repo.close_session(organization, &monday(), at(50), Some(closed.clone())).await.unwrap();
    let buried = Attendee { tombstone: Some(Tombstone { requested_at: at(10), completed_at: None }), ..ada };
    repo.save_attendee(organization, &buried, &alone(begun.clone())).await.unwrap();
    repo.erase_attendee(organization, buried.id, at(20), completed).await.unwrap();
    assert_eq!(entered(repo, organization).await, expected);
}

pub async fn an_act_that_is_refused_leaves_no_entry(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let taken = Attendee { external_id: Some(ExternalId::new("R-1").unwrap()), ..somebody() };
    let ada = repo.create_attendee(&organization, &taken, &entry(AuditAction::Register)).await.unwrap();
    let class = repo.save_group(&organization, &group("5B"), &entry(AuditAction::CreateGroup)).await.unwrap();
    let before = entered(repo, &organization).await;
    assert_eq!(before.len(), 2);

    let stored = repo.existing_organization(&organization).await.unwrap();
    let by = entry(AuditAction::ChangeOrganization);
    repo.create_organization(&stored, &by).await.unwrap_err();
    repo.save_organization(&Organization { version: 7, ..stored }, &by).await.unwrap_err();
    repo.create_attendee(&organization, &ada, &by).await.unwrap_err();
    repo.create_attendee(&organization, &Attendee { id: AttendeeId::fresh(), ..taken.clone() }, &by).await.unwrap_err();
    let stale = Attendee { version: ada.version + 1, ..ada.clone() };
    repo.save_attendee(&organization, &stale, &alone(by.clone())).await.unwrap_err();
    repo.save_attendee(&organization, &somebody(), &alone(by.clone())).await.unwrap_err();
    repo.save_group(&organization, &Group { version: 7, ..class }, &by).await.unwrap_err();
    repo.link_subject(&organization, &subject(), AttendeeId::fresh(), &by).await.unwrap_err();
    let early = correction(&record(&monday(), ada.id, "c-1"), "on leave");
    repo.mark(&organization, &RecordDraft::new(&organization, early), &[], Some(by.clone())).await.unwrap_err();
    repo.close_session(&organization, &monday(), at(1), Some(by.clone())).await.unwrap_err();
    repo.erase_attendee(&organization, ada.id, at(1), &by).await.unwrap_err();
    repo.erase_attendee(&organization, AttendeeId::fresh(), at(1), &by).await.unwrap_err();
    assert_eq!(entered(repo, &organization).await, before);

    // What is here is not there.
    repo.save_attendee(&other, &ada, &alone(by.clone())).await.unwrap_err();
    repo.erase_attendee(&other, ada.id, at(1), &by).await.unwrap_err();
    assert_eq!(entered(repo, &other).await, []);

    let nowhere = fresh_organization();
    repo.create_attendee(&nowhere, &somebody(), &by).await.unwrap_err();
    repo.save_group(&nowhere, &group("5B"), &by).await.unwrap_err();
    repo.append_audit(&nowhere, &by).await.unwrap_err();
    assert_eq!(every(9, async |page| repo.audit(&nowhere, &page).await).await, []);
}

pub async fn of_many_who_act_at_once_the_winner_alone_is_in_the_audit(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let entries: Vec<_> = (1..=8).map(|n| entry_at(n, AuditAction::ChangeGroup)).collect();
    let class = group("5B");
    let saved = join_all(entries.iter().map(|by| repo.save_group(&organization, &class, by))).await;
    let winners = saved.iter().zip(&entries).filter(|(saved, _)| saved.is_ok()).map(|(_, by)| by.clone());
    let mut expected: Vec<_> = winners.collect();
    assert_eq!(expected.len(), 1);
    assert_eq!(entered(repo, &organization).await, expected);

    let ada = repo.create_attendee(&organization, &somebody(), &entry_at(10, AuditAction::Register)).await.unwrap();
    expected.push(entered(repo, &organization).await.pop().unwrap());
    let acts: Vec<_> = (11..=18).map(|n| alone(entry_at(n, AuditAction::Change))).collect();
    let saved = join_all(acts.iter().map(|by| repo.save_attendee(&organization, &ada, by))).await;
    expected.extend(saved.iter().zip(&acts).filter(|(saved, _)| saved.is_ok()).filter_map(|(_, by)| by.audit.clone()));
    assert_eq!(expected.len(), 3);
    assert_eq!(entered(repo, &organization).await, expected);
}

pub async fn an_erasure_is_in_the_audit_once_by_whoever_completed_it(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    bury(repo, &organization, ada).await;
    let entries = [30, 31].map(|n| entry_at(n, AuditAction::CompleteErasure));
    for by in &entries {
        repo.erase_attendee(&organization, ada, by.at, by).await.unwrap();
    }
    assert_eq!(entered(repo, &organization).await[1..], entries[..1]);
}

pub async fn a_session_that_was_closed_before_leaves_no_second_entry(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    open_monday(repo, &organization).await;
    let entries: Vec<_> = (1..=4).map(|n| entry_at(n, AuditAction::CloseSession)).collect();
    for by in &entries {
        repo.close_session(&organization, &monday(), by.at, Some(by.clone())).await.unwrap();
    }
    assert_eq!(entered(repo, &organization).await, entries[..1]);
}

pub async fn what_nobody_did_leaves_no_entry(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let before = entered(repo, &organization).await;
    let saved = repo.attendee(&organization, ada).await.unwrap();
    repo.save_attendee(&organization, &saved, &Outgoing::default()).await.unwrap();
    let draft = RecordDraft::new(&organization, record(&monday(), ada, "c-1"));
    repo.mark(&organization, &draft, &[], None).await.unwrap();
    open_monday(repo, &organization).await;
    repo.close_session(&organization, &monday(), at(50), None).await.unwrap();
    assert_eq!(entered(repo, &organization).await, before);
}

pub async fn an_entry_that_is_stored_again_is_there_once(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = attendee(repo, &organization).await;
    let registered = entered(repo, &organization).await;
    let (linked, token) = (entry_at(1, AuditAction::LinkSignIn), entry_at(2, AuditAction::IssueToken));
    for _ in 0..2 {
        repo.link_subject(&organization, &subject(), ada, &linked).await.unwrap();
        repo.append_audit(&organization, &linked).await.unwrap();
        repo.append_audit(&organization, &token).await.unwrap();
    }
    let expected: Vec<_> = registered.into_iter().chain([linked, token]).collect();
    assert_eq!(entered(repo, &organization).await, expected);
}

pub async fn an_entry_is_read_back_as_it_was_given(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let matter = Matter::new(format!("'§' 100 %_\\ {}", "🦊".repeat(244))).unwrap();
    let longest = Actor::new("ü".repeat(128)).unwrap();
    let ada = Some(AttendeeId::fresh());
    let given = [
        AuditEntry { by: longest, attendee: ada, ..entry_at(1, AuditAction::WithdrawConsent) }.about(matter),
        entry_at(2, AuditAction::ForgetFaces),
        entry_at(3, AuditAction::CreateGroup).about(&GroupId::new("5B").unwrap()),
    ];
    for entry in &given {
        repo.append_audit(&organization, entry).await.unwrap();
    }
    assert_eq!(entered(repo, &organization).await, given);
}

pub async fn the_audit_is_listed_once_each_the_latest_first_and_ends_at_the_wall(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let mut entries = every(9, async |page| repo.audit(&organization, &page).await).await;
    let attendee = |n: i64| (n % 2 == 0).then(AttendeeId::fresh);
    entries.extend((1..7).map(|n| AuditEntry { attendee: attendee(n), ..entry_at(n, AuditAction::Enrol) }));
    for entry in &entries {
        repo.append_audit(&organization, entry).await.unwrap();
    }
    repo.append_audit(&other, &entry_at(3, AuditAction::Erase)).await.unwrap();
    entries.reverse();
    for limit in [1, 2, 7, 100] {
        let listed = every(limit, async |page| repo.audit(&organization, &page).await).await;
        assert_eq!(listed, entries, "by pages of {limit}");
    }
}

pub async fn a_cursor_that_no_audit_made_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let refused = repo.audit(&organization, &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
}
