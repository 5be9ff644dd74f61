use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use lambda_runtime::{LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

use crate::Cloud;

/// Why a function can't do what it is for. Lambda is told, which tries again or hands the event to a dead-letter queue.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Answers Lambda's events with `handle`, for ever. Logs what was sent to AWS for each, and every failure with what lies
/// behind it.
///
/// # Errors
/// If Lambda's runtime can't be reached.
pub async fn serve<E, A>(cloud: &Cloud, handle: impl AsyncFn(E) -> Result<A, Failure>) -> Result<(), Failure>
where
    E: for<'de> Deserialize<'de>,
    A: Serialize,
{
    lambda_runtime::run(service_fn(async |event: LambdaEvent<E>| {
        let started = Instant::now();
        let answer = handle(event.payload).await;
        let (calls, took_ms) = (calls(cloud), started.elapsed().as_millis());
        match &answer {
            Ok(_) => tracing::info!(calls, took_ms, "done"),
            Err(failure) => tracing::error!(calls, took_ms, failure = chain(&**failure), "failed"),
        }
        answer
    }))
    .await
}

/// What was sent to AWS since the last time: `DynamoDB.TransactWriteItems 1, Rekognition.SearchUsersByImage 1`.
fn calls(cloud: &Cloud) -> String {
    let sent = cloud.aws().calls().take().into_iter();
    let lines: Vec<_> = sent.map(|(call, times)| format!("{}.{} {times}", call.service, call.operation)).collect();
    lines.join(", ")
}

/// An error with all that lies below it, on one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}
