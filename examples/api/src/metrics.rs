//! Counts for a Prometheus server: by the template of a route, never by who asked or for whom.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::App;
use crate::operations::operations;
use crate::problem::Fault;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram>,
    outcomes: Family<Outcome, Counter>,
}

/// Seconds: a read takes a millisecond, a check-in some tens of them, a report some seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("attendance");
        let requests = Family::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        registry.register("http_request_duration_seconds", "How long answers took", seconds.clone());
        let outcomes = Family::default();
        registry.register("check_in_faces", "Faces of check-ins by what became of them", outcomes.clone());
        Self { registry, requests, seconds, outcomes }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { route: route.to_owned(), method, status }).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned(), method }).observe(took.as_secs_f64());
    }

    /// Counts a face of a check-in.
    pub(crate) fn face(&self, outcome: &'static str) {
        self.outcomes.get_or_create(&Outcome { outcome }).inc();
    }
}

operations! { (metrics) }

/// Shows what was counted, as Prometheus reads it.
#[utoipa::path(
    get, path = "/metrics", tag = "desk",
    responses((status = 200, description = "The counts in the OpenMetrics text format.", body = String,
        content_type = "application/openmetrics-text"))
)]
async fn metrics(State(app): State<App>) -> Result<Response, Fault> {
    let metrics = app.metrics().ok_or_else(|| Fault::not_found("nothing is counted here"))?;
    let mut text = String::new();
    encode(&mut text, &metrics.registry).map_err(|error| Fault::failed(error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}
