//! What goes wrong, and what becomes of it.

use std::time::Duration;

use attendance_core::ports::Notifier;

use crate::given::{Desk, EMAIL, by_email, by_phone, fresh_phone, message, organization, texts};
use crate::support::{Disturbance, kind, said};

/// An error of SNS with its words.
fn answer(status: u16, code: &str, words: &str) -> Disturbance {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>");
    Disturbance::Answer(status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

#[tokio::test]
async fn each_fault_of_sns_becomes_the_error_that_says_whether_to_try_again() {
    let faults = [
        (Disturbance::query(400, "Throttling"), "throttled"),
        (Disturbance::query(429, "Throttled"), "throttled"),
        (Disturbance::query(400, "KMSThrottling"), "throttled"),
        (Disturbance::query(500, "InternalError"), "unavailable"),
        (Disturbance::query(503, "ServiceUnavailable"), "unavailable"),
        (Disturbance::Answer(502, "<html>".to_owned()), "unavailable"),
        (Disturbance::Reset, "unavailable"),
        (Disturbance::query(403, "ExpiredToken"), "failed"),
        (Disturbance::query(403, "InvalidClientTokenId"), "failed"),
        (Disturbance::query(403, "AuthorizationError"), "failed"),
        (Disturbance::query(400, "KMSAccessDenied"), "failed"),
        (Disturbance::query(404, "NotFound"), "failed"),
        (answer(400, "InvalidParameter", "Invalid parameter: TopicArn"), "failed"),
        (answer(400, "InvalidParameter", "Invalid parameter: Message too long"), "refused"),
        (Disturbance::query(400, "ParameterValueInvalid"), "refused"),
    ];
    for (fault, expected) in faults {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([fault.clone(), fault.clone()]);
        let error = desk.notifier.alert(&organization("o"), &message("Hello", "x")).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{fault:?}: {error:?}");
        assert!(desk.operators.published().await.is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn what_passes_at_the_second_attempt_is_told_once() {
    let passing = [Disturbance::query(400, "Throttling"), Disturbance::query(500, "InternalError"), Disturbance::Reset];
    for fault in passing {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([fault.clone()]);
        desk.notifier.alert(&organization("o"), &message("Hello", "x")).await.unwrap();
        assert_eq!(desk.operators.published().await.len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for_longer_than_agreed() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Silence(Duration::from_secs(60)), Disturbance::Silence(Duration::from_secs(60))]);
    let (organization, message) = (organization("o"), message("Hello", "x"));
    let sent = desk.notifier.alert(&organization, &message);
    let error = tokio::time::timeout(Duration::from_secs(20), sent).await.unwrap().unwrap_err();
    assert_eq!(kind(&error), "unavailable", "{error:?}");
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_may_arrive_twice_under_one_id() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Lost]);
    let message = message("Hello", "x");
    desk.notifier.alert(&organization("o"), &message).await.unwrap();
    let published = desk.operators.published().await;
    let ids: Vec<_> = published.iter().map(|one| one["MessageAttributes"]["message_id"]["Value"].as_str()).collect();
    assert_eq!(ids, [Some(message.id.as_str()); 2]);
}

#[tokio::test]
async fn a_subscription_whose_answer_is_lost_is_made_once() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([Disturbance::Pass, Disturbance::Lost]);
    desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
    assert_eq!(desk.actions(), ["ListSubscriptionsByTopic", "Subscribe", "Subscribe", "Publish"]);
    assert_eq!(desk.attendees.subscribers().await.len(), 1);
    assert_eq!(desk.attendees.arrived(false).await.len(), 1);
}

#[tokio::test]
async fn a_topic_that_does_not_exist_is_named_and_forgets_nobody() {
    let Some(desk) = Desk::new().await else { return };
    let missing = "arn:aws:sns:us-east-1:000000000000:missing".to_owned();
    let notifier = desk.notifier(|config| {
        config.attendees = Some(missing.clone());
        config.operators = Some(missing.clone());
    });
    let (o, recipient, message) = (organization("o"), by_email(EMAIL), message("Hello", "x"));
    let errors = [
        notifier.notify(&o, &recipient, &message).await,
        notifier.alert(&o, &message).await,
        notifier.forget(&o, &recipient).await,
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert_eq!(kind(&error), "failed", "{error:?}");
        assert!(said(&error).contains(&missing), "{}", said(&error));
    }
}

#[tokio::test]
async fn a_topic_without_room_for_another_subscriber_says_what_to_use_instead() {
    for code in ["FilterPolicyLimitExceeded", "SubscriptionLimitExceeded"] {
        let Some(desk) = Desk::new().await else { return };
        desk.proxy.disturb([Disturbance::Pass, Disturbance::query(403, code)]);
        let error =
            desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap_err();
        assert_eq!(kind(&error), "refused", "{error:?}");
        assert!(said(&error).contains("SES"), "{}", said(&error));
        assert!(desk.attendees.published().await.is_empty());
    }
}

#[tokio::test]
async fn an_error_never_repeats_an_address() {
    let phone = fresh_phone();
    let no_rights =
        |of: &str| format!("User: arn:aws:iam::1:user/a is not authorized to perform: SNS:Publish on resource: {of}");
    let by_sms = [
        (answer(400, "OptedOut", &format!("{phone} is opted out")), "refused"),
        (answer(400, "InvalidParameter", &format!("PhoneNumber Reason: {phone} is not valid")), "refused"),
        (answer(403, "AuthorizationError", &no_rights(&phone)), "failed"),
    ];
    let by_mail = [
        (answer(400, "InvalidParameter", &format!("Invalid parameter: Email address {EMAIL}")), "refused"),
        (answer(403, "AuthorizationError", &no_rights(&EMAIL.to_uppercase())), "failed"),
    ];
    let Some(desk) = Desk::new().await else { return };
    for (fault, expected) in by_sms {
        desk.proxy.disturb([fault.clone()]);
        let error =
            desk.notifier.notify(&organization("o"), &by_phone(&phone), &message("Hello", "x")).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{fault:?}");
        assert!(!said(&error).contains(&phone[1..]), "{}", said(&error));
    }
    for (fault, expected) in by_mail {
        desk.proxy.disturb([Disturbance::Pass, fault.clone()]);
        let error =
            desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{fault:?}");
        assert!(!said(&error).to_lowercase().contains("sigrid"), "{}", said(&error));
    }
    assert!(texts(&desk.emulator, &phone).await.is_empty());
}

#[tokio::test]
async fn lack_of_rights_is_told_with_what_is_lacking() {
    let Some(desk) = Desk::new().await else { return };
    let words = "not authorized to perform: SNS:Publish on resource: arn:aws:sns:us-east-1:1:operators";
    desk.proxy.disturb([answer(403, "AuthorizationError", words)]);
    let error = desk.notifier.alert(&organization("o"), &message("Hello", "x")).await.unwrap_err();
    assert!(said(&error).contains(words), "{}", said(&error));
}
