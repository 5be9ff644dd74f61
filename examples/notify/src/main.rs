//! The function that tells people of the events that come out of Kinesis: attendees of their records, operators of
//! strangers. A message is claimed in the repository before it is sent, so that an event that comes twice is told once.
//!
//! What may pass, and what is no event at all, is reported; the rest of the batch is done.

#![recursion_limit = "256"]

use attendance_cloud::{Cloud, Failure, chain, serve};
use attendance_core::Told;
use attendance_core::domain::event::Event;
use aws_lambda_events::kinesis::{KinesisEvent, KinesisEventRecord};
use aws_lambda_events::streams::KinesisEventResponse;
use tracing::Instrument as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let cloud = Cloud::start().await?;
    serve(&cloud, async |batch: KinesisEvent| {
        let mut answer = KinesisEventResponse::default();
        for record in &batch.records {
            if let Err(failure) = tell(&cloud, record).await {
                let number = &record.kinesis.sequence_number;
                tracing::error!(record = number, failure = chain(&*failure), "a record is reported as failed");
                answer.add_failure(number);
            }
        }
        Ok(answer)
    })
    .await
}

async fn tell(cloud: &Cloud, record: &KinesisEventRecord) -> Result<(), Failure> {
    let event: Event = serde_json::from_slice(&record.kinesis.data.0).map_err(|_| "the record is no event")?;
    let correlation = event.correlation.as_ref().map(ToString::to_string);
    let span = tracing::info_span!("event", id = %event.id, organization = %event.organization, correlation);
    async {
        match cloud.attendance().await?.tell(&event).await? {
            Told::Sent => tracing::info!("told"),
            Told::Nobody => tracing::debug!("nobody is to be told"),
            Told::Later => return Err("the notifier can't tell it now".into()),
        }
        Ok(())
    }
    .instrument(span)
    .await
}
