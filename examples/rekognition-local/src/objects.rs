//! Images in buckets.

use std::time::Duration;

use attendance_local::vision::PictureLimits;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use bytes::{Bytes, BytesMut};

use crate::fault::Fault;
use crate::wire::S3Object;

/// Where S3 is, as the variables of every AWS SDK say it.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The region that the environment names, or the usual one.
pub(crate) fn region() -> String {
    let named = |variable| std::env::var(variable).ok().filter(|region| !region.is_empty());
    named("AWS_REGION").or_else(|| named("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned())
}

const TIMEOUT: Duration = Duration::from_secs(20);

/// As Rekognition says it, whatever the reason.
const UNREADABLE: &str = "Unable to get object metadata from S3. Check object key, region and/or access permissions.";

/// Reads objects, if it is known from where.
#[derive(Debug, Clone)]
pub(crate) struct Objects(Option<Client>);

impl Objects {
    pub(crate) fn new(client: Option<Client>) -> Self {
        Self(client)
    }

    /// The whole object, if it is no larger than an image may be.
    pub(crate) async fn get(&self, object: &S3Object) -> Result<Bytes, Fault> {
        let (Some(bucket), Some(name)) = (&object.bucket, &object.name) else {
            return Err(Fault::invalid_parameters());
        };
        let Some(client) = &self.0 else {
            let message = format!(
                "rekognition-local was started without an S3 to read from: set {} or {}",
                ENDPOINTS[0], ENDPOINTS[1]
            );
            return Err(Fault::invalid_s3_object(message));
        };
        let request = client.get_object().bucket(bucket).key(name).set_version_id(object.version.clone());
        let unreadable = |why: &dyn std::fmt::Display| {
            tracing::warn!("an object could not be read: {why}");
            Fault::invalid_s3_object(UNREADABLE)
        };
        let found = request.send().await.map_err(|error| unreadable(&error))?;
        let limit = PictureLimits::default().bytes;
        let too_large = || Fault::image_too_large(format!("The S3 object is larger than {limit} bytes"));
        if found.content_length().is_some_and(|length| length > limit as i64) {
            return Err(too_large());
        }
        let (mut body, mut bytes) = (found.body, BytesMut::new());
        while let Some(part) = body.next().await {
            bytes.extend_from_slice(&part.map_err(|error| unreadable(&error))?);
            if bytes.len() > limit {
                return Err(too_large());
            }
        }
        Ok(bytes.freeze())
    }
}

/// A client of the S3 that the environment names; `None` if it names none, so that nothing is ever asked of AWS itself
/// without being told to.
pub async fn s3_of_environment() -> Option<Client> {
    let named = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    if !ENDPOINTS.into_iter().any(named) {
        return None;
    }
    let region = Region::new(region());
    let timeouts = TimeoutConfig::builder().operation_timeout(TIMEOUT).build();
    let http_client = HttpClientBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
    let config = loader.region(region).timeout_config(timeouts).load().await;
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
    Some(Client::from_conf(config))
}
