//! What somebody without an account may do for a while: a form to upload by, an address to look at.

use std::time::{Duration, SystemTime};

use attendance_core::ports::image_store::{PresignedUpload, UploadLimits};
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::S3ImageStore;
use crate::fault::Fault;

/// A signature lives no longer.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl S3ImageStore {
    /// A form with a policy ("Authenticating Requests: Browser-Based Uploads Using POST", the S3 API reference). The SDK
    /// has none.
    pub(super) async fn upload_form(
        &self,
        object: &str,
        limits: &UploadLimits,
        now: Timestamp,
    ) -> Result<PresignedUpload, Fault> {
        if limits.min_bytes > limits.max_bytes {
            return Err(Fault::unexpected("an upload's fewest bytes are more than its most"));
        }
        let expires_at =
            Some(limits.valid_for).filter(|time| *time <= WEEK).and_then(|time| now.checked_add(time).ok());
        let expires_at = expires_at.ok_or_else(|| Fault::unexpected("an upload can be valid for a week at most"))?;
        let region = self.region.as_ref().ok_or_else(|| Fault::unexpected("no region is configured"))?.as_ref();
        let provider = self.credentials.as_ref().ok_or_else(|| Fault::unexpected("no credentials are configured"))?;
        let credentials = provider.provide_credentials().await.map_err(|error| match error {
            CredentialsError::CredentialsNotLoaded(_) => Fault::Failed(Box::new(error)),
            _ => Fault::Unavailable(Box::new(error)),
        })?;

        let day = now.strftime("%Y%m%d");
        let scope = format!("{}/{day}/{region}/s3/aws4_request", credentials.access_key_id());
        let mut fields = vec![("key", object.to_owned()), ("Content-Type", limits.content_type.as_str().to_owned())];
        match &self.kms_key {
            None => fields.push(("x-amz-server-side-encryption", "AES256".to_owned())),
            Some(key) => fields.extend([
                ("x-amz-server-side-encryption", "aws:kms".to_owned()),
                ("x-amz-server-side-encryption-aws-kms-key-id", key.clone()),
                ("x-amz-server-side-encryption-bucket-key-enabled", "true".to_owned()),
            ]),
        }
        fields.extend([
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", scope),
            ("x-amz-date", now.strftime("%Y%m%dT%H%M%SZ").to_string()),
        ]);
        fields.extend(credentials.session_token().map(|token| ("x-amz-security-token", token.to_owned())));

        let policy = STANDARD.encode(policy(&self.bucket, &fields, limits, expires_at).to_string());
        let signature = sign(credentials.secret_access_key(), now, region, &policy);
        fields.extend([("policy", policy), ("x-amz-signature", signature)]);
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(PresignedUpload { url: self.bucket_url(now).await?, fields, expires_at })
    }

    /// The address of an object.
    pub(super) async fn view_url(&self, object: &str, valid_for: Duration, now: Timestamp) -> Result<String, Fault> {
        Ok(self.presigned_get(object, valid_for, now).await?.uri().to_owned())
    }

    /// The address of the bucket, as the SDK finds it: that of an object without the object.
    async fn bucket_url(&self, now: Timestamp) -> Result<String, Fault> {
        const OBJECT: &str = "o";
        let request = self.presigned_get(OBJECT, Duration::from_secs(1), now).await?;
        let address = request.uri().split('?').next().and_then(|address| address.strip_suffix(OBJECT));
        Ok(address.ok_or_else(|| Fault::unexpected("the bucket has no address"))?.to_owned())
    }

    async fn presigned_get(
        &self,
        object: &str,
        valid_for: Duration,
        now: Timestamp,
    ) -> Result<PresignedRequest, Fault> {
        let config = PresigningConfig::builder().start_time(SystemTime::from(now)).expires_in(valid_for).build();
        let config = config.map_err(|error| Fault::unexpected(error.to_string()))?;
        let request = self.client.get_object().bucket(&self.bucket).key(object);
        let request = request.presigned(config).await.map_err(|error| Fault::of(&error))?;
        if let Some((name, _)) = request.headers().next() {
            return Err(Fault::unexpected(format!("a browser would not send the header {name}")));
        }
        Ok(request)
    }
}

/// What S3 holds a form against: it takes no field that is not here, and none with another value.
fn policy(bucket: &str, fields: &[(&str, String)], limits: &UploadLimits, expires_at: Timestamp) -> Value {
    let mut conditions = vec![json!({ "bucket": bucket })];
    conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
    conditions.push(json!(["content-length-range", limits.min_bytes, limits.max_bytes]));
    json!({ "expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(), "conditions": conditions })
}

/// The signature of a policy in base64.
fn sign(secret: &str, now: Timestamp, region: &str, policy: &str) -> String {
    calculate_signature(generate_signing_key(secret, now.into(), region, "s3"), policy.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The policy of "Example: Browser-Based Upload using HTTP POST", the S3 API reference.
    const EXAMPLE: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7\
        ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAg\
        ICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1\
        Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5\
        cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1z\
        aWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7\
        IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0K\
        ICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAw\
        WiIgfQ0KICBdDQp9";

    #[test]
    fn a_policy_is_signed_as_in_the_example_of_the_api_reference() {
        let signed = sign(
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "2015-12-29T00:00:00Z".parse().unwrap(),
            "us-east-1",
            EXAMPLE,
        );
        assert_eq!(signed, "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
    }
}
