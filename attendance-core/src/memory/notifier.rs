use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::domain::ids::OrganizationId;
use crate::ports::notifier::{Message, Recipient};
use crate::ports::{Notifier, NotifierError};

/// Keeps what people were told, to be read back. It serves e-mail addresses and phone numbers until told otherwise.
///
/// It does not deduplicate by the message's id: a test must see that somebody was told twice. `Debug` shows only how
/// many messages there are.
#[derive(Default)]
pub struct InMemoryNotifier {
    no_email: bool,
    no_phone: bool,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    sent: Vec<Sent>,
    alerts: Vec<(OrganizationId, Message)>,
    forgotten: Vec<(OrganizationId, Recipient)>,
}

/// A message that one recipient got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// On whose behalf.
    pub organization: OrganizationId,
    /// Who got it.
    pub recipient: Recipient,
    /// What they got.
    pub message: Message,
}

impl InMemoryNotifier {
    /// One that serves every kind of address, and that told nobody anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves no e-mail addresses.
    #[must_use]
    pub fn without_email(self) -> Self {
        Self { no_email: true, ..self }
    }

    /// Serves no phone numbers.
    #[must_use]
    pub fn without_phone(self) -> Self {
        Self { no_phone: true, ..self }
    }

    /// What recipients were told, in the order of sending.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.told).sent.clone()
    }

    /// What the operators were told, in the order of sending.
    #[must_use]
    pub fn alerts(&self) -> Vec<(OrganizationId, Message)> {
        lock(&self.told).alerts.clone()
    }

    /// Whose addresses were to be forgotten, in the order of asking.
    #[must_use]
    pub fn forgotten(&self) -> Vec<(OrganizationId, Recipient)> {
        lock(&self.told).forgotten.clone()
    }
}

impl std::fmt::Debug for InMemoryNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told = lock(&self.told);
        f.debug_struct("InMemoryNotifier")
            .field("sent", &told.sent.len())
            .field("alerts", &told.alerts.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Notifier for InMemoryNotifier {
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let by_email = recipient.email.is_some() && !self.no_email;
        let by_phone = recipient.phone.is_some() && !self.no_phone;
        if !by_email && !by_phone {
            return Err(NotifierError::NoAddress);
        }
        let sent = Sent { organization: organization.clone(), recipient: recipient.clone(), message: message.clone() };
        lock(&self.told).sent.push(sent);
        Ok(())
    }

    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError> {
        lock(&self.told).alerts.push((organization.clone(), message.clone()));
        Ok(())
    }

    async fn forget(&self, organization: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError> {
        lock(&self.told).forgotten.push((organization.clone(), recipient.clone()));
        Ok(())
    }
}
