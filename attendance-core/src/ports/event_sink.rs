//! Where events go.

use async_trait::async_trait;

use super::{BoxError, Retry};
use crate::domain::event::{Event, EventId};
use crate::domain::ids::OrganizationId;

/// Why events did not get through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventSinkError {
    /// Some got through; those named did not.
    #[error("{} events did not get through", .failed.len())]
    Partial {
        /// Those that did not; never empty.
        failed: Vec<EventId>,
    },
    /// The sink is too busy; nothing got through.
    #[error("the event sink is too busy")]
    Throttled {
        /// What it said.
        #[source]
        source: Option<BoxError>,
    },
    /// The sink can't be reached, or failed in a way that may pass; nothing is known to have got through.
    #[error("the event sink is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// The sink failed in a way that will not pass by itself.
    #[error("the event sink failed")]
    Failed {
        /// What happened.
        #[source]
        source: BoxError,
    },
}

impl EventSinkError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Partial { .. } | Self::Throttled { .. } | Self::Unavailable { .. } => Retry::Yes,
            Self::Failed { .. } => Retry::No,
        }
    }
}

/// Publishes events.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventSink: std::fmt::Debug + Send + Sync + 'static {
    /// Publishes a batch.
    ///
    /// # Behavior
    /// - After `Ok`, every event of the batch is durably published.
    /// - Publishing an event again is allowed, and consumers see the same id.
    /// - An empty batch succeeds.
    async fn publish(&self, organization: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError>;
}
