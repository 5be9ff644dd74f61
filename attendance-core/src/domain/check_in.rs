//! An image that was offered, and what became of each face in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::face::{BoundingBox, Quality};
use super::ids::{AttendeeId, CheckInId};
use super::image::{ImageKey, ImageProblem};
use super::policy::QualityProblem;
use super::record::AttendanceRecord;
use super::session::SessionId;
use super::similarity::Similarity;

/// An attendee whom a face resembles, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    pub attendee: AttendeeId,
    /// How alike.
    pub similarity: Similarity,
}

/// Why a recognised attendee was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The session was not open yet, or the attendee has none at that time.
    NotOpen,
    /// The session had closed.
    Closed,
    /// No consent is on record.
    NoConsent,
}

/// What was decided about a face, before the ledger says whether it was the first to say so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Decision {
    /// The attendee is recorded at the session.
    Record {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// Where.
        session: SessionId,
    },
    /// Matches nobody.
    Stranger,
    /// Needs a second factor or a person: the two best attendees are too close to each other, or the best was given
    /// to another face of the picture that is more alike.
    Ambiguous {
        /// Best first.
        candidates: Vec<Candidate>,
    },
    /// Too poor to say who it is.
    PoorQuality {
        /// What is wrong; never empty.
        problems: Vec<QualityProblem>,
    },
    /// Known, but not on the roster of the session that was named.
    NotExpected {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
    },
    /// Known, and several sessions are open for them: the caller must name one.
    ChooseSession {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// Which are open.
        sessions: Vec<SessionId>,
    },
    /// Known, but not recorded.
    Refused {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// Why.
        reason: Refusal,
        /// Which session is over, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
    },
}

impl Decision {
    /// The attendee and the session whose record tells what became of the face, if there is one.
    #[must_use]
    pub fn place(&self) -> Option<(AttendeeId, &SessionId)> {
        match self {
            Self::Record { candidate, session } | Self::Refused { candidate, session: Some(session), .. } => {
                Some((candidate.attendee, session))
            }
            _ => None,
        }
    }

    /// Every attendee whom the decision names, the candidates of an ambiguous face too.
    pub fn attendees(&self) -> impl Iterator<Item = AttendeeId> + '_ {
        let candidates: &[Candidate] = match self {
            Self::Record { candidate, .. }
            | Self::NotExpected { candidate }
            | Self::ChooseSession { candidate, .. }
            | Self::Refused { candidate, .. } => std::slice::from_ref(candidate),
            Self::Ambiguous { candidates } => candidates,
            Self::Stranger | Self::PoorQuality { .. } => &[],
        };
        candidates.iter().map(|candidate| candidate.attendee)
    }
}

/// A face and what was decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedFace {
    /// Where it is in the picture.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
}

/// The verdict of a liveness check, made elsewhere; see the design page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Liveness {
    /// A living face was in front of the camera.
    Live,
    /// It was not, or it could not be shown.
    NotShown,
}

/// Why nothing was looked up in a picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PictureRefusal {
    /// It shows no face.
    NoFace,
    /// It can't be used.
    Image(ImageProblem),
}

/// An image offered, and what was decided about its faces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckIn {
    /// The idempotency key.
    pub id: CheckInId,
    /// When the picture was taken: lateness counts from here.
    pub captured_at: Timestamp,
    /// When it was decided about.
    pub decided_at: Timestamp,
    /// Who offered it.
    pub by: Actor,
    /// Where the picture is kept; `None` if it is not kept, or no longer.
    pub image: Option<ImageKey>,
    /// The faces that were looked up, the largest first.
    pub faces: Vec<JudgedFace>,
    /// How many more faces the picture shows that nobody looked up.
    pub unsearched: u32,
    /// The verdict of a liveness check, if there was one.
    pub liveness: Option<Liveness>,
    /// Why there are no faces, where a stored picture could not be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<PictureRefusal>,
}

impl CheckIn {
    /// Every attendee whom the check-in names, once each.
    #[must_use]
    pub fn attendees(&self) -> Vec<AttendeeId> {
        let mut attendees: Vec<_> = self.faces.iter().flat_map(|face| face.decision.attendees()).collect();
        attendees.sort_unstable();
        attendees.dedup();
        attendees
    }

    /// Whether a face in it matched nobody.
    #[must_use]
    pub fn has_stranger(&self) -> bool {
        self.faces.iter().any(|face| face.decision == Decision::Stranger)
    }
}

/// What became of a face: the answer of a check-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// This check-in made the record.
    Marked {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// The record.
        record: AttendanceRecord,
    },
    /// The record was there before.
    AlreadyMarked {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// The record that stands.
        record: AttendanceRecord,
    },
    /// As [`Decision::Stranger`].
    Stranger,
    /// As [`Decision::Ambiguous`].
    Ambiguous {
        /// Best first.
        candidates: Vec<Candidate>,
    },
    /// As [`Decision::PoorQuality`].
    PoorQuality {
        /// What is wrong; never empty.
        problems: Vec<QualityProblem>,
    },
    /// As [`Decision::NotExpected`].
    NotExpected {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
    },
    /// As [`Decision::ChooseSession`].
    ChooseSession {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// Which are open.
        sessions: Vec<SessionId>,
    },
    /// As [`Decision::Refused`].
    Refused {
        /// Who, and how alike.
        #[serde(flatten)]
        candidate: Candidate,
        /// Why.
        reason: Refusal,
        /// Which session is over, if that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// What the attendee is noted as there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<AttendanceRecord>,
    },
}

impl Outcome {
    /// The outcome of `decision` in the check-in `id`; `record` is what stands in the ledger of the attendee and the session
    /// that it names.
    #[must_use]
    pub fn of(decision: Decision, id: &CheckInId, record: Option<AttendanceRecord>) -> Self {
        match (decision, record) {
            (Decision::Record { candidate, .. }, Some(record)) if record.check_in.as_ref() == Some(id) => {
                Self::Marked { candidate, record }
            }
            (Decision::Record { candidate, .. }, Some(record)) => Self::AlreadyMarked { candidate, record },
            // Its record was erased together with the attendee.
            (Decision::Record { candidate, .. }, None) => {
                Self::Refused { candidate, reason: Refusal::NoConsent, session: None, record: None }
            }
            (Decision::Stranger, _) => Self::Stranger,
            (Decision::Ambiguous { candidates }, _) => Self::Ambiguous { candidates },
            (Decision::PoorQuality { problems }, _) => Self::PoorQuality { problems },
            (Decision::NotExpected { candidate }, _) => Self::NotExpected { candidate },
            (Decision::ChooseSession { candidate, sessions }, _) => Self::ChooseSession { candidate, sessions },
            (Decision::Refused { candidate, reason, session }, record) => {
                Self::Refused { candidate, reason, session, record }
            }
        }
    }
}
