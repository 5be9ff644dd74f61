use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::field_of;
use crate::problem::Fault;
use crate::wire::object::Object;

/// The largest JSON body, in bytes.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// The largest image, in bytes.
pub(crate) const MAX_IMAGE_BYTES: usize = 15_000_000;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        check_content_type(request.headers(), &["application/json"])?;
        let bytes = read(request, MAX_JSON_BYTES).await?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let Object(value) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let field = field_of(error.path(), "body");
            // Of a value that is no word where one must be, serde_json says that the syntax is wrong.
            if error.inner().is_data() || serde_json::from_slice::<IgnoredAny>(&bytes).is_ok() {
                Fault::invalid(field, error.inner().to_string())
            } else {
                malformed(error.inner())
            }
        })?;
        json.end().map_err(|error| malformed(&error))?;
        Ok(Self(value))
    }
}

fn malformed(error: &serde_json::Error) -> Fault {
    Fault::new("malformed-json", format!("send a JSON document: {error}"))
}

/// A picture: JPEG or PNG. That it is one is for the face matcher to say.
#[derive(Debug)]
pub(crate) struct ImageBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for ImageBody {
    type Rejection = Fault;

    async fn from_request(request: Request, _: &S) -> Result<Self, Fault> {
        check_content_type(request.headers(), &["image/jpeg", "image/png"])?;
        read(request, MAX_IMAGE_BYTES).await.map(Self)
    }
}

fn check_content_type(headers: &HeaderMap, taken: &[&str]) -> Result<(), Fault> {
    let mut given = headers.get_all(CONTENT_TYPE).iter();
    let essence = match (given.next(), given.next()) {
        (Some(given), None) => given.to_str().ok().and_then(|given| given.split(';').next()),
        _ => None,
    };
    let essence = essence.unwrap_or_default().trim();
    if taken.iter().any(|taken| taken.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let detail = format!("send it with the header content-type: {}", taken.join(" or "));
    Err(Fault::new("unsupported-media-type", detail))
}

/// Reads a body that is bounded, and stops as soon as it is longer.
async fn read(request: Request, limit: usize) -> Result<Bytes, Fault> {
    let too_large = || Fault::new("body-too-large", format!("send at most {limit} bytes"));
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => {
            tracing::debug!(error = &*error as &dyn std::error::Error, "a body broke off");
            Err(Fault::new("body-incomplete", "send the whole body, as long as its content-length says"))
        }
    }
}
