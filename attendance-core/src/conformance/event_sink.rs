//! Cases for an [`EventSink`].

use std::sync::Arc;

use super::given::*;
use super::{ReadBack, skip};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::ports::EventSink;
use futures_util::future::join_all;

/// Makes a test of every case; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! event_sink_suite {
    ($fixture:path) => {
        $crate::event_sink_suite!($fixture, #[::tokio::test]);
    };
    ($fixture:path, #[$test:meta]) => {
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::event_sink,
            every_event_of_a_batch_is_published
            a_batch_of_a_thousand_events_is_published
            batches_published_at_once_are_all_published
            an_event_published_again_has_the_same_id
            an_empty_batch_succeeds
        }
    };
}

/// What is tested.
pub struct EventSinkFixture {
    /// The sink.
    pub sink: Arc<dyn EventSink>,
    /// Reads every event that was published; others may have published too. `None` skips what it would show.
    pub published: Option<ReadBack<Event>>,
}

impl std::fmt::Debug for EventSinkFixture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventSinkFixture").field("sink", &self.sink).finish_non_exhaustive()
    }
}

impl EventSinkFixture {
    /// A sink that can't be read back.
    #[must_use]
    pub fn new(sink: Arc<dyn EventSink>) -> Self {
        Self { sink, published: None }
    }

    /// A sink that can be read back.
    #[must_use]
    pub fn read_back<F>(self, published: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Event>> + Send + 'static,
    {
        Self { published: Some(Box::new(move || Box::pin(published()))), ..self }
    }

    /// The organization's events, of each id the first, ordered by id: what a consumer makes of them.
    async fn seen(&self, organization: &OrganizationId) -> Option<Vec<Event>> {
        let Some(published) = &self.published else {
            skip("the sink can't be read back");
            return None;
        };
        let mut events = published().await;
        events.retain(|event| event.organization == *organization);
        events.sort_by(|a, b| a.id.cmp(&b.id));
        events.dedup_by(|a, b| a.id == b.id);
        Some(events)
    }
}

fn strangers(organization: &OrganizationId, check_in: &str, faces: u32) -> Vec<Event> {
    let id = check_in_id(check_in);
    let mut events: Vec<_> =
        (0..faces).map(|face| Event::of_stranger(organization, &id, face, at(face.into()))).collect();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    events
}

async fn shows(fixture: &EventSinkFixture, organization: &OrganizationId, expected: &[Event]) {
    if let Some(seen) = fixture.seen(organization).await {
        assert_eq!(seen, expected);
    }
}

pub async fn every_event_of_a_batch_is_published(fixture: &EventSinkFixture) {
    let (organization, other) = (fresh_organization(), fresh_organization());
    let mut events = strangers(&organization, "c-1", 3);
    let record = record(&session("5B.1961-07-04.0"), AttendeeId::fresh(), "c-1");
    events.insert(0, Event::of_record(&organization, &record));
    fixture.sink.publish(&other, &strangers(&other, "c-1", 1)).await.unwrap();
    fixture.sink.publish(&organization, &events).await.unwrap();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    shows(fixture, &organization, &events).await;
}

pub async fn a_batch_of_a_thousand_events_is_published(fixture: &EventSinkFixture) {
    let organization = fresh_organization();
    let events = strangers(&organization, &format!("c-{}", "x".repeat(120)), 1000);
    fixture.sink.publish(&organization, &events).await.unwrap();
    shows(fixture, &organization, &events).await;
}

pub async fn batches_published_at_once_are_all_published(fixture: &EventSinkFixture) {
    let organization = fresh_organization();
    let batches: Vec<_> = (0..8).map(|n| strangers(&organization, &format!("c-{n}"), 20)).collect();
    for published in join_all(batches.iter().map(|batch| fixture.sink.publish(&organization, batch))).await {
        published.unwrap();
    }
    let mut events = batches.concat();
    events.sort_by(|a, b| a.id.cmp(&b.id));
    shows(fixture, &organization, &events).await;
}

pub async fn an_event_published_again_has_the_same_id(fixture: &EventSinkFixture) {
    let organization = fresh_organization();
    let events = strangers(&organization, "c-1", 2);
    for _ in 0..2 {
        fixture.sink.publish(&organization, &events).await.unwrap();
    }
    shows(fixture, &organization, &events).await;
}

pub async fn an_empty_batch_succeeds(fixture: &EventSinkFixture) {
    let organization = fresh_organization();
    fixture.sink.publish(&organization, &[]).await.unwrap();
    shows(fixture, &organization, &[]).await;
}
