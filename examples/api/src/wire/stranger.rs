//! Faces that matched nobody, and what else their picture shows.

use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::{self, CheckIn, Refusal};
use attendance_core::domain::ids::{AttendeeId, CheckInId};
use attendance_core::domain::policy::QualityProblem;
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BoundingBox, Quality, schema};

/// A check-in with at least one face that matched nobody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stranger {
    /// Which check-in.
    #[schema(value_type = schema::CheckInId)]
    pub id: CheckInId,
    /// When the picture was taken.
    #[schema(value_type = schema::Instant)]
    pub captured_at: Timestamp,
    /// Who offered it.
    #[schema(value_type = schema::Actor)]
    pub by: Actor,
    /// Whether its picture is still kept.
    pub has_image: bool,
    /// All its faces, the largest first.
    pub faces: Vec<JudgedFace>,
}

/// A face and what was decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedFace {
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
    /// Where it is in the picture.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
}

/// An attendee whom a face resembles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Resemblance {
    /// Who.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// How alike.
    #[schema(value_type = schema::Similarity)]
    pub similarity: Similarity,
}

/// What was decided about a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// The attendee is recorded at the session.
    Record {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// Where.
        #[schema(value_type = schema::SessionId)]
        session: SessionId,
    },
    /// Matches nobody.
    Stranger,
    /// Several are possible.
    Ambiguous {
        /// Best first.
        candidates: Vec<Resemblance>,
    },
    /// Too poor to say who it is.
    PoorQuality {
        /// What is wrong.
        #[schema(value_type = Vec<schema::QualityProblem>)]
        problems: Vec<QualityProblem>,
    },
    /// Known, but not on the roster of the session that was named.
    NotExpected {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
    },
    /// Known, and several sessions were open for them.
    ChooseSession {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// Which were open.
        #[schema(value_type = Vec<schema::SessionId>)]
        sessions: Vec<SessionId>,
    },
    /// Known, but not recorded.
    Refused {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// Why.
        #[schema(value_type = schema::Refusal)]
        reason: Refusal,
    },
}

impl Stranger {
    /// A check-in with a stranger; `None` if one of its faces was decided about in a way that this version does not
    /// know.
    #[must_use]
    pub fn of(check_in: CheckIn) -> Option<Self> {
        let faces = check_in.faces.into_iter().map(|face| {
            Some(JudgedFace {
                decision: Decision::of(face.decision)?,
                bounding_box: face.bounding_box.into(),
                quality: face.quality.into(),
            })
        });
        Some(Self {
            id: check_in.id,
            captured_at: check_in.captured_at,
            by: check_in.by,
            has_image: check_in.image.is_some(),
            faces: faces.collect::<Option<_>>()?,
        })
    }
}

impl Decision {
    fn of(decision: check_in::Decision) -> Option<Self> {
        Some(match decision {
            check_in::Decision::Record { candidate, session } => {
                Self::Record { attendee: candidate.attendee, similarity: candidate.similarity, session }
            }
            check_in::Decision::Stranger => Self::Stranger,
            check_in::Decision::Ambiguous { candidates } => {
                Self::Ambiguous { candidates: candidates.into_iter().map(Resemblance::from).collect() }
            }
            check_in::Decision::PoorQuality { problems } => Self::PoorQuality { problems },
            check_in::Decision::NotExpected { candidate } => {
                Self::NotExpected { attendee: candidate.attendee, similarity: candidate.similarity }
            }
            check_in::Decision::ChooseSession { candidate, sessions } => {
                Self::ChooseSession { attendee: candidate.attendee, similarity: candidate.similarity, sessions }
            }
            check_in::Decision::Refused { candidate, reason, .. } => {
                Self::Refused { attendee: candidate.attendee, similarity: candidate.similarity, reason }
            }
            _ => return None,
        })
    }
}

impl From<check_in::Candidate> for Resemblance {
    fn from(candidate: check_in::Candidate) -> Self {
        let check_in::Candidate { attendee, similarity } = candidate;
        Self { attendee, similarity }
    }
}
