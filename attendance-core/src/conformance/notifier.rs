//! Cases for a [`Notifier`].

use std::sync::Arc;

use uuid::Uuid;

use super::given::fresh_organization;
use super::{ReadBack, skip};
use crate::domain::attendee::{Email, Language, Name};
use crate::ports::notifier::{Message, Recipient};
use crate::ports::{Notifier, NotifierError};

/// Makes a test of every case; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! notifier_suite {
    ($fixture:path) => {
        $crate::notifier_suite!($fixture, #[::tokio::test]);
    };
    ($fixture:path, #[$test:meta]) => {
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::notifier,
            a_recipient_is_told_what_was_to_be_told
            every_script_reaches_the_recipient
            a_recipient_without_any_address_is_refused
            a_recipient_whose_kinds_of_address_are_not_served_is_refused
            the_operators_are_told_what_was_to_be_told
            an_alert_without_anybody_to_tell_succeeds
            forgetting_a_recipient_whom_the_notifier_never_knew_succeeds
            a_forgotten_recipient_can_be_forgotten_again
        }
    };
}

/// A message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The address that it arrived at.
    pub to: String,
    /// Its one line.
    pub subject: String,
    /// Its text; blanks and line ends at its end are ignored.
    pub body: String,
}

/// What is tested.
pub struct NotifierFixture {
    /// The notifier.
    pub notifier: Arc<dyn Notifier>,
    /// Somebody with an address that the notifier serves. `None` means `grace@example.org`.
    pub reachable: Option<Recipient>,
    /// Somebody with addresses, none of a kind that the notifier serves. `None`: it serves every kind.
    pub unserved: Option<Recipient>,
    /// The same kind of notifier without operators to tell. `None`: it always has some.
    pub without_operators: Option<Arc<dyn Notifier>>,
    /// Reads every message that arrived at a recipient's. `None` skips what it would show.
    pub arrived: Option<ReadBack<Arrived>>,
    /// Reads every message that arrived at the operators'. `None` skips what it would show.
    pub alerted: Option<ReadBack<Arrived>>,
}

impl std::fmt::Debug for NotifierFixture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotifierFixture").field("notifier", &self.notifier).finish_non_exhaustive()
    }
}

impl NotifierFixture {
    /// A notifier that serves every kind of address and can't be read back.
    #[must_use]
    pub fn new(notifier: Arc<dyn Notifier>) -> Self {
        Self { notifier, reachable: None, unserved: None, without_operators: None, arrived: None, alerted: None }
    }

    /// Reads back what arrived at recipients'.
    #[must_use]
    pub fn arrived<F>(self, arrived: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Arrived>> + Send + 'static,
    {
        Self { arrived: Some(Box::new(move || Box::pin(arrived()))), ..self }
    }

    /// Reads back what arrived at the operators'.
    #[must_use]
    pub fn alerted<F>(self, alerted: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<Arrived>> + Send + 'static,
    {
        Self { alerted: Some(Box::new(move || Box::pin(alerted()))), ..self }
    }

    fn recipient(&self) -> Recipient {
        self.reachable.clone().unwrap_or_else(|| Recipient {
            name: Some(Name::new("Grace Hopper").unwrap()),
            email: Some(Email::new("grace@example.org").unwrap()),
            phone: None,
            language: Some(Language::new("en").unwrap()),
        })
    }
}

/// A message whose subject nobody else has.
fn message(subject: &str, body: &str) -> Message {
    let id = Uuid::now_v7();
    Message { id: format!("{id}:v1:email"), subject: format!("{subject} {}", id.simple()), body: body.to_owned() }
}

/// Asserts that exactly one message of that subject arrived, and answers where.
async fn arrived_once(read_back: &ReadBack<Arrived>, message: &Message) -> String {
    let mut arrived = read_back().await;
    arrived.retain(|arrived| arrived.subject == message.subject);
    assert_eq!(arrived.len(), 1, "it arrived {} times", arrived.len());
    let lines = |text: &str| text.trim_end().replace("\r\n", "\n");
    assert_eq!(lines(&arrived[0].body), lines(&message.body));
    arrived.remove(0).to
}

async fn tell(fixture: &NotifierFixture, message: &Message) {
    let recipient = fixture.recipient();
    fixture.notifier.notify(&fresh_organization(), &recipient, message).await.unwrap();
    match &fixture.arrived {
        Some(read_back) => {
            let to = arrived_once(read_back, message).await;
            let addresses = [recipient.email.map(String::from), recipient.phone.map(String::from)];
            assert!(addresses.iter().flatten().any(|address| *address == to), "it arrived at somebody else's");
        }
        None => skip("what arrived at recipients' can't be read back"),
    }
}

pub async fn a_recipient_is_told_what_was_to_be_told(fixture: &NotifierFixture) {
    tell(fixture, &message("Present", "You were recorded as present.\n\n.\nA line that is a dot ends nothing.")).await;
}

pub async fn every_script_reaches_the_recipient(fixture: &NotifierFixture) {
    tell(fixture, &message("Zoë – 出席 – حاضر", "Zoe\u{301} 👨‍👩‍👧‍👦\nحاضر\n出席 = 100 % <b>\"'&")).await;
}

pub async fn a_recipient_without_any_address_is_refused(fixture: &NotifierFixture) {
    let recipient = Recipient { email: None, phone: None, ..fixture.recipient() };
    let refused = fixture.notifier.notify(&fresh_organization(), &recipient, &message("Present", "")).await;
    assert!(matches!(refused, Err(NotifierError::NoAddress)), "{refused:?}");
}

pub async fn a_recipient_whose_kinds_of_address_are_not_served_is_refused(fixture: &NotifierFixture) {
    let Some(recipient) = &fixture.unserved else { return skip("the notifier serves every kind of address") };
    let refused = fixture.notifier.notify(&fresh_organization(), recipient, &message("Present", "")).await;
    assert!(matches!(refused, Err(NotifierError::NoAddress)), "{refused:?}");
}

pub async fn the_operators_are_told_what_was_to_be_told(fixture: &NotifierFixture) {
    let message = message("A stranger", "Somebody unknown was in front of the camera.");
    fixture.notifier.alert(&fresh_organization(), &message).await.unwrap();
    match &fixture.alerted {
        Some(read_back) => drop(arrived_once(read_back, &message).await),
        None => skip("what arrived at the operators' can't be read back"),
    }
}

pub async fn an_alert_without_anybody_to_tell_succeeds(fixture: &NotifierFixture) {
    let Some(notifier) = &fixture.without_operators else { return skip("the notifier always has operators") };
    notifier.alert(&fresh_organization(), &message("A stranger", "Nobody reads this.")).await.unwrap();
}

pub async fn forgetting_a_recipient_whom_the_notifier_never_knew_succeeds(fixture: &NotifierFixture) {
    let organization = fresh_organization();
    let nobody = Recipient { name: None, email: None, phone: None, language: None };
    let unknown = Recipient { email: Some(Email::new("never-told@example.org").unwrap()), ..nobody.clone() };
    for recipient in [nobody, unknown] {
        fixture.notifier.forget(&organization, &recipient).await.unwrap();
    }
}

pub async fn a_forgotten_recipient_can_be_forgotten_again(fixture: &NotifierFixture) {
    let (organization, recipient) = (fresh_organization(), fixture.recipient());
    fixture.notifier.notify(&organization, &recipient, &message("Present", "You came.")).await.unwrap();
    for _ in 0..2 {
        fixture.notifier.forget(&organization, &recipient).await.unwrap();
    }
}
