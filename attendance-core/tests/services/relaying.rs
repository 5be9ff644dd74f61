use std::sync::{Arc, Mutex};

use attendance_core::domain::event::{EventData, Target};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::record::Status;
use attendance_core::memory::FakePicture;
use attendance_core::ports::notifier::{Message, Recipient};
use attendance_core::ports::{EventSinkError, MockEventSink, Notifier, NotifierError};
use attendance_core::{Attendance, Relayed, Told, When};

use crate::house::{House, me};

#[tokio::test]
async fn every_event_reaches_the_sink_and_whom_it_concerns_once() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.offer(FakePicture::new().face("ada").face("a stranger")).await;
    let relayed = house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(relayed, Relayed { published: 3, notified: 2, pending: 0 });
    let kinds: Vec<_> = house
        .sink
        .events()
        .into_iter()
        .map(|event| match event.data {
            EventData::Enrolment { attendee, .. } if attendee == ada => "enrolment",
            EventData::Record { attendee, version: 1, .. } if attendee == ada => "record",
            EventData::Stranger { face: 1, .. } => "stranger",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "record").count(), 1);
    assert_eq!(house.notifier.sent().len(), 1);
    assert_eq!(house.notifier.sent()[0].recipient.email.as_ref().unwrap().as_str(), "ada@example.org");
    assert_eq!(house.notifier.alerts().len(), 1);
    assert_eq!(house.attendance.relay(&house.organization).await.unwrap(), Relayed::default());
}

#[tokio::test]
async fn what_a_failing_target_did_not_take_is_brought_by_the_next_relay() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    house.faults.fail_once("EventSink::publish");
    house.faults.fail_once("Notifier::notify");
    let first = house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(first, Relayed { published: 0, notified: 0, pending: 3 });
    let second = house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(second, Relayed { published: 2, notified: 1, pending: 0 });
}

#[tokio::test]
async fn a_relay_that_was_cut_off_before_it_acknowledged_tells_nobody_twice() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    // Nothing gets to the sink, so that the first to acknowledge is the notifier.
    house.faults.fail_once("EventSink::publish");
    house.faults.fail_once("Outbox::acknowledge");
    house.attendance.relay(&house.organization).await.unwrap_err();
    assert_eq!(house.notifier.sent().len(), 1);
    house.clock.advance(jiff::SignedDuration::from_hours(1));
    house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(house.notifier.sent().len(), 1, "also after the lease");
    assert_eq!(house.sink.distinct_events().len(), 2);
}

#[tokio::test]
async fn only_what_got_through_is_acknowledged() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    let mut sink = MockEventSink::new();
    let published = Arc::new(Mutex::new(Vec::new()));
    let seen = published.clone();
    sink.expect_publish().times(2).returning(move |_, events| {
        let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
        let mut seen = seen.lock().expect("no panic");
        seen.push(ids.clone());
        if seen.len() == 1 { Err(EventSinkError::Partial { failed: vec![ids[1].clone()] }) } else { Ok(()) }
    });
    let attendance = house.with_sink(Arc::new(sink));
    assert_eq!(attendance.relay(&house.organization).await.unwrap().pending, 1);
    assert_eq!(attendance.relay(&house.organization).await.unwrap().published, 1);
    let published = published.lock().expect("no panic");
    assert_eq!(published[1], [published[0][1].clone()]);
}

#[tokio::test]
async fn many_relays_at_once_tell_everybody_once() {
    let house = House::new().await;
    for name in ["ada", "bob", "eve"] {
        house.enrolled(name, &[]).await;
    }
    house.offer(FakePicture::new().face("ada").face("bob").face("eve")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (attendance, organization) = (house.attendance.clone(), house.organization.clone());
        tasks.spawn(async move { attendance.relay(&organization).await.unwrap() });
    }
    tasks.join_all().await;
    assert_eq!(house.notifier.sent().len(), 3);
}

#[tokio::test]
async fn an_erased_attendee_is_told_nothing() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    house.attendance.erase(&house.organization, ada, &me()).await.unwrap();
    house.attendance.relay(&house.organization).await.unwrap();
    assert!(house.notifier.sent().is_empty());

    let bob = house.enrolled("bob", &[]).await;
    house.outcome(FakePicture::of("bob")).await;
    // The tombstone stands, the address is not gone yet.
    house.faults.fail_once("FaceMatcher::forget");
    house.attendance.erase(&house.organization, bob, &me()).await.unwrap_err();
    house.attendance.relay(&house.organization).await.unwrap();
    assert!(house.notifier.sent().is_empty());
}

#[tokio::test]
async fn an_organization_can_keep_silent() {
    let policy =
        OrganizationPolicy { notify_attendees: false, alert_strangers: false, ..OrganizationPolicy::default() };
    let house = House::with_policy(policy).await;
    house.enrolled("ada", &[]).await;
    house.offer(FakePicture::new().face("ada").face("a stranger")).await;
    let relayed = house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(relayed, Relayed { published: 3, notified: 0, pending: 0 });
}

#[tokio::test]
async fn no_event_carries_anything_personal() {
    let house = House::new().await;
    let ada = house.enrolled("ada", &[]).await;
    house.offer(FakePicture::new().face("ada").face("a stranger")).await;
    let mark = House::correct(ada, When::Today, 1, Status::Excused);
    house.attendance.mark(&house.organization, mark).await.unwrap();
    house.attendance.relay(&house.organization).await.unwrap();
    let told = serde_json::to_string(&house.sink.events()).unwrap();
    assert!(told.contains("excused"), "{told}");
    for personal in ["ada", "example.org", "doctor", "front-desk"] {
        assert!(!told.contains(personal), "{personal} in {told}");
    }
}

#[tokio::test]
async fn events_that_come_back_from_a_stream_are_told_once() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    // The relay brings events to the sink only.
    let relaying = Attendance::builder()
        .face_matcher(house.attendance.face_matcher().clone())
        .image_store(house.images.clone())
        .repo(house.attendance.repo().clone())
        .notifier(house.notifier.clone())
        .event_sink(house.sink.clone())
        .clock(house.clock.clone())
        .targets([Target::sink()])
        .build()
        .unwrap();
    let pictures = FakePicture::new().face("ada").face("a stranger");
    let check_in = relaying.check_in(&house.organization, House::request(&pictures)).await.unwrap().id;
    let relayed = relaying.relay(&house.organization).await.unwrap();
    assert_eq!((relayed.notified, relayed.pending), (0, 0));
    assert!(house.notifier.sent().is_empty());

    let events = house.sink.events();
    let of_check_in: Vec<_> = events.iter().filter(|event| event.correlation.as_ref() == Some(&check_in)).collect();
    assert_eq!(of_check_in.len(), 2, "{events:?}");
    for event in of_check_in {
        for operation in ["Notifier::notify", "Notifier::alert"] {
            house.faults.fail_once(operation);
        }
        assert_eq!(house.attendance.tell(event).await.unwrap(), Told::Later);
        assert_eq!(house.attendance.tell(event).await.unwrap(), Told::Sent);
        assert_eq!(house.attendance.tell(event).await.unwrap(), Told::Nobody);
        house.faults.clear();
    }
    assert_eq!((house.notifier.sent().len(), house.notifier.alerts().len()), (1, 1));
}

#[tokio::test]
async fn a_notifier_that_fails_for_a_reason_of_its_own_loses_no_message() {
    let house = House::new().await;
    house.enrolled("ada", &[]).await;
    house.outcome(FakePicture::of("ada")).await;
    let wrong_password = Arc::new(WrongPassword);
    let broken = Attendance::builder()
        .face_matcher(house.attendance.face_matcher().clone())
        .image_store(house.images.clone())
        .repo(house.attendance.repo().clone())
        .notifier(wrong_password)
        .event_sink(house.sink.clone())
        .clock(house.clock.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        let relayed = broken.relay(&house.organization).await.unwrap();
        assert_eq!((relayed.notified, relayed.pending), (0, 1));
    }
    house.attendance.relay(&house.organization).await.unwrap();
    assert_eq!(house.notifier.sent().len(), 1);
}

/// The service does not let us in.
#[derive(Debug)]
struct WrongPassword;

#[async_trait::async_trait]
impl Notifier for WrongPassword {
    async fn notify(&self, _: &OrganizationId, _: &Recipient, _: &Message) -> Result<(), NotifierError> {
        Err(NotifierError::Failed { source: "535".into() })
    }

    async fn alert(&self, _: &OrganizationId, _: &Message) -> Result<(), NotifierError> {
        Err(NotifierError::Failed { source: "535".into() })
    }

    async fn forget(&self, _: &OrganizationId, _: &Recipient) -> Result<(), NotifierError> {
        Ok(())
    }
}
