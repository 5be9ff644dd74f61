//! Searches for faces: like one of the collection, or like the largest of an image.

use attendance_local::vision::Vision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Operation, count};
use crate::check::{COLLECTION_ID, Check, face_id};
use crate::fault::Fault;
use crate::service::Rekognition;
use crate::sight::{Purpose, QualityBar, View};
use crate::store::{Collection, FaceMatch};
use crate::wire::{BoundingBox, FACE_MODEL_VERSION, Face, Image, QUALITY_FILTERS};

const MAX_FACES: usize = 4096;

/// In percent, where nothing is said.
const THRESHOLD: f32 = 80.0;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Match {
    similarity: f32,
    face: Face,
}

fn matches(collection: &Collection, found: Vec<FaceMatch>) -> Vec<Match> {
    let shown =
        |found: FaceMatch| Some(Match { similarity: found.similarity, face: Face::of(collection, found.face)? });
    found.into_iter().filter_map(shown).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SearchFaces {
    collection_id: Option<String>,
    face_id: Option<String>,
    max_faces: Option<i64>,
    face_match_threshold: Option<f32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FoundFaces {
    searched_face_id: Uuid,
    face_matches: Vec<Match>,
    face_model_version: &'static str,
}

impl Operation for SearchFaces {
    type Answer = FoundFaces;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.required("faceId", self.face_id.as_ref());
        check.face("faceId", self.face_id.as_ref());
        check.number("maxFaces", self.max_faces, 1, MAX_FACES as i64);
        check.number("faceMatchThreshold", self.face_match_threshold, 0.0, 100.0);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<FoundFaces, Fault> {
        let face = self.face_id.as_deref().and_then(face_id).unwrap_or_default();
        let (most, threshold) = (count(self.max_faces, MAX_FACES), self.face_match_threshold.unwrap_or(THRESHOLD));
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let found = collection.search_faces_like(face, threshold, most)?;
                Ok(FoundFaces {
                    searched_face_id: face,
                    face_matches: matches(collection, found),
                    face_model_version: FACE_MODEL_VERSION,
                })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SearchFacesByImage {
    collection_id: Option<String>,
    image: Option<Image>,
    max_faces: Option<i64>,
    face_match_threshold: Option<f32>,
    quality_filter: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FoundByImage {
    searched_face_bounding_box: BoundingBox,
    searched_face_confidence: f32,
    face_matches: Vec<Match>,
    face_model_version: &'static str,
}

impl Operation for SearchFacesByImage {
    type Answer = FoundByImage;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        Image::check(check, "image", self.image.as_ref());
        check.number("maxFaces", self.max_faces, 1, MAX_FACES as i64);
        check.number("faceMatchThreshold", self.face_match_threshold, 0.0, 100.0);
        check.choice("qualityFilter", self.quality_filter.as_ref(), &QUALITY_FILTERS);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<FoundByImage, Fault> {
        let collection = self.collection_id.unwrap_or_default();
        rekognition.exists(&collection).await?;
        let bytes = rekognition.bytes(self.image).await?;
        let bar = QualityBar::named(self.quality_filter.as_deref().unwrap_or("NONE"));
        let look = move |vision: &Vision| View::decode(vision, &bytes)?.largest(bar, Purpose::Search);
        let seen = rekognition.look(look).await?.ok_or_else(Fault::no_face)?;
        let (most, threshold) = (count(self.max_faces, MAX_FACES), self.face_match_threshold.unwrap_or(THRESHOLD));
        rekognition
            .collection(collection, move |collection| {
                let found = collection.search_faces(&seen.template, threshold, most)?;
                Ok(FoundByImage {
                    searched_face_bounding_box: seen.detail.bounding_box,
                    searched_face_confidence: seen.detail.confidence,
                    face_matches: matches(collection, found),
                    face_model_version: FACE_MODEL_VERSION,
                })
            })
            .await
    }
}
