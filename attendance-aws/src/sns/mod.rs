//! Topics and text messages through SNS.
//!
//! | who | how |
//! | --- | --- |
//! | operators | one [`Publish`] to the operators' topic, with the attributes `organization`, `kind` (`alert`) and `message_id` |
//! | an attendee with an e-mail address | subscribed to the attendees' topic once, with a filter policy on the attribute `recipient`; then a `Publish` to that topic with this attribute (besides `organization`, `kind` = `notice` and `message_id`), so that only they get it |
//! | an attendee with a phone number | a `Publish` to the number |
//!
//! `recipient` is the SHA-256 of organization and address. The address itself is in the subscription's endpoint, and
//! nowhere else. Whoever knows an address can compute its digest: it is a pseudonym, not a secret.
//!
//! # What it costs
//! A message to a subscribed attendee takes three requests: `ListSubscriptionsByTopic` (one for each 100 subscriptions
//! until theirs is found; SNS allows 30 a second), `GetSubscriptionAttributes` and `Publish`. Nothing is remembered
//! between messages, so that no message goes to a subscription that another machine has removed.
//!
//! # Limits
//! - An e-mail subscription has to be confirmed by its owner. Until then SNS delivers nothing to it, and says nothing:
//!   `notify` succeeds, and logs a warning. An unconfirmed subscription lapses after two days; the next message asks
//!   again. Somebody who unsubscribes by the link in a mail is asked again too: take the address from the attendee.
//! - A topic takes 200 filter policies, an account 10,000, and a new or changed policy may need 15 minutes until it
//!   applies. More attendees than that are written to through SES.
//! - SNS suspends an e-mail subscription that gets more than 10 messages a second.
//! - A subject has less than 100 characters, on one line. Of a longer one the beginning is the subject, and all of it
//!   the first line of the text. Control characters become blanks.
//! - A message has at most 256 KiB with its attributes. What a mail looks like is SNS's affair.
//! - A text message has the subject as its first line. It is cut at 1,600 characters; SNS sends it in parts of 140
//!   bytes. An account in the sandbox reaches verified numbers only.
//! - One address of two organizations has one subscription, since SNS allows no more; its policy names both recipients.
//!   When two organizations come upon a new address at the same moment, one of them may have to wait for its next
//!   message until it is in the policy.
//!
//! # Faults
//! The SDK tries a request again as [`AwsConfig`] says; what is left then:
//!
//! | fault | what the adapter does |
//! | --- | --- |
//! | throttling (`Throttled`, `Throttling`, `KMSThrottling`, status 429) | [`Throttled`](NotifierError::Throttled) |
//! | status 500 and above, timeout, connection refused or reset | [`Unavailable`](NotifierError::Unavailable) |
//! | the answer is lost after the message was taken | the SDK sends it again: it may arrive twice, since a standard topic does not deduplicate. That no other machine sends it as well is up to the caller, who claims a delivery first |
//! | expired or wrong credentials, no rights (`AuthorizationError`), a key of KMS that can't be used | [`Failed`](NotifierError::Failed) |
//! | the topic does not exist (`NotFound`, `InvalidParameter` of `TopicArn`) | `Failed`, also when an address is to be forgotten: a wrong name is no proof that it is gone |
//! | a subject that is refused, as some regions refuse other scripts than Latin | sent again without one, and the subject is the text's first line |
//! | any other `InvalidParameter`: address, number, length | [`Refused`](NotifierError::Refused) |
//! | a number that opted out of text messages (`OptedOut`) | `Refused` |
//! | no room for another filter policy or subscription (`FilterPolicyLimitExceeded`, `SubscriptionLimitExceeded`) | `Refused`, and the error says to use SES |
//! | the subscription is made or removed by somebody else meanwhile | looked up again, three times at most, then `Unavailable` |
//! | the address has a subscription with a filter policy of another kind | `Refused`: it was made by hand |
//! | partial failure of `PublishBatch` | can't happen: a message goes to one recipient, so that it is one `Publish` |
//!
//! Errors carry SNS's code, and its words only where they speak of topics, rights and credentials, and name no address.
//!
//! # Forgetting
//! `forget` removes every confirmed subscription of the recipient's addresses from the attendees' topic, or only its
//! organization from the policy while other organizations are in it. It leaves alone:
//! - A subscription that was never confirmed, as SNS allows nobody to remove it: it lapses after two days. Should it be
//!   confirmed until then, nothing is delivered through it, since nothing is sent to who was forgotten; forgetting once
//!   more removes it.
//! - The operators' topic: its subscriptions are made by the operators.
//! - SNS's list of numbers that opted out: it is kept by their owners, and to take a number from it would bring them
//!   messages again that they refused.
//!
//! [`Publish`]: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

mod config;
mod error;
mod subscriptions;
mod text;

use std::collections::HashMap;

use async_trait::async_trait;
use attendance_core::domain::attendee::{Email, Phone};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Notifier, NotifierError, Recipient};
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

pub use config::{InvalidSnsConfig, Prefer, SnsConfig, SnsSms};

use crate::config::AwsConfig;
use error::{is_about_the_subject, translate, translate_call_to};
use subscriptions::{RECIPIENT, Subscriptions, digest};

/// A notifier that publishes to SNS topics and sends text messages.
#[derive(Clone)]
pub struct SnsNotifier {
    client: Client,
    config: SnsConfig,
}

impl std::fmt::Debug for SnsNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SnsNotifier").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What subscribers are told about a message besides its text, as message attributes.
type Attributes = HashMap<String, MessageAttributeValue>;

impl SnsNotifier {
    /// A notifier by this configuration. Asks nothing of AWS yet.
    ///
    /// # Errors
    /// [`InvalidSnsConfig`] that says what to change.
    pub fn new(aws: &AwsConfig, config: SnsConfig) -> Result<Self, InvalidSnsConfig> {
        config.check()?;
        Ok(Self { client: aws.sns(), config })
    }

    async fn mail(
        &self,
        organization: &OrganizationId,
        topic: &str,
        email: &Email,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let recipient = digest(organization, email);
        let subscriptions = Subscriptions { client: &self.client, topic };
        if !subscriptions.add(email, &recipient).await? {
            tracing::warn!(%organization, message = message.id, "the recipient's subscription is not confirmed yet");
        }
        let mut attributes = attributes(organization, "notice", message)?;
        attributes.insert(RECIPIENT.to_owned(), attribute(&recipient)?);
        self.publish(topic, attributes, message).await
    }

    async fn publish(&self, topic: &str, attributes: Attributes, message: &Message) -> Result<(), NotifierError> {
        let request = self.client.publish().topic_arn(topic).set_message_attributes(Some(attributes));
        let (subject, body) = text::mail(message);
        match request.clone().set_subject(subject.clone()).message(body).send().await {
            Ok(_) => Ok(()),
            Err(error) if subject.is_some() && is_about_the_subject(&error) => {
                let sent = request.message(text::without_subject(message)).send().await;
                sent.map(drop).map_err(|error| translate(&error))
            }
            Err(error) => Err(translate(&error)),
        }
    }

    async fn text(&self, sms: &SnsSms, phone: &Phone, message: &Message) -> Result<(), NotifierError> {
        let mut attributes = Attributes::from([("AWS.SNS.SMS.SMSType".to_owned(), attribute("Transactional")?)]);
        if let Some(sender) = &sms.sender_id {
            attributes.insert("AWS.SNS.SMS.SenderID".to_owned(), attribute(sender)?);
        }
        let request = self.client.publish().phone_number(phone.as_str()).set_message_attributes(Some(attributes));
        let sent = request.message(text::sms(message)).send().await;
        sent.map(drop).map_err(|error| translate_call_to(phone.as_str(), &error))
    }
}

fn attributes(organization: &OrganizationId, kind: &str, message: &Message) -> Result<Attributes, NotifierError> {
    let mut attributes = Attributes::new();
    // SNS refuses an attribute without a value.
    for (name, value) in [("organization", organization.as_str()), ("kind", kind), ("message_id", &message.id)] {
        if !value.is_empty() {
            attributes.insert(name.to_owned(), attribute(value)?);
        }
    }
    Ok(attributes)
}

fn attribute(value: &str) -> Result<MessageAttributeValue, NotifierError> {
    let attribute = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    attribute.map_err(|error| NotifierError::Failed { source: error.into() })
}

#[async_trait]
impl Notifier for SnsNotifier {
    /// By e-mail or by text message, as [`SnsConfig::prefer`] says where both are possible.
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let mail = self.config.attendees.as_deref().zip(recipient.email.as_ref());
        let text = self.config.sms.as_ref().zip(recipient.phone.as_ref());
        match (mail, text, self.config.prefer) {
            (Some((topic, email)), None, _) | (Some((topic, email)), _, Prefer::Email) => {
                self.mail(organization, topic, email, message).await
            }
            (_, Some((sms, phone)), _) => self.text(sms, phone, message).await,
            (None, None, _) => Err(NotifierError::NoAddress),
        }
    }

    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError> {
        let Some(topic) = &self.config.operators else { return Ok(()) };
        self.publish(topic, attributes(organization, "alert", message)?, message).await
    }

    /// Removes the subscriptions of the recipient's addresses; see [the module](self#forgetting).
    async fn forget(&self, organization: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError> {
        let Some(topic) = &self.config.attendees else { return Ok(()) };
        if !recipient.is_reachable() {
            return Ok(());
        }
        let subscriptions = Subscriptions { client: &self.client, topic };
        let unconfirmed = subscriptions.remove(organization, recipient).await?;
        if unconfirmed > 0 {
            tracing::warn!(%organization, unconfirmed, "unconfirmed subscriptions lapse by themselves after two days");
        }
        Ok(())
    }
}
