//! The outermost layer: gives a request its id and its span, turns a panic into a problem, writes problems down, and
//! logs what was behind them. Nothing of a request is logged but its id, its method, the template of its route and the
//! check-in that it is about.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use attendance_core::domain::ids::CheckInId;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use crate::App;
use crate::problem::Fault;
use crate::request_id::{RequestId, X_REQUEST_ID};

pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let method = method_of(request.method());
    let is_private = request.uri().path().starts_with("/v1");
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = id.as_str(), method, route, status = Empty, correlation = Empty);

    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
    // What a panic says was printed where it happened; it may hold anything, so that it is not repeated here.
    let mut response = answer.unwrap_or_else(|_| Fault::failed("a handler panicked").into_response());

    let _in_span = span.enter();
    let status = response.status().as_u16();
    span.record("status", status);
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        match fault.cause() {
            Some(cause) => tracing::error!(code = fault.code(), cause, "a request failed"),
            None => tracing::debug!(code = fault.code(), "a request was refused"),
        }
        fault.write(&mut response, id.as_str());
    }
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, id.header());
    if is_private {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    }
    let took = started.elapsed();
    if let Some(metrics) = app.metrics() {
        metrics.answered(&route, method, status, took);
    }
    tracing::info!(took_ms = took.as_millis(), "answered");
    response
}

/// Notes which check-in a request is about, once: by the same word every part logs that works on what comes of it.
pub(crate) fn correlate(check_in: &CheckInId) {
    Span::current().record("correlation", display(check_in));
}

/// One of the known methods: a client could send any number of others.
fn method_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
