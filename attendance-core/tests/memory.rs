//! The in-memory adapters keep what the ports promise.

use std::sync::Arc;

use attendance_core::conformance::event_sink::EventSinkFixture;
use attendance_core::conformance::face_matcher::{FaceMatcherFixture, TwoFaces};
use attendance_core::conformance::notifier::{Arrived, NotifierFixture};
use attendance_core::domain::attendee::Phone;
use attendance_core::memory::{
    FakeFace, FakePicture, InMemoryAttendanceRepo, InMemoryEventSink, InMemoryFaceMatcher, InMemoryImageStore,
    InMemoryNotifier,
};
use attendance_core::ports::notifier::Recipient;
use attendance_core::ports::{AttendanceRepo, ImageStore};

mod attendance_repo {
    use super::*;

    async fn repo() -> (Arc<dyn AttendanceRepo>, ()) {
        (Arc::new(InMemoryAttendanceRepo::new()), ())
    }

    attendance_core::attendance_repo_suite!(repo);
}

mod image_store {
    use super::*;

    async fn store() -> (Arc<dyn ImageStore>, ()) {
        (Arc::new(InMemoryImageStore::new()), ())
    }

    attendance_core::image_store_suite!(store);
}

mod face_matcher {
    use super::*;

    async fn fixture() -> (FaceMatcherFixture, ()) {
        let images = Arc::new(InMemoryImageStore::new());
        let matcher = Arc::new(InMemoryFaceMatcher::new().with_images(images.clone()));
        let (a, b) = (FakePicture::of("a"), FakePicture::of("b"));
        let both = FakePicture::new().face("b").with(FakeFace::of("a").size(300)).bytes();
        let truncated = a.bytes().slice(..20);
        let fixture = FaceMatcherFixture {
            another_instance: Some(matcher.clone()),
            images: Some(images),
            stranger: Some(FakePicture::of("stranger").bytes()),
            both: Some(TwoFaces { picture: both, largest_is_a: true }),
            no_face: Some(FakePicture::new().bytes()),
            broken: vec![truncated, "text".into(), vec![0xff, 0xd8, 0xff, 0xe0].into()],
            ..FaceMatcherFixture::new(matcher, a.bytes(), a.shot(2).bytes(), b.bytes())
        };
        (fixture, ())
    }

    attendance_core::face_matcher_suite!(fixture);
}

mod event_sink {
    use super::*;

    async fn fixture() -> (EventSinkFixture, ()) {
        let sink = Arc::new(InMemoryEventSink::new());
        let published = sink.clone();
        let read_back = move || std::future::ready(published.events());
        (EventSinkFixture::new(sink).read_back(read_back), ())
    }

    attendance_core::event_sink_suite!(fixture);
}

mod notifier {
    use super::*;

    async fn fixture() -> (NotifierFixture, ()) {
        let notifier = Arc::new(InMemoryNotifier::new().without_phone());
        let (told, alerted) = (notifier.clone(), notifier.clone());
        let arrived = move || {
            let arrived = told.sent().into_iter().map(|sent| Arrived {
                to: sent.recipient.email.map(String::from).unwrap_or_default(),
                subject: sent.message.subject,
                body: sent.message.body,
            });
            std::future::ready(arrived.collect())
        };
        let alerted = move || {
            let alerts = alerted.alerts().into_iter().map(|(_, message)| Arrived {
                to: String::new(),
                subject: message.subject,
                body: message.body,
            });
            std::future::ready(alerts.collect())
        };
        let phone = Some(Phone::new("+4930123456").expect("a phone number"));
        let fixture = NotifierFixture {
            unserved: Some(Recipient { name: None, email: None, phone, language: None }),
            without_operators: Some(Arc::new(InMemoryNotifier::new())),
            ..NotifierFixture::new(notifier).arrived(arrived).alerted(alerted)
        };
        (fixture, ())
    }

    attendance_core::notifier_suite!(fixture);
}

/// A case that no suite names would never run.
#[test]
fn every_case_is_in_its_suite() {
    const SOURCES: [(&str, &str); 5] = [
        (include_str!("../src/conformance/event_sink.rs"), ""),
        (
            concat!(
                include_str!("../src/conformance/face_matcher/enrolling.rs"),
                include_str!("../src/conformance/face_matcher/forgetting.rs"),
                include_str!("../src/conformance/face_matcher/identifying.rs"),
            ),
            include_str!("../src/conformance/face_matcher/mod.rs"),
        ),
        (include_str!("../src/conformance/image_store.rs"), ""),
        (include_str!("../src/conformance/notifier.rs"), ""),
        (
            concat!(
                include_str!("../src/conformance/attendance_repo/attendees.rs"),
                include_str!("../src/conformance/attendance_repo/directory.rs"),
                include_str!("../src/conformance/attendance_repo/erasure.rs"),
                include_str!("../src/conformance/attendance_repo/ledger.rs"),
                include_str!("../src/conformance/attendance_repo/lists.rs"),
                include_str!("../src/conformance/attendance_repo/outbox.rs"),
                include_str!("../src/conformance/attendance_repo/timetable.rs"),
            ),
            include_str!("../src/conformance/attendance_repo/mod.rs"),
        ),
    ];
    for (cases, suite) in SOURCES {
        let suite = if suite.is_empty() { cases } else { suite };
        for line in cases.lines() {
            let Some(case) = line.strip_prefix("pub async fn ").and_then(|rest| rest.split('(').next()) else {
                continue;
            };
            assert!(suite.lines().any(|line| line.trim() == case), "no suite runs {case}");
        }
    }
}
