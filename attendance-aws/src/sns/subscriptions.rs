//! Attendees' e-mail addresses as subscriptions of a topic.

use std::collections::BTreeSet;

use attendance_core::domain::attendee::{Email, Phone};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{NotifierError, Recipient};
use aws_sdk_sns::Client;
use aws_sdk_sns::types::Subscription;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::{is_gone, is_subscribed_already, translate, translate_call_to};

/// The message attribute by which a message reaches one subscription.
pub(super) const RECIPIENT: &str = "recipient";

/// A subscription's attribute.
const FILTER_POLICY: &str = "FilterPolicy";

/// How often a subscription is looked up that changes meanwhile.
const ATTEMPTS: u32 = 3;

/// Who a message is for, without saying so. Capitals make no difference, as in practice they make none to mail servers.
pub(super) fn digest(organization: &OrganizationId, email: &Email) -> String {
    let text = format!("attendance recipient\n{organization}\n{}", email.as_str().to_ascii_lowercase());
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The subscriptions of a topic.
pub(super) struct Subscriptions<'a> {
    pub(super) client: &'a Client,
    pub(super) topic: &'a str,
}

/// Which messages a subscription gets.
enum Policy {
    /// All.
    Everything,
    /// Those to these recipients.
    Recipients(BTreeSet<String>),
    /// Some, by a rule that is not ours.
    Other,
}

impl Policy {
    fn read(policy: Option<&str>) -> Self {
        let Some(policy) = policy.filter(|policy| !policy.is_empty()) else { return Self::Everything };
        match serde_json::from_str::<Value>(policy) {
            Ok(Value::Object(policy)) if policy.is_empty() => Self::Everything,
            Ok(Value::Object(policy)) if policy.len() == 1 => {
                let recipients = policy.get(RECIPIENT).and_then(Value::as_array);
                let recipients =
                    recipients.and_then(|all| all.iter().map(|one| one.as_str().map(str::to_owned)).collect());
                recipients.map_or(Self::Other, Self::Recipients)
            }
            _ => Self::Other,
        }
    }

    fn write(recipients: &BTreeSet<String>) -> String {
        json!({ RECIPIENT: recipients }).to_string()
    }
}

impl Subscriptions<'_> {
    /// Subscribes an address to the messages for a recipient. Answers whether it is confirmed.
    pub(super) async fn add(&self, email: &Email, recipient: &str) -> Result<bool, NotifierError> {
        for _ in 0..ATTEMPTS {
            let done = match self.of(email).await? {
                Some(arn) if is_confirmed(&arn) => self.widen(&arn, recipient).await?.then_some(true),
                Some(_) => Some(false),
                None => self.subscribe(email, recipient).await?,
            };
            if let Some(confirmed) = done {
                return Ok(confirmed);
            }
        }
        Err(NotifierError::Unavailable { source: "the recipient's subscription changes all the time".into() })
    }

    /// Removes the subscriptions of a recipient's addresses, or the recipient from those that others share. Answers how
    /// many can't be removed, since they were never confirmed.
    pub(super) async fn remove(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
    ) -> Result<usize, NotifierError> {
        let digest = recipient.email.as_ref().map(|email| digest(organization, email));
        let mut unconfirmed = 0;
        let mut found = Vec::new();
        let mut all = self.client.list_subscriptions_by_topic().topic_arn(self.topic).into_paginator().items().send();
        while let Some(subscription) = all.next().await {
            let subscription = subscription.map_err(|error| translate(&error))?;
            match subscription.subscription_arn() {
                Some(arn) if is_of(recipient, &subscription) && is_confirmed(arn) => found.push(arn.to_owned()),
                Some(arn) if is_of(recipient, &subscription) && !is_deleted(arn) => unconfirmed += 1,
                _ => {}
            }
        }
        for arn in found {
            let Some(policy) = self.policy(&arn).await? else { continue };
            match (policy, &digest) {
                (Policy::Recipients(mut recipients), Some(digest)) => {
                    if recipients.remove(digest) && !recipients.is_empty() {
                        self.set(&arn, &recipients).await?;
                    } else if recipients.is_empty() {
                        self.unsubscribe(&arn).await?;
                    }
                }
                _ => self.unsubscribe(&arn).await?,
            }
        }
        Ok(unconfirmed)
    }

    /// The ARN of an address's subscription, or a word in its place that says that it is not confirmed.
    async fn of(&self, email: &Email) -> Result<Option<String>, NotifierError> {
        let mut all = self.client.list_subscriptions_by_topic().topic_arn(self.topic).into_paginator().items().send();
        while let Some(subscription) = all.next().await {
            let subscription = subscription.map_err(|error| translate(&error))?;
            let is_theirs = subscription.protocol() == Some("email") && is_email(email, &subscription);
            match subscription.subscription_arn() {
                Some(arn) if is_theirs && !is_deleted(arn) => return Ok(Some(arn.to_owned())),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether the new subscription is confirmed; `None` if somebody else made one meanwhile.
    async fn subscribe(&self, email: &Email, recipient: &str) -> Result<Option<bool>, NotifierError> {
        let policy = Policy::write(&BTreeSet::from([recipient.to_owned()]));
        let request = self.client.subscribe().topic_arn(self.topic).protocol("email").endpoint(email.as_str());
        match request.attributes(FILTER_POLICY, policy).send().await {
            Ok(made) => Ok(Some(made.subscription_arn().is_some_and(is_confirmed))),
            Err(error) if is_subscribed_already(&error) => Ok(None),
            Err(error) => Err(translate_call_to(email.as_str(), &error)),
        }
    }

    /// Puts a recipient into a subscription's policy. Answers whether the subscription is still there.
    async fn widen(&self, arn: &str, recipient: &str) -> Result<bool, NotifierError> {
        match self.policy(arn).await? {
            None => Ok(false),
            Some(Policy::Everything) => Ok(true),
            Some(Policy::Recipients(recipients)) if recipients.contains(recipient) => Ok(true),
            Some(Policy::Recipients(mut recipients)) => {
                recipients.insert(recipient.to_owned());
                self.set(arn, &recipients).await
            }
            Some(Policy::Other) => {
                Err(NotifierError::Refused { source: "the address is subscribed with another filter policy".into() })
            }
        }
    }

    /// `None` if the subscription is gone.
    async fn policy(&self, arn: &str) -> Result<Option<Policy>, NotifierError> {
        match self.client.get_subscription_attributes().subscription_arn(arn).send().await {
            Ok(found) => {
                let attributes = found.attributes();
                Ok(Some(Policy::read(attributes.and_then(|all| all.get(FILTER_POLICY)).map(String::as_str))))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(translate(&error)),
        }
    }

    /// Answers whether the subscription is still there.
    async fn set(&self, arn: &str, recipients: &BTreeSet<String>) -> Result<bool, NotifierError> {
        let request = self.client.set_subscription_attributes().subscription_arn(arn).attribute_name(FILTER_POLICY);
        match request.attribute_value(Policy::write(recipients)).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) => Err(translate(&error)),
        }
    }

    async fn unsubscribe(&self, arn: &str) -> Result<(), NotifierError> {
        match self.client.unsubscribe().subscription_arn(arn).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(translate(&error)),
        }
    }
}

/// In place of the ARN there is `PendingConfirmation`, or `pending confirmation`, until the owner has confirmed.
fn is_confirmed(arn: &str) -> bool {
    arn.starts_with("arn:")
}

/// In place of the ARN there is `Deleted` for some time after somebody unsubscribed.
fn is_deleted(arn: &str) -> bool {
    arn == "Deleted"
}

fn is_email(email: &Email, subscription: &Subscription) -> bool {
    subscription.endpoint().is_some_and(|endpoint| endpoint.eq_ignore_ascii_case(email.as_str()))
}

/// Whatever the protocol: somebody may have subscribed them by hand.
fn is_of(recipient: &Recipient, subscription: &Subscription) -> bool {
    recipient.email.as_ref().is_some_and(|email| is_email(email, subscription))
        || recipient.phone.as_ref().map(Phone::as_str).is_some_and(|phone| subscription.endpoint() == Some(phone))
}
