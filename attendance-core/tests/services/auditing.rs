//! The audit has exactly the acts that happened, wherever a call of the repository fails or its answer gets lost.

use std::sync::Arc;
use std::time::Duration;

use attendance_core::domain::attendee::{Attendee, ConsentWording, Name, Tombstone};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::group::{Group, Slot};
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::record::Status;
use attendance_core::domain::zone::Zone;
use attendance_core::layer::{Layered, Retried, Sleep};
use attendance_core::memory::FakePicture;
use attendance_core::ports::AttendanceRepo;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, AttendeeQuery, Outgoing, Subject};
use attendance_core::{Attendance, AttendeeChange, Chore, Error, NewAttendee, NewOrganization, When};

use crate::house::{House, at, group_id, lesson, me};

impl House {
    /// The audit, the earliest entry first.
    async fn audit(&self) -> Vec<AuditEntry> {
        let page = PageRequest::first(PageRequest::MAX);
        let mut entries = self.attendance.repo().audit(&self.organization, &page).await.expect("the audit").items;
        entries.reverse();
        entries
    }

    async fn audited(&self) -> Vec<AuditAction> {
        self.audit().await.into_iter().map(|entry| entry.action).collect()
    }

    /// What was audited after the first so many entries.
    async fn audited_since(&self, entries: usize) -> Vec<AuditAction> {
        self.audited().await.split_off(entries)
    }

    /// The same house, whose repository repeats what failed in a way that may pass.
    fn retrying(&self) -> Attendance {
        let retried = Retried::new(3, Duration::from_millis(1), Sleep::new(|_| std::future::ready(())));
        let repo: Arc<dyn AttendanceRepo> = Arc::new(Layered::new(self.attendance.repo().clone(), retried));
        self.with(repo, self.sink.clone())
    }
}

fn new(name: &str) -> NewAttendee {
    NewAttendee::named(Name::new(name).expect("a name"))
}

fn subject() -> Subject {
    Subject { issuer: "https://idp".to_owned(), subject: "0192".to_owned() }
}

#[tokio::test]
async fn who_makes_what_is_in_the_audit() {
    let house = House::new().await;
    let class = house.class("5B", lesson()).await;
    let mut group = house.attendance.repo().group(&house.organization, &class).await.unwrap().unwrap();
    group.timetable = vec![Slot::whole_day()];
    house.attendance.save_group(&house.organization, &group, &me()).await.unwrap();
    house.attendance.ensure_group(&house.organization, &group_id("5C"), &me()).await.unwrap();
    house.attendance.ensure_group(&house.organization, &group_id("5C"), &me()).await.unwrap();
    let again = NewOrganization { id: house.organization.clone(), zone: Zone::utc(), policy: Default::default() };
    house.attendance.ensure_organization(again, &me()).await.unwrap();

    let audit = house.audit().await;
    let told: Vec<_> = audit.iter().map(|entry| (entry.action, entry.about.as_ref().unwrap().as_str())).collect();
    assert_eq!(
        told,
        [
            (AuditAction::CreateOrganization, "school"),
            (AuditAction::CreateGroup, "5B"),
            (AuditAction::ChangeGroup, "5B"),
            (AuditAction::CreateGroup, "5C"),
        ]
    );
    assert!(audit.iter().all(|entry| entry.by == me()), "{audit:?}");
}

#[tokio::test]
async fn what_is_refused_is_not_in_the_audit() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let before = house.audit().await;
    let (attendance, organization) = (&house.attendance, &house.organization);
    let mut never = Group::new(group_id("5B"), Zone::utc());
    never.timetable = vec![Slot { days: Vec::new(), ..lesson() }];
    attendance.save_group(organization, &never, &me()).await.unwrap_err();
    let unknown = NewAttendee { groups: [group_id("5B")].into(), ..new("bob") };
    attendance.register(organization, unknown, &me()).await.unwrap_err();
    house.enrol(ada, FakePicture::new()).await.unwrap_err();
    house.enrol(ada, FakePicture::new().face("ada").face("a bystander")).await.unwrap_err();
    let tomorrow = When::Session("everyone.2026-11-24.0".parse().unwrap());
    attendance.mark(organization, House::mark(ada, tomorrow, Status::Present)).await.unwrap_err();
    let session = "everyone.2026-11-24.0".parse().unwrap();
    attendance.close_session(organization, &session, &me()).await.unwrap_err();
    let nobody = AttendeeId::fresh();
    attendance.erase(organization, nobody, &me()).await.unwrap_err();
    attendance.link_sign_in(organization, nobody, &subject(), &me()).await.unwrap_err();
    assert_eq!(house.audit().await, before);
}

/// Registers somebody, and answers as a client does who is told to try again.
async fn registered(house: &House, attendance: &Attendance, name: &str) -> Result<Attendee, Error> {
    match attendance.register(&house.organization, new(name), &me()).await {
        Err(Error::Repo(_)) => attendance.register(&house.organization, new(name), &me()).await,
        registered => registered,
    }
}

#[tokio::test]
async fn a_registration_whose_call_fails_or_whose_answer_is_lost_makes_one_attendee_and_one_entry() {
    for lost in [false, true] {
        for retrying in [false, true] {
            let house = House::new().await;
            let attendance = if retrying { house.retrying() } else { house.attendance.clone() };
            if lost {
                house.faults.lose_answer_once("Directory::create_attendee");
            } else {
                house.faults.fail_once("Directory::create_attendee");
            }
            let ada = registered(&house, &attendance, "ada").await.unwrap();
            let (query, page) = (AttendeeQuery::default(), PageRequest::default());
            let listed = attendance.repo().attendees(&house.organization, &query, &page).await.unwrap().items;
            assert_eq!(listed, std::slice::from_ref(&ada), "lost {lost}, retrying {retrying}");
            let audit = house.audit().await;
            let told: Vec<_> = audit[1..].iter().map(|entry| (entry.action, entry.attendee)).collect();
            assert_eq!(told, [(AuditAction::Register, Some(ada.id))], "lost {lost}, retrying {retrying}");
        }
    }
}

/// An act upon an attendee who is enrolled.
async fn act(house: &House, attendance: &Attendance, action: AuditAction, ada: AttendeeId) -> Result<(), Error> {
    let organization = &house.organization;
    match action {
        AuditAction::Change => {
            let name = Some(Name::new("Ada Lovelace").expect("a name"));
            attendance.change(organization, ada, AttendeeChange { name, ..AttendeeChange::default() }, &me()).await?;
        }
        AuditAction::Consent => {
            let wording = ConsentWording::new("I agree.").expect("a wording");
            attendance.record_consent(organization, ada, &wording, &me()).await?;
        }
        AuditAction::WithdrawConsent => {
            attendance.withdraw_consent(organization, ada, &me()).await?;
        }
        AuditAction::LinkSignIn => {
            attendance.link_sign_in(organization, ada, &subject(), &me()).await?;
        }
        AuditAction::Mark => {
            attendance.mark(organization, House::mark(ada, When::Today, Status::Excused)).await?;
        }
        AuditAction::CloseSession => {
            let session = "everyone.2026-11-23.0".parse().expect("a session");
            attendance.close_session(organization, &session, &me()).await?;
        }
        AuditAction::CreateGroup => {
            attendance.ensure_group(organization, &GroupId::new("5B").expect("an id"), &me()).await?;
        }
        other => panic!("{other:?} is no act of this test"),
    }
    Ok(())
}

const ACTS: [(AuditAction, &[&str]); 7] = [
    (AuditAction::Change, &["Directory::save_attendee"]),
    (AuditAction::Consent, &["Directory::save_attendee"]),
    (AuditAction::WithdrawConsent, &["Directory::save_attendee", "FaceMatcher::forget"]),
    (AuditAction::LinkSignIn, &["Directory::link_subject"]),
    (AuditAction::Mark, &["Timetable::ensure_session", "Ledger::mark"]),
    (AuditAction::CloseSession, &["Timetable::ensure_session", "Timetable::close_session"]),
    (AuditAction::CreateGroup, &["Directory::save_group"]),
];

#[tokio::test]
async fn an_act_that_fails_before_it_is_done_is_not_in_the_audit_and_once_when_it_is_repeated() {
    for (action, calls) in ACTS {
        for call in calls {
            let house = House::new().await;
            let ada = house.enrolled("ada", &[]).await;
            let before = house.audit().await.len();
            house.faults.fail_once(call);
            act(&house, &house.attendance, action, ada).await.unwrap_err();
            // What came before the failing call happened.
            let done = action == AuditAction::WithdrawConsent && *call == "FaceMatcher::forget";
            let expected: &[AuditAction] = if done { &[action] } else { &[] };
            assert_eq!(house.audited_since(before).await, expected, "{action:?} with a failing {call}");
            act(&house, &house.attendance, action, ada).await.unwrap();
            assert_eq!(house.audited_since(before).await, [action], "{action:?} after a failing {call}");
        }
    }
}

#[tokio::test]
async fn an_act_whose_answer_is_lost_and_that_is_tried_again_is_in_the_audit_once() {
    for (action, calls) in ACTS {
        for call in calls.iter().filter(|call| **call != "FaceMatcher::forget") {
            let house = House::new().await;
            let ada = house.enrolled("ada", &[]).await;
            let before = house.audit().await.len();
            house.faults.lose_answer_once(call);
            act(&house, &house.retrying(), action, ada).await.unwrap();
            assert_eq!(house.audited_since(before).await, [action], "{action:?} with a lost answer of {call}");
        }
    }
}

#[tokio::test]
async fn two_who_do_the_very_same_are_both_in_the_audit() {
    for turns in 0..12 {
        let house = House::new().await;
        let ada = house.register("ada", &[]).await.id;
        let before = house.audit().await.len();
        house.faults.wait_once("Directory::save_attendee", turns);
        let [one, two] = ["one", "two"].map(|name| Actor::new(name).unwrap());
        let name = Some(Name::new("Ada Lovelace").unwrap());
        let change = AttendeeChange { name, ..AttendeeChange::default() };
        let (first, second) = tokio::join!(
            house.attendance.change(&house.organization, ada, change.clone(), &one),
            house.attendance.change(&house.organization, ada, change.clone(), &two),
        );
        first.unwrap();
        second.unwrap();
        let mut told: Vec<_> = house.audit().await[before..].iter().map(|entry| entry.by.clone()).collect();
        told.sort();
        assert_eq!(told, [one, two], "after {turns} turns");
    }
}

#[tokio::test]
async fn an_enrolment_is_in_the_audit_when_it_is_done_by_whoever_finished_it() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await.id;
    let before = house.audit().await.len();
    // The face went in; everything after it was cut off.
    house.faults.lose_answer_once("FaceMatcher::enrol");
    house.enrol(ada, FakePicture::of("ada")).await.unwrap_err();
    assert_eq!(house.audited_since(before).await, []);
    house.attendance.sweep(&house.organization).await.unwrap();
    let audit = house.audit().await.split_off(before);
    assert_eq!(
        audit.iter().map(|entry| (entry.action, &entry.by)).collect::<Vec<_>>(),
        [(AuditAction::Enrol, &Actor::system())]
    );

    house.enrol(ada, FakePicture::of("ada").shot(2)).await.unwrap();
    assert_eq!(house.audited_since(before).await, [AuditAction::Enrol; 2]);
}

#[tokio::test]
async fn a_face_that_is_removed_is_in_the_audit_whatever_fails_afterwards() {
    for call in ["ImageStore::delete", "Directory::save_attendee", "Ledger::append_audit"] {
        let house = House::new().await;
        let ada = house.enrolled("ada", &[]).await;
        let face = house.attendance.faces(&house.organization, ada).await.unwrap()[0];
        let before = house.audit().await.len();
        house.faults.fail_once(call);
        house.attendance.remove_face(&house.organization, ada, face, &me()).await.unwrap_err();
        let gone = house.attendance.faces(&house.organization, ada).await.unwrap().is_empty();
        assert_eq!(house.audited_since(before).await.len(), usize::from(gone), "{call}");
        house.attendance.remove_face(&house.organization, ada, face, &me()).await.unwrap();
        assert_eq!(house.audited_since(before).await, [AuditAction::RemoveFace], "{call}");
    }
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_in_the_audit_with_who_completed_it() {
    for call in ["FaceMatcher::forget", "Notifier::forget", "Ledger::check_ins", "Directory::erase_attendee"] {
        for lost in [false, true] {
            let house = House::new().await;
            let ada = house.enrolled("ada", &[]).await;
            let before = house.audit().await.len();
            if lost {
                house.faults.lose_answer_once(call);
            } else {
                house.faults.fail_once(call);
            }
            house.attendance.erase(&house.organization, ada, &me()).await.unwrap_err();
            house.attendance.sweep(&house.organization).await.unwrap();
            let told: Vec<_> =
                house.audit().await[before..].iter().map(|entry| (entry.action, entry.by.clone())).collect();
            let completed = lost && call == "Directory::erase_attendee";
            let finisher = if completed { me() } else { Actor::system() };
            let expected = [(AuditAction::Erase, me()), (AuditAction::CompleteErasure, finisher)];
            assert_eq!(told, expected, "{call}, lost {lost}");
        }
    }
}

#[tokio::test]
async fn a_tombstone_that_nobody_audited_is_audited_when_the_erasure_is_completed() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let before = house.audit().await.len();
    let tombstone = Some(Tombstone { requested_at: house.attendance.now(), completed_at: None });
    let buried = Attendee { tombstone, ..ada };
    house.attendance.repo().save_attendee(&house.organization, &buried, &Outgoing::default()).await.unwrap();
    house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!(house.audited_since(before).await, [AuditAction::CompleteErasure]);
}

#[tokio::test]
async fn what_chores_delete_is_in_the_audit() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    // Somebody took the consent away behind the services' back: the face is still there.
    let repo = house.attendance.repo();
    let withdrawn = Attendee { consent: None, ..repo.attendee(&house.organization, ada).await.unwrap() };
    repo.save_attendee(&house.organization, &withdrawn, &Outgoing::default()).await.unwrap();
    let before = house.audit().await.len();
    house.clock.set(at("2026-12-01T12:00:00Z"));
    house.attendance.sweep(&house.organization).await.unwrap();
    assert!(house.attendance.face_matcher().faces(&house.organization, ada).await.unwrap().is_empty());

    let audit = house.audit().await.split_off(before);
    let told: Vec<_> = audit.iter().map(|entry| (entry.action, entry.attendee)).collect();
    assert_eq!(told, [(AuditAction::ExpirePictures, None), (AuditAction::ForgetFaces, Some(ada))]);
    assert!(audit.iter().all(|entry| entry.by == Actor::system()));
    assert_eq!(audit[0].about.as_ref().unwrap().as_str(), "1 check-in pictures");
    house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!(house.audit().await.len(), before + 2, "a sweep with nothing to do says nothing");
}

#[tokio::test]
async fn nothing_that_a_chore_deletes_is_gone_without_an_entry() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    house.clock.set(at("2026-12-01T12:00:00Z"));
    let before = house.audit().await.len();
    house.faults.fail_once("Ledger::append_audit");
    house.faults.fail_once("Ledger::append_audit");
    let swept = house.attendance.sweep(&house.organization).await.unwrap();
    assert_eq!(swept.failed.keys().copied().collect::<Vec<_>>(), [Chore::Pictures]);
    assert_eq!((house.images.len(), house.audit().await.len()), (1, before));
    assert_eq!(house.attendance.faces(&house.organization, ada).await.unwrap().len(), 1);
}
