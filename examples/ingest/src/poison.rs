use attendance_cloud::{Cloud, Failure, InvalidVariable, Variables};
use aws_lambda_events::s3::S3EventRecord;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::json;

/// The queue of what can't be used, for a person to look at.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    client: Client,
    queue: String,
}

impl DeadLetters {
    /// `ATTENDANCE_DEAD_LETTERS`: the queue's URL.
    pub(crate) fn of_environment(cloud: &Cloud) -> Result<Self, InvalidVariable> {
        let rule = "the URL of the SQS queue for pictures that can't be used";
        let queue = Variables::of_process().needed("ATTENDANCE_DEAD_LETTERS", rule)?.to_owned();
        Ok(Self { client: Client::new(cloud.aws().sdk()), queue })
    }

    /// Puts what S3 told there, with the reason as a word and as a sentence.
    pub(crate) async fn send(&self, reason: &str, detail: &str, record: &S3EventRecord) -> Result<(), Failure> {
        let word = MessageAttributeValue::builder().data_type("String").string_value(reason).build()?;
        let body = json!({ "reason": reason, "detail": detail, "record": record });
        let message = self.client.send_message().queue_url(&self.queue).message_attributes("reason", word);
        message.message_body(body.to_string()).send().await?;
        Ok(())
    }
}
