//! The policy that fits Rekognition's percentages.

use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::domain::similarity::Threshold;

/// What Rekognition's guide recommends where a match decides about access: 99 percent. Lower values let relatives who
/// look alike through.
const THRESHOLD: f32 = 99.0;

/// Percent points. With it two attendees who both reach the threshold are ambiguous, whatever is between them:
/// Rekognition's percentages are crowded at that end, and nobody measured here how far apart twins are.
const MARGIN: f32 = 1.0;

/// Rekognition recognises faces "as small as 50 x 50 pixels" (its guide, Recommendations for facial comparison input
/// images). The angles are of the same page, where a face may look up by 45 degrees and down by 30.
///
/// It is silent on how sharp, bright or certain a face should be. The bounds on these only drop what hardly shows:
/// `IndexFaces` has a filter of its own for enrolments.
const CHECK_IN: QualityPolicy = QualityPolicy {
    min_size: 50,
    min_sharpness: 5.0,
    min_brightness: 10.0,
    max_brightness: 98.0,
    max_yaw: 45.0,
    max_pitch: 45.0,
    min_confidence: 90.0,
};

/// As for a check-in, and twice as large: every later check-in rests on it.
const ENROLMENT: QualityPolicy = QualityPolicy { min_size: 100, max_pitch: 30.0, ..CHECK_IN };

/// Nothing is measured: it rests on what Rekognition's guide says.
pub(super) fn default() -> MatchPolicy {
    let threshold = Threshold::new(THRESHOLD).expect("a percentage");
    MatchPolicy {
        threshold,
        margin: MARGIN,
        duplicate: threshold,
        check_in_quality: CHECK_IN,
        enrolment_quality: ENROLMENT,
        measurement: None,
    }
}
