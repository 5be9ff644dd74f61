//! Forgotten means gone: [`Directory::erase_attendee`](crate::ports::Directory::erase_attendee).

use super::attendees::bury;
use crate::conformance::given::*;
use crate::domain::attendee::{Attendee, Email, ExternalId, Tombstone};
use crate::domain::audit::AuditAction;
use crate::domain::event::Target;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::record::Method;
use crate::ports::attendance_repo::{Entity, Outgoing, RecordDraft, Subject};
use crate::ports::{AttendanceRepo, AttendanceRepoExt, RepoError};

fn external_id() -> ExternalId {
    ExternalId::new("R-1815").unwrap()
}

async fn register(repo: &dyn AttendanceRepo, organization: &OrganizationId) -> AttendeeId {
    let mut given = somebody();
    given.external_id = Some(external_id());
    given.email = Some(Email::new("ada@example.org").unwrap());
    given.attributes.insert("year".to_owned(), "5".to_owned());
    repo.create_attendee(organization, &given, &entry(AuditAction::Register)).await.unwrap().id
}

pub async fn what_stays_of_an_erased_attendee_is_the_id_and_the_tombstone(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    let bob = attendee(repo, &organization).await;
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    let left = repo.attendee(&organization, ada).await.unwrap();
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: Some(at(20)) });
    assert!(left == Attendee { tombstone, ..left.without_personal_data() }, "something personal is left");
    assert_eq!(left.tombstone, tombstone);
    assert!(repo.attendee(&organization, bob).await.unwrap().name.is_some());
}

pub async fn an_erased_attendees_external_id_becomes_free(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    assert!(repo.attendee_by_external_id(&organization, &external_id()).await.unwrap().is_none());
    let next = register(repo, &organization).await;
    // A repetition of the erasure does not free it again.
    repo.erase_attendee(&organization, ada, at(30), &entry(AuditAction::CompleteErasure)).await.unwrap();
    let found = repo.attendee_by_external_id(&organization, &external_id()).await.unwrap();
    assert_eq!(found.map(|attendee| attendee.id), Some(next));
}

pub async fn an_erasure_can_be_repeated_and_keeps_its_first_instant(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    bury(repo, &organization, ada).await;
    for second in [20, 30] {
        repo.erase_attendee(&organization, ada, at(second), &entry(AuditAction::CompleteErasure)).await.unwrap();
        let tombstone = repo.attendee(&organization, ada).await.unwrap().tombstone.unwrap();
        assert_eq!(tombstone.completed_at, Some(at(20)));
    }
}

pub async fn an_attendee_without_a_tombstone_is_not_erased(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    let refused = repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await;
    assert!(matches!(refused, Err(RepoError::Conflict)), "{refused:?}");
    assert!(repo.attendee(&organization, ada).await.unwrap().name.is_some());
}

pub async fn an_attendee_who_does_not_exist_is_not_erased_another_organizations_neither(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    let ada = register(repo, &mine).await;
    let buried = bury(repo, &mine, ada).await;
    for (organization, attendee) in [(&mine, AttendeeId::fresh()), (&other, ada)] {
        let refused = repo.erase_attendee(organization, attendee, at(20), &entry(AuditAction::CompleteErasure)).await;
        assert!(matches!(refused, Err(RepoError::NotFound(Entity::Attendee))), "{refused:?}");
    }
    assert!(repo.attendee(&mine, ada).await.unwrap() == buried);
}

pub async fn a_copy_read_before_the_erasure_can_not_be_saved_afterwards(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    let copy = bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    let refused = repo.save_attendee(&organization, &copy, &Outgoing::default()).await;
    assert!(matches!(refused, Err(RepoError::Conflict)), "{refused:?}");
    assert!(repo.attendee(&organization, ada).await.unwrap().name.is_none());
}

pub async fn an_erased_attendees_records_stay_without_their_reasons(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, bob) = (register(repo, &organization).await, attendee(repo, &organization).await);
    let monday = session("5B.2026-11-23.0");
    let mut versions = Vec::new();
    for attendee in [ada, bob] {
        let first = record(&monday, attendee, "c-1");
        let second = correction(&first, "was with the dentist");
        let third = correction(&second, "was there after all");
        versions = vec![first, second, third];
        for version in &versions {
            let draft = RecordDraft::new(&organization, version.clone());
            repo.mark(&organization, &draft, &[], None).await.unwrap();
        }
    }
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();

    let history = repo.history(&organization, &monday, ada).await.unwrap();
    let mut expected = versions.clone();
    for version in &mut expected {
        version.attendee = ada;
        if let Method::Hand { reason, .. } = &mut version.method {
            *reason = None;
        }
    }
    assert_eq!(history, expected);
    assert_eq!(repo.record(&organization, &monday, ada).await.unwrap().as_ref(), expected.last());
    assert_eq!(repo.history(&organization, &monday, bob).await.unwrap(), versions, "somebody else's reasons stay");
}

pub async fn an_erased_attendees_subjects_are_unlinked(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (ada, bob) = (register(repo, &organization).await, attendee(repo, &organization).await);
    let subject = |text: &str| Subject { issuer: "https://idp".to_owned(), subject: text.to_owned() };
    for (text, attendee) in [("ada", ada), ("ada-2", ada), ("bob", bob)] {
        repo.link_subject(&organization, &subject(text), attendee, &entry(AuditAction::LinkSignIn)).await.unwrap();
    }
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    for (text, expected) in [("ada", None), ("ada-2", None), ("bob", Some(bob))] {
        assert_eq!(repo.attendee_of_subject(&organization, &subject(text)).await.unwrap(), expected, "{text}");
    }
}

pub async fn a_subject_is_not_linked_to_somebody_who_is_erased_or_unknown(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    let subject = Subject { issuer: "https://idp".to_owned(), subject: "ada".to_owned() };
    for nobody in [ada, AttendeeId::fresh()] {
        let refused = repo.link_subject(&organization, &subject, nobody, &entry(AuditAction::LinkSignIn)).await;
        assert!(matches!(refused, Err(RepoError::NotFound(_))), "{refused:?}");
    }
    assert_eq!(repo.attendee_of_subject(&organization, &subject).await.unwrap(), None);
}

pub async fn an_erasure_takes_no_event_out_of_the_outbox(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let ada = register(repo, &organization).await;
    let draft = RecordDraft::new(&organization, record(&session("5B.2026-11-23.0"), ada, "c-1"));
    repo.mark(&organization, &draft, &[Target::sink()], None).await.unwrap();
    bury(repo, &organization, ada).await;
    repo.erase_attendee(&organization, ada, at(20), &entry(AuditAction::CompleteErasure)).await.unwrap();
    assert_eq!(repo.pending(&organization, &Target::sink(), 10).await.unwrap(), [draft.event]);
}
