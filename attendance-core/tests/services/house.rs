//! A school on fakes, with a clock that the tests move.

use std::sync::Arc;

use attendance_core::domain::attendee::{Attendee, ConsentWording, Email, Name};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::group::{Group, Slot};
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::record::{Reason, Status};
use attendance_core::domain::zone::Zone;
use attendance_core::layer::{Layer, Layered, Operation, PortFuture};
use attendance_core::memory::*;
use attendance_core::ports::face_matcher::Faces;
use attendance_core::ports::{AttendanceRepo, EventSink, FaceMatcher, ImageStore, Notifier, PortError};
use attendance_core::*;
use jiff::Timestamp;
use jiff::civil::time;

pub(crate) struct House {
    pub(crate) attendance: Attendance,
    pub(crate) organization: OrganizationId,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) sink: Arc<InMemoryEventSink>,
    pub(crate) notifier: Arc<InMemoryNotifier>,
    pub(crate) images: Arc<InMemoryImageStore>,
    /// Operations that fail once each, as `Port::method`.
    pub(crate) faults: Faults,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn me() -> Actor {
    Actor::new("front-desk").expect("an actor")
}

pub(crate) fn group_id(text: &str) -> GroupId {
    GroupId::new(text).expect("a group's id")
}

/// The eight o'clock lesson: from 7:45, late after 8:05, until 9:00; who does not come is absent.
pub(crate) fn lesson() -> Slot {
    Slot {
        opens: time(7, 45, 0, 0),
        late_after: Some(time(8, 5, 0, 0)),
        closes: time(9, 0, 0, 0),
        marks_absent: true,
        ..Slot::whole_day()
    }
}

impl House {
    /// On Monday, 2026-11-23, at 8:00 in Berlin.
    pub(crate) async fn new() -> Self {
        Self::with_policy(OrganizationPolicy::default()).await
    }

    pub(crate) async fn with_policy(policy: OrganizationPolicy) -> Self {
        let faults = Faults::default();
        let clock = Arc::new(ManualClock::new(at("2026-11-23T07:00:00Z")));
        let images = Arc::new(InMemoryImageStore::new());
        let sink = Arc::new(InMemoryEventSink::new());
        let notifier = Arc::new(InMemoryNotifier::new());
        let store: Arc<dyn ImageStore> = images.clone();
        let matcher: Arc<dyn FaceMatcher> = Arc::new(InMemoryFaceMatcher::new().with_images(store.clone()));
        let repo: Arc<dyn AttendanceRepo> = Arc::new(InMemoryAttendanceRepo::new());
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(Layered::new(matcher, faults.clone())))
            .image_store(Arc::new(Layered::new(store, faults.clone())))
            .repo(Arc::new(Layered::new(repo, faults.clone())))
            .notifier(Arc::new(Layered::new(notifier.clone() as Arc<dyn Notifier>, faults.clone())))
            .event_sink(Arc::new(Layered::new(sink.clone() as Arc<dyn EventSink>, faults.clone())))
            .clock(clock.clone())
            .build()
            .expect("all five ports");
        let organization = OrganizationId::new("school").expect("an id");
        let new =
            NewOrganization { id: organization.clone(), zone: Zone::new("Europe/Berlin").expect("a zone"), policy };
        attendance.ensure_organization(new, &me()).await.expect("an organization");
        Self { attendance, organization, clock, sink, notifier, images, faults }
    }

    /// The same house with another sink.
    pub(crate) fn with_sink(&self, sink: Arc<dyn EventSink>) -> Attendance {
        self.with(self.attendance.repo().clone(), sink)
    }

    /// The same house with another repository and another sink.
    pub(crate) fn with(&self, repo: Arc<dyn AttendanceRepo>, sink: Arc<dyn EventSink>) -> Attendance {
        Attendance::builder()
            .face_matcher(self.attendance.face_matcher().clone())
            .image_store(self.images.clone())
            .repo(repo)
            .notifier(self.notifier.clone())
            .event_sink(sink)
            .clock(self.clock.clone())
            .build()
            .expect("all five ports")
    }

    pub(crate) async fn class(&self, id: &str, slot: Slot) -> GroupId {
        let mut group = Group::new(group_id(id), Zone::new("Europe/Berlin").expect("a zone"));
        group.timetable = vec![slot];
        self.attendance.save_group(&self.organization, &group, &me()).await.expect("a group").id
    }

    /// Registers somebody with a consent and an e-mail address, in the given groups.
    pub(crate) async fn register(&self, name: &str, groups: &[&GroupId]) -> Attendee {
        let mut new = NewAttendee::named(Name::new(name).expect("a name"));
        new.email = Some(Email::new(format!("{name}@example.org")).expect("an address"));
        new.consent = Some(ConsentWording::new("My face may be used.").expect("a wording"));
        new.groups = groups.iter().copied().cloned().collect();
        self.attendance.register(&self.organization, new, &me()).await.expect("an attendee")
    }

    pub(crate) async fn enrol(&self, attendee: AttendeeId, picture: FakePicture) -> Result<Enrolled, Error> {
        let request = EnrolRequest::new(attendee, picture.image(), me());
        self.attendance.enrol(&self.organization, request).await
    }

    /// Registers somebody and enrols the face of the same name.
    pub(crate) async fn enrolled(&self, name: &str, groups: &[&GroupId]) -> AttendeeId {
        let id = self.register(name, groups).await.id;
        self.enrol(id, FakePicture::of(name)).await.expect("an enrolment");
        id
    }

    pub(crate) fn request(picture: &FakePicture) -> CheckInRequest {
        CheckInRequest { faces: Faces::All, ..CheckInRequest::new(picture.image(), me()) }
    }

    pub(crate) async fn offer(&self, picture: FakePicture) -> CheckInAnswer {
        self.attendance.check_in(&self.organization, Self::request(&picture)).await.expect("an answer")
    }

    /// Checks a picture of one face in, and answers what became of it.
    pub(crate) async fn outcome(&self, picture: FakePicture) -> Outcome {
        let mut faces = self.offer(picture).await.faces;
        assert_eq!(faces.len(), 1, "one face");
        faces.remove(0).outcome
    }

    pub(crate) async fn offer_as(&self, id: &str, picture: &FakePicture) -> CheckInAnswer {
        let request = CheckInRequest { id: Some(CheckInId::new(id).expect("an id")), ..Self::request(picture) };
        self.attendance.check_in(&self.organization, request).await.expect("an answer")
    }

    /// Marks somebody of whom nothing is known yet.
    pub(crate) fn mark(attendee: AttendeeId, when: When, status: Status) -> MarkRequest {
        let reason = Reason::new("a doctor's note").expect("a reason");
        MarkRequest { attendee, when, expected: Expected::None, status, reason, by: me() }
    }

    /// Marks everybody of whom nothing is known yet.
    pub(crate) fn rest(session: &str, status: Status) -> RestRequest {
        let session = session.parse().expect("a session");
        RestRequest { session, status, reason: Reason::new("the roll call").expect("a reason"), by: me() }
    }

    /// Replaces a record of that version.
    pub(crate) fn correct(attendee: AttendeeId, when: When, version: u32, status: Status) -> MarkRequest {
        MarkRequest { expected: Expected::Version(version), ..Self::mark(attendee, when, status) }
    }
}

/// Makes the named operations fail, or wait, once each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<std::sync::Mutex<Vec<(String, Fault)>>>);

#[derive(Debug)]
enum Fault {
    /// Nothing is done.
    Fail,
    /// It is done, and the answer gets lost.
    LoseAnswer,
    /// It is done after everybody else had so many turns.
    Wait(u32),
}

impl Faults {
    /// The next call of `operation` (`Port::method`) does nothing and fails.
    pub(crate) fn fail_once(&self, operation: &str) {
        self.add(operation, Fault::Fail);
    }

    /// What did not fail yet will not.
    pub(crate) fn clear(&self) {
        self.0.lock().expect("no panic").clear();
    }

    /// The next call of `operation` is done, and its answer gets lost.
    pub(crate) fn lose_answer_once(&self, operation: &str) {
        self.add(operation, Fault::LoseAnswer);
    }

    /// The next call of `operation` is done after everybody else had so many turns.
    pub(crate) fn wait_once(&self, operation: &str, turns: u32) {
        self.add(operation, Fault::Wait(turns));
    }

    fn add(&self, operation: &str, fault: Fault) {
        self.0.lock().expect("no panic").push((operation.to_owned(), fault));
    }

    fn due(&self, operation: Operation) -> Option<Fault> {
        let name = format!("{}::{}", operation.port, operation.method);
        let mut faults = self.0.lock().expect("no panic");
        let index = faults.iter().position(|(fault, _)| *fault == name)?;
        Some(faults.remove(index).1)
    }
}

impl Layer for Faults {
    async fn around<'a, T, E, F>(&self, operation: Operation, call: F) -> Result<T, E>
    where
        T: Send,
        E: PortError,
        F: Fn() -> PortFuture<'a, Result<T, E>> + Send + Sync,
    {
        // Others come in between any two calls.
        tokio::task::yield_now().await;
        match self.due(operation) {
            None => return call().await,
            Some(Fault::Wait(turns)) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                return call().await;
            }
            Some(Fault::LoseAnswer) => drop(call().await?),
            Some(Fault::Fail) => {}
        }
        Err(E::unavailable("the test said so".into()))
    }
}
