//! The policy that fits the percentages of this matcher.

use attendance_core::domain::policy::{MatchPolicy, Measurement, QualityPolicy};

use super::threshold;
use crate::vision::calibration;

/// What a face must show to be given a name: below, hardly anybody is recognised, so that "stranger" would mislead. It
/// refuses 4 of 1,041 pictures of Labeled Faces in the Wild. Measured on pairs of one person there, of which 80 % reach
/// the threshold while both pictures are untouched, and on blurred, darkened, brightened and shrunken copies of one:
///
/// | refused | recognised of what it refuses | recognised just inside |
/// | --- | --- | --- |
/// | sharpness below 20 | 17 % of 361 | 50 % (20 to 30) |
/// | brightness below 5 | 19 % of 257 | 70 % (6 to 8) |
/// | brightness above 90 | 13 % of 134 | 16 % (85 to 90), 56 % (80 to 85) |
/// | confidence below 75 | 6 % of 436 | 16 % (75 to 80), 43 % (80 to 85) |
/// | size below 36 | 52 % of 293 | 57 % (36 to 40), 64 % (40 to 50) |
///
/// The size is what the detector finds reliably (40 pixels, with a tenth for its box), not where matching breaks down.
/// Confidence also drops some of the half faces at a picture's seams, which have 70 to 77. The bounds on the angles are
/// not measured: too few pictures there are turned or nodded beyond 40 degrees.
const CHECK_IN: QualityPolicy = QualityPolicy {
    min_size: 36,
    min_sharpness: 20.0,
    min_brightness: 5.0,
    max_brightness: 90.0,
    max_yaw: 60.0,
    max_pitch: 60.0,
    min_confidence: 75.0,
};

/// What a face must show to be enrolled: a poor template costs every later check-in, so each bound is where recognition
/// is still near its best (61 % and more from a sharpness of 35 on, 76 % from a brightness of 10 on). It refuses 20 of
/// the 1,041 pictures, most of them for the angle.
const ENROLMENT: QualityPolicy = QualityPolicy {
    min_size: 60,
    min_sharpness: 35.0,
    min_brightness: 15.0,
    max_brightness: 85.0,
    max_yaw: 40.0,
    max_pitch: 40.0,
    min_confidence: 75.0,
};

pub(super) fn default() -> MatchPolicy {
    MatchPolicy {
        threshold: threshold(calibration::THRESHOLD),
        margin: calibration::MARGIN,
        duplicate: threshold(calibration::DUPLICATE),
        check_in_quality: CHECK_IN,
        enrolment_quality: ENROLMENT,
        measurement: Some(Measurement {
            data: calibration::MEASURED_ON.to_owned(),
            false_accept_rate: calibration::FALSE_ACCEPT_RATE,
            true_accept_rate: calibration::TRUE_ACCEPT_RATE,
            impostor_pairs: calibration::IMPOSTOR_PAIRS,
            genuine_pairs: calibration::GENUINE_PAIRS,
        }),
    }
}
