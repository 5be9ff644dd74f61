use jiff::civil::Date;

use crate::domain::InvalidText;
use crate::domain::attendee::InvalidAttributes;
use crate::domain::group::InvalidTimetable;
use crate::domain::ids::AttendeeId;
use crate::domain::record::AttendanceRecord;
use crate::domain::session::SessionId;
use crate::ports::face_matcher::ImageProblem;
use crate::ports::{FaceMatcherError, ImageStoreError, NotifierError, PortError, RepoError, Retry};

/// Why a use case did not do what it was asked. Reads as one sentence; [`Error::code`] is for programs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such attendee.
    #[error("there is no attendee with that id")]
    UnknownAttendee,
    /// The attendee was forgotten.
    #[error("the attendee was erased")]
    Erased,
    /// No such group.
    #[error("there is no group with that id: create it first")]
    UnknownGroup,
    /// No such session.
    #[error("there is no such session: neither the timetable of its group nor anybody made it")]
    UnknownSession,
    /// The attendee has no session on that date.
    #[error("the attendee has no session on {0}")]
    NoSession(Date),
    /// The attendee has several sessions on that date.
    #[error("the attendee has several sessions on that date: name one of {}", list(.0))]
    ChooseSession(Vec<SessionId>),
    /// The attendee is not on the session's roster.
    #[error("the attendee is not on the roster of that session")]
    NotOnRoster,
    /// Somebody was to be marked present, late or absent at a session that has not opened.
    #[error("the session has not opened yet: until then an attendee can only be excused")]
    NotOpenYet,
    /// A record was to be made or replaced, and what stands is not what was expected; nothing was changed.
    #[error("{}", outdated(.0.as_deref()))]
    Outdated(Option<Box<AttendanceRecord>>),
    /// No vector is made without a consent.
    #[error("no consent is on record: record what the attendee agreed to before a face is enrolled")]
    ConsentMissing,
    /// The face is somebody else's.
    #[error(
        "this face is already enrolled as another attendee ({attendee}): check who is who, or remove that one first"
    )]
    EnrolledAsAnother {
        /// Who.
        attendee: AttendeeId,
    },
    /// A range that ends before it starts.
    #[error("the range ends ({to}) before it starts ({from}): exchange the two dates")]
    RangeReversed {
        /// Its start.
        from: Date,
        /// Its end.
        to: Date,
    },
    /// Too many groups for one attendee.
    #[error("an attendee can be in at most {0} groups")]
    TooManyGroups(usize),
    /// Somebody was to leave the group of everybody.
    #[error("the group 'everyone' has everybody and can't be left")]
    EveryoneStays,
    /// A text that is not what it should be.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Attributes that are not what they should be.
    #[error(transparent)]
    Attributes(#[from] InvalidAttributes),
    /// A timetable that is not what it should be.
    #[error(transparent)]
    Timetable(#[from] InvalidTimetable),
    /// The erasure went through, but something is still there: run it again.
    #[error("the erasure is not complete, {0} are still there: repeat it")]
    NotErased(&'static str),
    /// The face matcher's.
    #[error(transparent)]
    Matcher(#[from] FaceMatcherError),
    /// The image store's.
    #[error(transparent)]
    Images(#[from] ImageStoreError),
    /// The notifier's.
    #[error(transparent)]
    Notifier(#[from] NotifierError),
    /// The repository's.
    #[error(transparent)]
    Repo(#[from] RepoError),
}

fn list(sessions: &[SessionId]) -> String {
    sessions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn outdated(standing: Option<&AttendanceRecord>) -> String {
    match standing {
        Some(record) => {
            format!("there is a record of version {}: look at it, and name that version to replace it", record.version)
        }
        None => "there is no record yet: mark it as the first one".to_owned(),
    }
}

impl Error {
    /// A stable word for programs, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownAttendee => "unknown-attendee",
            Self::Erased => "erased",
            Self::UnknownGroup => "unknown-group",
            Self::UnknownSession => "unknown-session",
            Self::NoSession(_) => "no-session",
            Self::ChooseSession(_) => "choose-session",
            Self::NotOnRoster => "not-on-roster",
            Self::NotOpenYet => "not-open",
            Self::Outdated(_) => "outdated",
            Self::ConsentMissing => "no-consent",
            Self::EnrolledAsAnother { .. } => "enrolled-as-another",
            Self::RangeReversed { .. } => "range-reversed",
            Self::TooManyGroups(_) | Self::Text(_) | Self::Attributes(_) | Self::Timetable(_) => "invalid",
            Self::EveryoneStays => "everyone-stays",
            Self::NotErased(_) => "not-erased",
            Self::Matcher(error) => matcher_code(error),
            Self::Images(ImageStoreError::NotFound) => "image-missing",
            Self::Images(ImageStoreError::CanNotPresign) => "can-not-presign",
            Self::Repo(RepoError::UnknownOrganization) => "unknown-organization",
            Self::Repo(RepoError::NotFound(_)) => "not-found",
            Self::Repo(RepoError::Exists(_)) => "exists",
            Self::Repo(RepoError::ExternalIdTaken) => "external-id-taken",
            Self::Repo(RepoError::Conflict) => "conflict",
            Self::Repo(RepoError::InvalidCursor) => "invalid-cursor",
            Self::Repo(RepoError::TooNew) => "data-too-new",
            Self::Images(_) | Self::Notifier(_) | Self::Repo(_) => match self.retry() {
                Retry::Yes => "unavailable",
                Retry::No => "failed",
            },
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Matcher(error) => PortError::retry(error),
            Self::Images(error) => PortError::retry(error),
            Self::Notifier(error) => PortError::retry(error),
            Self::Repo(error) => PortError::retry(error),
            Self::NotErased(_) => Retry::Yes,
            _ => Retry::No,
        }
    }
}

fn matcher_code(error: &FaceMatcherError) -> &'static str {
    match error {
        FaceMatcherError::Image(problem) => match problem {
            ImageProblem::Empty => "image-empty",
            ImageProblem::Unsupported => "image-unsupported",
            ImageProblem::Damaged => "image-damaged",
            ImageProblem::TooManyBytes { .. } | ImageProblem::TooManyPixels { .. } => "image-too-large",
            ImageProblem::TooSmall { .. } => "image-too-small",
            ImageProblem::Missing => "image-missing",
        },
        FaceMatcherError::NoFace => "no-face",
        FaceMatcherError::SeveralFaces { .. } => "several-faces",
        FaceMatcherError::PoorQuality { .. } => "poor-quality",
        FaceMatcherError::TooManyFaces { .. } => "too-many-faces",
        FaceMatcherError::UnlikeOwnFaces => "unlike-own-faces",
        FaceMatcherError::NotProvisioned => "not-provisioned",
        FaceMatcherError::InvalidCursor => "invalid-cursor",
        FaceMatcherError::TooNew => "data-too-new",
        FaceMatcherError::Throttled { .. } | FaceMatcherError::Unavailable { .. } => "unavailable",
        FaceMatcherError::Failed { .. } => "failed",
    }
}
