//! Why a command failed, in a sentence for people and a word for programs.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;

use attendance_api::wire::Problem;
use attendance_core::ports::{FaceMatcherError, RepoError};
use attendance_local::DataFolderError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The API refused.
    Refused(Box<Problem>),
    /// A use case refused.
    Core(attendance_core::Error),
    /// The data folder can't be had.
    Folder(DataFolderError),
    /// A desk runs on the data folder already.
    Running { folder: PathBuf, address: SocketAddr, pid: u32 },
    /// The desk that runs went away in the middle of it.
    Gone { address: SocketAddr, why: String },
    /// There is no listening there.
    Listen { address: SocketAddr, why: std::io::Error },
    /// A photo's file can't be read, or its picture can't be used.
    Photo { path: PathBuf, code: Cow<'static, str>, why: String },
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// A stable word, in kebab-case.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Core(error) => error.code(),
            Self::Folder(DataFolderError::TooNew { .. }) => "data-too-new",
            Self::Folder(DataFolderError::InUse { .. }) | Self::Running { .. } => "data-in-use",
            Self::Folder(
                DataFolderError::NoDatabase { .. }
                | DataFolderError::NoGallery { .. }
                | DataFolderError::NotTogether { .. },
            ) => "data-incomplete",
            Self::Folder(_) => "data-unusable",
            Self::Gone { .. } => "unavailable",
            Self::Listen { why, .. } if why.kind() == std::io::ErrorKind::AddrInUse => "address-in-use",
            Self::Listen { .. } => "address-unusable",
            Self::Photo { code, .. } => code,
            Self::Other(_) => "failed",
        }
    }

    /// The same of one photo.
    pub(crate) fn of_photo(self, path: &std::path::Path) -> Self {
        Self::Photo { path: path.to_owned(), code: self.code().to_owned().into(), why: self.to_string() }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error: &dyn std::error::Error = match self {
            Self::Refused(problem) if problem.status >= 500 => {
                return write!(f, "{} (request {})", problem.detail, problem.request_id);
            }
            Self::Refused(problem) => return f.write_str(&problem.detail),
            Self::Running { folder, address, pid } => {
                let folder = folder.display();
                return write!(
                    f,
                    "a desk runs on the data folder {folder} already, at http://{address} (process {pid}): use that one, \
                     or stop it"
                );
            }
            Self::Gone { address, why } => {
                return write!(f, "the desk at {address} does not answer any more ({why}): try again");
            }
            Self::Listen { address, why } if why.kind() == std::io::ErrorKind::AddrInUse => {
                return write!(
                    f,
                    "another program listens on {address}: stop it, or let the machine choose a free port with \
                     --listen 127.0.0.1:0"
                );
            }
            Self::Listen { address, why } => return write!(f, "{address} can't be listened on: {why}"),
            Self::Photo { path, why, .. } => return write!(f, "{}: {why}", path.display()),
            Self::Core(error) => error,
            Self::Folder(error @ DataFolderError::NoGallery { .. }) => {
                return write!(
                    f,
                    "{error}; if there is none, `serve --without-faces` goes on, and everybody is enrolled anew"
                );
            }
            Self::Folder(error) => error,
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
