//! From "how alike" to "who": threshold, margin, quality, one face - one attendee.

use serde::{Deserialize, Serialize};

use super::check_in::Candidate;
use super::face::Quality;
use super::similarity::Threshold;

/// When a face is given a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatchPolicy {
    /// The least similarity at which a face is given a name.
    pub threshold: Threshold,
    /// The best two attendees must be at least this many percent points apart, or the face is ambiguous.
    pub margin: f32,
    /// From this similarity on, a face may not be enrolled if it is already enrolled as somebody else.
    pub duplicate: Threshold,
    /// What a face must show to be given a name.
    pub check_in_quality: QualityPolicy,
    /// What a face must show to be enrolled: more, since everything later rests on it.
    pub enrolment_quality: QualityPolicy,
    /// What the default rests on; `None` for a policy that somebody chose.
    pub measurement: Option<Measurement>,
}

/// The measurement that a matcher's default policy rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// On which pictures, and which pairs of them.
    pub data: String,
    /// The share of pairs of different people that reach the threshold, 0 to 1.
    pub false_accept_rate: f64,
    /// The share of pairs of one person that reach the threshold, 0 to 1.
    pub true_accept_rate: f64,
    /// How many pairs of different people were compared.
    pub impostor_pairs: u64,
    /// How many pairs of one person were compared.
    pub genuine_pairs: u64,
}

/// The least that a face must show.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QualityPolicy {
    /// Pixels along the shorter side of the face's box.
    pub min_size: u32,
    /// 0 to 100, as [`Quality::sharpness`].
    pub min_sharpness: f32,
    /// 0 to 100, as [`Quality::brightness`].
    pub min_brightness: f32,
    /// 0 to 100, as [`Quality::brightness`].
    pub max_brightness: f32,
    /// Degrees to either side.
    pub max_yaw: f32,
    /// Degrees up or down.
    pub max_pitch: f32,
    /// 0 to 100, as [`Quality::confidence`].
    pub min_confidence: f32,
}

/// What is wrong with how a face shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum QualityProblem {
    /// Too few pixels: come closer.
    TooSmall,
    /// Out of focus or shaken.
    Blurred,
    /// Too dark.
    TooDark,
    /// Too bright.
    TooBright,
    /// Turned or tilted away: look into the camera.
    ExtremePose,
    /// Perhaps no face at all.
    Unsure,
}

impl std::fmt::Display for QualityProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooSmall => "the face is too small: come closer",
            Self::Blurred => "the face is blurred: hold still",
            Self::TooDark => "the face is too dark: more light is needed",
            Self::TooBright => "the face is too bright: less light is needed",
            Self::ExtremePose => "the face is turned away: look into the camera",
            Self::Unsure => "it may not be a face",
        })
    }
}

impl QualityPolicy {
    /// Asks for nothing: for matchers that judge quality themselves, and for tests.
    pub const ANY: Self = Self {
        min_size: 0,
        min_sharpness: 0.0,
        min_brightness: 0.0,
        max_brightness: 100.0,
        max_yaw: 180.0,
        max_pitch: 180.0,
        min_confidence: 0.0,
    };

    /// What is wrong with a face; empty if nothing is.
    #[must_use]
    pub fn problems(&self, quality: &Quality) -> Vec<QualityProblem> {
        let pose = quality.pose;
        [
            (quality.size < self.min_size, QualityProblem::TooSmall),
            (quality.sharpness < self.min_sharpness, QualityProblem::Blurred),
            (quality.brightness < self.min_brightness, QualityProblem::TooDark),
            (quality.brightness > self.max_brightness, QualityProblem::TooBright),
            (pose.yaw.abs() > self.max_yaw || pose.pitch.abs() > self.max_pitch, QualityProblem::ExtremePose),
            (quality.confidence < self.min_confidence, QualityProblem::Unsure),
        ]
        .into_iter()
        .filter_map(|(wrong, problem)| wrong.then_some(problem))
        .collect()
    }
}

/// Who a face is, by similarity alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Identity {
    /// One attendee.
    Known(Candidate),
    /// Several are possible; best first.
    Ambiguous(Vec<Candidate>),
    /// Nobody.
    Stranger,
}

impl MatchPolicy {
    /// How far down a matcher must search, so that the margin sees the runner-up.
    #[must_use]
    pub fn floor(&self) -> Threshold {
        self.threshold.lowered(self.margin)
    }

    /// Gives each face of one picture to at most one attendee, and each attendee to at most one face.
    ///
    /// `faces` holds each face's candidates, at most one per attendee, at or above [`MatchPolicy::floor`]. Nobody is
    /// named below the threshold. Where two faces claim one attendee, the more alike has it and the other is
    /// ambiguous: it is never handed to its second best.
    #[must_use]
    pub fn identities(&self, faces: &[Vec<Candidate>]) -> Vec<Identity> {
        let mut identities: Vec<_> = faces.iter().map(|candidates| self.identity(candidates)).collect();
        for index in 0..identities.len() {
            let Identity::Known(mine) = &identities[index] else { continue };
            let mine = *mine;
            let beaten = identities.iter().enumerate().any(|(other, identity)| match identity {
                Identity::Known(theirs) => {
                    other != index
                        && theirs.attendee == mine.attendee
                        && (theirs.similarity > mine.similarity
                            || (theirs.similarity == mine.similarity && other < index))
                }
                _ => false,
            });
            if beaten {
                identities[index] = Identity::Ambiguous(vec![mine]);
            }
        }
        identities
    }

    fn identity(&self, candidates: &[Candidate]) -> Identity {
        let mut candidates = candidates.to_vec();
        candidates.sort_by(|a, b| b.similarity.percent().total_cmp(&a.similarity.percent()));
        match candidates.first() {
            Some(best) if best.similarity.reaches(self.threshold) => {
                let close = best.similarity.percent() - self.margin;
                let best = *best;
                candidates
                    .retain(|candidate| candidate.similarity.percent() > close || candidate.attendee == best.attendee);
                if candidates.len() > 1 { Identity::Ambiguous(candidates) } else { Identity::Known(best) }
            }
            _ => Identity::Stranger,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AttendeeId;
    use crate::domain::similarity::Similarity;

    fn policy() -> MatchPolicy {
        MatchPolicy {
            threshold: Threshold::new(90.0).unwrap(),
            margin: 3.0,
            duplicate: Threshold::new(95.0).unwrap(),
            check_in_quality: QualityPolicy::ANY,
            enrolment_quality: QualityPolicy::ANY,
            measurement: None,
        }
    }

    fn candidate(attendee: AttendeeId, percent: f32) -> Candidate {
        Candidate { attendee, similarity: Similarity::new(percent).unwrap() }
    }

    #[test]
    fn nobody_is_named_below_the_threshold() {
        let a = AttendeeId::fresh();
        assert_eq!(policy().identities(&[vec![candidate(a, 89.9)], vec![]]), [Identity::Stranger, Identity::Stranger]);
        assert_eq!(policy().identities(&[vec![candidate(a, 90.0)]]), [Identity::Known(candidate(a, 90.0))]);
    }

    #[test]
    fn two_attendees_closer_than_the_margin_are_ambiguous_even_if_the_second_is_below_the_threshold() {
        let (a, b) = (AttendeeId::fresh(), AttendeeId::fresh());
        let close = vec![candidate(b, 88.0), candidate(a, 90.5)];
        assert_eq!(policy().identities(&[close]), [Identity::Ambiguous(vec![candidate(a, 90.5), candidate(b, 88.0)])]);
        let apart = vec![candidate(a, 91.0), candidate(b, 88.0)];
        assert_eq!(policy().identities(&[apart]), [Identity::Known(candidate(a, 91.0))]);
        assert_eq!(policy().floor().percent(), 87.0);
    }

    #[test]
    fn an_attendee_goes_to_the_face_that_is_most_alike_and_the_other_face_to_nobody() {
        let (a, b) = (AttendeeId::fresh(), AttendeeId::fresh());
        let faces = [vec![candidate(a, 95.0), candidate(b, 91.0)], vec![candidate(a, 99.0)], vec![candidate(b, 93.0)]];
        assert_eq!(
            policy().identities(&faces),
            [
                Identity::Ambiguous(vec![candidate(a, 95.0)]),
                Identity::Known(candidate(a, 99.0)),
                Identity::Known(candidate(b, 93.0)),
            ]
        );
    }

    #[test]
    fn two_equally_alike_faces_do_not_both_get_the_attendee() {
        let a = AttendeeId::fresh();
        let identities = policy().identities(&[vec![candidate(a, 99.0)], vec![candidate(a, 99.0)]]);
        let known = identities.iter().filter(|identity| matches!(identity, Identity::Known(_))).count();
        assert_eq!(known, 1);
    }
}
