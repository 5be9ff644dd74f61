//! What arrives, and by which way.

use attendance_aws::sns::{Prefer, SnsSms};
use attendance_core::ports::{Notifier, NotifierError};

use crate::given::{Desk, by_both, by_email, by_phone, fresh_phone, message, organization, texts};

#[tokio::test]
async fn a_subject_of_any_script_is_the_subject_and_a_long_one_is_also_the_first_line() {
    let Some(desk) = Desk::new().await else { return };
    let long = format!("出席 {}", "x".repeat(120));
    desk.notifier.alert(&organization("o"), &message("حاضر – 出席", "Text")).await.unwrap();
    desk.notifier.alert(&organization("o"), &message(&long, "Text")).await.unwrap();
    let published = desk.operators.published().await;
    assert_eq!((&published[0]["Subject"], &published[0]["Message"]), (&"حاضر – 出席".into(), &"Text".into()));
    let subject = published[1]["Subject"].as_str().unwrap();
    assert!(subject.chars().count() < 100 && long.starts_with(subject.strip_suffix("...").unwrap()), "{subject}");
    assert_eq!(published[1]["Message"], format!("{long}\n\nText"));
}

#[tokio::test]
async fn a_subject_that_sns_refuses_is_the_first_line_instead() {
    let Some(desk) = Desk::new().await else { return };
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>\
        <Message>Invalid parameter: Subject</Message></Error><RequestId>r</RequestId></ErrorResponse>";
    desk.proxy.disturb([crate::support::Disturbance::Answer(400, refusal.to_owned())]);
    desk.notifier.alert(&organization("o"), &message("出席", "Text")).await.unwrap();
    assert_eq!(desk.actions(), ["Publish", "Publish"]);
    let published = desk.operators.published().await;
    assert_eq!(published.len(), 1);
    assert_eq!((published[0].get("Subject"), &published[0]["Message"]), (None, &"出席\n\nText".into()));
}

#[tokio::test]
async fn operators_can_tell_organization_kind_and_message_by_attributes() {
    let Some(desk) = Desk::new().await else { return };
    let message = message("A stranger", "Somebody");
    desk.notifier.alert(&organization("school-7"), &message).await.unwrap();
    let published = desk.operators.published().await;
    let attributes = published[0]["MessageAttributes"].as_object().unwrap();
    let mut values: Vec<_> =
        attributes.iter().map(|(name, value)| (name.as_str(), value["Value"].as_str().unwrap())).collect();
    values.sort_unstable();
    let mut expected = [("organization", "school-7"), ("kind", "alert"), ("message_id", message.id.as_str())];
    expected.sort_unstable();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn somebody_with_both_addresses_is_told_once_by_the_preferred_one() {
    let Some(desk) = Desk::new().await else { return };
    let phone = fresh_phone();
    desk.notifier.notify(&organization("o"), &by_both(&phone), &message("One", "x")).await.unwrap();
    assert_eq!(desk.attendees.published().await.len(), 1);
    assert!(texts(&desk.emulator, &phone).await.is_empty());
    let by_sms = desk.notifier(|config| config.prefer = Prefer::Sms);
    by_sms.notify(&organization("o"), &by_both(&phone), &message("Two", "x")).await.unwrap();
    assert_eq!(desk.attendees.published().await.len(), 1);
    assert_eq!(texts(&desk.emulator, &phone).await.len(), 1);
}

#[tokio::test]
async fn a_way_that_is_not_set_up_is_not_taken_whatever_is_preferred() {
    let Some(desk) = Desk::new().await else { return };
    let phone = fresh_phone();
    let without_topic = desk.notifier(|config| config.attendees = None);
    without_topic.notify(&organization("o"), &by_both(&phone), &message("One", "x")).await.unwrap();
    assert_eq!(texts(&desk.emulator, &phone).await.len(), 1);
    let without_sms = desk.notifier(|config| (config.sms, config.prefer) = (None, Prefer::Sms));
    without_sms.notify(&organization("o"), &by_both(&phone), &message("Two", "x")).await.unwrap();
    assert_eq!(desk.attendees.published().await.len(), 1);
    for (notifier, recipient) in [(without_topic, by_email("a@example.org")), (without_sms, by_phone(&phone))] {
        let refused = notifier.notify(&organization("o"), &recipient, &message("Three", "x")).await;
        assert!(matches!(refused, Err(NotifierError::NoAddress)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_text_message_is_transactional_of_bounded_length_and_from_whom_it_should_be() {
    let Some(desk) = Desk::new().await else { return };
    let phone = fresh_phone();
    let notifier = desk.notifier(|config| {
        let mut sms = SnsSms::default();
        sms.sender_id = Some("School-7".to_owned());
        config.sms = Some(sms);
    });
    notifier.notify(&organization("o"), &by_phone(&phone), &message("Present", &"é".repeat(2_000))).await.unwrap();
    let texts = texts(&desk.emulator, &phone).await;
    let attribute = |name: &str| texts[0]["MessageAttributes"][name]["StringValue"].as_str().unwrap().to_owned();
    assert_eq!(attribute("AWS.SNS.SMS.SMSType"), "Transactional");
    assert_eq!(attribute("AWS.SNS.SMS.SenderID"), "School-7");
    let text = texts[0]["Message"].as_str().unwrap();
    assert!(text.starts_with("Present\né") && text.ends_with("é..."), "{text}");
    assert_eq!(text.chars().count(), 1_600);
}

#[tokio::test]
async fn a_message_of_more_than_256_kib_is_refused() {
    let Some(desk) = Desk::new().await else { return };
    let refused = desk.notifier.alert(&organization("o"), &message("Big", &"x".repeat(262_144))).await;
    assert!(matches!(refused, Err(NotifierError::Refused { .. })), "{refused:?}");
    assert!(desk.operators.published().await.is_empty());
}
