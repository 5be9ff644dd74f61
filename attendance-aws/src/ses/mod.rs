//! E-mail to one attendee through SES.
//!
//! A message is one e-mail to one address: plain text in UTF-8, with the header `Auto-Submitted: auto-generated`
//! (RFC 3834), so that no absence note answers. The tags `organization` and `message_id` name it in the events that a
//! configuration set publishes; nothing personal is in them. Operators are written to one by one.
//!
//! An account in SES's sandbox reaches verified addresses only.
//!
//! # Faults
//! The SDK tries a request again as [`AwsConfig`] says; what is left then:
//!
//! | fault | what the adapter does |
//! | --- | --- |
//! | throttling (`TooManyRequestsException`, status 429), the day's quota is used up (`LimitExceededException`) | [`Throttled`](NotifierError::Throttled) |
//! | status 500 and above, timeout, connection refused or reset | [`Unavailable`](NotifierError::Unavailable) |
//! | the answer is lost after the message was taken | the SDK sends it again: it may arrive twice, since SES does not deduplicate. That no other machine sends it as well is up to the caller, who claims a delivery first |
//! | expired or wrong credentials, no rights | [`Failed`](NotifierError::Failed) |
//! | the configuration set does not exist (`NotFoundException`) | `Failed` |
//! | the account or the configuration set may not send (`AccountSuspendedException`, `SendingPausedException`), the MAIL FROM domain or the sender is not verified (`MailFromDomainNotVerifiedException`, `MessageRejected` that names the sender) | `Failed` |
//! | the message or the address is refused (`MessageRejected`, `BadRequestException`) | [`Refused`](NotifierError::Refused) |
//! | an operator's address is refused | the others are told all the same; it is an error only if nobody was told |
//! | the address to be forgotten is not suppressed (`NotFoundException`) | nothing: it is forgotten |
//!
//! Errors carry SES's code, and its words only where they speak of resources, rights and credentials, and do not name
//! the recipient.
//!
//! # Forgetting
//! SES keeps no addresses but those that it must not write to: `forget` takes the recipient's from the account's
//! suppression list, on which it is put by a bounce or a complaint. What a configuration set's events have recorded
//! elsewhere is kept there.

mod config;
mod error;
mod mail;

use async_trait::async_trait;
use attendance_core::domain::attendee::Email;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Notifier, NotifierError, Recipient};
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::Destination;

pub use config::SesConfig;

use crate::config::AwsConfig;
use crate::fault::{Fault, code};

/// A notifier that writes e-mails through SES.
#[derive(Clone)]
pub struct SesNotifier {
    client: Client,
    config: SesConfig,
}

impl std::fmt::Debug for SesNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SesNotifier").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SesNotifier {
    /// A notifier by this configuration. Asks nothing of AWS yet.
    #[must_use]
    pub fn new(aws: &AwsConfig, config: SesConfig) -> Self {
        Self { client: aws.ses(), config }
    }

    async fn mail(&self, organization: &OrganizationId, to: &Email, message: &Message) -> Result<(), NotifierError> {
        let unbuilt = |error: BuildError| NotifierError::Failed { source: error.into() };
        let request = self
            .client
            .send_email()
            .from_email_address(mail::address(self.config.from_name.as_ref(), &self.config.from))
            .set_reply_to_addresses(self.config.reply_to.as_ref().map(|reply_to| vec![reply_to.as_str().to_owned()]))
            .set_configuration_set_name(self.config.configuration_set.clone())
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(mail::content(message).map_err(unbuilt)?)
            .set_email_tags(Some(mail::tags(organization, message).map_err(unbuilt)?));
        request.send().await.map(drop).map_err(|error| error::translate(&error, &self.config.from, to))
    }
}

#[async_trait]
impl Notifier for SesNotifier {
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let email = recipient.email.as_ref().ok_or(NotifierError::NoAddress)?;
        self.mail(organization, email, message).await
    }

    /// Writes to each operator by themselves. It succeeds once one of them was told, so that an operator whose address
    /// is refused does not make the others be told again and again.
    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError> {
        let (mut told, mut error) = (false, None);
        for operator in &self.config.operators {
            match self.mail(organization, operator, message).await {
                Ok(()) => told = true,
                Err(failed) => {
                    tracing::warn!(%organization, message = message.id, error = &failed as &dyn std::error::Error,
                        "an operator could not be told");
                    error = error.or(Some(failed));
                }
            }
        }
        if told { Ok(()) } else { error.map_or(Ok(()), Err) }
    }

    /// Takes the recipient's address from the account's suppression list.
    async fn forget(&self, _: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError> {
        let Some(email) = &recipient.email else { return Ok(()) };
        match self.client.delete_suppressed_destination().email_address(email.as_str()).send().await {
            Ok(_) => Ok(()),
            Err(error) if code(&error) == Some("NotFoundException") => Ok(()),
            Err(error) => Err(Fault::of_call_to(&error, email.as_str()).into()),
        }
    }
}
