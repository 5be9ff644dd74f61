//! What needs no collection: which faces an image has, and whether two images show the same.

use attendance_local::vision::calibration;
use serde::{Deserialize, Serialize};

use super::Operation;
use crate::check::Check;
use crate::fault::Fault;
use crate::service::Rekognition;
use crate::sight::{Purpose, QualityBar, View};
use crate::wire::{ATTRIBUTES, BoundingBox, FaceDetail, Image, QUALITY_FILTERS};

/// In percent, where nothing is said.
const THRESHOLD: f32 = 80.0;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DetectFaces {
    image: Option<Image>,
    attributes: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Detected {
    face_details: Vec<FaceDetail>,
}

impl Operation for DetectFaces {
    type Answer = Detected;

    fn check(&self, check: &mut Check) {
        Image::check(check, "image", self.image.as_ref());
        check.choices("attributes", self.attributes.as_ref(), &ATTRIBUTES);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Detected, Fault> {
        let bytes = rekognition.bytes(self.image).await?;
        rekognition
            .look(move |vision| {
                let view = View::decode(vision, &bytes)?;
                let faces = view.faces()?;
                Ok(Detected { face_details: faces.iter().map(|face| view.detail(face)).collect() })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CompareFaces {
    source_image: Option<Image>,
    target_image: Option<Image>,
    similarity_threshold: Option<f32>,
    quality_filter: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Compared {
    source_image_face: SourceFace,
    face_matches: Vec<Match>,
    unmatched_faces: Vec<FaceDetail>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SourceFace {
    bounding_box: BoundingBox,
    confidence: f32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Match {
    similarity: f32,
    face: FaceDetail,
}

impl Operation for CompareFaces {
    type Answer = Compared;

    fn check(&self, check: &mut Check) {
        Image::check(check, "sourceImage", self.source_image.as_ref());
        Image::check(check, "targetImage", self.target_image.as_ref());
        check.number("similarityThreshold", self.similarity_threshold, 0.0, 100.0);
        check.choice("qualityFilter", self.quality_filter.as_ref(), &QUALITY_FILTERS);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Compared, Fault> {
        let source = rekognition.bytes(self.source_image).await?;
        let target = rekognition.bytes(self.target_image).await?;
        let bar = QualityBar::named(self.quality_filter.as_deref().unwrap_or("NONE"));
        let threshold = self.similarity_threshold.unwrap_or(THRESHOLD);
        rekognition
            .look(move |vision| {
                let source = View::decode(vision, &source)?.largest(bar, Purpose::Keep)?.ok_or_else(Fault::no_face)?;
                let target = View::decode(vision, &target)?;
                let (seen, _) = target.see(bar, (usize::MAX, "EXCEEDS_MAX_FACES"), Purpose::Search)?;
                if seen.is_empty() {
                    return Err(Fault::no_face());
                }
                let (mut face_matches, mut unmatched_faces) = (Vec::new(), Vec::new());
                for seen in seen {
                    let similarity = calibration::percent(source.template.cosine(&seen.template));
                    if similarity >= threshold {
                        face_matches.push(Match { similarity, face: seen.detail });
                    } else {
                        unmatched_faces.push(seen.detail);
                    }
                }
                face_matches.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
                let FaceDetail { bounding_box, confidence, .. } = source.detail;
                let source_image_face = SourceFace { bounding_box, confidence };
                Ok(Compared { source_image_face, face_matches, unmatched_faces })
            })
            .await
    }
}
