//! What Rekognition's refusals mean.

use attendance_core::ports::face_matcher::{FaceMatcherError, ImageProblem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::RekognitionMatcher;
use super::picture::{MAX_PIXELS, Picture, Source};
use crate::fault::{self, Fault};

/// A collection, or a user in it, that does not exist.
pub(super) const NOT_FOUND: &str = "ResourceNotFoundException";

/// A user is being changed, or exists already.
pub(super) const CONFLICT: &str = "ConflictException";

/// What a request broke; with `SearchFacesByImage` also a picture without a face.
pub(super) const INVALID_PARAMETER: &str = "InvalidParameterException";

const INVALID_FORMAT: &str = "InvalidImageFormatException";
const INVALID_OBJECT: &str = "InvalidS3ObjectException";
const TOO_LARGE: &str = "ImageTooLargeException";

/// The port's error for a refusal that has nothing to do with an image.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>) -> FaceMatcherError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match fault::code(error) {
        Some(NOT_FOUND) => FaceMatcherError::NotProvisioned,
        Some(CONFLICT) => FaceMatcherError::Unavailable { source: Fault::of(error).into_source() },
        _ => Fault::of(error).into(),
    }
}

impl RekognitionMatcher {
    /// The port's error for a refusal of a request with an image.
    pub(super) async fn refused<E>(&self, picture: &Picture, error: &SdkError<E, HttpResponse>) -> FaceMatcherError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = fault::code(error).unwrap_or_default();
        if ![INVALID_FORMAT, INVALID_OBJECT, INVALID_PARAMETER, TOO_LARGE].contains(&code) {
            return failure(error);
        }
        let mut pixels = picture.pixels;
        if let Source::Object { bucket, key } = &picture.source {
            // Rekognition says little of an image in S3; for "unable to access" alone there are many causes. Its
            // beginning tells, and nobody waits for a refused image.
            match self.look_at(bucket, key).await {
                Ok(size) => pixels = Some(size),
                Err(FaceMatcherError::Image(problem)) => return problem.into(),
                Err(_) => {}
            }
        }
        match (code, pixels) {
            (INVALID_FORMAT, _) => ImageProblem::Damaged.into(),
            (TOO_LARGE, Some((width, height))) => {
                // Rekognition does not tell how many pixels it takes: fewer than these.
                let limit = MAX_PIXELS.min((u64::from(width) * u64::from(height)).saturating_sub(1));
                ImageProblem::TooManyPixels { width, height, limit }.into()
            }
            _ => failure(error),
        }
    }
}
