use std::collections::HashSet;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::domain::event::Event;
use crate::domain::ids::OrganizationId;
use crate::ports::{EventSink, EventSinkError};

/// Keeps what was published, to be read back. `Debug` shows only how many events there are.
#[derive(Default)]
pub struct InMemoryEventSink {
    published: Mutex<Vec<Event>>,
}

impl InMemoryEventSink {
    /// One to which nothing was published.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event of every call, in the order of publishing: one that was published twice is here twice.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        lock(&self.published).clone()
    }

    /// What a consumer makes of [`InMemoryEventSink::events`]: of each (organization, id), only the first.
    #[must_use]
    pub fn distinct_events(&self) -> Vec<Event> {
        let mut events = self.events();
        let mut seen = HashSet::new();
        events.retain(|event| seen.insert((event.organization.clone(), event.id.clone())));
        events
    }
}

impl std::fmt::Debug for InMemoryEventSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryEventSink").field("events", &lock(&self.published).len()).finish()
    }
}

#[async_trait]
impl EventSink for InMemoryEventSink {
    async fn publish(&self, _: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
        lock(&self.published).extend_from_slice(events);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use jiff::Timestamp;

    use super::*;
    use crate::domain::ids::CheckInId;

    #[test]
    fn an_event_that_was_published_twice_is_one_for_a_consumer() {
        let sink = InMemoryEventSink::new();
        let organization = OrganizationId::new("school").unwrap();
        let event = Event::of_stranger(&organization, &CheckInId::fresh(), 0, Timestamp::UNIX_EPOCH);
        let twice = [event.clone(), event.clone()];
        let published = pin!(sink.publish(&organization, &twice)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(published, Poll::Ready(Ok(()))));
        assert_eq!(sink.events(), twice);
        assert_eq!(sink.distinct_events(), [event]);
    }
}
