//! BlazeFace: one square view in, faces with six keypoints out.
//!
//! The layout of the outputs (anchors, order of keypoints, threshold, blending of overlapping answers) is that of
//! MediaPipe's `face_detection_short_range` graph.

use super::VisionError;
use super::nets::BlazeNet;
use super::pyramid::{Placement, Point, Pyramid};

/// Side of the network's input in pixels.
pub(super) const INPUT: usize = 128;

/// Cells in a row and anchors in a cell of the two grids.
const GRIDS: [(usize, usize); 2] = [(16, 2), (8, 6)];

/// Numbers of an anchor: box centre and size, six keypoints.
const NUMBERS: usize = 16;

/// Answers that overlap more than this (intersection over union) mean the same face.
pub(super) const SAME_FACE: f32 = 0.3;

/// Where the eyes, nose, mouth and ears are, in pixels. Right and left are the person's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Keypoints {
    /// Right eye, the one on the picture's left.
    pub right_eye: Point,
    /// Left eye.
    pub left_eye: Point,
    /// Tip of the nose.
    pub nose: Point,
    /// Centre of the mouth.
    pub mouth: Point,
    /// In front of the right ear.
    pub right_ear: Point,
    /// In front of the left ear.
    pub left_ear: Point,
}

/// A face as the network saw it, in pixels of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    pub(super) centre: Point,
    pub(super) size: (f32, f32),
    pub(super) keypoints: Keypoints,
    /// 0 to 1.
    pub(super) score: f32,
}

impl Sighting {
    pub(super) fn area(&self) -> f32 {
        self.size.0 * self.size.1
    }

    fn shared(&self, other: &Self) -> f32 {
        let side = |a: f32, b: f32, a_size: f32, b_size: f32| {
            ((a + a_size / 2.0).min(b + b_size / 2.0) - (a - a_size / 2.0).max(b - b_size / 2.0)).max(0.0)
        };
        side(self.centre.0, other.centre.0, self.size.0, other.size.0)
            * side(self.centre.1, other.centre.1, self.size.1, other.size.1)
    }

    /// Intersection over union.
    pub(super) fn overlap(&self, other: &Self) -> f32 {
        let shared = self.shared(other);
        shared / (self.area() + other.area() - shared).max(f32::MIN_POSITIVE)
    }

    /// Intersection over the smaller of the two: 1 where one lies inside the other.
    pub(super) fn containment(&self, other: &Self) -> f32 {
        self.shared(other) / self.area().min(other.area()).max(f32::MIN_POSITIVE)
    }

    fn numbers(&self) -> [f32; NUMBERS] {
        let k = &self.keypoints;
        let points = [self.centre, self.size, k.right_eye, k.left_eye, k.nose, k.mouth, k.right_ear, k.left_ear];
        std::array::from_fn(|i| if i % 2 == 0 { points[i / 2].0 } else { points[i / 2].1 })
    }

    fn from_numbers(n: &[f32; NUMBERS], score: f32) -> Self {
        let point = |i: usize| (n[2 * i], n[2 * i + 1]);
        let keypoints = Keypoints {
            right_eye: point(2),
            left_eye: point(3),
            nose: point(4),
            mouth: point(5),
            right_ear: point(6),
            left_ear: point(7),
        };
        Self { centre: point(0), size: point(1), keypoints, score }
    }
}

#[derive(Debug)]
pub(super) struct BlazeFace {
    net: BlazeNet,
}

impl BlazeFace {
    pub(super) fn load(onnx: &[u8]) -> Result<Self, VisionError> {
        let net = BlazeNet::load(onnx).ok_or_else(|| VisionError::load("the detector's file is not BlazeFace's"))?;
        Ok(Self { net })
    }

    /// The faces in the square with this top left corner and side, best first. What lies outside of the picture is
    /// black, as MediaPipe letterboxes.
    pub(super) fn look(
        &self,
        pyramid: &Pyramid,
        corner: Point,
        side: f32,
        least_score: f32,
    ) -> Result<Vec<Sighting>, VisionError> {
        let view = Placement::scale_then_move(side / INPUT as f32, corner);
        let pixels = pyramid.sample(&view, INPUT, INPUT);
        let pixels: Vec<[f32; 3]> = pixels.iter().map(|pixel| pixel.map(|value| value / 127.5 - 1.0)).collect();
        let [scores_fine, scores_coarse, boxes_fine, boxes_coarse] = self.net.run(&pixels);
        let mut answers = Vec::new();
        decode(GRIDS[0], &scores_fine, &boxes_fine, least_score, &mut answers);
        decode(GRIDS[1], &scores_coarse, &boxes_coarse, least_score, &mut answers);
        Ok(blend(answers).iter().map(|answer| placed(answer, &view)).collect())
    }
}

fn decode((cells, anchors): (usize, usize), scores: &[f32], boxes: &[f32], least: f32, into: &mut Vec<Sighting>) {
    for (index, (score, numbers)) in scores.iter().zip(boxes.chunks_exact(NUMBERS)).enumerate() {
        let score = 1.0 / (1.0 + (-score).exp());
        if score < least {
            continue;
        }
        let cell = index / anchors;
        let step = INPUT as f32 / cells as f32;
        let anchor = [((cell % cells) as f32 + 0.5) * step, ((cell / cells) as f32 + 0.5) * step];
        let placed = std::array::from_fn(|i| if i == 2 || i == 3 { numbers[i] } else { numbers[i] + anchor[i % 2] });
        into.push(Sighting::from_numbers(&placed, score));
    }
}

/// MediaPipe's weighted suppression: answers that overlap become one, their mean weighted by score.
fn blend(mut answers: Vec<Sighting>) -> Vec<Sighting> {
    // An answer of no size would not overlap even itself.
    answers.retain(|answer| answer.size.0 > 0.0 && answer.size.1 > 0.0);
    answers.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces = Vec::new();
    while let Some(best) = answers.first().copied() {
        let (same, others): (Vec<_>, Vec<_>) =
            answers.into_iter().enumerate().partition(|(i, a)| *i == 0 || a.overlap(&best) > SAME_FACE);
        let weight: f32 = same.iter().map(|(_, a)| a.score).sum();
        let mut mean = [0.0; NUMBERS];
        for (_, answer) in &same {
            for (sum, number) in mean.iter_mut().zip(answer.numbers()) {
                *sum += number * answer.score / weight;
            }
        }
        faces.push(Sighting::from_numbers(&mean, best.score));
        answers = others.into_iter().map(|(_, answer)| answer).collect();
    }
    faces
}

fn placed(answer: &Sighting, view: &Placement) -> Sighting {
    let mut numbers = answer.numbers();
    for pair in 0..NUMBERS / 2 {
        let point = view.apply((numbers[2 * pair], numbers[2 * pair + 1]));
        if pair != 1 {
            (numbers[2 * pair], numbers[2 * pair + 1]) = point;
        }
    }
    numbers[2] *= view.scale();
    numbers[3] *= view.scale();
    Sighting::from_numbers(&numbers, answer.score)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(x: f32, size: f32, score: f32) -> Sighting {
        let mut numbers = [x; NUMBERS];
        (numbers[2], numbers[3]) = (size, size);
        Sighting::from_numbers(&numbers, score)
    }

    #[test]
    fn overlapping_answers_become_their_weighted_mean() {
        let faces = blend(vec![answer(10.0, 20.0, 0.9), answer(14.0, 20.0, 0.3), answer(80.0, 20.0, 0.6)]);
        assert_eq!(faces.len(), 2);
        assert!((faces[0].centre.0 - 11.0).abs() < 1e-4 && faces[0].score == 0.9);
        assert_eq!(faces[1].centre.0, 80.0);
    }

    #[test]
    fn an_answer_without_size_is_no_face() {
        assert!(blend(vec![answer(10.0, 0.0, 0.9), answer(10.0, -4.0, 0.8)]).is_empty());
    }

    #[test]
    fn an_anchor_is_the_centre_of_its_cell() {
        let mut found = Vec::new();
        let mut scores = vec![-50.0; 512];
        scores[2 * 17] = 5.0;
        decode(GRIDS[0], &scores, &vec![0.0; 512 * NUMBERS], 0.5, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].centre, (12.0, 12.0));
    }
}
