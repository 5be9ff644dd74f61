//! Which topics, and whether text messages.

/// How an attendee is told who has both an e-mail address and a phone number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Prefer {
    /// By e-mail.
    #[default]
    Email,
    /// By text message.
    Sms,
}

/// How text messages are sent. All are sent as `Transactional`: SNS delivers them as reliably as it can, also to numbers
/// that want no advertising.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnsSms {
    /// Who a message comes from, where the country allows it: 1 to 11 letters, digits and `-`, at least one of them a
    /// letter. `None`: SNS chooses a number.
    pub sender_id: Option<String>,
}

/// Topics and text messages. The default has neither: nobody is told anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnsConfig {
    /// The ARN of the topic that operators subscribe to. `None`: alerts are told to nobody.
    pub operators: Option<String>,
    /// The ARN of the topic to which attendees' e-mail addresses are subscribed. `None`: nobody is written to.
    pub attendees: Option<String>,
    /// How text messages are sent. `None`: nobody is texted.
    pub sms: Option<SnsSms>,
    /// How somebody is told who has both addresses. Default: [`Prefer::Email`].
    pub prefer: Prefer,
}

/// A configuration that can't work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSnsConfig {
    /// Not the ARN of a topic.
    #[error("the {0} topic must be an ARN such as arn:aws:sns:eu-central-1:123456789012:name")]
    Topic(&'static str),
    /// A topic of a kind that has no e-mail subscriptions.
    #[error("the {0} topic must be a standard topic: a FIFO topic delivers no e-mail")]
    Fifo(&'static str),
    /// Not an id that a text message can come from.
    #[error("the sender id must be 1 to 11 letters, digits and '-', at least one of them a letter")]
    SenderId,
}

impl SnsConfig {
    pub(super) fn check(&self) -> Result<(), InvalidSnsConfig> {
        for (whose, topic) in [("operators'", &self.operators), ("attendees'", &self.attendees)] {
            match topic {
                Some(topic) if topic.ends_with(".fifo") => return Err(InvalidSnsConfig::Fifo(whose)),
                Some(topic) if !is_topic(topic) => return Err(InvalidSnsConfig::Topic(whose)),
                _ => {}
            }
        }
        match self.sms.as_ref().and_then(|sms| sms.sender_id.as_deref()) {
            Some(id) if !is_sender_id(id) => Err(InvalidSnsConfig::SenderId),
            _ => Ok(()),
        }
    }
}

fn is_topic(arn: &str) -> bool {
    let parts: Vec<_> = arn.split(':').collect();
    let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match parts[..] {
        ["arn", partition, "sns", region, account, name] => {
            [partition, region, account, name].iter().all(|part| !part.is_empty() && is_name(part))
        }
        _ => false,
    }
}

fn is_sender_id(id: &str) -> bool {
    (1..=11).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && id.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_can_not_work_is_refused() {
        let topic = |topic: &str| SnsConfig { attendees: Some(topic.to_owned()), ..SnsConfig::default() };
        assert_eq!(topic("arn:aws:sns:eu-central-1:123456789012:attendees_1").check(), Ok(()));
        assert_eq!(topic("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a").check(), Ok(()));
        for bad in
            ["", "attendees", "arn:aws:sqs:eu-central-1:1:a", "arn:aws:sns:eu-central-1:1:a:0f", "arn:aws:sns:::"]
        {
            assert_eq!(topic(bad).check(), Err(InvalidSnsConfig::Topic("attendees'")), "{bad:?}");
        }
        let fifo = "arn:aws:sns:eu-central-1:123456789012:a.fifo";
        assert_eq!(topic(fifo).check(), Err(InvalidSnsConfig::Fifo("attendees'")));
        let sender = |id: &str| {
            let sms = Some(SnsSms { sender_id: Some(id.to_owned()) });
            SnsConfig { sms, ..SnsConfig::default() }.check()
        };
        assert_eq!(sender("School-7"), Ok(()));
        for bad in ["", "1234", "My School", "AVeryLongName", "Schüler"] {
            assert_eq!(sender(bad), Err(InvalidSnsConfig::SenderId), "{bad:?}");
        }
    }
}
