use std::error::Error as _;
use std::time::{Duration, Instant};

use attendance_core::domain::attendee::{Email, Name, Phone};

use super::*;
use server::{Behavior, MailServer};

mod server;

fn organization() -> OrganizationId {
    OrganizationId::new("default").unwrap()
}

fn recipient(name: &str) -> Recipient {
    Recipient {
        name: Some(Name::new(name).unwrap()),
        email: Some(Email::new("sigrid@example.org").unwrap()),
        phone: None,
        language: None,
    }
}

fn message(subject: &str, body: &str) -> Message {
    Message { id: "session:attendee:v1:email".to_owned(), subject: subject.to_owned(), body: body.to_owned() }
}

fn config(server: &MailServer) -> SmtpConfig {
    let mut config = SmtpConfig::new("127.0.0.1", Email::new("attendance@example.org").unwrap());
    config.port = Some(server.port());
    config.tls = SmtpTls::None;
    config.timeout = Duration::from_secs(20);
    config
}

fn notifier(server: &MailServer) -> SmtpNotifier {
    SmtpNotifier::new(config(server)).unwrap()
}

/// Everything that an error says, its sources too.
fn said(error: &NotifierError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error} {error:?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written_in_any_script() {
    let server = MailServer::start(Behavior::Accept).await;
    let mut config = config(&server);
    config.from_name = Some(Name::new("Schule am Äußeren Ring").unwrap());
    let body = "Grüße!\n.\n\nZeile „zwei“ 出席\n";
    let notifier = SmtpNotifier::new(config).unwrap();
    notifier.notify(&organization(), &recipient("Müller, Sigrid \"S\""), &message("Da – 出席", body)).await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("attendance@example.org", &["sigrid@example.org".to_owned()][..])
    );
    assert!(mail.raw.is_ascii());
    assert_eq!(mail.header("Subject").unwrap(), "Da – 出席");
    assert_eq!(mail.body(), body.replace('\n', "\r\n").trim_end());
    assert!(mail.header("From").unwrap().contains("Schule am Äußeren Ring"), "{:?}", mail.header("From"));
    assert!(mail.header("To").unwrap().ends_with("<sigrid@example.org>"), "{:?}", mail.header("To"));
    assert_eq!(mail.header("Auto-Submitted").unwrap(), "auto-generated");
}

#[tokio::test]
async fn an_attempt_and_its_repetition_have_the_same_message_id_and_other_messages_another() {
    let server = MailServer::start(Behavior::Accept).await;
    let notifier = notifier(&server);
    let (first, mut second) = (message("One", "x"), message("Two", "x"));
    second.id = "other".to_owned();
    for message in [&first, &first, &second] {
        notifier.notify(&organization(), &recipient("Sigrid"), message).await.unwrap();
    }
    let ids: Vec<_> = server.mails().iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert!(ids[0].starts_with('<') && ids[0].ends_with("@example.org>"), "{ids:?}");
}

#[tokio::test]
async fn no_text_can_add_a_header_or_a_recipient() {
    let server = MailServer::start(Behavior::Accept).await;
    let evil = "Hello\r\nBcc: eve@example.org\n\nBody\0\u{85}x";
    let mut message = message(evil, "x\r\n.\r\nRCPT TO:<eve@example.org>\r\n");
    message.id = evil.to_owned();
    notifier(&server).notify(&organization(), &recipient("Sigrid"), &message).await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["sigrid@example.org"]);
    assert_eq!(mails[0].header("Bcc"), None);
    assert!(mails[0].header("Subject").unwrap().starts_with("Hello  Bcc: eve@example.org"));
}

#[tokio::test]
async fn a_refused_recipient_is_refused_for_good_and_the_error_does_not_repeat_the_address() {
    let server = MailServer::start(Behavior::RefuseRecipients).await;
    let error = notifier(&server).notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Refused { .. }), "{error:?}");
    assert!(said(&error).contains("550"), "{}", said(&error));
    assert!(!said(&error).contains("sigrid"), "{}", said(&error));
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_message_that_is_refused_after_it_was_read_is_refused_for_good() {
    let server = MailServer::start(Behavior::RefuseContent).await;
    let error = notifier(&server).notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_busy_server_may_be_asked_again() {
    let server = MailServer::start(Behavior::Busy).await;
    let error = notifier(&server).notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Unavailable { .. }), "{error:?}");
    assert!(said(&error).contains("451"), "{}", said(&error));
}

#[tokio::test]
async fn a_server_that_is_not_there_may_be_asked_again() {
    let server = MailServer::start(Behavior::Accept).await;
    let notifier = notifier(&server);
    drop(server);
    let error = notifier.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_longer_than_agreed() {
    let server = MailServer::start(Behavior::Silent).await;
    let mut config = config(&server);
    config.timeout = Duration::from_millis(300);
    let start = Instant::now();
    let notifier = SmtpNotifier::new(config).unwrap();
    let error = notifier.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Unavailable { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_mail_that_the_server_took_was_sent_however_the_goodbye_went() {
    let server = MailServer::start(Behavior::HangUpAfterMail).await;
    notifier(&server).notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn who_has_no_email_address_is_not_served() {
    let server = MailServer::start(Behavior::Accept).await;
    let phone = Some(Phone::new("+4930123456").unwrap());
    let by_phone = Recipient { email: None, phone, ..recipient("Sigrid") };
    let refused = notifier(&server).notify(&organization(), &by_phone, &message("x", "x")).await;
    assert!(matches!(refused, Err(NotifierError::NoAddress)));
}

#[tokio::test]
async fn every_operator_is_told_also_if_one_of_them_can_not_be() {
    let server = MailServer::start(Behavior::Refuse("gone@example.org")).await;
    let mut config = config(&server);
    config.operators =
        ["one@example.org", "gone@example.org", "two@example.org"].map(|e| Email::new(e).unwrap()).into();
    SmtpNotifier::new(config.clone()).unwrap().alert(&organization(), &message("x", "x")).await.unwrap();
    let to: Vec<_> = server.mails().iter().flat_map(|mail| mail.to.clone()).collect();
    assert_eq!(to, ["one@example.org", "two@example.org"]);
    config.operators = vec![Email::new("gone@example.org").unwrap()];
    let error =
        SmtpNotifier::new(config.clone()).unwrap().alert(&organization(), &message("x", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Refused { .. }));
    config.operators.clear();
    SmtpNotifier::new(config).unwrap().alert(&organization(), &message("x", "x")).await.unwrap();
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_where_encryption_was_asked_for() {
    let server = MailServer::start(Behavior::Accept).await;
    for tls in [SmtpTls::StartTls, SmtpTls::Tls] {
        let mut config = config(&server);
        (config.tls, config.timeout) = (tls, Duration::from_secs(2));
        let notifier = SmtpNotifier::new(config).unwrap();
        assert!(notifier.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.is_err());
    }
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn mails_travel_encrypted_and_signed_in_if_the_authority_is_trusted() {
    for tls in [SmtpTls::StartTls, SmtpTls::Tls] {
        let server = MailServer::start_tls(tls).await;
        let mut config = config(&server);
        config.tls = tls;
        let password = "s3cret".to_owned();
        config.credentials = Some(SmtpCredentials { user: "attendance".to_owned(), password });
        let distrusting = SmtpNotifier::new(config.clone()).unwrap();
        let error = distrusting.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
        assert!(!matches!(error, NotifierError::Refused { .. }), "{error:?}");
        assert!(server.mails().is_empty());
        config.certificate_authority = Some(server.authority());
        let trusting = SmtpNotifier::new(config.clone()).unwrap();
        trusting.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap();
        assert_eq!(server.mails().len(), 1);
        assert_eq!(server.mails()[0].user.as_deref(), Some("attendance"));
        config.credentials = Some(SmtpCredentials { user: "attendance".to_owned(), password: "wrong".to_owned() });
        let error = SmtpNotifier::new(config).unwrap();
        let error = error.notify(&organization(), &recipient("Sigrid"), &message("x", "x")).await.unwrap_err();
        assert!(matches!(error, NotifierError::Failed { .. }), "{error:?}");
    }
}

#[test]
fn a_configuration_that_can_not_work_is_refused() {
    let from = || Email::new("attendance@example.org").unwrap();
    for host in ["", "mail example", "a\r\nb", "a/b"] {
        assert!(matches!(SmtpNotifier::new(SmtpConfig::new(host, from())), Err(InvalidSmtpConfig::Host)), "{host:?}");
    }
    let mut config = SmtpConfig::new("mail.example.org", from());
    config.credentials = Some(SmtpCredentials { user: "u".to_owned(), password: "p".to_owned() });
    SmtpNotifier::new(config.clone()).unwrap();
    config.tls = SmtpTls::None;
    assert!(matches!(SmtpNotifier::new(config.clone()), Err(InvalidSmtpConfig::CredentialsInTheClear)));
    assert!(!format!("{config:?}").contains("\"p\""));
    let mut config = SmtpConfig::new("mail.example.org", from());
    config.certificate_authority = Some("nonsense".to_owned());
    assert!(matches!(SmtpNotifier::new(config), Err(InvalidSmtpConfig::CertificateAuthority)));
}

mod conformance {
    use std::sync::Arc;

    use attendance_core::conformance::notifier::{Arrived, NotifierFixture};

    use super::*;

    const OPERATOR: &str = "operator@example.org";

    fn arrived(server: &MailServer, at_operators: bool) -> Vec<Arrived> {
        let mails = server.mails().into_iter().filter(|mail| (mail.to == [OPERATOR]) == at_operators);
        mails
            .map(|mail| Arrived { to: mail.to.concat(), subject: mail.header("Subject").unwrap(), body: mail.body() })
            .collect()
    }

    async fn fixture() -> (NotifierFixture, Arc<MailServer>) {
        let server = Arc::new(MailServer::start(Behavior::Accept).await);
        let mut config = config(&server);
        let without_operators = SmtpNotifier::new(config.clone()).unwrap();
        config.operators = vec![Email::new(OPERATOR).unwrap()];
        let (one, two) = (Arc::clone(&server), Arc::clone(&server));
        let mut fixture = NotifierFixture::new(Arc::new(SmtpNotifier::new(config).unwrap()))
            .arrived(move || std::future::ready(arrived(&one, false)))
            .alerted(move || std::future::ready(arrived(&two, true)));
        let phone = Some(Phone::new("+4930123456").unwrap());
        fixture.unserved = Some(Recipient { email: None, phone, ..recipient("Sigrid") });
        fixture.without_operators = Some(Arc::new(without_operators));
        (fixture, server)
    }

    attendance_core::notifier_suite!(fixture);
}
