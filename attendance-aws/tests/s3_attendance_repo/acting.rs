//! An act and its entry of the audit are one write: wherever a process dies, either both are there or neither, and
//! whoever reads the audit meanwhile makes no difference.

use std::time::Duration;

use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::attendee::{Attendee, Tombstone};
use attendance_core::domain::audit::{AuditAction, AuditEntry};
use attendance_core::domain::group::Group;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::session::Session;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::{Outgoing, RecordDraft, Subject};
use attendance_core::ports::{AttendanceRepoExt as _, Directory as _, Ledger as _, RepoError, Timetable as _};

use crate::crashing::dying_everywhere;
use crate::given::{World, ada, at, corrected, entry, monday, organization, record};
use crate::support::Disturbance;

/// What an act is done upon.
struct Given {
    organization: OrganizationId,
    ada: Attendee,
    class: Group,
    by: AuditEntry,
}

fn group(id: &str) -> Group {
    Group::new(GroupId::new(id).unwrap(), Zone::utc())
}

fn subject() -> Subject {
    Subject { issuer: "https://idp".to_owned(), subject: "subject-of-ada".to_owned() }
}

fn meeting() -> Session {
    Session { id: monday(), opens_at: at(0), late_after: None, closes_at: at(100), marks_absent: true, closed_at: None }
}

/// What the act needs, and little more.
async fn prepare(repo: &S3AttendanceRepo, action: AuditAction) -> Given {
    let organization = organization(repo).await;
    let mut ada = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
    let mut class = group("5B");
    match action {
        AuditAction::ChangeGroup => class = repo.save_group(&organization, &class, &entry()).await.unwrap(),
        AuditAction::Mark => {
            let first = RecordDraft::new(&organization, record(ada.id, "c-1"));
            repo.mark(&organization, &first, &[], Some(entry())).await.unwrap();
        }
        AuditAction::CloseSession => drop(repo.ensure_session(&organization, &meeting()).await.unwrap()),
        AuditAction::CompleteErasure => ada = bury(repo, &organization, ada).await,
        _ => {}
    }
    Given { organization, ada, class, by: entry() }
}

/// Sets the tombstone with which an erasure begins.
async fn bury(repo: &S3AttendanceRepo, organization: &OrganizationId, attendee: Attendee) -> Attendee {
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
    let buried = Attendee { tombstone, ..attendee };
    repo.save_attendee(organization, &buried, &Outgoing::default()).await.unwrap()
}

impl Given {
    /// Does the act, which can be done once.
    async fn act(&self, repo: &S3AttendanceRepo, action: AuditAction) -> Result<(), RepoError> {
        let Self { organization, ada, class, by } = self;
        match action {
            AuditAction::Register => {
                let bob = Attendee { id: AttendeeId::from(by.id), external_id: None, ..ada.clone() };
                repo.create_attendee(organization, &bob, by).await.map(drop)
            }
            AuditAction::Change => {
                let outgoing = Outgoing { audit: Some(by.clone()), ..Outgoing::default() };
                repo.save_attendee(organization, ada, &outgoing).await.map(drop)
            }
            AuditAction::ChangeGroup => repo.save_group(organization, class, by).await.map(drop),
            AuditAction::LinkSignIn => repo.link_subject(organization, &subject(), ada.id, by).await,
            AuditAction::Mark => {
                let draft = RecordDraft::new(organization, corrected(&record(ada.id, "c-1")));
                repo.mark(organization, &draft, &[], Some(by.clone())).await
            }
            AuditAction::CloseSession => {
                repo.close_session(organization, &monday(), at(50), Some(by.clone())).await.map(drop)
            }
            AuditAction::CompleteErasure => repo.erase_attendee(organization, ada.id, at(20), by).await,
            other => panic!("{other:?} is no act of these tests"),
        }
    }

    /// Whether what the act does is there.
    async fn is_done(&self, repo: &S3AttendanceRepo, action: AuditAction) -> bool {
        let Self { organization, ada, .. } = self;
        match action {
            AuditAction::Register => {
                let id = AttendeeId::from(self.by.id);
                !repo.attendees_by_id(organization, &[id]).await.unwrap().is_empty()
            }
            AuditAction::Change => repo.attendee(organization, ada.id).await.unwrap().version == 2,
            AuditAction::ChangeGroup => repo.group(organization, &self.class.id).await.unwrap().unwrap().version == 2,
            AuditAction::LinkSignIn => {
                repo.attendee_of_subject(organization, &subject()).await.unwrap() == Some(ada.id)
            }
            AuditAction::Mark => repo.history(organization, &monday(), ada.id).await.unwrap().len() == 2,
            AuditAction::CloseSession => {
                repo.session(organization, &monday()).await.unwrap().unwrap().closed_at.is_some()
            }
            AuditAction::CompleteErasure => {
                let tombstone = repo.attendee(organization, ada.id).await.unwrap().tombstone;
                tombstone.is_some_and(|tombstone| tombstone.completed_at.is_some())
            }
            other => panic!("{other:?} is no act of these tests"),
        }
    }

    /// How often the act is in the audit.
    async fn told(&self, repo: &S3AttendanceRepo) -> usize {
        let page = PageRequest::first(PageRequest::MAX);
        let audit = repo.audit(&self.organization, &page).await.unwrap().items;
        audit.iter().filter(|entry| entry.id == self.by.id).count()
    }
}

/// One of each way to write: something new, something upon what was there, two documents, a long way.
const ACTS: [AuditAction; 5] = [
    AuditAction::Register,
    AuditAction::ChangeGroup,
    AuditAction::LinkSignIn,
    AuditAction::Mark,
    AuditAction::CompleteErasure,
];

#[tokio::test]
async fn an_act_that_was_cut_off_is_in_the_audit_if_it_was_done_and_only_then() {
    let Some(world) = World::begin().await else { return };
    for action in ACTS {
        let prepare = async |repo: &S3AttendanceRepo| prepare(repo, action).await;
        let act = async |repo: &S3AttendanceRepo, given: &Given| given.act(repo, action).await;
        let then = async |repo: &S3AttendanceRepo, given: &Given, when: &str| {
            let told = given.told(repo).await;
            let done = given.is_done(repo, action).await;
            assert_eq!(told, usize::from(done), "{action:?}: {when}");
            // Repeated, it is refused or changes nothing where it was done.
            let again = given.act(repo, action).await;
            assert!(again.is_ok() || done, "{action:?}: {when}: {again:?}");
            assert!(given.is_done(repo, action).await, "{action:?}: {when}");
            assert_eq!(given.told(repo).await, 1, "{action:?}: {when}");
            assert_eq!(world.keys(&given.organization, "acts/").await, [""; 0], "{action:?}: {when}");
        };
        dying_everywhere(&world, prepare, act, then).await;
    }
}

#[tokio::test]
async fn an_act_that_was_cut_off_is_in_the_audit_although_others_act_upon_the_same_before_anybody_reads_it() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| prepare(repo, AuditAction::ChangeGroup).await;
    let act = async |repo: &S3AttendanceRepo, given: &Given| given.act(repo, AuditAction::ChangeGroup).await;
    let then = async |repo: &S3AttendanceRepo, given: &Given, when: &str| {
        let stored = repo.group(&given.organization, &given.class.id).await.unwrap().unwrap();
        let done = stored.version == 2;
        let later = AuditEntry { id: uuid::Uuid::now_v7(), ..given.by.clone() };
        repo.save_group(&given.organization, &stored, &later).await.unwrap();
        assert_eq!(given.told(repo).await, usize::from(done), "{when}");
        assert_eq!(world.keys(&given.organization, "acts/").await, [""; 0], "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn a_link_that_was_cut_off_is_in_the_audit_although_its_attendee_is_erased_before_anybody_reads_it() {
    let Some(world) = World::begin().await else { return };
    let prepare = async |repo: &S3AttendanceRepo| prepare(repo, AuditAction::LinkSignIn).await;
    let act = async |repo: &S3AttendanceRepo, given: &Given| given.act(repo, AuditAction::LinkSignIn).await;
    let then = async |repo: &S3AttendanceRepo, given: &Given, when: &str| {
        let done = given.is_done(repo, AuditAction::LinkSignIn).await;
        let stored = repo.attendee(&given.organization, given.ada.id).await.unwrap();
        let buried = bury(repo, &given.organization, stored).await;
        repo.erase_attendee(&given.organization, buried.id, at(20), &entry()).await.unwrap();
        assert_eq!(given.told(repo).await, usize::from(done), "{when}");
        assert_eq!(world.keys(&given.organization, "acts/").await, [""; 0], "{when}");
    };
    dying_everywhere(&world, prepare, act, then).await;
}

#[tokio::test]
async fn an_act_that_a_reader_of_the_audit_meets_under_way_begins_again_and_is_there_once() {
    let Some(world) = World::begin().await else { return };
    let calm = world.repo().await;
    // What comes before the document: what is read, and the marker.
    for (action, requests) in [
        (AuditAction::Change, 3),
        (AuditAction::ChangeGroup, 4),
        (AuditAction::Mark, 5),
        (AuditAction::CloseSession, 2),
    ] {
        let given = prepare(&calm, action).await;
        let (slow, proxy) = world.watched().await;
        let pause = Disturbance::Silence(Duration::from_millis(900));
        proxy.disturb(std::iter::repeat_n(Disturbance::Pass, requests).chain([pause]));
        let reading = async {
            while world.keys(&given.organization, "acts/").await.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            given.told(&calm).await
        };
        let (acted, told) = tokio::join!(given.act(&slow, action), reading);
        acted.unwrap();
        assert_eq!(told, 0, "{action:?}: it was not done yet");
        assert!(given.is_done(&calm, action).await, "{action:?}");
        assert_eq!(given.told(&calm).await, 1, "{action:?}");
        assert_eq!(world.keys(&given.organization, "acts/").await, [""; 0], "{action:?}");
    }
}
