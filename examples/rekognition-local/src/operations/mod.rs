//! The operations: what is asked, whether it keeps to the model, and what is answered.

mod collections;
mod compare;
mod faces;
mod index;
mod search;
mod search_users;
mod users;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::check::{Check, face_id};
use crate::fault::Fault;
use crate::service::Rekognition;

use collections::{CreateCollection, DeleteCollection, DescribeCollection, ListCollections};
use compare::{CompareFaces, DetectFaces};
use faces::{DeleteFaces, ListFaces};
use index::IndexFaces;
use search::{SearchFaces, SearchFacesByImage};
use search_users::{SearchUsers, SearchUsersByImage};
use users::{AssociateFaces, CreateUser, DeleteUser, DisassociateFaces, ListUsers};

/// A request of one operation. Members that the model requires are checked by `check`, so that `run` can take them for
/// given.
trait Operation: DeserializeOwned + Send {
    /// What is answered.
    type Answer: Serialize;

    /// Says what breaks the model.
    fn check(&self, check: &mut Check);

    /// Does it.
    fn run(self, rekognition: &Rekognition) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        /// The names of all operations.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Runs an operation on what was sent, and answers with what is to be sent.
        pub(crate) async fn run(rekognition: &Rekognition, name: &str, body: Bytes) -> Result<Vec<u8>, Fault> {
            match name {
                $(stringify!($name) => run_one::<$name>(rekognition, body).await,)*
                _ => Err(Fault::unknown_operation()),
            }
        }
    };
}
operations!(
    AssociateFaces,
    CompareFaces,
    CreateCollection,
    CreateUser,
    DeleteCollection,
    DeleteFaces,
    DeleteUser,
    DescribeCollection,
    DetectFaces,
    DisassociateFaces,
    IndexFaces,
    ListCollections,
    ListFaces,
    ListUsers,
    SearchFaces,
    SearchFacesByImage,
    SearchUsers,
    SearchUsersByImage,
);

async fn run_one<O: Operation>(rekognition: &Rekognition, body: Bytes) -> Result<Vec<u8>, Fault> {
    // What serde says may repeat what was sent.
    let refused = |error: serde_json::Error| {
        Fault::serialization(format!("the request is not what the operation takes, from byte {} on", error.column()))
    };
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let request: O = serde_json::from_slice(text).map_err(refused)?;
    drop(body);
    let mut check = Check::default();
    request.check(&mut check);
    check.done()?;
    let answer = request.run(rekognition).await?;
    serde_json::to_vec(&answer).map_err(Fault::internal)
}

/// The ids of faces, each once; what is no id was refused before.
fn face_ids(texts: &[String]) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = Vec::with_capacity(texts.len());
    let mut known = std::collections::HashSet::new();
    ids.extend(texts.iter().filter_map(|text| face_id(text)).filter(|id| known.insert(*id)));
    ids
}

/// How many are asked for; `most` where nothing is said, or zero.
fn count(asked: Option<i64>, most: usize) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).filter(|&asked| asked > 0).map_or(most, |asked| asked.min(most))
}
