//! What goes wrong below, as the port says it.

use attendance_core::ports::BoxError;
use attendance_core::ports::face_matcher::{FaceMatcherError, ImageProblem};

use crate::gallery::{LogError, StoreError};
use crate::vision::{PictureError, VisionError};

pub(super) fn failed(source: impl Into<BoxError>) -> FaceMatcherError {
    FaceMatcherError::Failed { source: source.into() }
}

pub(super) fn of_vision(error: VisionError) -> FaceMatcherError {
    failed(error)
}

/// A thread that panicked, or a runtime that shuts down.
pub(super) fn of_task(error: tokio::task::JoinError) -> FaceMatcherError {
    if error.is_cancelled() { FaceMatcherError::Unavailable { source: error.into() } } else { failed(error) }
}

pub(super) fn of_store(error: StoreError) -> FaceMatcherError {
    match error {
        StoreError::NotProvisioned => FaceMatcherError::NotProvisioned,
        StoreError::TooManyFaces { limit } => FaceMatcherError::TooManyFaces { limit },
        StoreError::Log(LogError::TooNew { .. }) => FaceMatcherError::TooNew,
        StoreError::Log(LogError::Io(error)) => FaceMatcherError::Unavailable { source: error.into() },
        StoreError::Log(error) => failed(error),
        StoreError::Template(error) => failed(error),
    }
}

pub(super) fn of_picture(error: &PictureError) -> FaceMatcherError {
    let problem = match *error {
        PictureError::Empty => ImageProblem::Empty,
        PictureError::UnsupportedFormat | PictureError::UnsupportedKind(_) => ImageProblem::Unsupported,
        PictureError::TooManyBytes { bytes, limit } => {
            ImageProblem::TooManyBytes { bytes: bytes as u64, limit: limit as u64 }
        }
        PictureError::TooManyPixels { width, height, limit } => ImageProblem::TooManyPixels { width, height, limit },
        PictureError::TooSmall { width, height, min } => ImageProblem::TooSmall { width, height, min },
        _ => ImageProblem::Damaged,
    };
    problem.into()
}
