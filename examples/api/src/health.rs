//! Whether the process runs, and whether it can work.

use axum::extract::State;

use crate::App;
use crate::operations::operations;
use crate::problem::Fault;

operations! { (healthz), (readyz) }

/// Says that the process runs.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It does.", body = String,
    content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "ok"
}

/// Says whether requests can be answered: the repository does.
#[utoipa::path(get, path = "/readyz", tag = "health", responses((status = 200, description = "They can.", body = String,
    content_type = "text/plain")))]
async fn readyz(State(app): State<App>) -> Result<&'static str, Fault> {
    match app.attendance().repo().organization(app.home()).await {
        Ok(_) => Ok("ready"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            Err(Fault::new("unavailable", "the repository does not answer: look into the log").retry_after(1))
        }
    }
}
