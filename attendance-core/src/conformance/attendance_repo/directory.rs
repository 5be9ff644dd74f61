//! Organizations, groups and sign-in. Attendees have a file of their own.

use crate::conformance::given::*;
use crate::domain::attendee::Name;
use crate::domain::audit::AuditAction;
use crate::domain::group::{Day, Group, Slot};
use crate::domain::ids::{GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::policy::{MatchPolicy, Measurement, QualityPolicy};
use crate::domain::similarity::Threshold;
use crate::domain::zone::Zone;
use crate::ports::attendance_repo::{Entity, Subject};
use crate::ports::{AttendanceRepo, RepoError};
use futures_util::future::join_all;

pub async fn a_created_organization_has_version_1_and_the_group_everyone(repo: &dyn AttendanceRepo) {
    let given = unsaved_organization(fresh_organization());
    let created = repo.create_organization(&given, &entry(AuditAction::CreateOrganization)).await.unwrap();
    assert_eq!(created, Organization { version: 1, ..given.clone() });
    assert_eq!(repo.organization(&given.id).await.unwrap(), Some(created));
    let everyone = repo.group(&given.id, &GroupId::everyone()).await.unwrap().expect("the group everyone");
    assert_eq!(everyone.zone, given.zone);
    assert_eq!(everyone.timetable, Group::everyone(Zone::utc()).timetable);
}

pub async fn an_organization_is_read_back_as_it_was_given(repo: &dyn AttendanceRepo) {
    let mut given = unsaved_organization(fresh_organization());
    given.zone = Zone::new("America/Sao_Paulo").unwrap();
    given.created_at = "1961-07-04T23:59:59.000001Z".parse().unwrap();
    given.policy.consent_required = false;
    given.policy.check_in_image_days = u16::MAX;
    given.policy.matching = Some(MatchPolicy {
        threshold: Threshold::new(91.25).unwrap(),
        margin: 2.7,
        duplicate: Threshold::new(99.9).unwrap(),
        check_in_quality: QualityPolicy::ANY,
        enrolment_quality: QualityPolicy { min_size: 80, ..QualityPolicy::ANY },
        measurement: Some(Measurement {
            data: "all pairs of 'O''Brien', 100 %".to_owned(),
            false_accept_rate: 1e-5,
            true_accept_rate: 0.993,
            impostor_pairs: 4_000_000_000,
            genuine_pairs: 12_345,
        }),
    });
    repo.create_organization(&given, &entry(AuditAction::CreateOrganization)).await.unwrap();
    let read = repo.organization(&given.id).await.unwrap();
    assert_eq!(read, Some(Organization { version: 1, ..given }));
}

pub async fn an_organization_whose_id_is_taken_is_refused(repo: &dyn AttendanceRepo) {
    let given = unsaved_organization(fresh_organization());
    let created = repo.create_organization(&given, &entry(AuditAction::CreateOrganization)).await.unwrap();
    let mut again = given.clone();
    again.zone = Zone::utc();
    let refused = repo.create_organization(&again, &entry(AuditAction::CreateOrganization)).await;
    assert!(matches!(refused, Err(RepoError::Exists(Entity::Organization))), "{refused:?}");
    assert_eq!(repo.organization(&given.id).await.unwrap(), Some(created));
}

pub async fn of_many_who_create_one_organization_one_wins(repo: &dyn AttendanceRepo) {
    let given = unsaved_organization(fresh_organization());
    let by = entry(AuditAction::CreateOrganization);
    let created = join_all((0..8).map(|_| repo.create_organization(&given, &by))).await;
    assert_eq!(created.iter().filter(|created| created.is_ok()).count(), 1);
    for refused in created.iter().filter(|created| created.is_err()) {
        assert!(matches!(refused, Err(RepoError::Exists(Entity::Organization))), "{refused:?}");
    }
    let groups = every(10, async |page| repo.groups(&given.id, &page).await).await;
    assert_eq!(groups.len(), 1);
}

pub async fn a_changed_organization_has_the_next_version_and_an_older_one_is_refused(repo: &dyn AttendanceRepo) {
    let first = repo
        .create_organization(&unsaved_organization(fresh_organization()), &entry(AuditAction::CreateOrganization))
        .await
        .unwrap();
    let mut changed = first.clone();
    changed.policy.alert_strangers = false;
    let second = repo.save_organization(&changed, &entry(AuditAction::ChangeOrganization)).await.unwrap();
    assert_eq!(second, Organization { version: 2, ..changed.clone() });
    let stale = repo.save_organization(&first, &entry(AuditAction::ChangeOrganization)).await;
    assert!(matches!(stale, Err(RepoError::Conflict)), "{stale:?}");
    assert_eq!(repo.organization(&first.id).await.unwrap(), Some(second.clone()));
    assert_eq!(repo.save_organization(&second, &entry(AuditAction::ChangeOrganization)).await.unwrap().version, 3);
}

pub async fn of_many_who_change_one_version_of_an_organization_one_wins(repo: &dyn AttendanceRepo) {
    let first = repo
        .create_organization(&unsaved_organization(fresh_organization()), &entry(AuditAction::CreateOrganization))
        .await
        .unwrap();
    let by = entry(AuditAction::ChangeOrganization);
    let saved = join_all((0..8).map(|_| repo.save_organization(&first, &by))).await;
    assert_eq!(saved.iter().filter(|saved| saved.is_ok()).count(), 1);
    assert!(saved.iter().all(|saved| matches!(saved, Ok(_) | Err(RepoError::Conflict))), "{saved:?}");
}

pub async fn an_organization_that_does_not_exist_is_not_found_and_not_changed(repo: &dyn AttendanceRepo) {
    let missing = unsaved_organization(fresh_organization());
    assert_eq!(repo.organization(&missing.id).await.unwrap(), None);
    for version in [0, 1] {
        let refused = repo
            .save_organization(&Organization { version, ..missing.clone() }, &entry(AuditAction::ChangeOrganization))
            .await;
        assert!(matches!(refused, Err(RepoError::UnknownOrganization)), "{refused:?}");
    }
    assert_eq!(repo.organization(&missing.id).await.unwrap(), None);
}

pub async fn organizations_are_listed_once_each_ordered_by_id(repo: &dyn AttendanceRepo) {
    let mut mine = Vec::new();
    for _ in 0..12 {
        mine.push(organization(repo).await);
    }
    mine.sort();
    // Others may make organizations meanwhile.
    let listed: Vec<OrganizationId> =
        every(10, async |page| repo.organizations(&page).await).await.into_iter().map(|each| each.id).collect();
    assert!(listed.is_sorted(), "not ordered by id: {listed:?}");
    let listed: Vec<_> = listed.into_iter().filter(|id| mine.contains(id)).collect();
    assert_eq!(listed, mine);
}

fn group(id: &str) -> Group {
    Group::new(GroupId::new(id).unwrap(), Zone::new("Asia/Kathmandu").unwrap())
}

pub async fn a_group_is_made_with_version_1_and_read_back_as_it_was_given(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let mut given = group("5B");
    given.name = Some(Name::new("Klasse 5b – „Füchse“ 100 % 🦊").unwrap());
    let time = |hour, minute| jiff::civil::time(hour, minute, 0, 0);
    given.timetable = (0..100)
        .map(|number| Slot {
            number,
            days: vec![Day::Friday, Day::Monday],
            opens: time(22, 0),
            late_after: (number % 2 == 0).then(|| time(22, 10)),
            closes: time(6, 30),
            marks_absent: number % 2 == 1,
        })
        .collect();
    let stored = repo.save_group(&organization, &given, &entry(AuditAction::ChangeGroup)).await.unwrap();
    assert_eq!(stored, Group { version: 1, ..given });
    assert_eq!(repo.group(&organization, &stored.id).await.unwrap(), Some(stored));
}

pub async fn a_group_of_another_version_than_the_stored_one_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ahead =
        repo.save_group(&organization, &Group { version: 1, ..group("5B") }, &entry(AuditAction::ChangeGroup)).await;
    assert!(matches!(ahead, Err(RepoError::Conflict)), "{ahead:?}");
    assert_eq!(repo.group(&organization, &group("5B").id).await.unwrap(), None);

    let first = repo.save_group(&organization, &group("5B"), &entry(AuditAction::ChangeGroup)).await.unwrap();
    let second = repo
        .save_group(&organization, &Group { zone: Zone::utc(), ..first.clone() }, &entry(AuditAction::ChangeGroup))
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    for version in [0, 1, 3] {
        let refused =
            repo.save_group(&organization, &Group { version, ..first.clone() }, &entry(AuditAction::ChangeGroup)).await;
        assert!(matches!(refused, Err(RepoError::Conflict)), "{refused:?}");
    }
    assert_eq!(repo.group(&organization, &first.id).await.unwrap(), Some(second));
}

pub async fn of_many_who_make_one_group_one_wins(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let given = group("5B");
    let by = entry(AuditAction::ChangeGroup);
    let made = join_all((0..8).map(|_| repo.save_group(&organization, &given, &by))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().all(|made| matches!(made, Ok(_) | Err(RepoError::Conflict))), "{made:?}");
}

pub async fn the_group_everyone_can_be_changed(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let everyone = repo.group(&organization, &GroupId::everyone()).await.unwrap().unwrap();
    let changed = Group { name: Some(Name::new("All of us").unwrap()), ..everyone };
    let stored = repo.save_group(&organization, &changed, &entry(AuditAction::ChangeGroup)).await.unwrap();
    assert_eq!(repo.group(&organization, &GroupId::everyone()).await.unwrap(), Some(stored));
}

pub async fn another_organizations_group_of_the_same_id_is_not_found(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    repo.save_group(&mine, &group("5B"), &entry(AuditAction::ChangeGroup)).await.unwrap();
    assert_eq!(repo.group(&other, &group("5B").id).await.unwrap(), None);
    // Free there, and its version is counted there.
    repo.save_group(&other, &Group { zone: Zone::utc(), ..group("5B") }, &entry(AuditAction::ChangeGroup))
        .await
        .unwrap();
    assert_eq!(repo.group(&mine, &group("5B").id).await.unwrap(), Some(Group { version: 1, ..group("5B") }));
}

pub async fn groups_are_listed_once_each_ordered_by_the_bytes_of_their_ids(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    for id in ["a", "5b", "5B", "Z", "5_B", "5-B", "10"] {
        repo.save_group(&organization, &group(id), &entry(AuditAction::ChangeGroup)).await.unwrap();
    }
    repo.save_group(&other, &group("elsewhere"), &entry(AuditAction::ChangeGroup)).await.unwrap();
    for limit in [1, 2, 8, 100] {
        let listed = every(limit, async |page| repo.groups(&organization, &page).await).await;
        let ids: Vec<_> = listed.iter().map(|group| group.id.as_str()).collect();
        assert_eq!(ids, ["10", "5-B", "5B", "5_B", "5b", "Z", "a", "everyone"], "by pages of {limit}");
    }
}

pub async fn a_cursor_that_no_directory_list_made_is_refused(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let refused = repo.organizations(&foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
    let refused = repo.groups(&organization, &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
    let refused = repo.attendees(&organization, &Default::default(), &foreign_cursor()).await;
    assert!(matches!(refused, Err(RepoError::InvalidCursor)), "{refused:?}");
}

fn subject(issuer: &str, subject: &str) -> Subject {
    Subject { issuer: issuer.to_owned(), subject: subject.to_owned() }
}

pub async fn a_subject_signs_in_as_the_attendee_it_was_linked_to_last(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, bob) = (attendee(repo, &organization).await, attendee(repo, &organization).await);
    let given = subject("https://idp.example/pool_1", "0192-sub");
    assert_eq!(repo.attendee_of_subject(&organization, &given).await.unwrap(), None);
    for linked in [ada, ada, bob] {
        repo.link_subject(&organization, &given, linked, &entry(AuditAction::LinkSignIn)).await.unwrap();
        assert_eq!(repo.attendee_of_subject(&organization, &given).await.unwrap(), Some(linked));
    }
}

pub async fn subjects_differ_by_issuer_and_by_case_and_end_at_the_wall(repo: &dyn AttendanceRepo) {
    let (organization, other) = two_organizations(repo).await;
    let ada = attendee(repo, &organization).await;
    repo.link_subject(&organization, &subject("https://a", "Sub"), ada, &entry(AuditAction::LinkSignIn)).await.unwrap();
    for unknown in [subject("https://b", "Sub"), subject("https://a", "sub"), subject("https://aS", "ub")] {
        assert_eq!(repo.attendee_of_subject(&organization, &unknown).await.unwrap(), None, "{unknown:?}");
    }
    assert_eq!(repo.attendee_of_subject(&other, &subject("https://a", "Sub")).await.unwrap(), None);
}
