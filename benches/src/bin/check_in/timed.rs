//! A layer that remembers how long the last look at a picture took.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use attendance_core::layer::{Layer, Operation, PortFuture};
use attendance_core::ports::PortError;

/// Around a matcher, so that a check-in can be told apart into recognising and recording.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timed(Arc<Mutex<Duration>>);

impl Timed {
    /// How long the last `identify` took.
    pub(crate) fn last(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Layer for Timed {
    async fn around<'a, T, E, F>(&self, operation: Operation, call: F) -> Result<T, E>
    where
        T: Send,
        E: PortError,
        F: Fn() -> PortFuture<'a, Result<T, E>> + Send + Sync,
    {
        let start = Instant::now();
        let answer = call().await;
        if operation.method == "identify" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = start.elapsed();
        }
        answer
    }
}
