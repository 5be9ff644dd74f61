//! What became of a picture that was offered.

use std::collections::HashMap;

use attendance_core::domain::attendee::Name;
use attendance_core::domain::check_in::{self, Refusal};
use attendance_core::domain::ids::{AttendeeId, CheckInId};
use attendance_core::domain::policy::QualityProblem;
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::ports::face_matcher::Faces;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BoundingBox, Quality, Record, schema};

/// Which faces of a picture count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhichFaces {
    /// Only the largest: somebody in front of a kiosk.
    #[default]
    Largest,
    /// Every one: a class photo.
    All,
}

/// What became of a check-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckInAnswer {
    /// Which check-in.
    #[schema(value_type = schema::CheckInId)]
    pub id: CheckInId,
    /// When the picture was taken.
    #[schema(value_type = schema::Instant)]
    pub captured_at: Timestamp,
    /// The faces, the largest first.
    pub faces: Vec<FaceOutcome>,
    /// How many more faces were seen and not looked up.
    pub unsearched: u32,
}

/// What became of one face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FaceOutcome {
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where it is in the picture.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
}

/// An attendee whom a face resembles, and how much.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// Who.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// What they are called; `null` once erased.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// How alike.
    #[schema(value_type = schema::Similarity)]
    pub similarity: Similarity,
}

/// What became of a face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// This check-in made the record.
    Marked {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// What they are called; `null` once erased.
        #[schema(value_type = Option<schema::Name>, required)]
        name: Option<Name>,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// The record.
        record: Record,
    },
    /// The record was there before.
    AlreadyMarked {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// What they are called; `null` once erased.
        #[schema(value_type = Option<schema::Name>, required)]
        name: Option<Name>,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// The record that stands.
        record: Record,
    },
    /// Matches nobody.
    Stranger,
    /// Several are possible: needs a second factor or a person.
    Ambiguous {
        /// Best first; empty for a kiosk.
        candidates: Vec<Candidate>,
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
        /// What they are called; `null` once erased.
        #[schema(value_type = Option<schema::Name>, required)]
        name: Option<Name>,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
    },
    /// Known, and several sessions are open for them: the caller must name one.
    ChooseSession {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// What they are called; `null` once erased.
        #[schema(value_type = Option<schema::Name>, required)]
        name: Option<Name>,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// Which are open.
        #[schema(value_type = Vec<schema::SessionId>)]
        sessions: Vec<SessionId>,
    },
    /// Known, but not recorded.
    Refused {
        /// Who.
        #[schema(value_type = schema::AttendeeId)]
        attendee: AttendeeId,
        /// What they are called; `null` once erased.
        #[schema(value_type = Option<schema::Name>, required)]
        name: Option<Name>,
        /// How alike.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
        /// Why.
        #[schema(value_type = schema::Refusal)]
        reason: Refusal,
        /// Which session is over, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<schema::SessionId>, nullable = false)]
        session: Option<SessionId>,
        /// What the attendee is noted as there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        record: Option<Record>,
    },
}

impl From<WhichFaces> for Faces {
    fn from(which: WhichFaces) -> Self {
        match which {
            WhichFaces::Largest => Self::Largest,
            WhichFaces::All => Self::All,
        }
    }
}

/// Every attendee whom an answer names, once each: whose names [`CheckInAnswer::of`] wants to be told.
#[must_use]
pub(crate) fn attendees(answer: &attendance_core::CheckInAnswer) -> Vec<AttendeeId> {
    let mut attendees: Vec<_> = answer.faces.iter().flat_map(|face| candidates(&face.outcome)).collect();
    attendees.sort_unstable();
    attendees.dedup();
    attendees
}

fn candidates(outcome: &check_in::Outcome) -> Vec<AttendeeId> {
    use check_in::Outcome as From;
    match outcome {
        From::Marked { candidate, .. }
        | From::AlreadyMarked { candidate, .. }
        | From::NotExpected { candidate }
        | From::ChooseSession { candidate, .. }
        | From::Refused { candidate, .. } => vec![candidate.attendee],
        From::Ambiguous { candidates } => candidates.iter().map(|candidate| candidate.attendee).collect(),
        _ => Vec::new(),
    }
}

impl CheckInAnswer {
    /// An answer with the names of those whom it names. Whoever may not see candidates is told of nobody below
    /// certainty. `None` if a face became something that this version does not know.
    #[must_use]
    pub(crate) fn of(
        answer: attendance_core::CheckInAnswer,
        names: &HashMap<AttendeeId, Name>,
        sees_candidates: bool,
    ) -> Option<Self> {
        let faces = answer.faces.into_iter().map(|face| {
            Some(FaceOutcome {
                outcome: Outcome::of(face.outcome, names, sees_candidates)?,
                bounding_box: face.bounding_box.into(),
                quality: face.quality.into(),
            })
        });
        Some(Self {
            id: answer.id,
            captured_at: answer.captured_at,
            faces: faces.collect::<Option<_>>()?,
            unsearched: answer.unsearched,
        })
    }
}

impl Outcome {
    fn of(outcome: check_in::Outcome, names: &HashMap<AttendeeId, Name>, sees_candidates: bool) -> Option<Self> {
        use check_in::Outcome as From;
        let known = |candidate: check_in::Candidate| {
            (candidate.attendee, names.get(&candidate.attendee).cloned(), candidate.similarity)
        };
        Some(match outcome {
            From::Marked { candidate, record } => {
                let (attendee, name, similarity) = known(candidate);
                Self::Marked { attendee, name, similarity, record: record.into() }
            }
            From::AlreadyMarked { candidate, record } => {
                let (attendee, name, similarity) = known(candidate);
                Self::AlreadyMarked { attendee, name, similarity, record: record.into() }
            }
            From::Stranger => Self::Stranger,
            From::Ambiguous { candidates } => {
                let seen = candidates.into_iter().filter(|_| sees_candidates).map(known);
                let candidate = |(attendee, name, similarity)| Candidate { attendee, name, similarity };
                Self::Ambiguous { candidates: seen.map(candidate).collect() }
            }
            From::PoorQuality { problems } => Self::PoorQuality { problems },
            From::NotExpected { candidate } => {
                let (attendee, name, similarity) = known(candidate);
                Self::NotExpected { attendee, name, similarity }
            }
            From::ChooseSession { candidate, sessions } => {
                let (attendee, name, similarity) = known(candidate);
                Self::ChooseSession { attendee, name, similarity, sessions }
            }
            From::Refused { candidate, reason, session, record } => {
                let (attendee, name, similarity) = known(candidate);
                Self::Refused { attendee, name, similarity, reason, session, record: record.map(Record::from) }
            }
            _ => return None,
        })
    }
}
