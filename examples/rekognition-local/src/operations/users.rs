//! The users of a collection, and the faces that belong to them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Operation, count, face_ids};
use crate::check::{CLIENT_REQUEST_TOKEN, COLLECTION_ID, Check, PAGINATION_TOKEN, USER_ID};
use crate::fault::Fault;
use crate::page::{List, Range};
use crate::service::Rekognition;
use crate::store::{Association, Change, Collection, Request, Status, Unassociated};
use crate::wire::{Done, MatchedUser};

const MAX_USERS: usize = 500;

/// Faces in one request.
const MAX_FACES: usize = 100;

/// In percent, where nothing is said.
const THRESHOLD: f32 = 75.0;

pub(super) type CreateUser = OneUser<true>;
pub(super) type DeleteUser = OneUser<false>;

/// Makes a user, or deletes one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneUser<const MAKE: bool> {
    collection_id: Option<String>,
    user_id: Option<String>,
    client_request_token: Option<String>,
}

impl<const MAKE: bool> Operation for OneUser<MAKE> {
    type Answer = Value;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.name("userId", self.user_id.as_ref(), &USER_ID);
        check.text("clientRequestToken", self.client_request_token.as_ref(), &CLIENT_REQUEST_TOKEN);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Value, Fault> {
        let (user, token) = (self.user_id.unwrap_or_default(), self.client_request_token);
        let operation = if MAKE { "CreateUser" } else { "DeleteUser" };
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let request = Request { operation, token: token.as_deref(), content: &user };
                collection.once(request, |collection| {
                    let change =
                        if MAKE { collection.creation_of_user(&user) } else { collection.deletion_of_user(&user) };
                    Ok((Done {}, Some(change?)))
                })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListUsers {
    collection_id: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    users: Vec<MatchedUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListUsers {
    type Answer = Listed;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.number("maxResults", self.max_results, 1, MAX_USERS as i64);
        check.text("nextToken", self.next_token.as_ref(), &PAGINATION_TOKEN);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Listed, Fault> {
        let (most, token) = (count(self.max_results, MAX_USERS), self.next_token);
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let range = Range::new(List::Users, collection.key(), token.as_deref(), most)?;
                let (users, next_token) = collection.list_users(&range);
                let users = users.into_iter().map(|(user_id, user_status)| MatchedUser { user_id, user_status });
                Ok(Listed { users: users.collect(), next_token })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssociateFaces {
    collection_id: Option<String>,
    user_id: Option<String>,
    face_ids: Option<Vec<String>>,
    user_match_threshold: Option<f32>,
    client_request_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Associated {
    associated_faces: Vec<OneFace>,
    unsuccessful_face_associations: Vec<Unsuccessful>,
    user_status: Status,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OneFace {
    face_id: Uuid,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unsuccessful {
    face_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
    reasons: Vec<&'static str>,
}

impl From<(Uuid, Unassociated)> for Unsuccessful {
    fn from((face_id, why): (Uuid, Unassociated)) -> Self {
        let (user_id, confidence, reasons) = match why {
            Unassociated::NotFound => (None, None, vec!["FACE_NOT_FOUND"]),
            Unassociated::Other(user) => (Some(user), None, vec!["ASSOCIATED_TO_A_DIFFERENT_USER"]),
            Unassociated::Unlike(percent) => (None, Some(percent), vec!["LOW_MATCH_CONFIDENCE"]),
            // The model has no reason for it.
            Unassociated::Full => (None, None, Vec::new()),
        };
        Self { face_id, user_id, confidence, reasons }
    }
}

fn one_by_one(faces: Vec<Uuid>) -> Vec<OneFace> {
    faces.into_iter().map(|face_id| OneFace { face_id }).collect()
}

impl From<Association> for Associated {
    fn from(association: Association) -> Self {
        Self {
            associated_faces: one_by_one(association.done),
            unsuccessful_face_associations: association.others.into_iter().map(Into::into).collect(),
            user_status: association.status,
        }
    }
}

impl Operation for AssociateFaces {
    type Answer = Value;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.name("userId", self.user_id.as_ref(), &USER_ID);
        check.required("faceIds", self.face_ids.as_ref());
        check.faces("faceIds", self.face_ids.as_ref(), MAX_FACES);
        check.number("userMatchThreshold", self.user_match_threshold, 0.0, 100.0);
        check.text("clientRequestToken", self.client_request_token.as_ref(), &CLIENT_REQUEST_TOKEN);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Value, Fault> {
        let (user, token) = (self.user_id.unwrap_or_default(), self.client_request_token);
        let faces = face_ids(&self.face_ids.unwrap_or_default());
        let threshold = self.user_match_threshold.unwrap_or(THRESHOLD);
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let content = format!("{user}\n{threshold}\n{faces:?}");
                let request = Request { operation: "AssociateFaces", token: token.as_deref(), content: &content };
                collection.once(request, |collection| {
                    let (association, change) = collection.association(&user, &faces, threshold)?;
                    Ok((Associated::from(association), change))
                })
            })
            .await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DisassociateFaces {
    collection_id: Option<String>,
    user_id: Option<String>,
    face_ids: Option<Vec<String>>,
    client_request_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Disassociated {
    disassociated_faces: Vec<OneFace>,
    unsuccessful_face_disassociations: Vec<Unsuccessful>,
    user_status: Status,
}

impl From<Association> for Disassociated {
    fn from(association: Association) -> Self {
        Self {
            disassociated_faces: one_by_one(association.done),
            unsuccessful_face_disassociations: association.others.into_iter().map(Into::into).collect(),
            user_status: association.status,
        }
    }
}

impl Operation for DisassociateFaces {
    type Answer = Value;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
        check.name("userId", self.user_id.as_ref(), &USER_ID);
        check.required("faceIds", self.face_ids.as_ref());
        check.faces("faceIds", self.face_ids.as_ref(), MAX_FACES);
        check.text("clientRequestToken", self.client_request_token.as_ref(), &CLIENT_REQUEST_TOKEN);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Value, Fault> {
        let (user, token) = (self.user_id.unwrap_or_default(), self.client_request_token);
        let faces = face_ids(&self.face_ids.unwrap_or_default());
        rekognition
            .collection(self.collection_id.unwrap_or_default(), move |collection| {
                let content = format!("{user}\n{faces:?}");
                let request = Request { operation: "DisassociateFaces", token: token.as_deref(), content: &content };
                collection.once(request, |collection: &Collection| -> Result<(Disassociated, Option<Change>), Fault> {
                    let (association, change) = collection.disassociation(&user, &faces)?;
                    Ok((association.into(), change))
                })
            })
            .await
    }
}
