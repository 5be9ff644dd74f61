//! The faces of a collection: listed and deleted.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Operation, count, face_ids};
use crate::check::{COLLECTION_ID, Check, PAGINATION_TOKEN, USER_ID};
use crate::fault::Fault;
use crate::page::{List, Range};
use crate::service::Rekognition;
use crate::store::Undeleted;
use crate::wire::{FACE_MODEL_VERSION, Face};

const MAX_FACES: usize = 4096;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListFaces {
    collection_id: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
    user_id: Option<String>,
    face_ids: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    faces: Vec<Face>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    face_model_version: &'static str,
}

impl Operation for ListFaces {
    type Answer = Listed;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.text("nextToken", self.next_token.as_ref(), &PAGINATION_TOKEN);
        check.number("maxResults", self.max_results, 0, MAX_FACES as i64);
        check.text("userId", self.user_id.as_ref(), &USER_ID);
        check.faces("faceIds", self.face_ids.as_ref(), MAX_FACES);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Listed, Fault> {
        let (user, token) = (self.user_id, self.next_token);
        let among = self.face_ids.map(|ids| face_ids(&ids));
        let most = count(self.max_results, MAX_FACES);
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let range = Range::new(List::Faces, collection.key(), token.as_deref(), most)?;
                let (ids, next_token) = collection.list_faces(&range, user.as_deref(), among.as_deref());
                let faces = ids.into_iter().filter_map(|face| Face::of(collection, face)).collect();
                Ok(Listed { faces, next_token, face_model_version: FACE_MODEL_VERSION })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteFaces {
    collection_id: Option<String>,
    face_ids: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    deleted_faces: Vec<Uuid>,
    unsuccessful_face_deletions: Vec<Unsuccessful>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unsuccessful {
    face_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    reasons: [&'static str; 1],
}

impl From<(Uuid, Undeleted)> for Unsuccessful {
    fn from((face_id, why): (Uuid, Undeleted)) -> Self {
        match why {
            Undeleted::NotFound => Self { face_id, user_id: None, reasons: ["FACE_NOT_FOUND"] },
            Undeleted::Associated(user) => {
                Self { face_id, user_id: Some(user), reasons: ["ASSOCIATED_TO_AN_EXISTING_USER"] }
            }
        }
    }
}

impl Operation for DeleteFaces {
    type Answer = Deleted;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.required("faceIds", self.face_ids.as_ref());
        check.faces("faceIds", self.face_ids.as_ref(), MAX_FACES);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Deleted, Fault> {
        let faces = face_ids(&self.face_ids.unwrap_or_default());
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let deletion = collection.delete_faces(&faces)?;
                Ok(Deleted {
                    deleted_faces: deletion.deleted,
                    unsuccessful_face_deletions: deletion.others.into_iter().map(Into::into).collect(),
                })
            })
            .await
    }
}
