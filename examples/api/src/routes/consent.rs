use axum::Json;
use axum::extract::State;

use super::attendees::AttendeePath;
use crate::App;
use crate::extract::{AsAdmin, InPath, JsonBody};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (record, withdraw) }

/// Records what an attendee agreed to.
#[utoipa::path(put, path = "/v1/orgs/{org}/attendees/{attendee}/consent", tag = "attendees", params(AttendeePath),
    request_body = wire::NewConsent,
    responses(
        (status = 200, description = "The attendee with the consent.", body = wire::Attendee),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn record(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
    JsonBody(new): JsonBody<wire::NewConsent>,
) -> Result<Json<wire::Attendee>, Fault> {
    let recorded = app.attendance().record_consent(&scope.organization, path.attendee, &new.wording, &scope.actor);
    Ok(Json(recorded.await?.into()))
}

/// Withdraws a consent. The faces are removed with it.
#[utoipa::path(delete, path = "/v1/orgs/{org}/attendees/{attendee}/consent", tag = "attendees", params(AttendeePath),
    responses(
        (status = 200, description = "The attendee without the consent.", body = wire::Attendee),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn withdraw(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
) -> Result<Json<wire::Attendee>, Fault> {
    let withdrawn = app.attendance().withdraw_consent(&scope.organization, path.attendee, &scope.actor);
    Ok(Json(withdrawn.await?.into()))
}
