//! `SesNotifier` on the emulator, and behind a proxy that disturbs it.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::ses::{SesConfig, SesNotifier};
use attendance_core::conformance::notifier::{Arrived, NotifierFixture};
use attendance_core::domain::attendee::{Email, Name, Phone};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Recipient};
use attendance_core::ports::{Notifier, NotifierError};
use serde_json::{Value, json};
use support::{Disturbance, EMULATOR, Proxy, Request, kind, said};
use uuid::Uuid;

const EMAIL: &str = "sigrid@example.org";

fn email(email: &str) -> Email {
    Email::new(email).unwrap()
}

fn organization() -> OrganizationId {
    OrganizationId::new("school-7").unwrap()
}

fn recipient() -> Recipient {
    let (name, phone) = (Some(Name::new("Sigrid Müller").unwrap()), Some(Phone::new("+4930123456").unwrap()));
    Recipient { name, email: Some(email(EMAIL)), phone, language: None }
}

fn message(subject: &str, body: &str) -> Message {
    Message { id: format!("{}:v1:attendee", Uuid::now_v7()), subject: subject.to_owned(), body: body.to_owned() }
}

/// A sender that no other test has, which the emulator takes for verified.
async fn fresh_sender(aws: &AwsConfig) -> Email {
    let sender = format!("attendance-{}@example.org", Uuid::now_v7().simple());
    aws.ses().create_email_identity().email_identity(&sender).send().await.unwrap();
    email(&sender)
}

/// The mails from a sender.
async fn sent(emulator: &str, from: &Email) -> Vec<Value> {
    let found = support::get_json(&format!("{emulator}/_ministack/ses/messages")).await;
    let accounts = found["messages"].as_object().unwrap().values();
    let mails = accounts.flat_map(|mails| mails.as_array().unwrap().clone());
    mails.filter(|mail| mail["Source"].as_str().unwrap().contains(from.as_str())).collect()
}

async fn arrived(emulator: String, from: Email, at_operators: bool) -> Vec<Arrived> {
    let mails = sent(&emulator, &from).await.into_iter().map(|mail| Arrived {
        to: mail["To"].as_array().unwrap().iter().map(|to| to.as_str().unwrap()).collect(),
        subject: mail["Subject"].as_str().unwrap().to_owned(),
        body: mail["BodyText"].as_str().unwrap().to_owned(),
    });
    mails.filter(|mail| mail.to.starts_with("operator") == at_operators).collect()
}

mod conformance {
    use super::*;

    async fn fixture() -> Option<(NotifierFixture, ())> {
        let emulator = support::endpoint(EMULATOR)?;
        let aws = support::aws_at(&emulator);
        let from = fresh_sender(&aws).await;
        let mut config = SesConfig::new(from.clone());
        let without_operators = SesNotifier::new(&aws, config.clone());
        config.operators = vec![email("operator@example.org")];
        let (one, two) = ((emulator.clone(), from.clone()), (emulator, from));
        let mut fixture = NotifierFixture::new(Arc::new(SesNotifier::new(&aws, config)))
            .arrived(move || arrived(one.0.clone(), one.1.clone(), false))
            .alerted(move || arrived(two.0.clone(), two.1.clone(), true));
        fixture.unserved = Some(Recipient { email: None, ..recipient() });
        fixture.without_operators = Some(Arc::new(without_operators));
        Some((fixture, ()))
    }

    attendance_core::notifier_suite!(fixture);
}

/// A notifier whose requests pass a proxy. It tries everything twice and is impatient.
struct Desk {
    emulator: String,
    proxy: Proxy,
    aws: AwsConfig,
    config: SesConfig,
    notifier: SesNotifier,
}

impl Desk {
    async fn new() -> Option<Self> {
        let emulator = support::endpoint(EMULATOR)?;
        let from = fresh_sender(&support::aws_at(&emulator)).await;
        let proxy = Proxy::before(&emulator).await;
        let aws = support::hurried_at(&proxy.endpoint);
        let config = SesConfig::new(from);
        let notifier = SesNotifier::new(&aws, config.clone());
        Some(Self { emulator, proxy, aws, config, notifier })
    }

    async fn notify(&self, message: &Message) -> Result<(), NotifierError> {
        self.notifier.notify(&organization(), &recipient(), message).await
    }

    async fn sent(&self) -> Vec<Value> {
        sent(&self.emulator, &self.config.from).await
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// An error of SES with its words.
fn answer(status: u16, code: &str, words: &str) -> Disturbance {
    Disturbance::Answer(status, json!({"__type": code, "message": words}).to_string())
}

#[tokio::test]
async fn a_mail_is_plain_text_in_utf_8_to_one_address_and_tells_that_a_machine_wrote_it() {
    let Some(mut desk) = Desk::new().await else { return };
    desk.config.from_name = Some(Name::new("Schule Süd").unwrap());
    desk.config.reply_to = Some(email("office@example.org"));
    desk.config.configuration_set = Some("attendance".to_owned());
    let message = message("Da – 出席\r\nBcc: eve@example.org", "Grüße\n.\nحاضر");
    let notifier = SesNotifier::new(&desk.aws, desk.config.clone());
    notifier.notify(&organization(), &recipient(), &message).await.unwrap();
    let requests = desk.proxy.take();
    assert_eq!(requests.len(), 1);
    let text = |text: &str| json!({"Data": text, "Charset": "UTF-8"});
    let tag = message.id.replace(':', "_");
    assert_eq!(
        body(&requests[0]),
        json!({
            "FromEmailAddress": format!("=?UTF-8?B?U2NodWxlIFPDvGQ=?= <{}>", desk.config.from.as_str()),
            "ReplyToAddresses": ["office@example.org"],
            "ConfigurationSetName": "attendance",
            "Destination": {"ToAddresses": [EMAIL]},
            "Content": {"Simple": {
                "Subject": text("Da – 出席  Bcc: eve@example.org"),
                "Body": {"Text": text("Grüße\n.\nحاضر")},
                "Headers": [{"Name": "Auto-Submitted", "Value": "auto-generated"}],
            }},
            "EmailTags": [{"Name": "organization", "Value": "school-7"}, {"Name": "message_id", "Value": tag}],
        })
    );
    assert_eq!(desk.sent().await.len(), 1);
}

#[tokio::test]
async fn every_operator_is_told_also_if_one_of_them_can_not_be() {
    let Some(mut desk) = Desk::new().await else { return };
    desk.config.operators = ["one@example.org", "gone@example.org", "two@example.org"].map(email).into();
    let notifier = SesNotifier::new(&desk.aws, desk.config.clone());
    let rejected = || answer(400, "MessageRejected", "Email address is not verified: gone@example.org");
    desk.proxy.disturb([Disturbance::Pass, rejected()]);
    notifier.alert(&organization(), &message("A stranger", "Somebody")).await.unwrap();
    let to: Vec<_> = desk.sent().await.into_iter().map(|mail| mail["To"].clone()).collect();
    assert_eq!(to, [json!(["one@example.org"]), json!(["two@example.org"])]);
    desk.proxy.disturb([rejected(), rejected(), rejected()]);
    let error = notifier.alert(&organization(), &message("A stranger", "Somebody")).await.unwrap_err();
    assert_eq!(kind(&error), "refused");
    assert_eq!(desk.sent().await.len(), 2);
}

#[tokio::test]
async fn each_fault_of_ses_becomes_the_error_that_says_whether_to_try_again() {
    let faults = [
        (Disturbance::json(429, "TooManyRequestsException"), "throttled"),
        (Disturbance::json(400, "LimitExceededException"), "throttled"),
        (Disturbance::json(400, "ThrottlingException"), "throttled"),
        (Disturbance::json(500, "InternalFailure"), "unavailable"),
        (Disturbance::Answer(502, "<html>".to_owned()), "unavailable"),
        (Disturbance::Reset, "unavailable"),
        (Disturbance::json(403, "ExpiredTokenException"), "failed"),
        (Disturbance::json(403, "UnrecognizedClientException"), "failed"),
        (Disturbance::json(403, "AccessDeniedException"), "failed"),
        (Disturbance::json(404, "NotFoundException"), "failed"),
        (Disturbance::json(400, "AccountSuspendedException"), "failed"),
        (Disturbance::json(400, "SendingPausedException"), "failed"),
        (Disturbance::json(400, "MailFromDomainNotVerifiedException"), "failed"),
        (Disturbance::json(400, "MessageRejected"), "refused"),
        (Disturbance::json(400, "BadRequestException"), "refused"),
    ];
    for (fault, expected) in faults {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([fault.clone(), fault.clone()]);
        let error = desk.notify(&message("Hello", "x")).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{fault:?}: {error:?}");
        assert!(desk.sent().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn what_passes_at_the_second_attempt_is_told_once() {
    let passing = [
        Disturbance::json(429, "TooManyRequestsException"),
        Disturbance::json(500, "InternalFailure"),
        Disturbance::Reset,
    ];
    for fault in passing {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([fault.clone()]);
        desk.notify(&message("Hello", "x")).await.unwrap();
        assert_eq!(desk.sent().await.len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for_longer_than_agreed() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Silence(Duration::from_secs(60)), Disturbance::Silence(Duration::from_secs(60))]);
    let message = message("Hello", "x");
    let error = tokio::time::timeout(Duration::from_secs(20), desk.notify(&message)).await.unwrap().unwrap_err();
    assert_eq!(kind(&error), "unavailable", "{error:?}");
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_may_arrive_twice_under_one_tag() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Lost]);
    desk.notify(&message("Hello", "x")).await.unwrap();
    assert_eq!(desk.sent().await.len(), 2);
    let requests = desk.proxy.take();
    assert_eq!(requests.len(), 2);
    assert_eq!(body(&requests[0])["EmailTags"], body(&requests[1])["EmailTags"]);
}

#[tokio::test]
async fn a_sender_that_is_not_verified_is_our_fault_and_not_the_recipients() {
    let Some(desk) = Desk::new().await else { return };
    let notifier = SesNotifier::new(&desk.aws, SesConfig::new(email("nobody@unverified.example")));
    let error = notifier.notify(&organization(), &recipient(), &message("Hello", "x")).await.unwrap_err();
    assert_eq!(kind(&error), "failed", "{error:?}");
    assert!(said(&error).contains("MessageRejected"), "{}", said(&error));
}

#[tokio::test]
async fn forgetting_takes_the_address_from_the_suppression_list() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Answer(200, "{}".to_owned()), Disturbance::json(404, "NotFoundException")]);
    for _ in 0..2 {
        desk.notifier.forget(&organization(), &recipient()).await.unwrap();
        let requests = desk.proxy.take();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].method, "DELETE");
        assert_eq!(requests[0].uri.path().replace("%40", "@"), format!("/v2/email/suppression/addresses/{EMAIL}"));
    }
    desk.notifier.forget(&organization(), &Recipient { email: None, ..recipient() }).await.unwrap();
    assert!(desk.proxy.take().is_empty());
}

#[tokio::test]
async fn what_was_not_forgotten_is_an_error() {
    let faults = [
        (Disturbance::json(429, "TooManyRequestsException"), "throttled"),
        (Disturbance::json(500, "InternalFailure"), "unavailable"),
        (Disturbance::Reset, "unavailable"),
        (Disturbance::json(403, "AccessDeniedException"), "failed"),
        (answer(400, "BadRequestException", EMAIL), "failed"),
    ];
    for (fault, expected) in faults {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([fault.clone(), fault.clone()]);
        let error = desk.notifier.forget(&organization(), &recipient()).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{fault:?}: {error:?}");
        assert!(!said(&error).contains("sigrid"), "{}", said(&error));
    }
}

#[tokio::test]
async fn an_error_never_repeats_the_recipients_address() {
    let Some(desk) = Desk::new().await else { return };
    let no_rights = "User a is not authorized to perform ses:SendEmail on resource arn:aws:ses:us-east-1:1:identity/";
    for fault in [
        answer(400, "MessageRejected", &format!("Address blacklisted: {EMAIL}")),
        answer(400, "BadRequestException", &format!("Invalid address {EMAIL}")),
        answer(403, "AccessDeniedException", &format!("{no_rights}Sigrid@Example.org")),
    ] {
        desk.proxy.disturb([fault]);
        let error = desk.notify(&message("Hello", "x")).await.unwrap_err();
        assert!(!said(&error).to_lowercase().contains("sigrid"), "{}", said(&error));
    }
    desk.proxy.disturb([answer(403, "AccessDeniedException", &format!("{no_rights}example.org"))]);
    let error = desk.notify(&message("Hello", "x")).await.unwrap_err();
    assert!(said(&error).contains("identity/example.org"), "{}", said(&error));
}

#[tokio::test]
async fn an_address_is_sent_only_as_the_destination_and_to_be_forgotten() {
    let Some(mut desk) = Desk::new().await else { return };
    desk.config.operators = vec![email("operator@example.org")];
    let notifier = SesNotifier::new(&desk.aws, desk.config.clone());
    notifier.notify(&organization(), &recipient(), &message("Present", "You came.")).await.unwrap();
    notifier.alert(&organization(), &message("A stranger", "Somebody")).await.unwrap();
    notifier.forget(&organization(), &recipient()).await.unwrap();
    let requests = desk.proxy.take();
    assert_eq!(requests.len(), 3);
    let mut mail = body(&requests[0]);
    assert_eq!(mail["Destination"].take(), json!({"ToAddresses": [EMAIL]}));
    let mail = format!("{:?} {} {mail}", requests[0].headers, requests[0].uri);
    let forgotten = format!("{:?} {:?}", requests[2].headers, requests[2].body);
    let shown = format!("{notifier:?}");
    for text in [mail, requests[1].text(), forgotten, shown] {
        let text = text.to_lowercase();
        for personal in ["sigrid", "müller", "4930123456"] {
            assert!(!text.contains(personal), "{text}");
        }
    }
    assert!(!format!("{notifier:?}").contains("operator@"));
}
