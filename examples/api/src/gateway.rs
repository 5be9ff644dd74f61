//! Requests as an Amazon API Gateway HTTP API hands them to a function, and answers as it takes them (payload format
//! 2.0, stage `$default`).

use std::collections::BTreeMap;
use std::fmt;

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::response::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine};
use http_body_util::BodyExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use crate::problem::Fault;
use crate::request_id::{RequestId, X_REQUEST_ID};

/// The largest body of an answer: Lambda passes on 6 MB, with headers and all that JSON puts around.
const MAX_BODY: usize = 6_000_000;

/// What can't stand in a path or a query as it is: the gateway hands over paths that it has decoded. A percent sign stays,
/// of whatever it is the first.
const NOT_IN_A_URI: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}');

/// A request. `Debug` does not show it: it holds a token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayRequest {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    request_context: RequestContext,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    http: Http,
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// An answer. `Debug` does not show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

/// A request that no gateway makes.
#[derive(Debug, thiserror::Error)]
#[error("this is no request of an API Gateway HTTP API with payload format 2.0")]
pub struct InvalidRequest;

impl GatewayRequest {
    /// Lets the router answer.
    ///
    /// # Errors
    /// [`InvalidRequest`] for what is no request.
    pub async fn answer(self, router: Router) -> Result<GatewayResponse, InvalidRequest> {
        let request = Request::try_from(self)?;
        let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
        Ok(GatewayResponse::of(response).await)
    }

    /// The answer where nothing can be asked: the client is to come back.
    #[must_use]
    pub fn unavailable(&self) -> GatewayResponse {
        let id = self.headers.get(X_REQUEST_ID.as_str()).or(self.request_context.request_id.as_ref());
        let fault = Fault::new("unavailable", "a part that is needed can't be reached: ask again in a while");
        GatewayResponse::problem(fault.retry_after(1), &RequestId::of_text(id.map(String::as_str)))
    }
}

impl TryFrom<GatewayRequest> for Request<Body> {
    type Error = InvalidRequest;

    fn try_from(request: GatewayRequest) -> Result<Self, InvalidRequest> {
        let GatewayRequest { raw_path, raw_query_string, headers, request_context, body, is_base64_encoded } = request;
        let body = match body {
            None => Body::empty(),
            Some(text) if is_base64_encoded => BASE64_STANDARD.decode(text).map_err(|_| InvalidRequest)?.into(),
            Some(text) => text.into(),
        };
        let mut request = Self::new(body);
        *request.method_mut() =
            Method::from_bytes(request_context.http.method.as_bytes()).map_err(|_| InvalidRequest)?;
        *request.uri_mut() = uri(&raw_path, &raw_query_string).ok_or(InvalidRequest)?;
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                request.headers_mut().insert(name, value);
            }
        }
        // The gateway's logs have its own id of the request; so do ours, unless the client gave one.
        if let Some(Ok(id)) = request_context.request_id.map(HeaderValue::try_from) {
            request.headers_mut().entry(X_REQUEST_ID).or_insert(id);
        }
        Ok(request)
    }
}

fn uri(path: &str, query: &str) -> Option<Uri> {
    let mut uri = utf8_percent_encode(path, NOT_IN_A_URI).to_string();
    if !query.is_empty() {
        uri.push('?');
        uri.extend(utf8_percent_encode(query, NOT_IN_A_URI));
    }
    PathAndQuery::try_from(uri).ok().map(Uri::from)
}

impl GatewayResponse {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let id = RequestId::of(&parts.headers);
        let Ok(body) = body.collect().await else {
            return Self::problem(Fault::failed("the body of an answer broke off"), &id);
        };
        let answer = Self::written(&parts, body.to_bytes().into());
        if written_bytes(&answer.body) > MAX_BODY {
            let detail = "the answer is larger than this host passes on: ask for less at once, such as a shorter range";
            return Self::problem(Fault::new("answer-too-large", detail), &id);
        }
        answer
    }

    /// A problem as the outermost layer of the router writes it.
    fn problem(fault: Fault, id: &RequestId) -> Self {
        let body = serde_json::to_vec(&fault.problem(id.as_str())).unwrap_or_default();
        let (mut parts, _) = fault.into_response().into_parts();
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        parts.headers.insert(X_REQUEST_ID, id.header());
        Self::written(&parts, body)
    }

    /// Whatever is no text goes as Base64.
    fn written(parts: &Parts, body: Vec<u8>) -> Self {
        let (body, is_base64_encoded) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(other) => (BASE64_STANDARD.encode(other.as_bytes()), true),
        };
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            match headers.get_mut(name.as_str()) {
                Some(values) => *values += &format!(", {value}"),
                None => drop(headers.insert(name.to_string(), value.into_owned())),
            }
        }
        Self { status_code: parts.status.as_u16(), headers, body, is_base64_encoded }
    }
}

/// How many bytes a text has in JSON.
fn written_bytes(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

impl fmt::Debug for GatewayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayRequest").field("method", &self.request_context.http.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for GatewayResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayResponse").field("status_code", &self.status_code).finish_non_exhaustive()
    }
}
