//! How well a face shows, from its pixels and keypoints.

use attendance_core::domain::face::{Pose, Quality};

use super::blazeface::{Keypoints, Sighting};
use super::pyramid::{Placement, Pyramid};

/// Side of the crop that sharpness and brightness are read from: at one size, so that they mean the same for all faces.
const CROP: usize = 96;

/// The nose's tip is this far in front of the line between the ears, in halves of that line: about 12.5 cm over 7.2 cm
/// on an adult's head.
const NOSE_DEPTH: f32 = 1.75;

/// Where nose and mouth lie below and in front of the eyes, in distances between the eyes. The heights are the mean
/// face of the alignment; the depths are an adult's, about 2.5 and 1.3 cm over 6.3 cm.
const NOSE: (f32, f32) = (0.536, 0.40);
const MOUTH: (f32, f32) = (0.978, 0.20);

pub(super) fn quality(pyramid: &Pyramid, face: &Sighting) -> Quality {
    let side = face.size.0.max(face.size.1);
    let corner = (face.centre.0 - side / 2.0, face.centre.1 - side / 2.0);
    let view = Placement::scale_then_move(side / CROP as f32, corner);
    let luminance: Vec<f32> = pyramid
        .sample(&view, CROP, CROP)
        .iter()
        .map(|[red, green, blue]| 0.299 * red + 0.587 * green + 0.114 * blue)
        .collect();
    Quality {
        size: face.size.0.min(face.size.1).max(0.0) as u32,
        sharpness: sharpness(&luminance),
        brightness: mean(&luminance) / 2.55,
        pose: pose(&face.keypoints),
        confidence: face.score * 100.0,
    }
}

/// Variance of the Laplacian over the variance of the luminance itself, which takes exposure and contrast out of it; on
/// a logarithmic scale from 1/1000 (0) to 1 (100). Press photos of the LFW collection have 40 to 77 (1st to 99th
/// percentile); blurred by a Gaussian of 2 pixels on the 96-pixel crop they have 13 to 36.
fn sharpness(luminance: &[f32]) -> f32 {
    let contrast = variance(luminance) + 1.0;
    let mut edges = Vec::with_capacity(CROP * CROP);
    for row in 1..CROP - 1 {
        for column in 1..CROP - 1 {
            let at = row * CROP + column;
            let around = luminance[at - 1] + luminance[at + 1] + luminance[at - CROP] + luminance[at + CROP];
            edges.push(4.0 * luminance[at] - around);
        }
    }
    let ratio = (variance(&edges) / contrast).max(1e-3);
    (100.0 + ratio.log10() * 100.0 / 3.0).clamp(0.0, 100.0)
}

/// Turns the eyes level, then reads yaw from where the nose is between the ears, and pitch from where it is between
/// eyes and mouth. Good to some ten degrees: enough to tell a face that looks away.
fn pose(face: &Keypoints) -> Pose {
    let (dx, dy) = (face.left_eye.0 - face.right_eye.0, face.left_eye.1 - face.right_eye.1);
    let eyes_apart = dx.hypot(dy);
    if eyes_apart <= f32::EPSILON {
        return Pose::default();
    }
    let (cos, sin) = (dx / eyes_apart, dy / eyes_apart);
    let level = |(x, y): (f32, f32)| (x * cos + y * sin, y * cos - x * sin);
    let [right_eye, left_eye, nose, mouth, right_ear, left_ear] =
        [face.right_eye, face.left_eye, face.nose, face.mouth, face.right_ear, face.left_ear].map(level);

    let half_width = ((left_ear.0 - right_ear.0) / 2.0).max(f32::EPSILON);
    let aside = nose.0 - (left_ear.0 + right_ear.0) / 2.0;
    let yaw = aside.atan2(half_width * NOSE_DEPTH);

    let eyes = (right_eye.1 + left_eye.1) / 2.0;
    let share = (nose.1 - eyes) / (mouth.1 - eyes).max(f32::EPSILON);
    let pitch = (NOSE.0 - MOUTH.0 * share).atan2((NOSE.1 - MOUTH.1 * share).max(0.05));
    Pose { yaw: yaw.to_degrees(), pitch: pitch.to_degrees().clamp(-90.0, 90.0), roll: dy.atan2(dx).to_degrees() }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

fn variance(values: &[f32]) -> f32 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / values.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A face of the mean proportions, 60 pixels between the eyes, looking into the camera.
    fn frontal() -> Keypoints {
        Keypoints {
            right_eye: (70.0, 100.0),
            left_eye: (130.0, 100.0),
            nose: (100.0, 132.16),
            mouth: (100.0, 158.68),
            right_ear: (40.0, 110.0),
            left_ear: (160.0, 110.0),
        }
    }

    #[test]
    fn a_face_that_looks_into_the_camera_has_no_angles() {
        let pose = pose(&frontal());
        assert!(pose.yaw.abs() < 0.1 && pose.pitch.abs() < 0.1 && pose.roll.abs() < 0.1, "{pose:?}");
    }

    #[test]
    fn angles_have_the_documented_signs() {
        let mut turned = frontal();
        turned.nose.0 += 20.0;
        assert!(pose(&turned).yaw > 5.0);
        let mut up = frontal();
        up.nose.1 -= 8.0;
        assert!(pose(&up).pitch > 5.0);
        let mut tilted = frontal();
        tilted.left_eye.1 += 30.0;
        assert!(pose(&tilted).roll > 20.0);
    }

    #[test]
    fn sharpness_falls_with_blur_and_ignores_contrast() {
        let sharp: Vec<f32> = (0..CROP * CROP).map(|i| ((i * 7919) % 251) as f32).collect();
        let blurred: Vec<f32> = (0..CROP * CROP)
            .map(|i| (0..9).map(|k| sharp[(i + k * CROP / 3) % (CROP * CROP)]).sum::<f32>() / 9.0)
            .map(|value| value / 4.0)
            .collect();
        let smooth: Vec<f32> = (0..CROP * CROP).map(|i| (i % CROP + i / CROP) as f32).collect();
        let faint: Vec<f32> = sharp.iter().map(|value| 100.0 + value / 2.0).collect();
        assert!(sharpness(&sharp) > sharpness(&smooth) && sharpness(&blurred) > sharpness(&smooth));
        assert!((sharpness(&sharp) - sharpness(&faint)).abs() < 1.0);
        assert_eq!(sharpness(&vec![80.0; CROP * CROP]), 0.0);
    }
}
