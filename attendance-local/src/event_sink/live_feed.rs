//! Events for whoever is listening right now in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use attendance_core::domain::event::Event;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::event_sink::{EventSink, EventSinkError};
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// An event sink for a page that shows what happens. Nothing is kept: who listens later has missed it.
#[derive(Debug, Clone)]
pub struct LiveFeed {
    organizations: Arc<Mutex<HashMap<OrganizationId, Sender<Event>>>>,
    capacity: usize,
}

/// What a listener receives.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// Something happened.
    Event(Event),
    /// The listener was too slow: so many events were dropped, the oldest first.
    Missed(u64),
}

/// The events of one organization since the subscription, in the order of publishing.
#[derive(Debug)]
pub struct LiveEvents(Receiver<Event>);

impl LiveEvents {
    /// Waits for the next one; `None` once the feed and all its clones are dropped. Can be cancelled without loss.
    pub async fn recv(&mut self) -> Option<Update> {
        match self.0.recv().await {
            Ok(event) => Some(Update::Event(event)),
            Err(RecvError::Lagged(missed)) => Some(Update::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }
}

impl LiveFeed {
    /// A feed that holds up to `capacity` events (at least 1) per organization for a slow listener.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { organizations: Arc::default(), capacity: capacity.max(1) }
    }

    /// Listens to an organization from now on.
    #[must_use]
    pub fn subscribe(&self, organization: &OrganizationId) -> LiveEvents {
        let mut organizations = self.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = organizations.entry(organization.clone()).or_insert_with(|| broadcast::channel(self.capacity).0);
        LiveEvents(sender.subscribe())
    }
}

/// Holds 1,024 events per organization.
impl Default for LiveFeed {
    fn default() -> Self {
        Self::new(1024)
    }
}

#[async_trait]
impl EventSink for LiveFeed {
    async fn publish(&self, organization: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
        let mut organizations = self.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = organizations.get(organization) else { return Ok(()) };
        if sender.receiver_count() == 0 {
            organizations.remove(organization);
            return Ok(());
        }
        for event in events {
            // Fails only if the last listener has left in this moment.
            let _ = sender.send(event.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{event, organization};
    use super::*;

    #[tokio::test]
    async fn every_listener_of_the_organization_hears_it_and_nobody_else() {
        let feed = LiveFeed::default();
        let (a, b) = (organization("a"), organization("b"));
        let (mut first, mut second, mut other) = (feed.subscribe(&a), feed.subscribe(&a), feed.subscribe(&b));
        feed.publish(&a, &[event("a", 1), event("a", 2)]).await.unwrap();
        feed.publish(&b, &[event("b", 3)]).await.unwrap();
        for listener in [&mut first, &mut second] {
            assert_eq!(listener.recv().await, Some(Update::Event(event("a", 1))));
            assert_eq!(listener.recv().await, Some(Update::Event(event("a", 2))));
        }
        assert_eq!(other.recv().await, Some(Update::Event(event("b", 3))));
        drop(feed);
        assert_eq!(first.recv().await, None);
    }

    #[tokio::test]
    async fn a_slow_listener_loses_the_oldest_and_is_told_how_many() {
        let feed = LiveFeed::new(4);
        let a = organization("a");
        let mut slow = feed.subscribe(&a);
        for n in 0..10 {
            feed.publish(&a, &[event("a", n)]).await.unwrap();
        }
        assert_eq!(slow.recv().await, Some(Update::Missed(6)));
        for n in 6..10 {
            assert_eq!(slow.recv().await, Some(Update::Event(event("a", n))));
        }
    }

    #[tokio::test]
    async fn publishing_to_nobody_succeeds_and_keeps_nothing() {
        let feed = LiveFeed::default();
        let a = organization("a");
        drop(feed.subscribe(&a));
        feed.publish(&a, &[event("a", 1)]).await.unwrap();
        feed.publish(&a, &[event("a", 2)]).await.unwrap();
        assert!(feed.organizations.lock().unwrap().is_empty());
    }
}
