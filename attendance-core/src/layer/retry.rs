use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use super::{Layer, Operation, PortFuture};
use crate::ports::{PortError, Retry};

/// Waits: injected, since this crate has no timer.
#[derive(Clone)]
pub struct Sleep(Arc<dyn Fn(Duration) -> PortFuture<'static, ()> + Send + Sync>);

impl Sleep {
    /// Waits by `sleep`, such as `tokio::time::sleep`.
    pub fn new<F, Fut>(sleep: F) -> Self
    where
        F: Fn(Duration) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |duration| Box::pin(sleep(duration))))
    }
}

impl backon::Sleeper for Sleep {
    type Sleep = PortFuture<'static, ()>;
    fn sleep(&self, duration: Duration) -> Self::Sleep {
        (self.0)(duration)
    }
}

impl std::fmt::Debug for Sleep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sleep(..)")
    }
}

/// Repeats a call that failed in a way that may pass, after growing waits with jitter.
///
/// Not for a port over an SDK client that already retries: the attempts would multiply.
#[derive(Debug, Clone)]
pub struct Retried {
    backoff: ExponentialBuilder,
    sleep: Sleep,
}

impl Retried {
    /// At most `attempts` calls in all (at least 1), the first wait around `first_wait`, each further one twice as
    /// long, none above 30 seconds.
    #[must_use]
    pub fn new(attempts: usize, first_wait: Duration, sleep: Sleep) -> Self {
        let backoff = ExponentialBuilder::default()
            .with_min_delay(first_wait)
            .with_max_delay(Duration::from_secs(30))
            .with_factor(2.0)
            .with_max_times(attempts.saturating_sub(1))
            .with_jitter();
        Self { backoff, sleep }
    }
}

impl Layer for Retried {
    fn around<'a, T, E, F>(&self, _: Operation, call: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send,
        E: PortError,
        F: Fn() -> PortFuture<'a, Result<T, E>> + Send + Sync,
    {
        let (backoff, sleep) = (self.backoff, self.sleep.clone());
        async move { call.retry(backoff).sleep(sleep).when(|error: &E| error.retry() == Retry::Yes).await }
    }
}
