//! What is seen in a picture, as far as the matcher needs it.

use attendance_core::domain::face::{BoundingBox, Quality};
use attendance_core::domain::policy::QualityProblem;
use attendance_core::ports::face_matcher::FaceMatcherError;

use super::errors::{of_picture, of_vision};
use crate::vision::{DetectedFace, Picture, Template, Vision, VisionError};

/// From this part of the largest face's size on, and from this confidence on, another face in an enrolment photo is
/// somebody who might be meant; below, it is a passer-by far behind, a face on a poster, or no face at all.
const BYSTANDER_SIZE: f32 = 0.25;
const BYSTANDER_CONFIDENCE: f32 = 75.0;

/// A face, seen and described.
pub(super) struct Sight {
    pub(super) bounding_box: BoundingBox,
    pub(super) quality: Quality,
    pub(super) template: Template,
}

impl Sight {
    /// The one face of an enrolment photo. The thorough look is worth its time here: who stands beside is noticed.
    pub(super) fn of_enrolment(vision: &Vision, image: &[u8]) -> Result<Self, FaceMatcherError> {
        let picture = Vision::decode(image).map_err(|error| of_picture(&error))?;
        let faces = by_size(vision.all(&picture).map_err(of_vision)?);
        let largest = faces.first().ok_or(FaceMatcherError::NoFace)?;
        let others = faces.iter().skip(1).filter(|face| {
            face.quality.size as f32 >= largest.quality.size as f32 * BYSTANDER_SIZE
                && face.quality.confidence >= BYSTANDER_CONFIDENCE
        });
        match others.count() {
            0 => {}
            others => return Err(FaceMatcherError::SeveralFaces { faces: others as u32 + 1 }),
        }
        let unsure = || FaceMatcherError::PoorQuality { problems: vec![QualityProblem::Unsure] };
        Self::with(vision.embed_to_enrol(&picture, largest), largest)?.ok_or_else(unsure)
    }

    /// The largest face, and how many others were seen.
    pub(super) fn largest(vision: &Vision, image: &[u8]) -> Result<(Vec<Self>, u32), FaceMatcherError> {
        let picture = Vision::decode(image).map_err(|error| of_picture(&error))?;
        let (face, others) = vision.largest(&picture).map_err(of_vision)?;
        let seen = face.map(|face| Self::of(vision, &picture, &face)).transpose()?.flatten();
        Ok((vec![seen.ok_or(FaceMatcherError::NoFace)?], others))
    }

    /// Every face, the largest first; never empty.
    pub(super) fn all(vision: &Vision, image: &[u8]) -> Result<Vec<Self>, FaceMatcherError> {
        let picture = Vision::decode(image).map_err(|error| of_picture(&error))?;
        let faces = by_size(vision.all(&picture).map_err(of_vision)?);
        let seen = on_all_cores(&faces, |face| Self::of(vision, &picture, face));
        let seen = seen.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        if seen.is_empty() { Err(FaceMatcherError::NoFace) } else { Ok(seen) }
    }

    /// `None` for what has no eyes, nose and mouth to tell apart.
    fn of(vision: &Vision, picture: &Picture, face: &DetectedFace) -> Result<Option<Self>, FaceMatcherError> {
        Self::with(vision.embed(picture, face), face)
    }

    fn with(template: Result<Template, VisionError>, face: &DetectedFace) -> Result<Option<Self>, FaceMatcherError> {
        match template {
            Ok(template) => Ok(Some(Self { bounding_box: face.bounding_box, quality: face.quality, template })),
            Err(VisionError::Unaligned) => Ok(None),
            Err(error) => Err(of_vision(error)),
        }
    }
}

/// What `work` makes of each item, in their order, shared by the machine's cores.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut shares = items.chunks(items.len().div_ceil(cores).max(1));
    let first = shares.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = shares.map(|share| scope.spawn(|| share.iter().map(&work).collect::<Vec<_>>())).collect();
        let mut done: Vec<_> = first.iter().map(&work).collect();
        for other in others {
            // What went wrong there goes wrong here.
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    })
}

/// The largest first, as far as it is inside of the picture.
fn by_size(mut faces: Vec<DetectedFace>) -> Vec<DetectedFace> {
    faces.sort_by(|a, b| b.visible_area().total_cmp(&a.visible_area()));
    faces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_all_cores_keeps_the_order() {
        for count in [0, 1, 2, 3, 17] {
            let items: Vec<u32> = (0..count).collect();
            assert_eq!(on_all_cores(&items, |&n| n * n), items.iter().map(|n| n * n).collect::<Vec<_>>());
        }
    }
}
