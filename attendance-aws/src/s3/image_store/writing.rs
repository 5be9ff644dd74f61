//! Puts, also those that must not replace anything.

use std::collections::HashMap;

use attendance_core::ports::ImageStoreError;
use attendance_core::ports::image_store::{ContentType, PutMode};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::{PutObjectError, PutObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ServerSideEncryption};
use bytes::Bytes;
use uuid::Uuid;

use super::{PUT_ID, S3ImageStore, version};
use crate::fault::{self, Fault};
use crate::pauses::pauses;

/// What lies where an object was to be created.
enum Standing {
    /// What this put made, in this version.
    Ours(String),
    /// What somebody else made.
    Others,
    /// Nothing any more.
    Gone,
}

/// One put: its repetitions have the same id.
struct Put<'a> {
    object: &'a str,
    bytes: Bytes,
    content_type: ContentType,
    metadata: HashMap<String, String>,
}

impl S3ImageStore {
    /// Stores an object and answers its version.
    pub(super) async fn write(
        &self,
        object: &str,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        if bytes.len() as u64 > self.max_bytes {
            return Err(Fault::unexpected(format!("the image is larger than {} bytes", self.max_bytes)).into());
        }
        let metadata = HashMap::from([(PUT_ID.to_owned(), Uuid::now_v7().simple().to_string())]);
        let put = Put { object, bytes, content_type, metadata };
        match mode {
            PutMode::Create => self.create(&put).await,
            PutMode::Replace => {
                let answer = self.send(&put, None).await.map_err(|error| Fault::of(&error))?;
                Ok(put.version(&answer)?)
            }
        }
    }

    async fn create(&self, put: &Put<'_>) -> Result<String, ImageStoreError> {
        let mut pauses = pauses();
        loop {
            let error = match self.send(put, Some("*")).await {
                Ok(answer) => return Ok(put.version(&answer)?),
                Err(error) => error,
            };
            match error.raw_response().map(|response| response.status().as_u16()) {
                Some(412) => match self.standing(put).await? {
                    Standing::Ours(version) => return Ok(version),
                    Standing::Others => return Err(ImageStoreError::Exists),
                    Standing::Gone => {}
                },
                // ConditionalRequestConflict: another create of the same key is under way.
                Some(409) => {}
                _ => return Err(Fault::of(&error).into()),
            }
            let Some(pause) = pauses.next() else {
                return Err(ImageStoreError::Unavailable { source: Fault::of(&error).into_source() });
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn send(
        &self,
        put: &Put<'_>,
        if_none_match: Option<&str>,
    ) -> Result<PutObjectOutput, SdkError<PutObjectError>> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(put.object)
            .set_if_none_match(if_none_match.map(str::to_owned))
            .body(ByteStream::from(put.bytes.clone()))
            .content_type(put.content_type.as_str())
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .set_metadata(Some(put.metadata.clone()));
        let request = match &self.kms_key {
            None => request.server_side_encryption(ServerSideEncryption::Aes256),
            Some(key) => {
                request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key).bucket_key_enabled(true)
            }
        };
        request.send().await
    }

    /// Whose the object is that was found where one was to be created. The SDK repeats a request whose answer was lost,
    /// and then meets what it has made itself.
    async fn standing(&self, put: &Put<'_>) -> Result<Standing, Fault> {
        let found = match self.client.head_object().bucket(&self.bucket).key(put.object).send().await {
            Ok(found) => found,
            Err(error) if fault::code(&error) == Some("NotFound") => return Ok(Standing::Gone),
            Err(error) => return Err(Fault::of(&error)),
        };
        if found.metadata().and_then(|metadata| metadata.get(PUT_ID)) == put.metadata.get(PUT_ID) {
            return Ok(Standing::Ours(version(found.version_id(), found.e_tag(), found.metadata())?));
        }
        Ok(Standing::Others)
    }
}

impl Put<'_> {
    fn version(&self, answer: &PutObjectOutput) -> Result<String, Fault> {
        version(answer.version_id(), answer.e_tag(), Some(&self.metadata))
    }
}
