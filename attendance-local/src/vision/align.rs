//! The 150 x 150 chip that the embedder sees: a face turned, scaled and moved to where its eyes, nose and mouth belong.

use super::blazeface::Keypoints;
use super::pyramid::{Placement, Point, Pyramid};

/// Side of a chip in pixels.
pub(super) const CHIP: usize = 150;

/// Where right eye, left eye, nose and mouth lie on a chip as dlib cuts it (mean of many), counted from the centre of
/// the first pixel.
const DLIB: [Point; 4] = [(46.656, 47.476), (105.996, 48.799), (76.540, 79.962), (75.396, 106.204)];

/// How a chip is cut out of a picture. The default is how a face is cut that checks in.
///
/// What each step gave on all cross pairs of 1,041 pictures of Labeled Faces in the Wild, in percent (`cargo xtask
/// accuracy --all-pairs --half tune`, and `report`). One half of the people was tuned on, the other is what is reported.
/// EER is the equal error rate, TAR the true accepts at a rate of false ones. The steps add up.
///
/// | step | tuned: EER | TAR at 1e-2 | at 1e-3 | at 1e-4 | reported: EER | TAR at 1e-2 | at 1e-3 | at 1e-4 |
/// | --- | --- | --- | --- | --- | --- | --- | --- | --- |
/// | dlib's places, one chip | 1.09 | 98.9 | 93.7 | 82.1 | 1.62 | 98.3 | 93.4 | 75.2 |
/// | `spread` 1.05 | 0.87 | 99.3 | 94.8 | 86.3 | 1.23 | 98.3 | 92.9 | 78.7 |
/// | mean with the mirror image, enrolled | 1.01 | 98.9 | 95.0 | 85.6 | 0.98 | 99.0 | 93.4 | 83.1 |
/// | `nose` 0.3 | 0.87 | 99.1 | 95.4 | 87.2 | 0.93 | 99.3 | 94.1 | 84.1 |
/// | 95 % interval of the last | 0.4-1.7 | 97.9-100 | 92.8-98.1 | 76.7-92.3 | 0.5-1.9 | 97.9-100 | 89.1-97.0 | 73.2-91.2 |
///
/// The intervals of the rates are wider than the steps. What tells the steps apart is how rare a pair of strangers is
/// that is as alike as a genuine pair: the mean of its logarithm (base 10, nothing rarer than 1 in 10,000), the same
/// pairs before and after, in both directions, people drawn anew. It falls on the tuning half by 0.031 (0.013 to
/// 0.052), 0.013 (0.004 to 0.022) and 0.013 (0.000 to 0.028), on the reporting half by 0.008 (-0.019 to 0.037), 0.029
/// (0.020 to 0.039) and 0.013 (-0.002 to 0.029).
///
/// Not kept, since they gave nothing beyond the noise on both halves: keypoints as the mean of up to six looks, also at
/// the upright and the mirrored face; moved, turned, larger and smaller chips in the enrolled mean; no nose at all;
/// more weight for the eyes; a normalised exposure. Taking away the mean of all templates lowers the EER, but at 1e-3
/// and less it refuses more. The mean with the mirror image at check-ins too would give as much again, at half as much
/// time again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// How far from the chip's centre eyes, nose and mouth are put, in parts of where dlib puts them.
    pub spread: f32,
    /// What the tip of the nose counts for in the fit, as against an eye or the mouth, 0 to 1. It stands in front of the
    /// face, so that it moves most when the head turns.
    pub nose: f32,
    /// Whether left and right change places.
    pub mirrored: bool,
}

impl Default for Cut {
    fn default() -> Self {
        Self::PLAIN
    }
}

impl Cut {
    const PLAIN: Self = Self { spread: 1.05, nose: 0.3, mirrored: false };

    /// The cuts whose mean is enrolled. A check-in does without the second: it would cost half as much time again.
    pub const OF_ENROLMENT: [Self; 2] = [Self::PLAIN, Self { mirrored: true, ..Self::PLAIN }];
}

/// The chip of a face, row by row, channels 0 to 255; `None` where the keypoints fall together.
pub(super) fn chip(pyramid: &Pyramid, face: &Keypoints, cut: &Cut) -> Option<Vec<[f32; 3]>> {
    let seen = [face.right_eye, face.left_eye, face.nose, face.mouth];
    let centre = CHIP as f32 / 2.0;
    let place = |along: f32| centre + (along - centre) * cut.spread + 0.5;
    let places = DLIB.map(|(x, y)| (place(x), place(y)));
    let view = Placement::fit(&seen, &places, &[1.0, 1.0, cut.nose, 1.0])?.inverse();
    let mut pixels = pyramid.sample(&view, CHIP, CHIP);
    if cut.mirrored {
        pixels.chunks_exact_mut(CHIP).for_each(<[_]>::reverse);
    }
    Some(pixels)
}

#[cfg(test)]
mod tests {
    use super::super::pyramid::Level;
    use super::*;

    #[test]
    fn keypoints_that_fall_together_make_no_chip() {
        let p = (50.0, 50.0);
        let face = Keypoints { right_eye: p, left_eye: p, nose: p, mouth: p, right_ear: p, left_ear: p };
        assert!(chip(&Pyramid::new(Level::new(100, 100, vec![0; 30_000])), &face, &Cut::default()).is_none());
    }

    #[test]
    fn a_turned_face_stands_upright_on_its_chip() {
        // White to the right of the eyes' middle in the picture's own axes, and the face lies on its side.
        let rgb = (0..200 * 200).flat_map(|i| [if i / 200 < 100 { 255 } else { 0 }; 3]).collect();
        let face = Keypoints {
            right_eye: (120.0, 70.0),
            left_eye: (120.0, 130.0),
            nose: (88.0, 100.0),
            mouth: (62.0, 100.0),
            right_ear: (110.0, 50.0),
            left_ear: (110.0, 150.0),
        };
        let picture = Pyramid::new(Level::new(200, 200, rgb));
        let plain = chip(&picture, &face, &Cut::default()).unwrap();
        assert!(plain[75 * CHIP + 40][0] > 250.0, "the right eye's side is white");
        assert!(plain[75 * CHIP + 110][0] < 5.0, "the left eye's side is black");
        let mirrored = chip(&picture, &face, &Cut { mirrored: true, ..Cut::default() }).unwrap();
        assert!(plain.chunks(CHIP).zip(mirrored.chunks(CHIP)).all(|(a, b)| a.iter().eq(b.iter().rev())));
    }

    #[test]
    #[ignore = "writes testdata/chips, which `weights/make.py --golden` reads"]
    fn write_the_chips_of_the_test_portraits() {
        let vision = crate::vision::Vision::load().unwrap();
        for name in ["astronaut.png", "grace_hopper.jpg"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
            let picture = crate::vision::Vision::decode(&std::fs::read(folder.join(name)).unwrap()).unwrap();
            let face = vision.largest(&picture).unwrap().0.unwrap();
            let chip = chip(picture.pyramid(), &face.keypoints, &Cut::default()).unwrap();
            let rgb: Vec<u8> = chip.iter().flatten().map(|value| value.round() as u8).collect();
            let file = folder.join("chips").join(name).with_extension("png");
            image::save_buffer(file, &rgb, CHIP as u32, CHIP as u32, image::ColorType::Rgb8).unwrap();
        }
    }
}
