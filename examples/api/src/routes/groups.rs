use attendance_core::Error;
use attendance_core::domain::ids::GroupId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, Entity};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::extract::{AsAdmin, AsOperator, InPath, JsonBody, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema};

operations! { (list, create), (group, change) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct GroupPath {
    /// The group.
    #[param(value_type = schema::GroupId)]
    pub(crate) group: GroupId,
}

/// The groups, ordered by id.
#[utoipa::path(get, path = "/v1/orgs/{org}/groups", tag = "groups",
    params(wire::PageQuery),
    responses((status = 200, description = "A page of them.", body = wire::Page<wire::Group>)))]
async fn list(
    scope: AsOperator,
    State(app): State<App>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::Group>>, Fault> {
    let groups = app.attendance().repo().groups(&scope.organization, &page).await?;
    Ok(Json(wire::Page::of(groups, wire::Group::from)))
}

/// Makes a group.
#[utoipa::path(post, path = "/v1/orgs/{org}/groups", tag = "groups",
    request_body = wire::NewGroup,
    responses(
        (status = 201, description = "As it was made.", body = wire::Group,
            headers(("location" = String, description = "Its address."))),
        (status = 409, response = crate::openapi::Conflict)))]
async fn create(
    scope: AsAdmin,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewGroup>,
) -> Result<Response, Fault> {
    let organization = &scope.organization;
    let zone = app.attendance().repo().existing_organization(organization).await?.zone;
    let group = new.in_zone(&zone);
    let group = match app.attendance().save_group(organization, &group, &scope.actor).await {
        // It is new only where there is none.
        Err(Error::Repo(RepoError::Conflict)) => Err(RepoError::Exists(Entity::Group).into()),
        saved => saved,
    }?;
    let address = format!("/v1/orgs/{organization}/groups/{}", group.id);
    Ok((StatusCode::CREATED, [(LOCATION, address)], Json(wire::Group::from(group))).into_response())
}

/// One group.
#[utoipa::path(get, path = "/v1/orgs/{org}/groups/{group}", tag = "groups",
    params(GroupPath),
    responses((status = 200, description = "As it stands.", body = wire::Group)))]
async fn group(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<GroupPath>,
) -> Result<Json<wire::Group>, Fault> {
    Ok(Json(existing(&app, &scope, &path.group).await?.into()))
}

/// Changes a group.
///
/// Sessions that came to be stay as they are; those that only the timetable knows change with it.
#[utoipa::path(put, path = "/v1/orgs/{org}/groups/{group}", tag = "groups",
    params(GroupPath),
    request_body = wire::GroupChange,
    responses(
        (status = 200, description = "As it is from now on.", body = wire::Group),
        (status = 409, response = crate::openapi::Conflict)))]
async fn change(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<GroupPath>,
    JsonBody(change): JsonBody<wire::GroupChange>,
) -> Result<Json<wire::Group>, Fault> {
    let found = app.attendance().repo().group(&scope.organization, &path.group).await?;
    found.ok_or(Error::UnknownGroup)?;
    let group = app.attendance().save_group(&scope.organization, &change.of(path.group), &scope.actor).await?;
    Ok(Json(group.into()))
}

/// The group, which exists.
pub(crate) async fn existing(
    app: &App,
    scope: &AsOperator,
    group: &GroupId,
) -> Result<attendance_core::domain::group::Group, Fault> {
    let found = app.attendance().repo().group(&scope.organization, group).await?;
    Ok(found.ok_or(Error::UnknownGroup)?)
}
