//! Attendees: the larger part of the directory.

use std::collections::BTreeMap;

use crate::conformance::given::*;
use crate::domain::attendee::{
    Attendee, Consent, ConsentWording, Email, EnrolmentState, ExternalId, Language, Name, Phone, Tombstone,
};
use crate::domain::audit::AuditAction;
use crate::domain::event::{Event, Target};
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::ports::attendance_repo::{AttendeeQuery, Entity, Outgoing};
use crate::ports::{AttendanceRepo, AttendanceRepoExt, RepoError};
use futures_util::future::join_all;

fn external_id(text: &str) -> Option<ExternalId> {
    Some(ExternalId::new(text).unwrap())
}

fn with_external_id(text: &str) -> Attendee {
    Attendee { external_id: external_id(text), ..somebody() }
}

async fn save(repo: &dyn AttendanceRepo, organization: &OrganizationId, attendee: &Attendee) -> Attendee {
    repo.save_attendee(organization, attendee, &Outgoing::default()).await.unwrap()
}

async fn register_in(repo: &dyn AttendanceRepo, organization: &OrganizationId, groups: &[&str]) -> AttendeeId {
    let groups = groups.iter().map(|id| GroupId::new(*id).unwrap()).collect();
    repo.create_attendee(organization, &Attendee { groups, ..somebody() }, &entry(AuditAction::Register))
        .await
        .unwrap()
        .id
}

async fn ids(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    query: AttendeeQuery,
    limit: u16,
) -> Vec<AttendeeId> {
    let listed = every(limit, async |page| repo.attendees(organization, &query, &page).await).await;
    listed.into_iter().map(|attendee| attendee.id).collect()
}

pub async fn a_registered_attendee_has_version_1_and_is_read_back_as_given(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut given = with_external_id("R-1815/12 'x' \"y\" 100%_\\");
    given.email = Some(Email::new("ada+roll@example.org").unwrap());
    given.phone = Some(Phone::new("+4930123456").unwrap());
    given.language = Some(Language::new("pt-BR").unwrap());
    given.attributes = BTreeMap::from([("branch", "Zürich"), ("year", "5"), ("note", ""), ("k'%_\"", "'; --")])
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    given.consent = Some(Consent {
        wording: ConsentWording::new("I agree that my face is used. 我同意。").unwrap(),
        at: at(1),
    });
    given.enrolment = EnrolmentState::Pending;
    let created = repo.create_attendee(&organization, &given, &entry(AuditAction::Register)).await.unwrap();
    assert!(created == Attendee { version: 1, ..given.clone() });
    assert!(repo.attendee(&organization, given.id).await.unwrap() == created);
}

pub async fn an_attendee_of_whom_only_the_name_is_known_is_read_back(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let created = repo.create_attendee(&organization, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    let read = repo.attendee(&organization, created.id).await.unwrap();
    assert!(read == created);
    assert!(read.attributes.is_empty() && read.groups.is_empty() && read.external_id.is_none());
}

pub async fn names_of_every_script_are_read_back(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let longest = "\u{1f469}".repeat(200);
    // An emoji of several code points, a combining accent apart from its letter, right to left, quotes, blanks within.
    let family = "👨‍👩‍👧‍👦 Family";
    for text in [family, "Zoe\u{301}", "Zo\u{e9}", "محمد بن علي", "O'Brien \"Bob\" \\ %_", "a  b", "王", &longest]
    {
        let given = Attendee { name: Some(Name::new(text).unwrap()), ..somebody() };
        repo.create_attendee(&organization, &given, &entry(AuditAction::Register)).await.unwrap();
        let read = repo.attendee(&organization, given.id).await.unwrap();
        assert_eq!(read.name.as_ref().map(Name::as_str), Some(text));
    }
}

pub async fn instants_long_ago_and_far_ahead_are_read_back_to_the_microsecond(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    for text in
        ["1900-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2038-01-19T03:14:08.000001Z", "9000-01-01T00:00:00Z"]
    {
        let given = Attendee { registered_at: text.parse().unwrap(), ..somebody() };
        repo.create_attendee(&organization, &given, &entry(AuditAction::Register)).await.unwrap();
        assert_eq!(repo.attendee(&organization, given.id).await.unwrap().registered_at, given.registered_at);
    }
}

pub async fn an_attendee_of_64_groups_and_32_attributes_is_read_back(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut given = somebody();
    given.groups = (0..64).map(|n| GroupId::new(format!("{n:0>64}")).unwrap()).collect();
    given.attributes = (0..32).map(|n| (format!("{n:ä>64}"), "ß".repeat(256))).collect();
    Attendee::check_attributes(&given.attributes).unwrap();
    let mut stored = repo.create_attendee(&organization, &given, &entry(AuditAction::Register)).await.unwrap();
    assert!(repo.attendee(&organization, given.id).await.unwrap() == stored);
    stored.groups.pop_first();
    stored.attributes.clear();
    let saved = save(repo, &organization, &stored).await;
    assert!(repo.attendee(&organization, given.id).await.unwrap() == saved);
}

pub async fn an_attendees_id_that_is_taken_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let stored = repo.create_attendee(&organization, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    let again = Attendee { name: None, version: 0, ..stored.clone() };
    let refused = repo.create_attendee(&organization, &again, &entry(AuditAction::Register)).await;
    assert!(matches!(refused, Err(RepoError::Exists(Entity::Attendee))), "{refused:?}");
    assert!(repo.attendee(&organization, stored.id).await.unwrap() == stored);
}

pub async fn an_external_id_that_another_attendee_has_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    repo.create_attendee(&organization, &with_external_id("R-1"), &entry(AuditAction::Register)).await.unwrap();
    let late = with_external_id("R-1");
    let refused = repo.create_attendee(&organization, &late, &entry(AuditAction::Register)).await;
    assert!(matches!(refused, Err(RepoError::ExternalIdTaken)), "{refused:?}");
    assert!(repo.attendees_by_id(&organization, &[late.id]).await.unwrap().is_empty());

    let bob =
        repo.create_attendee(&organization, &with_external_id("R-2"), &entry(AuditAction::Register)).await.unwrap();
    let grab = Attendee { external_id: external_id("R-1"), ..bob.clone() };
    let refused = repo.save_attendee(&organization, &grab, &Outgoing::default()).await;
    assert!(matches!(refused, Err(RepoError::ExternalIdTaken)), "{refused:?}");
    assert!(repo.attendee(&organization, bob.id).await.unwrap() == bob);
}

pub async fn of_many_who_register_one_external_id_one_wins(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let given: Vec<_> = (0..8).map(|_| with_external_id("R-1")).collect();
    let by = entry(AuditAction::Register);
    let registered = join_all(given.iter().map(|given| repo.create_attendee(&organization, given, &by))).await;
    let winners: Vec<_> = registered.iter().flatten().map(|attendee| attendee.id).collect();
    assert_eq!(winners.len(), 1);
    let refused = |each: &&Result<_, _>| matches!(each, Err(RepoError::ExternalIdTaken));
    assert_eq!(registered.iter().filter(refused).count(), 7);
    assert_eq!(ids(repo, &organization, AttendeeQuery::default(), 10).await, winners);
}

pub async fn an_external_id_is_free_in_another_organization(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    let (ada, bob) = (with_external_id("R-1"), with_external_id("R-1"));
    repo.create_attendee(&mine, &ada, &entry(AuditAction::Register)).await.unwrap();
    repo.create_attendee(&other, &bob, &entry(AuditAction::Register)).await.unwrap();
    for (organization, id) in [(&mine, ada.id), (&other, bob.id)] {
        let found = repo.attendee_by_external_id(organization, ada.external_id.as_ref().unwrap()).await.unwrap();
        assert_eq!(found.map(|attendee| attendee.id), Some(id));
    }
}

pub async fn an_external_id_that_is_given_up_becomes_free(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada =
        repo.create_attendee(&organization, &with_external_id("R-1"), &entry(AuditAction::Register)).await.unwrap();
    save(repo, &organization, &Attendee { external_id: external_id("R-2"), ..ada.clone() }).await;
    let none = repo.attendee_by_external_id(&organization, ada.external_id.as_ref().unwrap()).await.unwrap();
    assert!(none.is_none());
    repo.create_attendee(&organization, &with_external_id("R-1"), &entry(AuditAction::Register)).await.unwrap();
}

pub async fn external_ids_differ_by_case_and_by_every_character(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let texts = ["r-1", "R-1", "R_1", "R%1", "ré", "re\u{301}", "re", "ss", "ß", "0001", "1", "R 1", "R  1", "🦊"];
    for text in texts {
        repo.create_attendee(&organization, &with_external_id(text), &entry(AuditAction::Register)).await.unwrap();
    }
    for text in texts {
        let found = repo.attendee_by_external_id(&organization, &external_id(text).unwrap()).await.unwrap();
        assert_eq!(found.unwrap().external_id, external_id(text));
    }
    let absent = repo.attendee_by_external_id(&organization, &external_id("RE").unwrap()).await.unwrap();
    assert!(absent.is_none());
}

pub async fn nobody_is_registered_in_an_organization_that_does_not_exist(repo: &dyn AttendanceRepo) {
    let refused = repo.create_attendee(&fresh_organization(), &somebody(), &entry(AuditAction::Register)).await;
    assert!(matches!(refused, Err(RepoError::UnknownOrganization)), "{refused:?}");
}

pub async fn a_changed_attendee_has_the_next_version_and_its_events_are_pending(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = repo.create_attendee(&organization, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    let mut changed = Attendee { enrolment: EnrolmentState::Active, ..ada.clone() };
    changed.groups.insert(GroupId::new("5B").unwrap());
    let event = Event::of_enrolment(&organization, ada.id, EnrolmentState::Active, 2, at(5));
    let outgoing = Outgoing { events: vec![event.clone()], targets: vec![Target::sink()], audit: None };
    let saved = repo.save_attendee(&organization, &changed, &outgoing).await.unwrap();
    assert!(saved == Attendee { version: 2, ..changed });
    assert!(repo.attendee(&organization, ada.id).await.unwrap() == saved);
    assert_eq!(repo.pending(&organization, &Target::sink(), 10).await.unwrap(), [event]);
    assert!(repo.pending(&organization, &Target::notifier(), 10).await.unwrap().is_empty());
}

pub async fn an_older_version_of_an_attendee_is_refused_together_with_its_events(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let first = repo.create_attendee(&organization, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    let second = save(repo, &organization, &first).await;
    let event = Event::of_enrolment(&organization, first.id, EnrolmentState::Active, 2, at(5));
    let outgoing = Outgoing { events: vec![event], targets: vec![Target::sink()], audit: None };
    for version in [0, 1, 3] {
        let stale = Attendee { version, name: None, ..first.clone() };
        let refused = repo.save_attendee(&organization, &stale, &outgoing).await;
        assert!(matches!(refused, Err(RepoError::Conflict)), "{refused:?}");
    }
    assert!(repo.attendee(&organization, first.id).await.unwrap() == second);
    assert!(repo.pending(&organization, &Target::sink(), 10).await.unwrap().is_empty());
}

pub async fn of_many_who_change_one_version_of_an_attendee_one_wins(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let first = repo.create_attendee(&organization, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    let named = |n: u32| Attendee { name: Some(Name::new(format!("N {n}")).unwrap()), ..first.clone() };
    let given: Vec<_> = (0..8).map(named).collect();
    let none = Outgoing::default();
    let saved = join_all(given.iter().map(|given| repo.save_attendee(&organization, given, &none))).await;
    let winners: Vec<_> = saved.iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert!(saved.iter().all(|saved| matches!(saved, Ok(_) | Err(RepoError::Conflict))), "{saved:?}");
    assert!(repo.attendee(&organization, first.id).await.unwrap() == *winners[0]);
}

pub async fn an_attendee_who_does_not_exist_is_not_changed_another_organizations_neither(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    let ada = repo.create_attendee(&mine, &somebody(), &entry(AuditAction::Register)).await.unwrap();
    for (organization, attendee) in [(&mine, &somebody()), (&other, &ada)] {
        let refused = repo.save_attendee(organization, attendee, &Outgoing::default()).await;
        assert!(matches!(refused, Err(RepoError::NotFound(Entity::Attendee))), "{refused:?}");
    }
    assert!(repo.attendee(&mine, ada.id).await.unwrap() == ada);
}

pub async fn unknown_attendees_and_those_behind_the_wall_are_left_out(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    let ada = attendee(repo, &mine).await;
    let bob = attendee(repo, &other).await;
    let found = repo.attendees_by_id(&mine, &[AttendeeId::fresh(), bob, ada]).await.unwrap();
    assert_eq!(found.iter().map(|attendee| attendee.id).collect::<Vec<_>>(), [ada]);
    assert!(repo.attendees_by_id(&mine, &[]).await.unwrap().is_empty());
}

pub async fn a_hundred_attendees_are_found_by_their_ids(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut registered = Vec::new();
    for _ in 0..100 {
        registered.push(attendee(repo, &organization).await);
    }
    let found = repo.attendees_by_id(&organization, &registered).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|attendee| attendee.id).collect();
    found.sort();
    registered.sort();
    assert_eq!(found, registered);
}

pub async fn a_roster_has_exactly_those_who_have_the_group_and_everyone_has_everybody(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let in_b = register_in(repo, &organization, &["5B", "choir"]).await;
    let in_lower_b = register_in(repo, &organization, &["5b"]).await;
    let in_none = register_in(repo, &organization, &[]).await;
    let in_b_too = register_in(repo, &organization, &["5B"]).await;
    register_in(repo, &other, &["5B"]).await;
    let roster = async |group: &str| {
        let query = AttendeeQuery { group: Some(GroupId::new(group).unwrap()), erasing: false };
        ids(repo, &organization, query, 1).await
    };
    assert_eq!(roster("5B").await, [in_b, in_b_too]);
    assert_eq!(roster("5b").await, [in_lower_b]);
    assert_eq!(roster("choir").await, [in_b]);
    assert_eq!(roster("5").await, []);
    assert_eq!(roster("everyone").await, [in_b, in_lower_b, in_none, in_b_too]);

    let mut left = repo.attendee(&organization, in_b).await.unwrap();
    left.groups = [GroupId::new("choir").unwrap()].into();
    save(repo, &organization, &left).await;
    assert_eq!(roster("5B").await, [in_b_too]);
    assert_eq!(roster("choir").await, [in_b]);
}

pub async fn attendees_are_listed_once_each_ordered_by_id(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let given: Vec<_> = (0..7).map(|_| somebody()).collect();
    for attendee in given.iter().rev() {
        repo.create_attendee(&organization, attendee, &entry(AuditAction::Register)).await.unwrap();
    }
    attendee(repo, &other).await;
    let mut expected: Vec<_> = given.iter().map(|attendee| attendee.id).collect();
    expected.sort();
    for limit in [1, 2, 7, 100] {
        assert_eq!(ids(repo, &organization, AttendeeQuery::default(), limit).await, expected, "by pages of {limit}");
    }
}

pub async fn those_whose_erasure_was_asked_for_are_left_out_of_the_lists(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let stays = register_in(repo, &organization, &["5B"]).await;
    let asked = register_in(repo, &organization, &["5B"]).await;
    let erased = register_in(repo, &organization, &["5B"]).await;
    for id in [asked, erased] {
        bury(repo, &organization, id).await;
    }
    repo.erase_attendee(&organization, erased, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    let group = Some(GroupId::new("5B").unwrap());
    for group in [None, group, Some(GroupId::everyone())] {
        let query = AttendeeQuery { group, erasing: false };
        assert_eq!(ids(repo, &organization, query, 1).await, [stays]);
    }
    let erasing = AttendeeQuery { group: None, erasing: true };
    assert_eq!(ids(repo, &organization, erasing, 1).await, [asked]);
    // Whoever knows the id still finds them.
    assert_eq!(repo.attendees_by_id(&organization, &[asked, erased]).await.unwrap().len(), 2);
}

/// Sets the tombstone with which an erasure begins.
pub(super) async fn bury(repo: &dyn AttendanceRepo, organization: &OrganizationId, id: AttendeeId) -> Attendee {
    let attendee = repo.attendee(organization, id).await.unwrap();
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
    save(repo, organization, &Attendee { tombstone, ..attendee }).await
}
