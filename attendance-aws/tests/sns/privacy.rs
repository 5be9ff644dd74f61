//! Where addresses are sent, and where they are not.

use attendance_aws::sns::Prefer;
use attendance_core::ports::Notifier;

use crate::given::{Desk, EMAIL, by_both, fresh_phone, message, organization, parameter, parameters};
use crate::support::{Disturbance, Log};

#[tokio::test]
async fn addresses_are_sent_only_as_endpoint_and_phone_number() {
    let Some(desk) = Desk::new().await else { return };
    let phone = fresh_phone();
    let recipient = by_both(&phone);
    let by_sms = desk.notifier(|config| config.prefer = Prefer::Sms);
    for organization in [organization("one"), organization("two")] {
        desk.notifier.notify(&organization, &recipient, &message("Present", "You came.")).await.unwrap();
        desk.notifier.notify(&organization, &recipient, &message("Present", "You came.")).await.unwrap();
        by_sms.notify(&organization, &recipient, &message("Present", "You came.")).await.unwrap();
        desk.notifier.alert(&organization, &message("A stranger", "Somebody")).await.unwrap();
    }
    for organization in [organization("one"), organization("two")] {
        desk.notifier.forget(&organization, &recipient).await.unwrap();
    }
    let (mut places, mut recipients) = (Vec::new(), Vec::new());
    for request in desk.proxy.take() {
        let head = format!("{} {:?}", request.uri, request.headers).to_lowercase();
        assert!(!head.contains("sigrid") && !head.contains(&phone[1..]), "{head}");
        let parameters = parameters(&request.body);
        let action = parameter(&parameters, "Action").to_owned();
        for (name, value) in &parameters {
            let value = value.to_lowercase();
            assert!(!value.contains("müller"), "{action}: {name}");
            if value.contains("sigrid") || value.contains(&phone[1..]) {
                assert!(value == EMAIL || value == phone, "{action}: {name} is {value}");
                places.push(format!("{action} {name}"));
            }
            if name.ends_with(".Value.StringValue") && value.len() == 64 {
                recipients.push(value);
            }
        }
    }
    assert_eq!(places, ["Subscribe Endpoint", "Publish PhoneNumber", "Publish PhoneNumber"]);
    // An organization can't tell that another knows the same address.
    recipients.sort_unstable();
    recipients.dedup();
    assert_eq!(recipients.len(), 2);
    assert!(recipients.iter().all(|digest| digest.bytes().all(|b| b.is_ascii_hexdigit())), "{recipients:?}");
}

#[tokio::test]
async fn the_log_and_debug_show_nothing_personal() {
    let Some(desk) = Desk::new().await else { return };
    // For all threads: where others log to nobody, a thread's own logger may miss what they were the first to say.
    let log = Log::default();
    let to = log.clone();
    let subscriber = tracing_subscriber::fmt().with_env_filter("attendance_aws=trace").with_writer(move || to.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    let (phone, pending) = (fresh_phone(), "PendingConfirmation");
    let list = format!(
        "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member>\
        <SubscriptionArn>{pending}</SubscriptionArn><Protocol>email</Protocol><Endpoint>{EMAIL}</Endpoint></member>\
        </Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
    );
    let list = Disturbance::Answer(200, list);
    desk.proxy.disturb([list.clone(), Disturbance::Pass, list]);
    let message = message("Dear Sigrid", "Sigrid came");
    desk.notifier.notify(&organization("o"), &by_both(&phone), &message).await.unwrap();
    desk.notifier.forget(&organization("o"), &by_both(&phone)).await.unwrap();
    desk.notifier.notify(&organization("o"), &by_both(&phone), &message).await.unwrap();
    let log = log.text();
    assert!(log.contains(&message.id) && log.contains("Publish") && log.contains("not confirmed yet"), "{log}");
    assert!(log.contains("lapse"), "{log}");
    let shown = format!("{log} {:?}", desk.notifier).to_lowercase();
    assert!(!shown.contains("sigrid") && !shown.contains(&phone[1..]), "{shown}");
}
