//! From a photo to faces, and from a face to a template: two small networks that run anywhere.
//!
//! ```
//! use attendance_local::vision::Vision;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let photo: &[u8] = include_bytes!("../../testdata/grace_hopper.jpg");
//! let vision = Vision::load()?;
//! let picture = Vision::decode(photo)?;
//! let (face, others) = vision.largest(&picture)?;
//! let template = vision.embed(&picture, &face.ok_or("nobody in the picture")?)?;
//! assert_eq!((template.as_slice().len(), others), (128, 0));
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use attendance_core::domain::face::{BoundingBox, Quality};

mod align;
mod blazeface;
pub mod calibration;
mod detector;
mod embedder;
mod nets;
mod picture;
mod pyramid;
mod quality;

pub use align::Cut;
pub use blazeface::Keypoints;
use blazeface::Sighting;
use detector::Detector;
use embedder::Embedder;
pub use embedder::{DIMENSIONS, MODEL, Template};
pub use picture::{Picture, PictureError, PictureLimits};

static DETECTOR: &[u8] = include_bytes!("../../weights/detector.onnx");
static EMBEDDER: &[u8] = include_bytes!("../../weights/embedder.onnx");

/// Why a network could not answer. None of these is the photo's fault, but [`Unaligned`](Self::Unaligned).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// A network could not be loaded.
    #[error("a face network could not be loaded")]
    Load(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A network failed while it ran.
    #[error("a face network could not be run")]
    Run(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Eyes, nose and mouth fall together, so that the face can't be brought upright.
    #[error("the eyes, nose and mouth of the face can't be told apart: take the picture again, from nearer")]
    Unaligned,
}

impl VisionError {
    fn load(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Load(source.into())
    }

    fn run(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Run(source.into())
    }
}

/// A face that was found in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectedFace {
    /// Where it is, from the brows to the chin.
    pub bounding_box: BoundingBox,
    /// Where its eyes, nose, mouth and ears are, in pixels of the upright picture.
    pub keypoints: Keypoints,
    /// How well it shows.
    pub quality: Quality,
}

impl DetectedFace {
    /// How much of the picture it takes, 0 to 1, as far as it is inside.
    #[must_use]
    pub fn visible_area(&self) -> f32 {
        let inside = |start: f32, length: f32| ((start + length).min(1.0) - start.max(0.0)).max(0.0);
        let place = self.bounding_box;
        inside(place.left, place.width) * inside(place.top, place.height)
    }
}

/// The two networks, loaded. Clones share them.
///
/// Every call stays on its caller's thread and may take some ten milliseconds and more: call it where blocking is
/// fine, and look at several pictures at once by calling from several threads.
#[derive(Debug, Clone)]
pub struct Vision(Arc<Networks>);

#[derive(Debug)]
struct Networks {
    detector: Detector,
    embedder: Embedder,
}

impl Vision {
    /// Loads the networks that the crate brings along.
    ///
    /// # Errors
    /// [`VisionError::Load`], where a file is not the network that it should be.
    pub fn load() -> Result<Self, VisionError> {
        let embedder = Embedder::load(EMBEDDER)?;
        Ok(Self(Arc::new(Networks { detector: Detector::load(DETECTOR)?, embedder })))
    }

    /// Loads another embedder in ONNX form with the same input and output, to measure it against the own one.
    ///
    /// # Errors
    /// [`VisionError::Load`], where it is not the same network.
    pub fn with_embedder(onnx: &[u8]) -> Result<Self, VisionError> {
        let embedder = Embedder::load(onnx)?;
        Ok(Self(Arc::new(Networks { detector: Detector::load(DETECTOR)?, embedder })))
    }

    /// Decodes a photo within the default [`PictureLimits`]; [`Picture::decode`] takes others.
    ///
    /// # Errors
    /// A [`PictureError`] that says what is wrong with the file.
    pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
        Picture::decode(bytes, &PictureLimits::default())
    }

    /// The largest face, and how many others were seen on the way: one look at the whole picture and one at the face.
    /// Faces under an eighth of the picture's longer side may be overlooked, unless there is no larger one.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub fn largest(&self, picture: &Picture) -> Result<(Option<DetectedFace>, u32), VisionError> {
        let faces = self.0.detector.largest(picture.pyramid())?;
        let others = faces.len().saturating_sub(1) as u32;
        Ok((faces.first().map(|face| described(picture, face)), others))
    }

    /// Every face of at least 40 pixels in a picture up to 1920 x 1080, and of a 48th of the longer side in larger
    /// ones; from the left. Takes 63 looks at a Full HD picture, ten at one of 512 x 600, one at a
    /// small portrait; and one more at each face.
    ///
    /// # Errors
    /// [`VisionError::Run`].
    pub fn all(&self, picture: &Picture) -> Result<Vec<DetectedFace>, VisionError> {
        let mut faces = self.0.detector.all(picture.pyramid())?;
        faces.sort_by(|a, b| a.centre.0.total_cmp(&b.centre.0));
        Ok(faces.iter().map(|face| described(picture, face)).collect())
    }

    /// The template of a face that is to be compared with enrolled ones: one run of the embedder.
    ///
    /// # Errors
    /// [`VisionError::Unaligned`] where its keypoints fall together, [`VisionError::Run`].
    pub fn embed(&self, picture: &Picture, face: &DetectedFace) -> Result<Template, VisionError> {
        self.embed_cuts(picture, face, &[Cut::default()])
    }

    /// The template of a face that is to be enrolled: the mean of [`Cut::OF_ENROLMENT`], a run of the embedder each.
    ///
    /// # Errors
    /// As of [`embed`](Self::embed).
    pub fn embed_to_enrol(&self, picture: &Picture, face: &DetectedFace) -> Result<Template, VisionError> {
        self.embed_cuts(picture, face, &Cut::OF_ENROLMENT)
    }

    /// The mean of the templates of these cuts: to measure other ways of cutting.
    ///
    /// # Errors
    /// As of [`embed`](Self::embed); also [`VisionError::Run`] where there is no cut.
    pub fn embed_cuts(&self, picture: &Picture, face: &DetectedFace, cuts: &[Cut]) -> Result<Template, VisionError> {
        let mut templates = Vec::with_capacity(cuts.len());
        for cut in cuts {
            let chip = align::chip(picture.pyramid(), &face.keypoints, cut).ok_or(VisionError::Unaligned)?;
            templates.push(self.0.embedder.embed(&chip)?);
        }
        Template::mean(&templates).ok_or_else(|| VisionError::run("the templates of a face have no mean"))
    }
}

fn described(picture: &Picture, face: &Sighting) -> DetectedFace {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let bounding_box = BoundingBox {
        left: (face.centre.0 - face.size.0 / 2.0) / width,
        top: (face.centre.1 - face.size.1 / 2.0) / height,
        width: face.size.0 / width,
        height: face.size.1 / height,
    };
    DetectedFace { bounding_box, keypoints: face.keypoints, quality: quality::quality(picture.pyramid(), face) }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_networks_are_the_files_that_the_script_makes() {
        let sums = include_str!("../../weights/SHA256SUMS");
        for (name, bytes) in [("detector.onnx", DETECTOR), ("embedder.onnx", EMBEDDER)] {
            let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(sums.contains(&format!("{sum}  {name}\n")), "{name} is {sum}");
        }
    }

    #[test]
    fn a_vision_can_be_shared_by_threads() {
        fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
        shared::<Vision>();
    }
}
