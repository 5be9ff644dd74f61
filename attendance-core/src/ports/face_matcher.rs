//! Who is in a picture.

use async_trait::async_trait;
use bytes::Bytes;

use super::{BoxError, Retry};
use crate::domain::check_in::Candidate;
use crate::domain::face::{BoundingBox, Quality};
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::image::ImageKey;
pub use crate::domain::image::ImageProblem;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::{MatchPolicy, QualityPolicy, QualityProblem};
use crate::domain::similarity::Threshold;

/// An image: its bytes (JPEG or PNG), or its key in the image store that the matcher was built with, so that a matcher
/// that can read the store itself spares the way.
#[derive(Clone, PartialEq, Eq)]
pub enum ImageRef {
    /// The encoded image.
    Bytes(Bytes),
    /// Where it is stored.
    Stored(ImageKey),
}

impl ImageRef {
    /// An image by its bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl std::fmt::Debug for ImageRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Stored(key) => write!(f, "Stored({key})"),
        }
    }
}

/// Which faces of a picture are looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Faces {
    /// Only the largest: somebody in front of a kiosk. Costs one call.
    #[default]
    Largest,
    /// Every one: a class photo.
    All,
    /// The one that an enrolment would take, judged as [`FaceMatcher::enrol`] judges: a picture of several is refused.
    Only,
}

/// What to look up, and how far down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdentifyOptions {
    /// Which faces.
    pub faces: Faces,
    /// The least similarity of a candidate: the policy's threshold less its margin.
    pub floor: Threshold,
    /// The most candidates per face, at least 1.
    pub max_candidates: usize,
}

/// A face of a picture and whom it resembles.
#[derive(Debug, Clone, PartialEq)]
pub struct IdentifiedFace {
    /// Where it is.
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
    /// Best first, one per attendee, at or above the floor.
    pub candidates: Vec<Candidate>,
}

/// What was found in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Identification {
    /// The largest first; never empty.
    pub faces: Vec<IdentifiedFace>,
    /// How many more faces were seen and not looked up.
    pub unsearched: u32,
}

/// A face that was enrolled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnrolledFace {
    /// The id that was asked for.
    pub face: FaceId,
    /// How well it shows.
    pub quality: Quality,
}

/// The faces of one attendee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendeeFaces {
    /// Whose.
    pub attendee: AttendeeId,
    /// Sorted.
    pub faces: Vec<FaceId>,
}

/// Why a matcher did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceMatcherError {
    /// The image can't be used.
    #[error(transparent)]
    Image(#[from] ImageProblem),
    /// The picture shows no face.
    #[error("there is no face in the picture: offer one that shows a face from the front")]
    NoFace,
    /// An enrolment photo shows several faces.
    #[error("there are {faces} faces in the picture and an enrolment takes exactly one: offer a picture of one person")]
    SeveralFaces {
        /// How many.
        faces: u32,
    },
    /// The face shows too poorly to be enrolled.
    #[error("the face can't be enrolled: {}", list(.problems))]
    PoorQuality {
        /// What is wrong; never empty.
        problems: Vec<QualityProblem>,
    },
    /// The attendee has as many faces as the matcher takes.
    #[error("at most {limit} faces can be enrolled for one attendee: remove one first")]
    TooManyFaces {
        /// How many it takes.
        limit: usize,
    },
    /// The face is not like those that the attendee has.
    #[error("the face is unlike the attendee's other faces: look whose it is")]
    UnlikeOwnFaces,
    /// The organization is unknown to the matcher.
    #[error("the organization is not provisioned in the face matcher: provision it first")]
    NotProvisioned,
    /// A cursor of another list.
    #[error("the cursor is not one of this list: start again without one")]
    InvalidCursor,
    /// The matcher's own store was written by a newer version.
    #[error("the face data were written by a newer version of this software: update it")]
    TooNew,
    /// The matcher is too busy.
    #[error("the face matcher is too busy")]
    Throttled {
        /// What it said.
        #[source]
        source: Option<BoxError>,
    },
    /// The matcher can't be reached, or failed in a way that may pass.
    #[error("the face matcher is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// The matcher failed in a way that will not pass by itself.
    #[error("the face matcher failed")]
    Failed {
        /// What happened.
        #[source]
        source: BoxError,
    },
}

fn list(problems: &[QualityProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl FaceMatcherError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } => Retry::Yes,
            _ => Retry::No,
        }
    }
}

/// Finds faces, and says whom they resemble. Rosters, sessions and decisions are not its business.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FaceMatcher: std::fmt::Debug + Send + Sync + 'static {
    /// The policy that fits this matcher's percentages, and the measurement that it rests on.
    ///
    /// # Behavior
    /// - Its threshold is above its margin, and its duplicate threshold is not below its threshold.
    fn default_policy(&self) -> MatchPolicy;

    /// Makes room for an organization.
    ///
    /// # Behavior
    /// - Provisioning an organization again succeeds and changes nothing.
    async fn provision(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError>;

    /// Removes an organization and every face in it.
    ///
    /// # Behavior
    /// - Removing an organization that is not there succeeds.
    /// - A removed organization is not provisioned.
    async fn remove(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError>;

    /// Enrols the one face of an image.
    ///
    /// # Behavior
    /// - The attendee is found by another picture of the face from then on, and by any instance that shares the store.
    /// - Enrolling the same face id again succeeds and leaves one face.
    /// - A picture without a face is refused as `NoFace`, with several as `SeveralFaces`, below `quality` as
    ///   `PoorQuality`, and an image that can't be used as `Image`; nothing is stored then.
    /// - An organization that is not provisioned is refused as `NotProvisioned`.
    async fn enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError>;

    /// Says whom the faces of an image resemble, searching the whole organization.
    ///
    /// # Behavior
    /// - Candidates come best first, one per attendee, none below the floor, at most `max_candidates` of them.
    /// - A face of nobody who is enrolled has no candidate.
    /// - An attendee of another organization is never a candidate.
    /// - With `Faces::Largest` the one largest face is looked up and the others are counted as unsearched; with
    ///   `Faces::All` every face is, the largest first.
    /// - With `Faces::Only` a picture is refused as `SeveralFaces` where `enrol` refuses it so, and otherwise the one face
    ///   is looked up that `enrol` would take.
    /// - A picture without a face is refused as `NoFace`, an image that can't be used as `Image`.
    /// - An organization that is not provisioned is refused as `NotProvisioned`.
    async fn identify(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError>;

    /// The faces of one attendee, sorted.
    ///
    /// # Behavior
    /// - An attendee without a face has an empty list.
    async fn faces(&self, organization: &OrganizationId, attendee: AttendeeId)
    -> Result<Vec<FaceId>, FaceMatcherError>;

    /// Removes one face of an attendee.
    ///
    /// # Behavior
    /// - The attendee's other faces stay.
    /// - Removing a face that is not there, or another attendee's, succeeds and changes nothing.
    async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError>;

    /// Removes every face of an attendee, verifies that none is left, and answers how many there were.
    ///
    /// # Behavior
    /// - The attendee is no candidate afterwards; others stay.
    /// - Forgetting somebody without a face succeeds and answers 0.
    async fn forget(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError>;

    /// Everybody who has a face, ordered by attendee: what the sweep compares with the repository.
    ///
    /// # Behavior
    /// - Following `next` yields everybody exactly once.
    async fn enrolled(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError>;
}
