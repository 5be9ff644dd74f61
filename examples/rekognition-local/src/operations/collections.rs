//! Collections: created, described, listed, deleted.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Operation, count};
use crate::check::{COLLECTION_ID, Check, PAGINATION_TOKEN};
use crate::fault::Fault;
use crate::objects::region;
use crate::page::{List, Range};
use crate::service::Rekognition;
use crate::store::Collection;
use crate::wire::FACE_MODEL_VERSION;

const MAX_COLLECTIONS: usize = 4096;

/// An account of no one.
const ACCOUNT: &str = "000000000000";

/// `rekognition:...`, without what stands before it in some answers and not in others.
fn arn(collection: &str) -> String {
    format!("aws:rekognition:{}:{ACCOUNT}:collection/{collection}", region())
}

/// Tags are taken and not kept: nothing here can ask for them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateCollection {
    collection_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    status_code: u16,
    collection_arn: String,
    face_model_version: &'static str,
}

impl Operation for CreateCollection {
    type Answer = Created;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Created, Fault> {
        let id = self.collection_id.unwrap_or_default();
        let collection_arn = arn(&id);
        rekognition.store(move |store| store.create(&id)).await?;
        Ok(Created { status_code: 200, collection_arn, face_model_version: FACE_MODEL_VERSION })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeCollection {
    collection_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Described {
    face_count: usize,
    face_model_version: &'static str,
    #[serde(rename = "CollectionARN")]
    collection_arn: String,
    /// Seconds since 1970.
    creation_timestamp: f64,
    user_count: usize,
}

impl Operation for DescribeCollection {
    type Answer = Described;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Described, Fault> {
        let describe = |collection: &mut Collection| {
            Ok(Described {
                face_count: collection.face_count(),
                face_model_version: FACE_MODEL_VERSION,
                collection_arn: format!("arn:{}", arn(collection.name())),
                creation_timestamp: collection.created_at() as f64 / 1000.0,
                user_count: collection.user_count(),
            })
        };
        rekognition.collection(self.collection_id.unwrap_or_default(), describe).await
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeleteCollection {
    collection_id: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    status_code: u16,
}

impl Operation for DeleteCollection {
    type Answer = Deleted;

    fn check(&self, check: &mut Check) {
        check.name("collectionId", self.collection_id.as_ref(), &COLLECTION_ID);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Deleted, Fault> {
        let id = self.collection_id.unwrap_or_default();
        rekognition.store(move |store| store.delete(&id)).await?;
        Ok(Deleted { status_code: 200 })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListCollections {
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    collection_ids: Vec<String>,
    face_model_versions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Operation for ListCollections {
    type Answer = Listed;

    fn check(&self, check: &mut Check) {
        check.text("nextToken", self.next_token.as_ref(), &PAGINATION_TOKEN);
        check.number("maxResults", self.max_results, 0, MAX_COLLECTIONS as i64);
    }

    async fn run(self, rekognition: &Rekognition) -> Result<Listed, Fault> {
        let most = count(self.max_results, MAX_COLLECTIONS);
        let range = Range::new(List::Collections, Uuid::nil(), self.next_token.as_deref(), most)?;
        let (collection_ids, next_token) = rekognition.store(move |store| Ok(store.list(&range))).await?;
        let face_model_versions = vec![FACE_MODEL_VERSION; collection_ids.len()];
        Ok(Listed { collection_ids, face_model_versions, next_token })
    }
}
