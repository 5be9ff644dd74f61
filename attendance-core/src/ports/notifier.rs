//! Telling people.

use async_trait::async_trait;

use super::{BoxError, Retry};
use crate::domain::attendee::{Attendee, Email, Language, Name, Phone};
use crate::domain::ids::OrganizationId;

/// Whom to tell: resolved by the caller from the repository, since events carry nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// What they are called.
    pub name: Option<Name>,
    /// Their e-mail address.
    pub email: Option<Email>,
    /// Their phone number.
    pub phone: Option<Phone>,
    /// Their language.
    pub language: Option<Language>,
}

impl Recipient {
    /// How an attendee is reached.
    #[must_use]
    pub fn of(attendee: &Attendee) -> Self {
        Self {
            name: attendee.name.clone(),
            email: attendee.email.clone(),
            phone: attendee.phone.clone(),
            language: attendee.language.clone(),
        }
    }

    /// Whether there is any way to reach them.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.email.is_some() || self.phone.is_some()
    }
}

/// What to tell. `Debug` shows only the id: the text may name somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The same for every attempt to deliver this message: an adapter that can deduplicates by it.
    pub id: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifierError {
    /// The recipient has no address of a kind that this notifier serves.
    #[error("the recipient has no address that this notifier can reach")]
    NoAddress,
    /// The address, or the message, was refused for good.
    #[error("the message was refused")]
    Refused {
        /// What was said.
        #[source]
        source: BoxError,
    },
    /// The service is too busy.
    #[error("the notifier is too busy")]
    Throttled {
        /// What it said.
        #[source]
        source: Option<BoxError>,
    },
    /// The service can't be reached, or failed in a way that may pass.
    #[error("the notifier is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// The service failed in a way that will not pass by itself.
    #[error("the notifier failed")]
    Failed {
        /// What happened.
        #[source]
        source: BoxError,
    },
}

impl NotifierError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } => Retry::Yes,
            _ => Retry::No,
        }
    }
}

/// Tells people something.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Notifier: std::fmt::Debug + Send + Sync + 'static {
    /// Tells one recipient.
    ///
    /// # Behavior
    /// - A recipient whom the notifier has no way to reach is refused as `NoAddress`.
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError>;

    /// Tells the operators.
    ///
    /// # Behavior
    /// - A message without anybody to tell succeeds.
    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError>;

    /// Forgets every address of a recipient: subscriptions, suppression entries, pending messages.
    ///
    /// # Behavior
    /// - Forgetting a recipient whom the notifier never knew succeeds.
    async fn forget(&self, organization: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError>;
}
