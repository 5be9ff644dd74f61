//! What handlers take out of a request. Whatever is wrong with it is answered as a problem, never as plain text.

mod body;
mod precondition;
mod scope;

use attendance_core::domain::page::PageRequest;
use attendance_core::ports::RepoError;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
pub(crate) use body::{ImageBody, JsonBody, MAX_IMAGE_BYTES};
pub(crate) use precondition::{Precondition, etag};
pub(crate) use scope::{
    AsAdmin, AsAny, AsAttendee, AsHomeAdmin, AsKiosk, AsOperator, AsTokenAdmin, SignedIn, Subjects,
};
use serde::de::DeserializeOwned;

use crate::problem::Fault;
use crate::wire;

/// The parts of the path, without `org`, which [`Scope`](scope::Scope) takes.
#[derive(Debug)]
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        use axum::extract::path::ErrorKind;
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(match error.kind() {
                ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
                    Fault::invalid(key.as_str(), format!("{key} must be a {expected_type}"))
                }
                ErrorKind::DeserializeError { key, message, .. } => Fault::invalid(key.as_str(), message.as_str()),
                ErrorKind::InvalidUtf8InPathParam { key } => {
                    Fault::invalid(key.as_str(), format!("{key} must be UTF-8"))
                }
                ErrorKind::Message(message) => Fault::invalid("path", message.as_str()),
                _ => Fault::invalid("path", "the address has a part that breaks a rule"),
            }),
            Err(error) => Err(Fault::failed(error.to_string())),
        }
    }
}

/// The parameters after the question mark.
#[derive(Debug)]
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = parts.uri.query().unwrap_or_default();
        let query = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(query).map(Self).map_err(|error| {
            let field = field_of(error.path(), "query");
            Fault::invalid(field, error.into_inner().to_string())
        })
    }
}

/// Which page of a list: `limit` and `after`.
#[derive(Debug)]
pub(crate) struct Paging(pub(crate) PageRequest);

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let InQuery(query) = InQuery::<wire::PageQuery>::from_request_parts(parts, state).await?;
        if let Some(page) = query.request() {
            return Ok(Self(page));
        }
        let is_limit = query.limit.is_none_or(|limit| (1..=PageRequest::MAX).contains(&limit));
        Err(if is_limit {
            RepoError::InvalidCursor.into()
        } else {
            Fault::invalid("limit", "limit must be a number from 1 to 1000")
        })
    }
}

/// The part that an error is about; `whole` where it is about the whole.
fn field_of(path: &serde_path_to_error::Path, whole: &str) -> String {
    let path = path.to_string();
    if path == "." { whole.to_owned() } else { path }
}
