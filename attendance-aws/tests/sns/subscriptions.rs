//! Attendees' addresses in the topic.

use attendance_core::domain::attendee::Email;
use attendance_core::ports::notifier::Recipient;
use attendance_core::ports::{Notifier, NotifierError};
use serde_json::json;

use crate::board::Queue;
use crate::given::{Desk, EMAIL, by_both, by_email, message, organization};
use crate::support::Disturbance;

/// A page of the topic's subscriptions.
fn page(subscriptions: &[(&str, &str)], next: &str) -> Disturbance {
    let member = |(arn, endpoint): &(&str, &str)| {
        let (protocol, owner) = ("<Protocol>email</Protocol>", "<Owner>000000000000</Owner>");
        format!(
            "<member><SubscriptionArn>{arn}</SubscriptionArn>{owner}{protocol}<Endpoint>{endpoint}</Endpoint></member>"
        )
    };
    let members: String = subscriptions.iter().map(member).collect();
    let result = format!("<Subscriptions>{members}</Subscriptions>{next}");
    let result = format!("<ListSubscriptionsByTopicResult>{result}</ListSubscriptionsByTopicResult>");
    let response = format!("<ListSubscriptionsByTopicResponse>{result}</ListSubscriptionsByTopicResponse>");
    Disturbance::Answer(200, response)
}

#[tokio::test]
async fn a_message_reaches_only_the_recipient_through_a_filter_policy() {
    let Some(desk) = Desk::new().await else { return };
    let (ann, bob) = (by_email("ann@example.org"), by_email("bob@example.org"));
    for recipient in [&ann, &bob] {
        desk.notifier.notify(&organization("o"), recipient, &message("Welcome", "x")).await.unwrap();
    }
    // Mailboxes that let through what SNS would deliver to the two addresses.
    let mut mailboxes = Vec::new();
    for (_, policy, _) in desk.attendees.subscribers().await {
        mailboxes.push(Queue::on(&desk.aws, &desk.attendees.topic, Some(&policy)).await);
    }
    desk.notifier.notify(&organization("o"), &ann, &message("To Ann", "x")).await.unwrap();
    // The same address in another organization is somebody else.
    desk.notifier.notify(&organization("p"), &ann, &message("To Ann elsewhere", "x")).await.unwrap();
    let subjects: Vec<Vec<_>> = [mailboxes[0].messages().await, mailboxes[1].messages().await]
        .iter()
        .map(|messages| messages.iter().map(|message| message["Subject"].clone()).collect())
        .collect();
    assert_eq!(subjects, [vec![json!("To Ann")], vec![]]);
}

#[tokio::test]
async fn an_address_is_subscribed_once_and_told_in_three_requests_from_then_on() {
    let Some(desk) = Desk::new().await else { return };
    desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("One", "x")).await.unwrap();
    assert_eq!(desk.actions(), ["ListSubscriptionsByTopic", "Subscribe", "Publish"]);
    for email in [EMAIL, "Sigrid@Example.org"] {
        desk.notifier.notify(&organization("o"), &by_email(email), &message("Two", "x")).await.unwrap();
        assert_eq!(desk.actions(), ["ListSubscriptionsByTopic", "GetSubscriptionAttributes", "Publish"]);
    }
    let arrived = desk.attendees.arrived(false).await;
    assert_eq!(arrived.iter().map(|arrived| arrived.to.as_str()).collect::<Vec<_>>(), [EMAIL; 3]);
}

#[tokio::test]
async fn organizations_share_an_address_and_forget_it_each_for_itself() {
    let Some(desk) = Desk::new().await else { return };
    let (one, two) = (organization("one"), organization("two"));
    for organization in [&one, &two, &one] {
        desk.notifier.notify(organization, &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
    }
    let subscribers = desk.attendees.subscribers().await;
    assert_eq!(subscribers.len(), 1);
    assert_eq!(subscribers[0].1["recipient"].as_array().unwrap().len(), 2);
    assert_eq!(desk.attendees.arrived(false).await.len(), 3);

    desk.notifier.forget(&one, &by_email(EMAIL)).await.unwrap();
    desk.notifier.forget(&one, &by_email(EMAIL)).await.unwrap();
    let subscribers = desk.attendees.subscribers().await;
    assert_eq!(subscribers[0].1["recipient"].as_array().unwrap().len(), 1);
    desk.notifier.notify(&two, &by_email(EMAIL), &message("Still here", "x")).await.unwrap();
    let arrived = desk.attendees.arrived(false).await;
    assert!(arrived.iter().any(|arrived| arrived.subject == "Still here"), "{arrived:?}");

    desk.notifier.forget(&two, &by_email(EMAIL)).await.unwrap();
    assert!(desk.attendees.subscribers().await.is_empty());
}

#[tokio::test]
async fn forgetting_removes_every_subscription_of_the_recipient_and_nobody_elses() {
    let Some(desk) = Desk::new().await else { return };
    let (ann, bob) = (by_both("+4930123456"), by_email("bob@example.org"));
    for recipient in [&ann, &bob] {
        desk.notifier.notify(&organization("o"), recipient, &message("Hello", "x")).await.unwrap();
    }
    let by_hand = [("email-json", "Sigrid@Example.org"), ("sms", "+4930123456")];
    for (protocol, endpoint) in by_hand {
        let request = desk.aws.sns().subscribe().topic_arn(&desk.attendees.topic);
        request.protocol(protocol).endpoint(endpoint).send().await.unwrap();
    }
    desk.notifier.forget(&organization("o"), &ann).await.unwrap();
    let left = desk.aws.sns().list_subscriptions_by_topic().topic_arn(&desk.attendees.topic).send().await.unwrap();
    let left = left.subscriptions().iter().filter(|left| left.protocol() != Some("sqs"));
    assert_eq!(left.map(|left| left.endpoint().unwrap()).collect::<Vec<_>>(), ["bob@example.org"]);
}

#[tokio::test]
async fn subscriptions_are_looked_for_on_every_page() {
    let Some(desk) = Desk::new().await else { return };
    desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
    let first_page = || page(&[("arn:aws:sns:us-east-1:0:t:1", "ann@example.org")], "<NextToken>100</NextToken>");
    desk.actions();
    desk.proxy.disturb([first_page()]);
    desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Again", "x")).await.unwrap();
    let (list, get) = ("ListSubscriptionsByTopic", "GetSubscriptionAttributes");
    assert_eq!(desk.actions(), [list, list, get, "Publish"]);
    desk.proxy.disturb([first_page()]);
    desk.notifier.forget(&organization("o"), &by_email(EMAIL)).await.unwrap();
    assert_eq!(desk.actions(), [list, list, get, "Unsubscribe"]);
    assert!(desk.attendees.subscribers().await.is_empty());
}

#[tokio::test]
async fn whoever_has_not_confirmed_is_not_asked_again_and_can_be_forgotten() {
    let Some(desk) = Desk::new().await else { return };
    for pending in ["PendingConfirmation", "pending confirmation"] {
        desk.proxy.disturb([page(&[(pending, EMAIL)], "")]);
        desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
        assert_eq!(desk.actions(), ["ListSubscriptionsByTopic", "Publish"]);
        desk.proxy.disturb([page(&[(pending, EMAIL)], "")]);
        desk.notifier.forget(&organization("o"), &by_email(EMAIL)).await.unwrap();
        assert_eq!(desk.actions(), ["ListSubscriptionsByTopic"]);
    }
}

#[tokio::test]
async fn whoever_unsubscribed_or_lapsed_is_asked_again() {
    let Some(desk) = Desk::new().await else { return };
    desk.proxy.disturb([page(&[("Deleted", EMAIL)], "")]);
    desk.notifier.notify(&organization("o"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
    assert_eq!(desk.actions(), ["ListSubscriptionsByTopic", "Subscribe", "Publish"]);
    assert_eq!(desk.attendees.subscribers().await.len(), 1);
}

#[tokio::test]
async fn a_subscription_that_is_made_or_removed_meanwhile_is_looked_up_again() {
    let Some(desk) = Desk::new().await else { return };
    desk.notifier.notify(&organization("one"), &by_email(EMAIL), &message("Hello", "x")).await.unwrap();
    desk.actions();
    let exists = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid parameter: \
        Attributes Reason: Subscription already exists with different attributes</Message></Error></ErrorResponse>";
    let exists = Disturbance::Answer(400, exists.to_owned());
    // It was not there when it was looked for, and is there when it is to be made.
    desk.proxy.disturb([page(&[], ""), exists.clone()]);
    desk.notifier.notify(&organization("two"), &by_email(EMAIL), &message("Hi", "x")).await.unwrap();
    let (list, get, set) = ("ListSubscriptionsByTopic", "GetSubscriptionAttributes", "SetSubscriptionAttributes");
    assert_eq!(desk.actions(), [list, "Subscribe", list, get, set, "Publish"]);
    // It was there when it was looked for, and is gone when it is read.
    desk.proxy.disturb([page(&[("arn:aws:sns:us-east-1:000000000000:t:gone", EMAIL)], "")]);
    desk.notifier.notify(&organization("two"), &by_email(EMAIL), &message("Ho", "x")).await.unwrap();
    assert_eq!(desk.actions(), [list, get, list, get, "Publish"]);
    // It never comes to rest.
    desk.proxy.disturb([page(&[], ""), exists.clone(), page(&[], ""), exists.clone(), page(&[], ""), exists]);
    let error = desk.notifier.notify(&organization("two"), &by_email(EMAIL), &message("No", "x")).await.unwrap_err();
    assert!(matches!(error, NotifierError::Unavailable { .. }), "{error:?}");
    let subjects: Vec<_> = desk.attendees.arrived(false).await.into_iter().map(|arrived| arrived.subject).collect();
    assert_eq!(subjects, ["Hello", "Hi", "Ho"]);
}

#[tokio::test]
async fn a_subscription_made_by_hand_is_not_changed() {
    let Some(desk) = Desk::new().await else { return };
    for (email, policy) in [("ann@example.org", "{}"), ("bob@example.org", r#"{"organization":["o"]}"#)] {
        let request = desk.aws.sns().subscribe().topic_arn(&desk.attendees.topic).protocol("email").endpoint(email);
        request.attributes("FilterPolicy", policy).send().await.unwrap();
    }
    // Who gets everything gets this too.
    desk.notifier.notify(&organization("o"), &by_email("ann@example.org"), &message("Hello", "x")).await.unwrap();
    let error = desk.notifier.notify(&organization("o"), &by_email("bob@example.org"), &message("Hi", "x")).await;
    assert!(matches!(error, Err(NotifierError::Refused { .. })), "{error:?}");
    let policies: Vec<_> = desk.attendees.subscribers().await.into_iter().map(|(_, policy, _)| policy).collect();
    assert_eq!(policies, [json!({}), json!({"organization": ["o"]})]);
    assert_eq!(desk.attendees.published().await.len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_where_there_is_nothing_to_forget() {
    let Some(desk) = Desk::new().await else { return };
    let nobody = Recipient { name: None, email: None, phone: None, language: None };
    desk.notifier.forget(&organization("o"), &nobody).await.unwrap();
    let without_topic = desk.notifier(|config| config.attendees = None);
    let known = Recipient { email: Some(Email::new(EMAIL).unwrap()), ..nobody };
    without_topic.forget(&organization("o"), &known).await.unwrap();
    assert!(desk.actions().is_empty());
}
