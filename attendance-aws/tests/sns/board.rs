//! A topic in the emulator, and a queue that hears everything that is published to it.

use std::sync::{Arc, Mutex};

use attendance_aws::AwsConfig;
use attendance_core::conformance::notifier::Arrived;
use serde_json::{Value, json};
use uuid::Uuid;

/// A topic of its own. E-mails go nowhere in the emulator: a message is read from the queue, and who would get it from
/// the filter policies of the topic's subscriptions.
#[derive(Clone)]
pub(crate) struct Board {
    sns: aws_sdk_sns::Client,
    queue: Queue,
    pub(crate) topic: String,
}

impl Board {
    pub(crate) async fn new(aws: &AwsConfig) -> Self {
        let (sns, name) = (aws.sns(), format!("board-{}", Uuid::now_v7()));
        let topic = sns.create_topic().name(name).send().await.unwrap().topic_arn.unwrap();
        let queue = Queue::on(aws, &topic, None).await;
        Self { sns, queue, topic }
    }

    /// Every message that was published so far.
    pub(crate) async fn published(&self) -> Vec<Value> {
        self.queue.messages().await
    }

    /// Address, filter policy and ARN of each e-mail subscription.
    pub(crate) async fn subscribers(&self) -> Vec<(String, Value, String)> {
        let all = self.sns.list_subscriptions_by_topic().topic_arn(&self.topic).send().await.unwrap();
        let mut subscribers = Vec::new();
        for one in all.subscriptions().iter().filter(|one| one.protocol() == Some("email")) {
            let arn = one.subscription_arn().unwrap();
            let attributes = self.sns.get_subscription_attributes().subscription_arn(arn).send().await.unwrap();
            let policy = attributes
                .attributes()
                .unwrap()
                .get("FilterPolicy")
                .map_or(Value::Null, |policy| serde_json::from_str(policy).unwrap());
            subscribers.push((one.endpoint().unwrap().to_owned(), policy, arn.to_owned()));
        }
        subscribers
    }

    /// Every message, once for each subscription that lets it through; for `operators`, without looking at those.
    pub(crate) async fn arrived(&self, operators: bool) -> Vec<Arrived> {
        let subscribers = self.subscribers().await;
        let mut arrived = Vec::new();
        for message in self.published().await {
            let recipient = &message["MessageAttributes"]["recipient"]["Value"];
            let lets_through = |policy: &Value| policy["recipient"].as_array().unwrap().contains(recipient);
            let to = subscribers.iter().filter(|(_, policy, _)| lets_through(policy)).map(|(to, ..)| to.clone());
            let to: Vec<_> = if operators { vec!["operators".to_owned()] } else { to.collect() };
            arrived.extend(to.into_iter().map(|to| Arrived {
                to,
                subject: message["Subject"].as_str().unwrap_or_default().to_owned(),
                body: message["Message"].as_str().unwrap().to_owned(),
            }));
        }
        arrived
    }
}

/// A queue subscribed to a topic: it stands for a mailbox.
#[derive(Clone)]
pub(crate) struct Queue {
    sqs: aws_sdk_sqs::Client,
    url: String,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Queue {
    pub(crate) async fn on(aws: &AwsConfig, topic: &str, filter_policy: Option<&Value>) -> Self {
        let sqs = aws_sdk_sqs::Client::new(aws.sdk());
        let name = format!("mailbox-{}", Uuid::now_v7());
        let arn = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
        let url = sqs.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap();
        let request = aws.sns().subscribe().topic_arn(topic).protocol("sqs").endpoint(arn);
        let policy = filter_policy.cloned().unwrap_or_else(|| json!({}));
        request.attributes("FilterPolicy", policy.to_string()).send().await.unwrap();
        Self { sqs, url, received: Arc::default() }
    }

    /// Every message that arrived so far. The emulator delivers before it answers whoever published.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        loop {
            let some = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).send().await.unwrap();
            let some = some.messages.unwrap_or_default();
            if some.is_empty() {
                return self.received.lock().unwrap().clone();
            }
            for message in some {
                let text = message.body.unwrap();
                self.received.lock().unwrap().push(serde_json::from_str(&text).unwrap());
                let handle = message.receipt_handle.unwrap();
                self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle).send().await.unwrap();
            }
        }
    }
}
