//! Gets: bounded, and checked against the checksum with which the object was stored.

use attendance_core::ports::ImageStoreError;
use attendance_core::ports::image_store::{ContentType, StoredImage};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::types::ChecksumMode;
use bytes::{Bytes, BytesMut};

use super::{S3ImageStore, version};
use crate::fault::{self, Fault};
use crate::pauses::pauses;

/// How often an image that was cut off is read again.
const AGAIN: usize = 2;

/// Why a body could not be read.
enum Unread {
    /// It ended early, or stopped. The SDK neither ends nor repeats a request whose answer has begun.
    Cut,
    /// It will be the same next time.
    Bad(Fault),
}

impl S3ImageStore {
    /// Reads an object.
    pub(super) async fn read(&self, object: &str) -> Result<StoredImage, ImageStoreError> {
        let attempt = self.client.config().timeout_config().and_then(TimeoutConfig::operation_attempt_timeout);
        let mut pauses = pauses().take(AGAIN);
        loop {
            let request = self.client.get_object().bucket(&self.bucket).key(object);
            let mut answer = match request.checksum_mode(ChecksumMode::Enabled).send().await {
                Ok(answer) => answer,
                Err(error) if fault::code(&error) == Some("NoSuchKey") => return Err(ImageStoreError::NotFound),
                Err(error) => return Err(Fault::of(&error).into()),
            };
            let body = self.body(&mut answer);
            let body = match attempt {
                Some(limit) => tokio::time::timeout(limit, body).await.unwrap_or(Err(Unread::Cut)),
                None => body.await,
            };
            let bytes = match body {
                Ok(bytes) => bytes,
                Err(Unread::Bad(fault)) => return Err(fault.into()),
                Err(Unread::Cut) => {
                    let Some(pause) = pauses.next() else {
                        return Err(ImageStoreError::Unavailable { source: "the image was cut off".into() });
                    };
                    tokio::time::sleep(pause).await;
                    continue;
                }
            };
            let content_type = content_type(answer.content_type(), &bytes)?;
            let version = version(answer.version_id(), answer.e_tag(), answer.metadata())?;
            return Ok(StoredImage { bytes, content_type, version });
        }
    }

    async fn body(&self, answer: &mut GetObjectOutput) -> Result<Bytes, Unread> {
        let announced = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let too_large =
            || Unread::Bad(Fault::unexpected(format!("the object is larger than {} bytes", self.max_bytes)));
        if announced.is_some_and(|length| length > self.max_bytes) {
            return Err(too_large());
        }
        let mut bytes = BytesMut::with_capacity(announced.and_then(|length| length.try_into().ok()).unwrap_or(0));
        while let Some(chunk) = answer.body.next().await {
            let received = bytes.len() as u64;
            match chunk {
                Ok(chunk) if received + chunk.len() as u64 > self.max_bytes => return Err(too_large()),
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                // The SDK compares the checksum at the end: an error when all has come is its verdict.
                Err(_) if announced == Some(received) => {
                    return Err(Unread::Bad(Fault::unexpected(
                        "the object does not have the checksum it was stored with",
                    )));
                }
                Err(_) => return Err(Unread::Cut),
            }
        }
        Ok(bytes.freeze())
    }
}

/// The format that was told when the object was stored, or what its first bytes say.
fn content_type(told: Option<&str>, bytes: &[u8]) -> Result<ContentType, Fault> {
    let known = [ContentType::Jpeg, ContentType::Png].into_iter().find(|known| told == Some(known.as_str()));
    known.or_else(|| ContentType::sniff(bytes)).ok_or_else(|| Fault::unexpected("the object is neither JPEG nor PNG"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_a_known_type_is_judged_by_its_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n";
        assert_eq!(content_type(Some("image/jpeg"), png).ok(), Some(ContentType::Jpeg));
        assert_eq!(content_type(Some("binary/octet-stream"), png).ok(), Some(ContentType::Png));
        assert_eq!(content_type(None, &[0xff, 0xd8, 0xff]).ok(), Some(ContentType::Jpeg));
        assert!(content_type(Some("text/html"), b"<html>").is_err());
    }
}
