//! Where events go on one machine: a file, whoever is listening, or both.

mod json_lines;
mod live_feed;

use std::sync::Arc;

use async_trait::async_trait;
use attendance_core::domain::event::Event;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::event_sink::{EventSink, EventSinkError};

pub use json_lines::JsonLinesEventSink;
pub use live_feed::{LiveEvents, LiveFeed, Update};

/// Publishes every event to several sinks, one after another. What one of them did not take is published to all of
/// them again, as consumers must expect anyway.
#[derive(Debug, Clone)]
pub struct Fanout {
    sinks: Vec<Arc<dyn EventSink>>,
}

impl Fanout {
    /// Of these sinks, in this order.
    #[must_use]
    pub fn new(sinks: Vec<Arc<dyn EventSink>>) -> Self {
        Self { sinks }
    }
}

#[async_trait]
impl EventSink for Fanout {
    /// Tries every sink and answers the first error; where all errors are `Partial`, what any sink did not take.
    async fn publish(&self, organization: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
        let mut missed = Vec::new();
        let mut error = None;
        for sink in &self.sinks {
            match sink.publish(organization, events).await {
                Ok(()) => {}
                Err(EventSinkError::Partial { failed }) => missed.extend(failed),
                Err(other) => error = error.or(Some(other)),
            }
        }
        missed.sort();
        missed.dedup();
        match error {
            Some(error) => Err(error),
            None if missed.is_empty() => Ok(()),
            None => Err(EventSinkError::Partial { failed: missed }),
        }
    }
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::event::EventId;
    use attendance_core::domain::ids::CheckInId;
    use jiff::Timestamp;

    use super::*;

    pub(super) fn organization(name: &str) -> OrganizationId {
        OrganizationId::new(name).unwrap()
    }

    pub(super) fn event(organization: &str, n: u32) -> Event {
        let check_in = CheckInId::new("c").unwrap();
        Event::of_stranger(&self::organization(organization), &check_in, n, Timestamp::UNIX_EPOCH)
    }

    #[derive(Debug)]
    struct Missing(&'static [u32]);

    #[async_trait]
    impl EventSink for Missing {
        async fn publish(&self, _: &OrganizationId, _: &[Event]) -> Result<(), EventSinkError> {
            let failed = self.0.iter().map(|&n| event("a", n).id).collect();
            Err(EventSinkError::Partial { failed })
        }
    }

    #[derive(Debug)]
    struct Busy;

    #[async_trait]
    impl EventSink for Busy {
        async fn publish(&self, _: &OrganizationId, _: &[Event]) -> Result<(), EventSinkError> {
            Err(EventSinkError::Throttled { source: None })
        }
    }

    #[tokio::test]
    async fn an_event_that_one_sink_did_not_take_did_not_get_through() {
        let feed = LiveFeed::default();
        let mut listener = feed.subscribe(&organization("a"));
        let sinks = Fanout::new(vec![Arc::new(Missing(&[2, 1])), Arc::new(Missing(&[2])), Arc::new(feed)]);
        let error = sinks.publish(&organization("a"), &[event("a", 0)]).await.unwrap_err();
        let EventSinkError::Partial { failed } = error else { panic!("{error}") };
        assert_eq!(failed, [1, 2].map(|n| event("a", n).id).to_vec() as Vec<EventId>);
        assert_eq!(listener.recv().await, Some(Update::Event(event("a", 0))));
    }

    #[tokio::test]
    async fn a_sink_that_took_nothing_outweighs_one_that_took_a_part() {
        let sinks = Fanout::new(vec![Arc::new(Missing(&[1])), Arc::new(Busy)]);
        let error = sinks.publish(&organization("a"), &[event("a", 1)]).await.unwrap_err();
        assert!(matches!(error, EventSinkError::Throttled { .. }));
    }
}
