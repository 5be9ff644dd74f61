//! Searches for users: like one of them, like a face of the collection, or like the largest face of an image.

use attendance_local::vision::Vision;
use serde::{Deserialize, Serialize};

use super::{Operation, count};
use crate::check::{COLLECTION_ID, Check, USER_ID, face_id};
use crate::fault::Fault;
use crate::service::Rekognition;
use crate::sight::{LeftOut, Purpose, QualityBar, Reason, View};
use crate::store::{Collection, UserMatch};
use crate::wire::{FACE_MODEL_VERSION, FaceDetail, Image, MatchOfUser, QUALITY_FILTERS};

const MAX_USERS: usize = 500;

/// In percent, where nothing is said.
const THRESHOLD: f32 = 80.0;

fn shown(found: Vec<UserMatch>) -> Vec<MatchOfUser> {
    found.into_iter().map(Into::into).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SearchUsers {
    collection_id: Option<String>,
    user_id: Option<String>,
    face_id: Option<String>,
    user_match_threshold: Option<f32>,
    max_users: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FoundUsers {
    user_matches: Vec<MatchOfUser>,
    face_model_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    searched_face: Option<SearchedFace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    searched_user: Option<SearchedUser>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SearchedFace {
    face_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SearchedUser {
    user_id: String,
}

impl Operation for SearchUsers {
    type Answer = FoundUsers;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.text("userId", self.user_id.as_ref(), &USER_ID);
        check.face("faceId", self.face_id.as_ref());
        check.number("userMatchThreshold", self.user_match_threshold, 0.0, 100.0);
        check.number("maxUsers", self.max_users, 1, MAX_USERS as i64);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<FoundUsers, Fault> {
        let (most, threshold) = (count(self.max_users, MAX_USERS), self.user_match_threshold.unwrap_or(THRESHOLD));
        let (user, face) = (self.user_id, self.face_id);
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let found = match (&user, &face) {
                    (Some(user), None) => collection.search_users_like(user, threshold, most)?,
                    (None, Some(face)) => like_a_face(collection, face, threshold, most)?,
                    _ => return Err(Fault::invalid_parameters()),
                };
                Ok(FoundUsers {
                    user_matches: shown(found),
                    face_model_version: FACE_MODEL_VERSION,
                    searched_face: face.map(|face_id| SearchedFace { face_id }),
                    searched_user: user.map(|user_id| SearchedUser { user_id }),
                })
            })
            .await
    }
}

fn like_a_face(collection: &Collection, face: &str, threshold: f32, most: usize) -> Result<Vec<UserMatch>, Fault> {
    let face = face_id(face).unwrap_or_default();
    let searched = collection.face(face).ok_or_else(|| Fault::face_not_found(face))?;
    collection.search_users(&searched.template, threshold, most)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SearchUsersByImage {
    collection_id: Option<String>,
    image: Option<Image>,
    user_match_threshold: Option<f32>,
    max_users: Option<i64>,
    quality_filter: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FoundByImage {
    user_matches: Vec<MatchOfUser>,
    face_model_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    searched_face: Option<SearchedFaceDetails>,
    unsearched_faces: Vec<UnsearchedFace>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SearchedFaceDetails {
    face_detail: FaceDetail,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnsearchedFace {
    face_details: FaceDetail,
    reasons: Vec<Reason>,
}

impl From<LeftOut> for UnsearchedFace {
    fn from(face: LeftOut) -> Self {
        Self { face_details: face.detail, reasons: face.reasons }
    }
}

impl Operation for SearchUsersByImage {
    type Answer = FoundByImage;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        Image::check(check, "image", self.image.as_ref());
        check.number("userMatchThreshold", self.user_match_threshold, 0.0, 100.0);
        check.number("maxUsers", self.max_users, 1, MAX_USERS as i64);
        check.choice("qualityFilter", self.quality_filter.as_ref(), &QUALITY_FILTERS);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<FoundByImage, Fault> {
        let collection = self.collection_id.unwrap_or_default();
        rekognition.exists(&collection).await?;
        let bytes = rekognition.bytes(self.image).await?;
        let bar = QualityBar::named(self.quality_filter.as_deref().unwrap_or("NONE"));
        let look =
            move |vision: &Vision| View::decode(vision, &bytes)?.see(bar, (1, "FACE_NOT_LARGEST"), Purpose::Search);
        let (seen, left_out) = rekognition.look(look).await?;
        let (most, threshold) = (count(self.max_users, MAX_USERS), self.user_match_threshold.unwrap_or(THRESHOLD));
        rekognition
            .collection(collection, move |collection| {
                // Unlike `SearchFacesByImage`, an image without a face is no error.
                let seen = seen.into_iter().next();
                let found = seen.as_ref().map(|seen| collection.search_users(&seen.template, threshold, most));
                Ok(FoundByImage {
                    user_matches: shown(found.transpose()?.unwrap_or_default()),
                    face_model_version: FACE_MODEL_VERSION,
                    searched_face: seen.map(|seen| SearchedFaceDetails { face_detail: seen.detail }),
                    unsearched_faces: left_out.into_iter().map(Into::into).collect(),
                })
            })
            .await
    }
}
