//! Images in S3: read by Rekognition itself, and looked at here only where its answer is not enough.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::face_matcher::{FaceMatcherError, ImageProblem, ImageRef};
use attendance_core::ports::{ImageStore as _, ImageStoreError};
use bytes::Bytes;

use super::RekognitionMatcher;
use super::picture::{self, MAX_STORED_BYTES, Picture, Source};
use crate::fault::{self, Fault};

/// How much of an object is read to know its size in pixels: more than EXIF data, a thumbnail and a colour profile
/// usually take before the size is told.
const BEGINNING: u64 = 256 * 1024;

impl RekognitionMatcher {
    /// An image as it can be offered without reading anything of S3.
    pub(super) fn picture(&self, organization: &OrganizationId, image: &ImageRef) -> Result<Picture, FaceMatcherError> {
        match image {
            ImageRef::Bytes(bytes) => Ok(Picture::of_bytes(bytes.clone())?),
            ImageRef::Stored(key) => {
                let images = self.images()?;
                let source =
                    Source::Object { bucket: images.bucket().to_owned(), key: images.object_key(organization, key) };
                Ok(Picture { source, pixels: None })
            }
        }
    }

    /// As [`picture`](Self::picture), with its size in pixels: of an image in S3 the beginning is read.
    pub(super) async fn measured(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
    ) -> Result<Picture, FaceMatcherError> {
        let mut picture = self.picture(organization, image)?;
        if let (Source::Object { bucket, key }, ImageRef::Stored(stored)) = (&picture.source, image) {
            picture.pixels = Some(match self.look_at(bucket, key).await {
                // Its size is told later than expected, or it is damaged: all of it says which.
                Err(FaceMatcherError::Image(ImageProblem::Damaged)) => {
                    let bytes = self.download(organization, stored).await?;
                    picture::check(&bytes, bytes.len() as u64, MAX_STORED_BYTES)?
                }
                looked => looked?,
            });
        }
        Ok(picture)
    }

    /// As [`picture`](Self::picture), with its size in pixels and all its bytes: an image in S3 is downloaded.
    pub(super) async fn whole(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
    ) -> Result<(Picture, Bytes), FaceMatcherError> {
        let mut picture = self.picture(organization, image)?;
        let bytes = match image {
            ImageRef::Bytes(bytes) => bytes.clone(),
            ImageRef::Stored(key) => {
                let bytes = self.download(organization, key).await?;
                picture.pixels = Some(picture::check(&bytes, bytes.len() as u64, MAX_STORED_BYTES)?);
                bytes
            }
        };
        Ok((picture, bytes))
    }

    /// Reads the beginning of an object, and answers the image's size in pixels or what is wrong with it.
    pub(super) async fn look_at(&self, bucket: &str, key: &str) -> Result<(u32, u32), FaceMatcherError> {
        let range = format!("bytes=0-{}", BEGINNING - 1);
        let answer = match self.images()?.client().get_object().bucket(bucket).key(key).range(range).send().await {
            Ok(answer) => answer,
            Err(error) => {
                return Err(match fault::code(&error) {
                    Some("NoSuchKey" | "NotFound") => ImageProblem::Missing.into(),
                    // There is no first byte.
                    Some("InvalidRange") => ImageProblem::Empty.into(),
                    _ => Fault::of(&error).into(),
                });
            }
        };
        let total = answer.content_range().and_then(|range| range.rsplit('/').next()?.parse().ok());
        let start = answer.body.collect().await.map_err(|error| Fault::Unavailable(error.into()))?.into_bytes();
        Ok(picture::check(&start, total.unwrap_or(start.len() as u64), MAX_STORED_BYTES)?)
    }

    async fn download(
        &self,
        organization: &OrganizationId,
        key: &attendance_core::domain::image::ImageKey,
    ) -> Result<Bytes, FaceMatcherError> {
        match self.images()?.get(organization, key).await {
            Ok(image) => Ok(image.bytes),
            Err(ImageStoreError::NotFound) => Err(ImageProblem::Missing.into()),
            Err(ImageStoreError::Throttled { source }) => Err(FaceMatcherError::Throttled { source }),
            Err(error @ ImageStoreError::Unavailable { .. }) => {
                Err(FaceMatcherError::Unavailable { source: error.into() })
            }
            Err(error) => Err(FaceMatcherError::Failed { source: error.into() }),
        }
    }

    fn images(&self) -> Result<&crate::s3::S3ImageStore, FaceMatcherError> {
        let without = || Fault::unexpected("the face matcher was built without an image store").into();
        self.images.as_ref().ok_or_else(without)
    }
}
