use attendance_core::ports::attendance_repo::RecordQuery;
use axum::Json;
use axum::extract::State;

use crate::App;
use crate::extract::{AsAttendee, InQuery, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::range::Range;
use crate::wire;

operations! { (me), (records) }

/// What is kept of whoever is signed in.
#[utoipa::path(get, path = "/v1/orgs/{org}/me", tag = "me",
    responses(
        (status = 200, description = "Everything but the records.", body = wire::Me),
        (status = 410, response = crate::openapi::Erased)))]
async fn me(scope: AsAttendee, State(app): State<App>) -> Result<Json<wire::Me>, Fault> {
    let id = scope.attendee(&app).await?;
    let attendee = app.attendance().attendee(&scope.organization, id).await?.into();
    let faces = app.attendance().faces(&scope.organization, id).await?.len();
    Ok(Json(wire::Me { attendee, faces: u32::try_from(faces).unwrap_or(u32::MAX) }))
}

/// The records of whoever is signed in, ordered by date, group and slot.
#[utoipa::path(get, path = "/v1/orgs/{org}/me/records", tag = "me",
    params(Range, wire::PageQuery),
    responses((status = 200, description = "A page of them.", body = wire::Page<wire::ReportRow>)))]
async fn records(
    scope: AsAttendee,
    State(app): State<App>,
    InQuery(range): InQuery<Range>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::ReportRow>>, Fault> {
    range.check()?;
    let attendee = Some(scope.attendee(&app).await?);
    let query = RecordQuery { from: range.from, to: range.to, group: None, attendee };
    let rows = app.attendance().report(&scope.organization, &query, &page).await?;
    Ok(Json(wire::Page::of(rows, wire::ReportRow::from)))
}
