//! What is remembered: four small traits under one name.
//!
//! Instants are kept to the microsecond. In an organization that does not exist nothing is found, and a write is refused
//! as `UnknownOrganization` or `NotFound`.

mod directory;
mod ext;
mod ledger;
#[cfg(feature = "mock")]
mod mock;
mod outbox;
mod timetable;

pub use directory::{AttendeeQuery, Directory, Subject};
pub use ext::AttendanceRepoExt;
pub use ledger::{CheckInQuery, Commit, Committed, Ledger, RecordDraft, RecordQuery, Recorded};
#[cfg(feature = "mock")]
pub use mock::MockAttendanceRepo;
pub use outbox::{Claim, Delivery, Outbox, Outgoing};
pub use timetable::{SessionQuery, Timetable};

use super::{BoxError, Retry};

/// The whole repository. Whatever implements the four traits is one.
pub trait AttendanceRepo: Directory + Timetable + Ledger + Outbox {}

impl<R: Directory + Timetable + Ledger + Outbox> AttendanceRepo for R {}

/// Why a repository did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepoError {
    /// The organization does not exist.
    #[error("there is no such organization: create it first")]
    UnknownOrganization,
    /// What was to be changed does not exist.
    #[error("there is no such {0}")]
    NotFound(Entity),
    /// What was to be made exists.
    #[error("that {0} exists already")]
    Exists(Entity),
    /// The external id belongs to another attendee.
    #[error("the external id belongs to another attendee: choose one that is unique in the organization")]
    ExternalIdTaken,
    /// It was changed since it was read.
    #[error("it was changed by somebody else at the same time: read it again and repeat the change")]
    Conflict,
    /// A cursor of another list.
    #[error("the cursor is not one of this list: start again without one")]
    InvalidCursor,
    /// The repository was written by a newer version.
    #[error("the data were written by a newer version of this software: update it")]
    TooNew,
    /// The repository is too busy.
    #[error("the repository is too busy")]
    Throttled {
        /// What it said.
        #[source]
        source: Option<BoxError>,
    },
    /// The repository can't be reached, or failed in a way that may pass.
    #[error("the repository is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// The repository failed in a way that will not pass by itself.
    #[error("the repository failed")]
    Failed {
        /// What happened.
        #[source]
        source: BoxError,
    },
}

/// What a [`RepoError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Entity {
    Organization,
    Attendee,
    Group,
    Session,
    Record,
    CheckIn,
}

impl std::fmt::Display for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Organization => "organization",
            Self::Attendee => "attendee",
            Self::Group => "group",
            Self::Session => "session",
            Self::Record => "record",
            Self::CheckIn => "check-in",
        })
    }
}

impl RepoError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } => Retry::Yes,
            _ => Retry::No,
        }
    }
}
