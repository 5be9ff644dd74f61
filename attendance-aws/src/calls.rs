//! What is sent to AWS, counted: every request is billed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The service, as its SDK calls it: `Rekognition`, `DynamoDB`, `S3`.
    pub service: String,
    /// The operation: `SearchUsersByImage`.
    pub operation: String,
}

/// How many requests were sent, of each operation, repeated attempts too. A clone counts into the same account.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    sent: Arc<Mutex<BTreeMap<Call, u64>>>,
}

impl Calls {
    /// The requests sent so far.
    #[must_use]
    pub fn sent(&self) -> BTreeMap<Call, u64> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests sent so far, and an account that starts anew.
    #[must_use]
    pub fn take(&self) -> BTreeMap<Call, u64> {
        std::mem::take(&mut self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts and logs each request as it leaves: service and operation, and nothing of what is in it.
#[dyn_dispatch_hint]
impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "attendance calls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            tracing::debug!(service = metadata.service(), operation = metadata.name(), "request");
            let call = Call { service: metadata.service().to_owned(), operation: metadata.name().to_owned() };
            *self.sent.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
        }
        Ok(())
    }
}
