use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::{MarkRequest, When};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::extract::{AsOperator, InPath, JsonBody};
use crate::problem::Fault;
use crate::wire::{self, schema, time};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(mark)).routes(routes!(history)).routes(routes!(mark_day))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct RecordPath {
    /// The session.
    #[serde(deserialize_with = "time::read_session")]
    #[param(value_type = schema::SessionId)]
    session: SessionId,
    /// The attendee.
    #[param(value_type = schema::AttendeeId)]
    attendee: AttendeeId,
}

/// Marks or corrects what somebody was at a session.
///
/// The version before stays in the history.
#[utoipa::path(put, path = "/v1/orgs/{org}/sessions/{session}/records/{attendee}", tag = "records",
    params(RecordPath),
    request_body = wire::Mark,
    responses(
        (status = 200, description = "The record that stands.", body = wire::ReportRow),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased)))]
async fn mark(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<RecordPath>,
    JsonBody(mark): JsonBody<wire::Mark>,
) -> Result<Json<wire::ReportRow>, Fault> {
    let wire::Mark { status, reason } = mark;
    let when = When::Session(path.session);
    let request = MarkRequest { attendee: path.attendee, when, status, reason, by: scope.actor };
    let record = app.attendance().mark(&scope.organization, request).await?;
    Ok(Json(row(&app, &scope.organization, record).await?))
}

/// Marks or corrects what somebody was at their one session of a date.
///
/// Of several, the problem `choose-session` names which there are.
#[utoipa::path(post, path = "/v1/orgs/{org}/records", tag = "records",
    request_body = wire::NewRecord,
    responses(
        (status = 200, description = "The record that stands.", body = wire::ReportRow),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased)))]
async fn mark_day(
    scope: AsOperator,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewRecord>,
) -> Result<Json<wire::ReportRow>, Fault> {
    let wire::NewRecord { attendee, date, status, reason } = new;
    let when = date.map_or(When::Today, When::Date);
    let request = MarkRequest { attendee, when, status, reason, by: scope.actor };
    let record = app.attendance().mark(&scope.organization, request).await?;
    Ok(Json(row(&app, &scope.organization, record).await?))
}

/// Every version of a record, the first one first.
#[utoipa::path(get, path = "/v1/orgs/{org}/sessions/{session}/records/{attendee}/history", tag = "records",
    params(RecordPath),
    responses((status = 200, description = "All of them.", body = wire::Items<wire::ReportRow>)))]
async fn history(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<RecordPath>,
) -> Result<Json<wire::Items<wire::ReportRow>>, Fault> {
    let repo = app.attendance().repo();
    let versions = repo.history(&scope.organization, &path.session, path.attendee).await?;
    if versions.is_empty() {
        return Err(Fault::not_found("nothing is recorded of that attendee at that session"));
    }
    let attendee = repo.attendees_by_id(&scope.organization, &[path.attendee]).await?.pop();
    let (name, external_id) = attendee.map_or((None, None), |attendee| (attendee.name, attendee.external_id));
    let row = |record| wire::ReportRow::new(record, name.clone(), external_id.clone());
    Ok(Json(wire::Items { items: versions.into_iter().map(row).collect() }))
}

async fn row(app: &App, organization: &OrganizationId, record: AttendanceRecord) -> Result<wire::ReportRow, Fault> {
    let attendee = app.attendance().attendee(organization, record.attendee).await?;
    Ok(wire::ReportRow::new(record, attendee.name, attendee.external_id))
}
