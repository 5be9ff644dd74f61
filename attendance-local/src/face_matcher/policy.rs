//! The policy that fits the percentages of this matcher.

use attendance_core::domain::policy::{MatchPolicy, Measurement, QualityPolicy};

use super::threshold;
use crate::vision::calibration;

/// What a face must show to be given a name. Press photos have a sharpness of 40 or more in 99 of 100 cases, and of 36
/// or less once they are blurred. Faces of portraits and group photos have a confidence of 85 or more, what only
/// resembles a face had 60.
const CHECK_IN: QualityPolicy = QualityPolicy {
    min_size: 36,
    min_sharpness: 25.0,
    min_brightness: 10.0,
    max_brightness: 95.0,
    max_yaw: 60.0,
    max_pitch: 60.0,
    min_confidence: 65.0,
};

/// What a face must show to be enrolled.
const ENROLMENT: QualityPolicy = QualityPolicy {
    min_size: 60,
    min_sharpness: 35.0,
    min_brightness: 15.0,
    max_brightness: 90.0,
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
