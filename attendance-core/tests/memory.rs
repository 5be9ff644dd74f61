//! The in-memory adapters keep what the ports promise, bare and within each layer.

use std::sync::Arc;
use std::time::Duration;

use attendance_core::conformance::event_sink::EventSinkFixture;
use attendance_core::conformance::face_matcher::{FaceMatcherFixture, TwoFaces};
use attendance_core::conformance::notifier::{Arrived, NotifierFixture};
use attendance_core::domain::attendee::Phone;
use attendance_core::layer::{Layered, Retried, Sleep, Traced};
use attendance_core::memory::{
    FakeFace, FakePicture, InMemoryAttendanceRepo, InMemoryEventSink, InMemoryFaceMatcher, InMemoryImageStore,
    InMemoryNotifier,
};
use attendance_core::ports::notifier::Recipient;
use attendance_core::ports::{AttendanceRepo, EventSink, FaceMatcher, ImageStore, Notifier};

/// The five suites over adapters that `$layered` wraps.
macro_rules! suites {
    ($name:ident, |$port:ident| $layered:expr) => {
        mod $name {
            use super::*;

            mod attendance_repo {
                use super::*;

                async fn fixture() -> (Arc<dyn AttendanceRepo>, ()) {
                    let $port: Arc<dyn AttendanceRepo> = Arc::new(InMemoryAttendanceRepo::new());
                    ($layered, ())
                }
                attendance_core::attendance_repo_suite!(fixture);
            }

            mod image_store {
                use super::*;

                async fn fixture() -> (Arc<dyn ImageStore>, ()) {
                    let $port: Arc<dyn ImageStore> = Arc::new(InMemoryImageStore::new());
                    ($layered, ())
                }
                attendance_core::image_store_suite!(fixture);
            }

            mod face_matcher {
                use super::*;

                async fn fixture() -> (FaceMatcherFixture, ()) {
                    (faces(|$port| $layered), ())
                }
                attendance_core::face_matcher_suite!(fixture);
            }

            mod event_sink {
                use super::*;

                async fn fixture() -> (EventSinkFixture, ()) {
                    (events(|$port| $layered), ())
                }
                attendance_core::event_sink_suite!(fixture);
            }

            mod notifier {
                use super::*;

                async fn fixture() -> (NotifierFixture, ()) {
                    (messages(|$port| $layered), ())
                }
                attendance_core::notifier_suite!(fixture);
            }
        }
    };
}

suites!(bare, |port| port);
suites!(traced, |port| Arc::new(Layered::new(port, Traced)));
suites!(retried, |port| Arc::new(Layered::new(port, retried())));

fn retried() -> Retried {
    Retried::new(3, Duration::from_millis(1), Sleep::new(|_| std::future::ready(())))
}

fn faces(layered: impl Fn(Arc<dyn FaceMatcher>) -> Arc<dyn FaceMatcher>) -> FaceMatcherFixture {
    let images = Arc::new(InMemoryImageStore::new());
    let matcher = layered(Arc::new(InMemoryFaceMatcher::new().with_images(images.clone())));
    let (a, b) = (FakePicture::of("a"), FakePicture::of("b"));
    let both = FakePicture::new().face("b").with(FakeFace::of("a").size(300)).bytes();
    let truncated = a.bytes().slice(..20);
    FaceMatcherFixture {
        another_instance: Some(matcher.clone()),
        images: Some(images),
        stranger: Some(FakePicture::of("stranger").bytes()),
        both: Some(TwoFaces { picture: both, largest_is_a: true }),
        no_face: Some(FakePicture::new().bytes()),
        broken: vec![truncated, "text".into(), vec![0xff, 0xd8, 0xff, 0xe0].into()],
        ..FaceMatcherFixture::new(matcher, a.bytes(), a.shot(2).bytes(), b.bytes())
    }
}

fn events(layered: impl Fn(Arc<dyn EventSink>) -> Arc<dyn EventSink>) -> EventSinkFixture {
    let sink = Arc::new(InMemoryEventSink::new());
    let published = sink.clone();
    EventSinkFixture::new(layered(sink)).read_back(move || std::future::ready(published.events()))
}

fn messages(layered: impl Fn(Arc<dyn Notifier>) -> Arc<dyn Notifier>) -> NotifierFixture {
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
    NotifierFixture {
        unserved: Some(Recipient { name: None, email: None, phone, language: None }),
        without_operators: Some(layered(Arc::new(InMemoryNotifier::new()))),
        ..NotifierFixture::new(layered(notifier)).arrived(arrived).alerted(alerted)
    }
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
                include_str!("../src/conformance/attendance_repo/audit.rs"),
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
