//! Why a command failed, in a sentence for people and a word for programs.

use std::path::PathBuf;

use attendance_core::ports::{FaceMatcherError, RepoError};
use attendance_local::DataFolderError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A use case refused.
    Core(attendance_core::Error),
    /// The data folder can't be had.
    Folder(DataFolderError),
    /// A photo's file can't be read.
    Photo { path: PathBuf, code: &'static str, why: String },
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// A stable word, in kebab-case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Folder(DataFolderError::TooNew { .. }) => "data-too-new",
            Self::Folder(DataFolderError::InUse { .. }) => "data-in-use",
            Self::Folder(_) => "data-unusable",
            Self::Photo { code, .. } => code,
            Self::Other(_) => "failed",
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error: &dyn std::error::Error = match self {
            Self::Core(error) => error,
            Self::Folder(error) => error,
            Self::Photo { path, why, .. } => return write!(f, "{}: {why}", path.display()),
            Self::Other(error) => error.as_ref(),
        };
        write!(f, "{error}")?;
        // What lies behind a fault of the machine is what somebody needs who mends it.
        let mut source = error.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl From<attendance_core::Error> for Failure {
    fn from(error: attendance_core::Error) -> Self {
        Self::Core(error)
    }
}

impl From<RepoError> for Failure {
    fn from(error: RepoError) -> Self {
        Self::Core(error.into())
    }
}

impl From<FaceMatcherError> for Failure {
    fn from(error: FaceMatcherError) -> Self {
        Self::Core(error.into())
    }
}

impl From<DataFolderError> for Failure {
    fn from(error: DataFolderError) -> Self {
        Self::Folder(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}
