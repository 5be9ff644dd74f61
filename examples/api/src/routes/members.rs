use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::ports::attendance_repo::AttendeeQuery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::groups::{self, GroupPath};
use crate::App;
use crate::extract::{AsAdmin, AsOperator, InPath, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema};

operations! { (list), (join, leave) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct MemberPath {
    /// The group.
    #[param(value_type = schema::GroupId)]
    group: GroupId,
    /// The attendee.
    #[param(value_type = schema::AttendeeId)]
    attendee: AttendeeId,
}

/// Who is on a group's roster, ordered by id.
#[utoipa::path(get, path = "/v1/orgs/{org}/groups/{group}/members", tag = "groups",
    params(GroupPath, wire::PageQuery),
    responses((status = 200, description = "A page of them.", body = wire::Page<wire::Member>)))]
async fn list(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<GroupPath>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::Member>>, Fault> {
    let group = groups::existing(&app, &scope, &path.group).await?;
    let query = AttendeeQuery { group: Some(group.id), erasing: false };
    let members = app.attendance().repo().attendees(&scope.organization, &query, &page).await?;
    Ok(Json(wire::Page::of(members, wire::Member::from)))
}

/// Puts an attendee on a group's roster.
///
/// Can be repeated.
#[utoipa::path(put, path = "/v1/orgs/{org}/groups/{group}/members/{attendee}", tag = "groups",
    params(MemberPath),
    responses(
        (status = 204, description = "The attendee is on it."),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased)))]
async fn join(scope: AsAdmin, State(app): State<App>, InPath(path): InPath<MemberPath>) -> Result<StatusCode, Fault> {
    app.attendance().join_group(&scope.organization, path.attendee, &path.group, &scope.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes an attendee off a group's roster.
///
/// Their records stay. Can be repeated. The group `everyone` can't be left.
#[utoipa::path(delete, path = "/v1/orgs/{org}/groups/{group}/members/{attendee}", tag = "groups",
    params(MemberPath),
    responses(
        (status = 204, description = "The attendee is not on it."),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased)))]
async fn leave(scope: AsAdmin, State(app): State<App>, InPath(path): InPath<MemberPath>) -> Result<StatusCode, Fault> {
    app.attendance().leave_group(&scope.organization, path.attendee, &path.group, &scope.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
