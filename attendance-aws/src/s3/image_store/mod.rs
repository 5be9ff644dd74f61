//! [`ImageStore`] on a bucket of S3.

mod deletion;
mod listing;
mod place;
mod presigned;
mod reading;
mod writing;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::image_store::{ContentType, PresignedUpload, PutMode, StoredImage, UploadLimits};
use attendance_core::ports::{ImageStore, ImageStoreError};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_types::region::Region;
use bytes::Bytes;
use jiff::Timestamp;

pub use place::parse_object_key;

use crate::AwsConfig;
use crate::fault::Fault;

/// The largest image, unless [`S3ImageStore::max_bytes`] says otherwise: what Rekognition reads from S3, 15 MB
/// (Rekognition's guide, Guidelines and quotas).
const MAX_BYTES: u64 = 15 * 1024 * 1024;

/// Keeps images in a bucket.
///
/// # Keys
/// Notifications and lifecycle rules of S3 filter by prefix, so the kind stands before the organization. An image at
/// `checkins/2026-11-21/c-1` lies at `checkins/{organization}/2026-11-21/c-1`, one at `enrolments/a/b` at
/// `enrolments/{organization}/a/b`, and any other at `other/{organization}/` and its whole key. [`parse_object_key`]
/// is the way back. Nothing personal is in a key, a header or a field but what an image's key has in it.
///
/// # Versions
/// A version is the object's `VersionId`, or, in a bucket that keeps none, its `ETag` and a random id of the put: two
/// puts of the same bytes differ. What was uploaded by a form has no such id, so that its version in such a bucket is
/// the `ETag` alone.
///
/// # Rights
/// `s3:PutObject`, `s3:GetObject`, `s3:DeleteObjectVersion`, `s3:ListBucketVersions`, and `s3:ListBucket`, without which
/// S3 says "access denied" of an image that is missing. With a KMS key also `kms:GenerateDataKey` and `kms:Decrypt`.
///
/// # Faults
/// | fault | what the store does |
/// | --- | --- |
/// | throttling (`SlowDown`), 500, 503, a timeout, a connection that is reset | the SDK repeats the request; at last `Throttled` or `Unavailable` |
/// | an object exists where one is to be created (412) | `Exists`, unless the object has the id of this very put |
/// | the answer to a create was lost, and its repetition finds the object that it made | the put succeeded |
/// | another create of the same key is under way (409) | repeats up to six times within 6 s, then `Unavailable` |
/// | an image is cut off while it is read, or takes longer than an attempt may | reads it twice again, then `Unavailable` |
/// | an image does not have the checksum with which it was stored | `Failed`; no byte of it is answered |
/// | an object is larger than the store reads, or neither JPEG nor PNG | `Failed`; a larger one is not read at all |
/// | a deletion succeeds but for some versions | deletes those again, up to six times within 6 s; then, or at once for a code that will not pass (`AccessDenied`), an error that has the code |
/// | a bucket that does not exist, credentials that have expired, no rights | `Failed` with what S3 said |
/// | no region, no credentials, limits that nothing can keep, or an expiry in more than a week when presigning | `Failed` |
#[derive(Clone)]
pub struct S3ImageStore {
    client: Client,
    region: Option<Region>,
    credentials: Option<SharedCredentialsProvider>,
    bucket: String,
    kms_key: Option<String>,
    max_bytes: u64,
}

impl S3ImageStore {
    /// A store in a general purpose bucket (a directory bucket does not list in order). Objects are encrypted with keys
    /// that S3 manages (SSE-S3).
    #[must_use]
    pub fn new(aws: &AwsConfig, bucket: impl Into<String>) -> Self {
        Self {
            client: aws.s3(),
            region: aws.sdk().region().cloned(),
            credentials: aws.sdk().credentials_provider(),
            bucket: bucket.into(),
            kms_key: None,
            max_bytes: MAX_BYTES,
        }
    }

    /// Encrypts with a key of KMS (SSE-KMS), named by its id or ARN. A bucket key keeps the calls to KMS few.
    #[must_use]
    pub fn kms_key(self, key: impl Into<String>) -> Self {
        Self { kms_key: Some(key.into()), ..self }
    }

    /// The largest image that is stored or read, in bytes; 15 MiB if nothing is said. Presigned uploads have limits of
    /// their own.
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// How the bucket is reached.
    #[cfg(feature = "rekognition")]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The key of an image's object in the bucket.
    #[must_use]
    pub fn object_key(&self, organization: &OrganizationId, key: &ImageKey) -> String {
        place::object_key(organization, key)
    }
}

impl fmt::Debug for S3ImageStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3ImageStore").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// The name of the metadata that tells one put from another.
const PUT_ID: &str = "put-id";

/// What changes with every replacement of an object.
fn version(
    version_id: Option<&str>,
    e_tag: Option<&str>,
    metadata: Option<&HashMap<String, String>>,
) -> Result<String, Fault> {
    // "null" is what S3 calls the one version of an object that it keeps no versions of.
    if let Some(id) = version_id.filter(|id| *id != "null") {
        return Ok(id.to_owned());
    }
    let e_tag = e_tag.ok_or_else(|| Fault::unexpected("S3 told neither a version nor an ETag"))?.trim_matches('"');
    let put_id = metadata.and_then(|metadata| metadata.get(PUT_ID));
    Ok(put_id.map_or_else(|| e_tag.to_owned(), |id| format!("{e_tag}.{id}")))
}

#[async_trait]
impl ImageStore for S3ImageStore {
    async fn put(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        self.write(&self.object_key(organization, key), bytes, content_type, mode).await
    }

    async fn get(&self, organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError> {
        self.read(&self.object_key(organization, key)).await
    }

    async fn delete(&self, organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError> {
        self.delete_all_versions(&self.object_key(organization, key)).await
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError> {
        self.keys(organization, prefix, page).await
    }

    /// The fields let the form through until `valid_for` is over, or the credentials that signed it: those of a role
    /// live an hour or less. A form replaces what lies at its key, as often as it is sent.
    async fn presign_upload(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        limits: &UploadLimits,
        now: Timestamp,
    ) -> Result<PresignedUpload, ImageStoreError> {
        Ok(self.upload_form(&self.object_key(organization, key), limits, now).await?)
    }

    /// The address works until `valid_for` is over, or the credentials that signed it: those of a role live an hour or
    /// less.
    async fn presign_view(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        valid_for: Duration,
        now: Timestamp,
    ) -> Result<String, ImageStoreError> {
        Ok(self.view_url(&self.object_key(organization, key), valid_for, now).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_by_the_bucket_or_by_the_put() {
        let of_put = HashMap::from([(PUT_ID.to_owned(), "p-1".to_owned())]);
        assert_eq!(version(Some("v-1"), Some("\"e\""), Some(&of_put)).ok().as_deref(), Some("v-1"));
        assert_eq!(version(Some("null"), Some("\"e\""), Some(&of_put)).ok().as_deref(), Some("e.p-1"));
        assert_eq!(version(None, Some("\"e\""), Some(&of_put)).ok().as_deref(), Some("e.p-1"));
        assert_eq!(version(None, Some("\"e\""), None).ok().as_deref(), Some("e"));
        assert!(version(None, None, Some(&of_put)).is_err());
    }
}
