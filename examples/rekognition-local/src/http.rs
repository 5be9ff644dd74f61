//! The protocol: AWS JSON 1.1 over HTTP. One path; a header names the operation.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use uuid::Uuid;

use crate::fault::Fault;
use crate::operations;
use crate::service::Rekognition;

const CONTENT: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TARGET_PREFIX: &str = "RekognitionService.";

/// The most bytes of a body: two images of the largest size in base64, and some more.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// So much of a body that is too large is read and thrown away, so that the caller comes to read why.
const MAX_DISCARDED: usize = 4 * MAX_BODY;

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// All of it: to be served wherever one likes.
pub fn router(rekognition: Rekognition) -> Router {
    Router::new().fallback(answer).with_state(rekognition)
}

async fn answer(State(rekognition): State<Rekognition>, request: Request) -> Response {
    let (started, id) = (Instant::now(), Uuid::new_v4());
    let operation = operation(&request);
    let answer = match operation {
        Some(operation) => take(&rekognition, operation, request).await,
        None => Err(Fault::unknown_operation()),
    };
    // Neither images nor ids: they belong to people.
    let (name, millis) = (operation.unwrap_or("unknown"), started.elapsed().as_millis());
    match answer {
        Ok(body) => {
            tracing::info!("{name} 200 in {millis} ms");
            respond(StatusCode::OK, id, body)
        }
        Err(fault) => {
            tracing::info!("{name} {} {} in {millis} ms", fault.status.as_u16(), fault.code);
            respond(fault.status, id, fault.body(id).to_string().into_bytes())
        }
    }
}

/// The operation that is asked for, if there is one of that name.
fn operation(request: &Request) -> Option<&'static str> {
    let target = request.headers().get(TARGET)?.to_str().ok()?;
    let name = target.strip_prefix(TARGET_PREFIX).filter(|_| request.method() == Method::POST)?;
    operations::NAMES.iter().copied().find(|known| *known == name)
}

async fn take(rekognition: &Rekognition, operation: &'static str, request: Request) -> Result<Vec<u8>, Fault> {
    let _admitted = rekognition.admit().await?;
    let (head, body) = request.into_parts();
    let read = tokio::time::timeout(BODY_TIMEOUT, read(&head.headers, body)).await;
    let body = read.map_err(|_| Fault::body_too_slow())??;
    operations::run(rekognition, operation, body).await
}

/// The whole body, unless it is too large.
async fn read(headers: &HeaderMap, mut body: Body) -> Result<Bytes, Fault> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut bytes = BytesMut::with_capacity(length.unwrap_or(0).min(MAX_BODY));
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::serialization("the request's body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        received += data.len();
        if received <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else if received > MAX_DISCARDED {
            break;
        }
    }
    if received > MAX_BODY { Err(Fault::body_too_large()) } else { Ok(bytes.freeze()) }
}

fn respond(status: StatusCode, id: Uuid, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, CONTENT);
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
