//! Indexing: the faces of an image become faces of a collection.

use attendance_local::vision::Vision;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Operation;
use crate::check::{COLLECTION_ID, Check, EXTERNAL_IMAGE_ID};
use crate::fault::Fault;
use crate::service::Rekognition;
use crate::sight::{LeftOut, Purpose, QualityBar, Reason, Seen, View};
use crate::store::NewFace;
use crate::wire::{ATTRIBUTES, FACE_MODEL_VERSION, Face, FaceDetail, Image, QUALITY_FILTERS};

/// Ids of images are made of what is in them: the same image has the same id.
const IMAGES: Uuid = Uuid::from_u128(0x6f1d_0f0e_5f8b_4c55_9d0e_2a4b_7c31_e8a6);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct IndexFaces {
    collection_id: Option<String>,
    image: Option<Image>,
    external_image_id: Option<String>,
    detection_attributes: Option<Vec<String>>,
    max_faces: Option<i64>,
    quality_filter: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Indexed {
    face_records: Vec<FaceRecord>,
    face_model_version: &'static str,
    unindexed_faces: Vec<UnindexedFace>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FaceRecord {
    face: Face,
    face_detail: FaceDetail,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnindexedFace {
    reasons: Vec<Reason>,
    face_detail: FaceDetail,
}

impl From<LeftOut> for UnindexedFace {
    fn from(face: LeftOut) -> Self {
        Self { reasons: face.reasons, face_detail: face.detail }
    }
}

impl Operation for IndexFaces {
    type Answer = Indexed;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        Image::check(check, "image", self.image.as_ref());
        check.text("externalImageId", self.external_image_id.as_ref(), &EXTERNAL_IMAGE_ID);
        check.choices("detectionAttributes", self.detection_attributes.as_ref(), &ATTRIBUTES);
        check.number("maxFaces", self.max_faces, 1, i64::MAX);
        check.choice("qualityFilter", self.quality_filter.as_ref(), &QUALITY_FILTERS);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Indexed, Fault> {
        let collection = self.collection_id.unwrap_or_default();
        rekognition.exists(&collection).await?;
        let bytes = rekognition.bytes(self.image).await?;
        let bar = QualityBar::named(self.quality_filter.as_deref().unwrap_or("AUTO"));
        let most = self.max_faces.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let look = move |vision: &Vision| {
            let view = View::decode(vision, &bytes)?;
            let seen = view.see(bar, (most, "EXCEEDS_MAX_FACES"), Purpose::Keep)?;
            Ok((Uuid::new_v5(&IMAGES, &bytes), seen))
        };
        let (image, (seen, left_out)) = rekognition.look(look).await?;
        let external_image_id = self.external_image_id;
        rekognition
            .collection(collection, move |collection| {
                let new = |seen: &Seen| NewFace {
                    image,
                    external_image_id: external_image_id.clone(),
                    bounding_box: seen.face.bounding_box,
                    confidence: seen.detail.confidence,
                    template: seen.template.clone(),
                };
                let ids = collection.add_faces(seen.iter().map(new).collect())?;
                let records = ids.into_iter().zip(seen).filter_map(|(id, seen)| {
                    Some(FaceRecord { face: Face::of(collection, id)?, face_detail: seen.detail })
                });
                Ok(Indexed {
                    face_records: records.collect(),
                    face_model_version: FACE_MODEL_VERSION,
                    unindexed_faces: left_out.into_iter().map(Into::into).collect(),
                })
            })
            .await
    }
}
