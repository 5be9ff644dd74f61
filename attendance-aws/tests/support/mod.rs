//! What the adapters' tests are given: the parts that play AWS, and a proxy that counts, records and disturbs.
#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]

mod proxy;

pub(crate) use proxy::{Disturbance, Proxy, Request};

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_core::ports::NotifierError;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

/// Where an emulator of S3, DynamoDB, SNS, SES and Kinesis listens; `cargo xtask test` starts one.
pub(crate) const EMULATOR: &str = "ATTENDANCE_TEST_AWS";

/// Where `rekognition-local` listens; `cargo xtask test` starts it.
pub(crate) const REKOGNITION: &str = "ATTENDANCE_TEST_REKOGNITION";

/// The address that a variable names, or a line that says that the test was skipped, and why.
pub(crate) fn endpoint(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if found.is_none() {
        eprintln!("skipped: {}: {variable} is not set; cargo xtask test", env!("CARGO_CRATE_NAME"));
    }
    found
}

/// A configuration whose every service is at `endpoint`.
pub(crate) fn aws_at(endpoint: &str) -> AwsConfig {
    AwsConfig::from_sdk(sdk_at(endpoint))
}

/// As [`aws_at`], before attendance's own defaults are put in: for tests that want shorter timeouts.
pub(crate) fn sdk_at(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .endpoint_url(endpoint)
        .build()
}

/// As [`aws_at`], but it tries everything twice only, at once, and is impatient.
pub(crate) fn hurried_at(endpoint: &str) -> AwsConfig {
    let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(1_500)).build();
    AwsConfig::from_sdk(sdk_at(endpoint).into_builder().retry_config(retries).timeout_config(timeouts).build())
}

/// What a notifier's error is called in the tests' tables.
pub(crate) fn kind(error: &NotifierError) -> &'static str {
    match error {
        NotifierError::NoAddress => "no address",
        NotifierError::Refused { .. } => "refused",
        NotifierError::Throttled { .. } => "throttled",
        NotifierError::Unavailable { .. } => "unavailable",
        NotifierError::Failed { .. } => "failed",
        _ => "another",
    }
}

/// Everything that an error says, its sources too.
pub(crate) fn said(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(|error| format!("{error} {error:?}")).collect::<Vec<_>>().join(": ")
}

/// What an address answers: the emulator shows there what was sent.
pub(crate) async fn get_json(url: &str) -> serde_json::Value {
    use http_body_util::BodyExt as _;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
    let client = client.build_http::<http_body_util::Empty<bytes::Bytes>>();
    let answer = client.get(url.parse().unwrap()).await.unwrap();
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

/// What is logged, as one text.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
