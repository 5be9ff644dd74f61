//! How AWS is reached.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::calls::Calls;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// How long one attempt may take. Rekognition needs a second or two for a large picture.
const ATTEMPT: Duration = Duration::from_secs(10);

/// How long a call may take with all its attempts: less than the 29 s that API Gateway waits.
const OPERATION: Duration = Duration::from_secs(25);

/// How often a call is tried, with a random, growing pause before each attempt after the first.
const ATTEMPTS: u32 = 4;

/// How AWS is reached: region, credentials, endpoints, timeouts, retries. Every adapter is made from one, and a clone
/// shares its connections and its account of calls.
///
/// Endpoints can be overridden as in every AWS SDK: `AWS_ENDPOINT_URL` for all services, `AWS_ENDPOINT_URL_S3` and so
/// on for one.
///
/// A call is tried up to 4 times within 25 s, with random pauses that grow; one attempt takes at most 10 s, and 2 s to
/// connect. What [`AwsConfig::from_sdk`] is given with other values keeps them. Do not put attendance's own `Retry`
/// layer around these adapters: they retry already.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    sdk: SdkConfig,
    calls: Calls,
}

impl AwsConfig {
    /// From the environment, as every AWS tool does it: variables, profiles, the role of a function or machine.
    pub async fn load() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
        Self::from_sdk(loader.timeout_config(timeouts()).retry_config(retries()).load().await)
    }

    /// From what an application configured itself. What it left open in timeouts is filled in, and if it chose no HTTP
    /// client it gets ours: rustls on *ring*, with the roots that the machine trusts.
    #[must_use]
    pub fn from_sdk(sdk: SdkConfig) -> Self {
        let mut timeouts = timeouts();
        if let Some(chosen) = sdk.timeout_config() {
            let mut chosen = chosen.clone();
            chosen.take_defaults_from(&timeouts);
            timeouts = chosen;
        }
        let retries = sdk.retry_config().cloned().unwrap_or_else(retries);
        let behavior = sdk.behavior_version().unwrap_or_else(BehaviorVersion::latest);
        let http_client = sdk.http_client().unwrap_or_else(http_client);
        let sdk = sdk.into_builder().behavior_version(behavior).http_client(http_client);
        let sdk = sdk.timeout_config(timeouts).retry_config(retries).build();
        Self { sdk, calls: Calls::default() }
    }

    /// The requests that clients of this configuration sent.
    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What the SDK's clients are made from.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }
}

/// A client of one service, whose requests are counted.
macro_rules! client {
    ($feature:literal, $method:ident, $sdk:ident, $name:literal) => {
        #[cfg(feature = $feature)]
        impl AwsConfig {
            #[doc = concat!("A client of ", $name, ".")]
            #[must_use]
            pub fn $method(&self) -> $sdk::Client {
                let config = $sdk::config::Builder::from(&self.sdk).interceptor(self.calls.clone());
                $sdk::Client::from_conf(config.build())
            }
        }
    };
}
client!("dynamodb", dynamodb, aws_sdk_dynamodb, "DynamoDB");
client!("kinesis", kinesis, aws_sdk_kinesis, "Kinesis Data Streams");
client!("rds", secrets_manager, aws_sdk_secretsmanager, "Secrets Manager");
client!("rekognition", rekognition, aws_sdk_rekognition, "Rekognition");
client!("ses", ses, aws_sdk_sesv2, "SES");
client!("sns", sns, aws_sdk_sns, "SNS");

#[cfg(feature = "s3")]
impl AwsConfig {
    /// A client of S3. At an endpoint of one's own a bucket is a part of the path: emulators have no host for each.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk).interceptor(self.calls.clone());
        aws_sdk_s3::Client::from_conf(config.force_path_style(self.s3_is_elsewhere()).build())
    }

    /// Whether S3 is reached at another place than AWS's own: looked up as its client does it.
    fn s3_is_elsewhere(&self) -> bool {
        use aws_types::service_config::ServiceConfigKey;
        let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let named = key.build().ok().and_then(|key| self.sdk.service_config()?.load_config(key));
        named.is_some() || self.sdk.endpoint_url().is_some()
    }
}

fn http_client() -> SharedHttpClient {
    HttpClientBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}
