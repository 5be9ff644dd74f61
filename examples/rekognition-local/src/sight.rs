//! What is seen in an image: its faces, how well they show, and what they look like.

use attendance_core::domain::face::Quality;
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy, QualityProblem};
use attendance_local::LocalFaceMatcher;
use attendance_local::vision::{DetectedFace, Picture, PictureError, PictureLimits, Template, Vision, VisionError};

use crate::fault::Fault;
use crate::wire::FaceDetail;

/// The most faces of an image that are looked at: the largest.
const MAX_FACES: usize = 100;

/// Why a face was left out.
pub(crate) type Reason = &'static str;

/// How well a face has to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct QualityBar(Option<QualityPolicy>);

impl QualityBar {
    /// No bar at all.
    pub(crate) const NONE: Self = Self(None);

    /// The bar that a `QualityFilter` names. `LOW` and `AUTO` refuse what the embedded matcher refuses at a check-in,
    /// `HIGH` what it refuses at an enrolment; `MEDIUM` lies in the middle.
    pub(crate) fn named(filter: &str) -> Self {
        let MatchPolicy { check_in_quality: low, enrolment_quality: high, .. } = LocalFaceMatcher::policy();
        match filter {
            "AUTO" | "LOW" => Self(Some(low)),
            "MEDIUM" => Self(Some(between(low, high))),
            "HIGH" => Self(Some(high)),
            _ => Self::NONE,
        }
    }

    /// Why a face does not reach the bar; empty if it does.
    fn reasons(self, quality: &Quality) -> Vec<Reason> {
        let problems = self.0.iter().flat_map(|policy| policy.problems(quality));
        let reason = |problem| match problem {
            QualityProblem::TooSmall => "SMALL_BOUNDING_BOX",
            QualityProblem::Blurred => "LOW_SHARPNESS",
            QualityProblem::TooDark => "LOW_BRIGHTNESS",
            QualityProblem::ExtremePose => "EXTREME_POSE",
            QualityProblem::Unsure => "LOW_CONFIDENCE",
            // Rekognition has no reason of its own for what is too bright.
            _ => "LOW_FACE_QUALITY",
        };
        problems.map(reason).collect()
    }
}

fn between(a: QualityPolicy, b: QualityPolicy) -> QualityPolicy {
    QualityPolicy {
        min_size: u32::midpoint(a.min_size, b.min_size),
        min_sharpness: f32::midpoint(a.min_sharpness, b.min_sharpness),
        min_brightness: f32::midpoint(a.min_brightness, b.min_brightness),
        max_brightness: f32::midpoint(a.max_brightness, b.max_brightness),
        max_yaw: f32::midpoint(a.max_yaw, b.max_yaw),
        max_pitch: f32::midpoint(a.max_pitch, b.max_pitch),
        min_confidence: f32::midpoint(a.min_confidence, b.min_confidence),
    }
}

/// For what a template is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be kept, and found: takes more time.
    Keep,
    /// To be searched for.
    Search,
}

/// A face whose looks are known.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) face: DetectedFace,
    pub(crate) detail: FaceDetail,
    pub(crate) template: Template,
}

/// A face that was left out.
#[derive(Debug, Clone)]
pub(crate) struct LeftOut {
    pub(crate) detail: FaceDetail,
    pub(crate) reasons: Vec<Reason>,
}

/// An image, decoded.
#[derive(Debug)]
pub(crate) struct View<'a> {
    vision: &'a Vision,
    picture: Picture,
}

impl<'a> View<'a> {
    pub(crate) fn decode(vision: &'a Vision, image: &[u8]) -> Result<Self, Fault> {
        let picture = Picture::decode(image, &PictureLimits::default()).map_err(|error| refused(&error))?;
        Ok(Self { vision, picture })
    }

    /// All faces, the largest first.
    pub(crate) fn faces(&self) -> Result<Vec<DetectedFace>, Fault> {
        let mut faces = self.vision.all(&self.picture).map_err(Fault::internal)?;
        faces.sort_by(|a, b| b.visible_area().total_cmp(&a.visible_area()));
        faces.truncate(MAX_FACES);
        Ok(faces)
    }

    pub(crate) fn detail(&self, face: &DetectedFace) -> FaceDetail {
        FaceDetail::new(&self.picture, face)
    }

    /// The looks of at most so many faces, the largest that reach the bar; and why not those of the others, for which
    /// `surplus` is the reason if they are merely too many.
    pub(crate) fn see(
        &self,
        bar: QualityBar,
        (most, surplus): (usize, Reason),
        purpose: Purpose,
    ) -> Result<(Vec<Seen>, Vec<LeftOut>), Fault> {
        let (mut seen, mut left_out) = (Vec::new(), Vec::new());
        for face in self.faces()? {
            let detail = self.detail(&face);
            let mut reasons = bar.reasons(&face.quality);
            if reasons.is_empty() && seen.len() >= most {
                reasons.push(surplus);
            }
            if reasons.is_empty() {
                match self.template(&face, purpose)? {
                    Some(template) => {
                        seen.push(Seen { face, detail, template });
                        continue;
                    }
                    None => reasons.push("LOW_FACE_QUALITY"),
                }
            }
            left_out.push(LeftOut { detail, reasons });
        }
        Ok((seen, left_out))
    }

    /// The largest face that reaches the bar.
    pub(crate) fn largest(&self, bar: QualityBar, purpose: Purpose) -> Result<Option<Seen>, Fault> {
        let (seen, _) = self.see(bar, (1, "FACE_NOT_LARGEST"), purpose)?;
        Ok(seen.into_iter().next())
    }

    /// `None` where eyes, nose and mouth can't be told apart.
    fn template(&self, face: &DetectedFace, purpose: Purpose) -> Result<Option<Template>, Fault> {
        let template = match purpose {
            Purpose::Keep => self.vision.embed_to_enrol(&self.picture, face),
            Purpose::Search => self.vision.embed(&self.picture, face),
        };
        match template {
            Ok(template) => Ok(Some(template)),
            Err(VisionError::Unaligned) => Ok(None),
            Err(error) => Err(Fault::internal(error)),
        }
    }
}

fn refused(error: &PictureError) -> Fault {
    match error {
        PictureError::TooManyBytes { .. } | PictureError::TooManyPixels { .. } => {
            Fault::image_too_large(error.to_string())
        }
        // Rekognition does not say why, either.
        PictureError::TooSmall { .. } => Fault::invalid_parameters(),
        _ => Fault::invalid_image_format(),
    }
}
