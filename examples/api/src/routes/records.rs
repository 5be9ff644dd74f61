use attendance_core::domain::attendee::{ExternalId, Name};
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::{Expected, MarkRequest, RestRequest, When};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::sessions::SessionPath;
use crate::App;
use crate::extract::{AsOperator, InPath, JsonBody, Precondition, etag};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema, time};

operations! { (standing, mark), (history), (mark_day), (mark_rest) }

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
/// Only where there is no record (`If-None-Match: *`), or upon the version that was seen (`If-Match`); otherwise the
/// problem `outdated` has the record that stands. The same again is answered as the first. The version before stays in
/// the history.
#[utoipa::path(put, path = "/v1/orgs/{org}/sessions/{session}/records/{attendee}", tag = "records",
    params(
        RecordPath,
        ("if-none-match" = Option<schema::NoRecord>, Header, nullable = false,
            description = "`*`: there is no record yet. This or `if-match` is needed."),
        ("if-match" = Option<schema::VersionTag>, Header, nullable = false,
            description = "The version that is replaced, as its `etag`."),
    ),
    request_body = wire::Mark,
    responses(
        (status = 200, description = "It was replaced.", body = wire::ReportRow,
            headers(("etag" = String, description = "Its version."))),
        (status = 201, description = "It was made.", body = wire::ReportRow,
            headers(("etag" = String, description = "Its version."))),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased),
        (status = 412, response = crate::openapi::Outdated),
        (status = 428, response = crate::openapi::Unconditional)))]
async fn mark(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<RecordPath>,
    Precondition(expected): Precondition,
    JsonBody(mark): JsonBody<wire::Mark>,
) -> Result<Response, Fault> {
    let wire::Mark { status, reason } = mark;
    let when = When::Session(path.session);
    let request = MarkRequest { attendee: path.attendee, when, expected, status, reason, by: scope.actor };
    marked(&app, &scope.organization, request).await
}

/// Marks or corrects what somebody was at their one session of a date.
///
/// Of several, the problem `choose-session` names which there are. What stands has to be known as where the session is
/// named.
#[utoipa::path(post, path = "/v1/orgs/{org}/records", tag = "records",
    params(
        ("if-none-match" = Option<schema::NoRecord>, Header, nullable = false,
            description = "`*`: there is no record yet. This or `if-match` is needed."),
        ("if-match" = Option<schema::VersionTag>, Header, nullable = false,
            description = "The version that is replaced, as its `etag`."),
    ),
    request_body = wire::NewRecord,
    responses(
        (status = 200, description = "It was replaced.", body = wire::ReportRow,
            headers(("etag" = String, description = "Its version."))),
        (status = 201, description = "It was made.", body = wire::ReportRow,
            headers(("etag" = String, description = "Its version."))),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased),
        (status = 412, response = crate::openapi::Outdated),
        (status = 428, response = crate::openapi::Unconditional)))]
async fn mark_day(
    scope: AsOperator,
    State(app): State<App>,
    Precondition(expected): Precondition,
    JsonBody(new): JsonBody<wire::NewRecord>,
) -> Result<Response, Fault> {
    let wire::NewRecord { attendee, date, status, reason } = new;
    let when = date.map_or(When::Today, When::Date);
    let request = MarkRequest { attendee, when, expected, status, reason, by: scope.actor };
    marked(&app, &scope.organization, request).await
}

/// Marks everybody on a session's roster who has no record.
///
/// Whoever has one, or gets one meanwhile, keeps it. Can be repeated: who was marked is not marked again.
#[utoipa::path(post, path = "/v1/orgs/{org}/sessions/{session}/rest", tag = "records",
    params(SessionPath),
    request_body = wire::Mark,
    responses(
        (status = 200, description = "How many they were.", body = wire::Marked),
        (status = 409, response = crate::openapi::Conflict)))]
async fn mark_rest(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<SessionPath>,
    JsonBody(mark): JsonBody<wire::Mark>,
) -> Result<Json<wire::Marked>, Fault> {
    let wire::Mark { status, reason } = mark;
    let request = RestRequest { session: path.session, status, reason, by: scope.actor };
    let marked = app.attendance().mark_rest(&scope.organization, request).await?;
    Ok(Json(wire::Marked { marked }))
}

/// What somebody was at a session.
#[utoipa::path(get, path = "/v1/orgs/{org}/sessions/{session}/records/{attendee}", tag = "records",
    params(RecordPath),
    responses((status = 200, description = "The record that stands.", body = wire::ReportRow,
        headers(("etag" = String, description = "Its version.")))))]
async fn standing(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<RecordPath>,
) -> Result<Response, Fault> {
    let repo = app.attendance().repo();
    let record = repo.record(&scope.organization, &path.session, path.attendee).await?.ok_or_else(no_record)?;
    answer(&app, &scope.organization, StatusCode::OK, record).await
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
        return Err(no_record());
    }
    let (name, external_id) = called(&app, &scope.organization, path.attendee).await?;
    let row = |record| wire::ReportRow::new(record, name.clone(), external_id.clone());
    Ok(Json(wire::Items { items: versions.into_iter().map(row).collect() }))
}

/// Writes what somebody was, and answers the record.
async fn marked(app: &App, organization: &OrganizationId, request: MarkRequest) -> Result<Response, Fault> {
    let status = if request.expected == Expected::None { StatusCode::CREATED } else { StatusCode::OK };
    let record = app.attendance().mark(organization, request).await?;
    answer(app, organization, status, record).await
}

/// A record with its version as the entity tag.
async fn answer(
    app: &App,
    organization: &OrganizationId,
    status: StatusCode,
    record: AttendanceRecord,
) -> Result<Response, Fault> {
    let (name, external_id) = called(app, organization, record.attendee).await?;
    let tag = etag(record.version);
    Ok((status, [(ETAG, tag)], Json(wire::ReportRow::new(record, name, external_id))).into_response())
}

/// What an attendee is called; nothing of one who was erased.
async fn called(
    app: &App,
    organization: &OrganizationId,
    attendee: AttendeeId,
) -> Result<(Option<Name>, Option<ExternalId>), Fault> {
    let attendee = app.attendance().repo().attendees_by_id(organization, &[attendee]).await?.pop();
    Ok(attendee.map_or((None, None), |attendee| (attendee.name, attendee.external_id)))
}

fn no_record() -> Fault {
    Fault::not_found("nothing is recorded of that attendee at that session")
}
