//! The function that turns the events that come out of Kinesis into metrics of CloudWatch: who arrived, who was late,
//! and strangers, by organization, group and minute. A metric has no id of anybody in it.
//!
//! An event that Kinesis delivers again in another batch is counted again: metrics are for watching, records for
//! counting.

mod counts;
mod metrics;

use attendance_cloud::{Failure, start_log};
use attendance_core::domain::event::Event;
use aws_lambda_events::kinesis::KinesisEvent;
use aws_lambda_events::streams::KinesisEventResponse;
use lambda_runtime::{LambdaEvent, service_fn};

use crate::counts::Counts;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    start_log()?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<KinesisEvent>| {
        let mut counts = Counts::default();
        let mut answer = KinesisEventResponse::default();
        for record in &event.payload.records {
            match serde_json::from_slice::<Event>(&record.kinesis.data.0) {
                Ok(event) => counts.add(&event),
                Err(_) => {
                    tracing::error!(record = record.kinesis.sequence_number, "the record is no event");
                    answer.add_failure(&record.kinesis.sequence_number);
                }
            }
        }
        for line in counts.lines() {
            println!("{line}");
        }
        Ok::<_, Failure>(answer)
    }))
    .await
}
