//! What Rekognition tells of a face, in the words of the domain.

use attendance_core::domain::face::{BoundingBox, Pose, Quality};
use attendance_core::domain::policy::QualityProblem;
use aws_sdk_rekognition::types::{self, FaceDetail, Reason};

/// The picture that is assumed where its size is not known: the one for which Rekognition states its smallest face.
const ASSUMED: (u32, u32) = (1920, 1080);

/// Where a face is. Rekognition's boxes are ratios of the upright image and may reach outside of it, as ours.
pub(super) fn bounding_box(told: Option<&types::BoundingBox>) -> BoundingBox {
    let ratio = |side: fn(&types::BoundingBox) -> Option<f32>| told.and_then(side).unwrap_or(0.0);
    BoundingBox {
        left: ratio(types::BoundingBox::left),
        top: ratio(types::BoundingBox::top),
        width: ratio(types::BoundingBox::width),
        height: ratio(types::BoundingBox::height),
    }
}

/// How well a face shows. What Rekognition does not tell is taken as good, so that no policy refuses a face for it.
///
/// The size is in pixels of the picture, or of one of 1920 x 1080 where its size is not known.
pub(super) fn quality(detail: &FaceDetail, pixels: Option<(u32, u32)>) -> Quality {
    let (width, height) = pixels.unwrap_or(ASSUMED);
    let place = bounding_box(detail.bounding_box());
    let size = (place.width * width as f32).min(place.height * height as f32).round().max(0.0);
    let percent = |told: Option<f32>, unknown: f32| told.unwrap_or(unknown).clamp(0.0, 100.0);
    let degrees = |told: Option<f32>| told.unwrap_or(0.0);
    let pose = detail.pose();
    Quality {
        size: size as u32,
        sharpness: percent(detail.quality().and_then(types::ImageQuality::sharpness), 100.0),
        brightness: percent(detail.quality().and_then(types::ImageQuality::brightness), 50.0),
        pose: Pose {
            yaw: degrees(pose.and_then(types::Pose::yaw)),
            pitch: degrees(pose.and_then(types::Pose::pitch)),
            roll: degrees(pose.and_then(types::Pose::roll)),
        },
        confidence: percent(detail.confidence(), 100.0),
    }
}

/// Sorts faces as the port lists them: the largest first.
pub(super) fn largest_first(faces: &mut [FaceDetail]) {
    let area = |face: &FaceDetail| {
        let place = bounding_box(face.bounding_box());
        place.width * place.height
    };
    faces.sort_by(|a, b| area(b).total_cmp(&area(a)));
}

/// How much of two boxes is common to them: 0 to 1.
pub(super) fn overlap(a: BoundingBox, b: BoundingBox) -> f32 {
    let width = (a.left + a.width).min(b.left + b.width) - a.left.max(b.left);
    let height = (a.top + a.height).min(b.top + b.height) - a.top.max(b.top);
    let common = width.max(0.0) * height.max(0.0);
    let all = a.width * a.height + b.width * b.height - common;
    if all > 0.0 { common / all } else { 0.0 }
}

/// Why `IndexFaces` did not take a face, as a policy would have said it. `None`: for another reason than its quality.
pub(super) fn problem(reason: &Reason) -> Option<QualityProblem> {
    match reason {
        Reason::ExceedsMaxFaces => None,
        Reason::ExtremePose => Some(QualityProblem::ExtremePose),
        Reason::LowBrightness => Some(QualityProblem::TooDark),
        Reason::SmallBoundingBox => Some(QualityProblem::TooSmall),
        // "Not enough detail to be suitable for face search."
        Reason::LowSharpness | Reason::LowFaceQuality => Some(QualityProblem::Blurred),
        _ => Some(QualityProblem::Unsure),
    }
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::policy::QualityPolicy;

    use super::*;

    fn face(left: f32, top: f32, width: f32, height: f32) -> FaceDetail {
        let place = types::BoundingBox::builder().left(left).top(top).width(width).height(height).build();
        FaceDetail::builder().bounding_box(place).build()
    }

    #[test]
    fn a_face_is_measured_by_its_shorter_side_in_pixels() {
        let face = face(0.25, 0.25, 0.5, 0.25);
        assert_eq!(quality(&face, Some((200, 800))).size, 100);
        assert_eq!(quality(&face, None).size, 270, "of 1920 x 1080");
    }

    #[test]
    fn what_is_not_told_is_never_a_reason_to_refuse() {
        let strict = QualityPolicy {
            min_size: 1,
            min_sharpness: 100.0,
            min_brightness: 50.0,
            max_brightness: 50.0,
            max_yaw: 0.0,
            max_pitch: 0.0,
            min_confidence: 100.0,
        };
        assert_eq!(strict.problems(&quality(&face(0.0, 0.0, 0.1, 0.1), None)), []);
    }

    #[test]
    fn what_is_told_is_passed_on() {
        let told = FaceDetail::builder()
            .pose(types::Pose::builder().yaw(-12.5).pitch(3.0).roll(170.0).build())
            .quality(types::ImageQuality::builder().sharpness(92.0).brightness(140.0).build())
            .confidence(99.5)
            .build();
        let quality = quality(&told, None);
        assert_eq!(quality.pose, Pose { yaw: -12.5, pitch: 3.0, roll: 170.0 });
        assert_eq!((quality.sharpness, quality.brightness, quality.confidence), (92.0, 100.0, 99.5));
    }

    #[test]
    fn the_largest_face_comes_first() {
        let mut faces = [face(0.0, 0.0, 0.1, 0.1), face(0.5, 0.0, 0.3, 0.3), face(0.0, 0.5, 0.2, 0.2)];
        largest_first(&mut faces);
        let widths: Vec<_> = faces.iter().map(|face| bounding_box(face.bounding_box()).width).collect();
        assert_eq!(widths, [0.3, 0.2, 0.1]);
    }

    #[test]
    fn boxes_overlap_from_not_at_all_to_wholly() {
        let place = |left| bounding_box(face(left, 0.0, 0.2, 0.2).bounding_box());
        assert_eq!(overlap(place(0.0), place(0.5)), 0.0);
        assert_eq!(overlap(place(0.1), place(0.1)), 1.0);
        assert!((overlap(place(0.0), place(0.1)) - 1.0 / 3.0).abs() < 1e-5);
    }
}
