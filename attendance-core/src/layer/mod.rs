//! Decorators over ports: what happens around every call, written once for all of them.
//!
//! ```
//! # use std::sync::Arc;
//! # use attendance_core::{layer::{Layered, Traced}, memory::InMemoryImageStore, ports::ImageStore};
//! let store: Arc<dyn ImageStore> = Arc::new(InMemoryImageStore::new());
//! let traced: Arc<dyn ImageStore> = Arc::new(Layered::new(store, Traced));
//! ```

mod forward;
mod retry;
mod traced;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use retry::{Retried, Sleep};
pub use traced::Traced;

use crate::ports::PortError;

/// A future that a port's method returns.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which method of which port is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The port's trait.
    pub port: &'static str,
    /// Its method.
    pub method: &'static str,
}

/// What happens around a call.
pub trait Layer: std::fmt::Debug + Send + Sync + 'static {
    /// Makes the call, once or more often, and answers it.
    fn around<'a, T, E, F>(&self, operation: Operation, call: F) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send,
        E: PortError,
        F: Fn() -> PortFuture<'a, Result<T, E>> + Send + Sync;
}

/// A port with a layer around each of its methods; itself the same port.
#[derive(Debug)]
pub struct Layered<P: ?Sized, L> {
    inner: Arc<P>,
    layer: L,
}

impl<P: ?Sized, L: Layer> Layered<P, L> {
    /// Puts `layer` around `inner`.
    pub fn new(inner: Arc<P>, layer: L) -> Self {
        Self { inner, layer }
    }
}
