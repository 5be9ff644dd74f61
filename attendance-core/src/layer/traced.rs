use std::future::Future;

use tracing::Instrument;

use super::{Layer, Operation, PortFuture};
use crate::ports::PortError;

/// A span around each call, with the port and the method, and an event for each failure. Nothing of the arguments or
/// of the answer is in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Traced;

impl Layer for Traced {
    fn around<'a, T, E, F>(&self, operation: Operation, call: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send,
        E: PortError,
        F: Fn() -> PortFuture<'a, Result<T, E>> + Send + Sync,
    {
        let span = tracing::debug_span!("port", port = operation.port, method = operation.method);
        async move {
            let answer = call().await;
            if let Err(error) = &answer {
                tracing::debug!(error = %error, retry = ?error.retry(), "failed");
            }
            answer
        }
        .instrument(span)
    }
}
