//! What the tests begin with.

use attendance_aws::AwsConfig;
use attendance_aws::sns::{SnsConfig, SnsNotifier, SnsSms};
use attendance_core::domain::attendee::{Email, Name, Phone};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Recipient};
use serde_json::Value;
use uuid::Uuid;

use crate::board::Board;
use crate::support::{self, EMULATOR, Proxy};

pub(crate) const EMAIL: &str = "sigrid@example.org";

pub(crate) fn organization(name: &str) -> OrganizationId {
    OrganizationId::new(name).unwrap()
}

pub(crate) fn by_email(email: &str) -> Recipient {
    let name = Some(Name::new("Sigrid Müller").unwrap());
    Recipient { name, email: Some(Email::new(email).unwrap()), phone: None, language: None }
}

pub(crate) fn by_phone(phone: &str) -> Recipient {
    Recipient { email: None, phone: Some(Phone::new(phone).unwrap()), ..by_email(EMAIL) }
}

pub(crate) fn by_both(phone: &str) -> Recipient {
    Recipient { phone: Some(Phone::new(phone).unwrap()), ..by_email(EMAIL) }
}

/// A number that no other test uses: the emulator keeps the messages of all of them.
pub(crate) fn fresh_phone() -> String {
    format!("+49{:012}", Uuid::now_v7().as_u128() % 1_000_000_000_000)
}

pub(crate) fn message(subject: &str, body: &str) -> Message {
    Message { id: format!("{}:v1:attendee", Uuid::now_v7()), subject: subject.to_owned(), body: body.to_owned() }
}

/// The text messages that arrived at a number, each with its attributes.
pub(crate) async fn texts(emulator: &str, phone: &str) -> Vec<Value> {
    let number = phone.replace('+', "%2B");
    let found = support::get_json(&format!("{emulator}/_ministack/sns/sms-messages?phoneNumber={number}")).await;
    found["sms_messages"][phone].as_array().unwrap().clone()
}

/// A notifier whose requests pass a proxy, with topics of its own. It tries everything twice and is impatient.
pub(crate) struct Desk {
    pub(crate) emulator: String,
    pub(crate) proxy: Proxy,
    pub(crate) attendees: Board,
    pub(crate) operators: Board,
    pub(crate) config: SnsConfig,
    pub(crate) aws: AwsConfig,
    pub(crate) notifier: SnsNotifier,
}

impl Desk {
    pub(crate) async fn new() -> Option<Self> {
        let emulator = support::endpoint(EMULATOR)?;
        let direct = support::aws_at(&emulator);
        let (attendees, operators) = (Board::new(&direct).await, Board::new(&direct).await);
        let proxy = Proxy::before(&emulator).await;
        let aws = support::hurried_at(&proxy.endpoint);
        let mut config = SnsConfig::default();
        config.attendees = Some(attendees.topic.clone());
        config.operators = Some(operators.topic.clone());
        config.sms = Some(SnsSms::default());
        let notifier = SnsNotifier::new(&aws, config.clone()).unwrap();
        Some(Self { emulator, proxy, attendees, operators, config, aws, notifier })
    }

    /// The same with other settings.
    pub(crate) fn notifier(&self, change: impl FnOnce(&mut SnsConfig)) -> SnsNotifier {
        let mut config = self.config.clone();
        change(&mut config);
        SnsNotifier::new(&self.aws, config).unwrap()
    }

    /// The actions that were asked for since the last call.
    pub(crate) fn actions(&self) -> Vec<String> {
        let requests = self.proxy.take();
        requests.iter().map(|request| parameter(&parameters(&request.body), "Action").to_owned()).collect()
    }
}

/// A request of the query protocol, decoded.
pub(crate) fn parameters(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

pub(crate) fn parameter<'a>(parameters: &'a [(String, String)], name: &str) -> &'a str {
    &parameters.iter().find(|(found, _)| found == name).unwrap().1
}
