//! Where the faces of a picture are: a quick look for the largest, a thorough one for all.
//!
//! Every face is looked at twice: first from afar, then in a tight view around where it seemed to be. The second look
//! drops what only resembled a face and places the keypoints better.
//!
//! How [`Detector::all`] finds small faces, as `examples/recall.rs` measures it: 120 faces of Labeled Faces in the
//! Wild, pasted at these sizes into Full HD pictures (15 in each) made of 418 strips of background.
//!
//! | pixels | found | found twice | something else, in 8 pictures |
//! | --- | --- | --- | --- |
//! | 30 | 86 | 0 | 2 |
//! | 40 | 118 | 0 | 4 |
//! | 50 | 120 | 0 | 2 |
//! | 64 | 120 | 0 | 3 |
//! | 80 | 120 | 0 | 3 |
//! | 120 | 120 | 0 | 4 |
//! | 200 | 120 | 0 | 0 |
//!
//! Of the 18 that were something else, five were looked at: all show heads of bystanders that the strips cut through.
//! Where the strips keep further from the faces (28 of them), there was nothing else in 56 pictures.

use super::VisionError;
use super::blazeface::{BlazeFace, SAME_FACE, Sighting};
use super::pyramid::{Point, Pyramid};

/// Shortest side of a face that [`Detector::all`] looks for, in pixels of a picture up to Full HD; in larger pictures
/// it grows with them. Rekognition promises the same: 40 pixels in 1920 x 1080.
const SMALLEST_FACE: f32 = 40.0;

/// ... which is this part of the picture's longer side.
const SMALLEST_PART: f32 = 1.0 / 48.0;

/// A view shows faces down to this part of its side. Measured with 120 faces of 40 pixels in Full HD: a seventh finds
/// 118, an eighth some 115, a twelfth some thirty.
const REACH: f32 = 7.0;

/// What neighbouring views share, as a part of their side: a face that is too large for it shows in larger views.
const OVERLAP: f32 = 0.25;

/// Score from which a first look counts, when the second will judge.
const CANDIDATE: f32 = 0.4;

/// Score from which a single look at the whole picture counts: MediaPipe's own.
const SEEN: f32 = 0.5;

/// Score that a small candidate of [`Detector::all`] must reach in the second look: tiles are many, and show much that
/// resembles a face. A face that the whole picture shows well enough needs no more than [`SEEN`].
const CONFIRMED: f32 = 0.7;

/// Side of the second look's view, in sides of the face.
const TIGHT: f32 = 2.0;

/// A face that lies in another one by more than this part is the same one.
const INSIDE: f32 = 0.7;

/// Faces whose area is at least this part of the largest one's are looked at again before the largest is chosen: a
/// first look guesses the size of a face that the picture's edge cuts.
const RIVAL: f32 = 0.6;

#[derive(Debug)]
pub(super) struct Detector {
    blazeface: BlazeFace,
}

impl Detector {
    pub(super) fn load(onnx: &[u8]) -> Result<Self, VisionError> {
        Ok(Self { blazeface: BlazeFace::load(onnx)? })
    }

    /// The largest face first; the others follow as one look at the whole picture saw them. Where that look sees
    /// nobody, the thorough search has the last word.
    pub(super) fn largest(&self, pyramid: &Pyramid) -> Result<Vec<Sighting>, VisionError> {
        let (corner, side) = whole(pyramid);
        let mut faces = self.blazeface.look(pyramid, corner, side, SEEN)?;
        if faces.is_empty() {
            faces = self.all(pyramid)?;
            faces.sort_by(|a, b| visible(pyramid, b).total_cmp(&visible(pyramid, a)));
            return Ok(faces);
        }
        let largest = faces.iter().map(|face| visible(pyramid, face)).fold(0.0, f32::max);
        for face in &mut faces {
            if visible(pyramid, face) >= largest * RIVAL
                && let Some(better) = self.look_again(pyramid, face, SEEN)?
            {
                *face = better;
            }
        }
        let mut faces = distinct(faces);
        faces.sort_by(|a, b| visible(pyramid, b).total_cmp(&visible(pyramid, a)));
        Ok(faces)
    }

    /// Every face, the surest first.
    pub(super) fn all(&self, pyramid: &Pyramid) -> Result<Vec<Sighting>, VisionError> {
        let mut candidates = Vec::new();
        for (corner, side) in views(pyramid) {
            candidates.extend(self.blazeface.look(pyramid, corner, side, CANDIDATE)?);
        }
        let mut faces = Vec::new();
        let (_, longest) = whole(pyramid);
        for candidate in distinct(candidates) {
            let least = if candidate.size.0 * REACH >= longest { SEEN } else { CONFIRMED };
            faces.extend(self.look_again(pyramid, &candidate, least)?);
        }
        Ok(distinct(faces))
    }

    fn look_again(&self, pyramid: &Pyramid, face: &Sighting, least: f32) -> Result<Option<Sighting>, VisionError> {
        let side = face.size.0.max(face.size.1) * TIGHT;
        let corner = (face.centre.0 - side / 2.0, face.centre.1 - side / 2.0);
        let seen = self.blazeface.look(pyramid, corner, side, least)?;
        let same = seen.into_iter().filter(|s| s.overlap(face) > SAME_FACE);
        Ok(same.max_by(|a, b| a.overlap(face).total_cmp(&b.overlap(face))))
    }
}

/// Area of a face inside of the picture, in pixels.
fn visible(pyramid: &Pyramid, face: &Sighting) -> f32 {
    let inside = |centre: f32, size: f32, extent: usize| {
        ((centre + size / 2.0).min(extent as f32) - (centre - size / 2.0).max(0.0)).max(0.0)
    };
    inside(face.centre.0, face.size.0, pyramid.full().width())
        * inside(face.centre.1, face.size.1, pyramid.full().height())
}

/// Corner and side of the square around the whole picture.
fn whole(pyramid: &Pyramid) -> (Point, f32) {
    let (width, height) = (pyramid.full().width() as f32, pyramid.full().height() as f32);
    let side = width.max(height);
    (((width - side) / 2.0, (height - side) / 2.0), side)
}

/// The squares to look at: the whole picture, and tiles of every size down to the one that shows the smallest face.
fn views(pyramid: &Pyramid) -> Vec<(Point, f32)> {
    let (width, height) = (pyramid.full().width() as f32, pyramid.full().height() as f32);
    let (corner, longest) = whole(pyramid);
    let mut views = vec![(corner, longest)];
    let mut side = REACH * SMALLEST_FACE.max(longest * SMALLEST_PART);
    while side < longest * 0.75 {
        for top in starts(height, side) {
            views.extend(starts(width, side).into_iter().map(|left| ((left, top), side)));
        }
        side *= 2.0;
    }
    views
}

/// Where views of this side start so that they cover an extent evenly; centred where one is enough.
fn starts(extent: f32, side: f32) -> Vec<f32> {
    if extent <= side {
        return vec![(extent - side) / 2.0];
    }
    let shared = side * OVERLAP;
    let count = ((extent - shared) / (side - shared)).ceil();
    (0..count as usize).map(|i| (extent - side) * i as f32 / (count - 1.0)).collect()
}

/// One sighting per face, the surest.
fn distinct(mut seen: Vec<Sighting>) -> Vec<Sighting> {
    seen.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Sighting> = Vec::new();
    for face in seen {
        if kept.iter().all(|k| k.overlap(&face) <= SAME_FACE && k.containment(&face) <= INSIDE) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::pyramid::Level;
    use super::*;

    fn picture(width: usize, height: usize) -> Pyramid {
        Pyramid::new(Level::new(width, height, vec![0; width * height * 3]))
    }

    #[test]
    fn tiles_cover_a_picture_and_share_a_quarter() {
        for (extent, side) in [(1920.0, 320.0), (1080.0, 320.0), (641.0, 640.0), (4000.0, 667.0)] {
            let starts = starts(extent, side);
            assert_eq!(starts[0], 0.0);
            assert!((starts.last().unwrap() + side - extent).abs() < 0.01);
            assert!(starts.windows(2).all(|pair| pair[0] + side - pair[1] >= side * OVERLAP - 0.01));
        }
    }

    #[test]
    fn a_small_picture_is_looked_at_once_and_a_large_one_down_to_its_smallest_face() {
        assert_eq!(views(&picture(300, 360)).len(), 1);
        let full_hd = views(&picture(1920, 1080));
        let least = full_hd.iter().map(|(_, side)| *side).fold(f32::MAX, f32::min);
        assert_eq!(least, SMALLEST_FACE * REACH);
        assert!(full_hd.len() < 70, "{}", full_hd.len());
        // Twice as large, and as many views: the smallest face grows with the picture.
        assert_eq!(views(&picture(3840, 2160)).len(), full_hd.len());
    }
}
