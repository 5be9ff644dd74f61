use std::collections::BTreeSet;

use attendance_core::Error;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Cursor, Page};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, Entity};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{AppendHeaders, IntoResponse};

use crate::App;
use crate::auth::Role;
use crate::extract::{AsAny, AsHomeAdmin, JsonBody, Paging, SignedIn};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (list, create), (organization) }

/// Lists the organizations in which the token has a right.
///
/// An admin of the home organization sees all.
#[utoipa::path(get, path = "/v1/orgs", tag = "organizations", params(wire::PageQuery),
    responses((status = 200, description = "A page, ordered by id.", body = wire::Page<wire::Organization>)))]
async fn list(
    SignedIn { principal, .. }: SignedIn,
    State(app): State<App>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::Organization>>, Fault> {
    let repo = app.attendance().repo();
    if principal.may(app.home(), Role::Admin) {
        return Ok(Json(wire::Page::of(repo.organizations(&page).await?, wire::Organization::from)));
    }
    let after = match &page.after {
        Some(Cursor(after)) => Some(OrganizationId::new(after.as_str()).map_err(|_| RepoError::InvalidCursor)?),
        None => None,
    };
    let ids: BTreeSet<_> = principal.groups.iter().map(|(id, _)| id).filter(|id| Some(*id) > after.as_ref()).collect();
    let ids = ids.into_iter().take(page.limit() + 1).collect();
    let ids = Page::of(ids, page.limit(), ToString::to_string);
    let mut items = Vec::new();
    for id in ids.items {
        items.extend(repo.organization(id).await?.map(wire::Organization::from));
    }
    Ok(Json(wire::Page { items, next: ids.next.map(|Cursor(next)| next) }))
}

/// Makes an organization.
///
/// Only an admin of the home organization may.
#[utoipa::path(post, path = "/v1/orgs", tag = "organizations", request_body = wire::NewOrganization,
    responses(
        (status = 201, description = "It was made.", body = wire::Organization,
            headers(("location" = String, description = "Its address."))),
        (status = 403, response = crate::openapi::Forbidden),
        (status = 409, response = crate::openapi::Conflict),
    ))]
async fn create(
    AsHomeAdmin { actor }: AsHomeAdmin,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewOrganization>,
) -> Result<impl IntoResponse, Fault> {
    if app.attendance().repo().organization(&new.id).await?.is_some() {
        return Err(Error::from(RepoError::Exists(Entity::Organization)).into());
    }
    let made = app.attendance().ensure_organization(new.into(), &actor).await?;
    let location = [(LOCATION, format!("/v1/orgs/{}", made.id))];
    Ok((StatusCode::CREATED, AppendHeaders(location), Json(wire::Organization::from(made))))
}

/// Reads an organization.
#[utoipa::path(get, path = "/v1/orgs/{org}", tag = "organizations",
    responses((status = 200, description = "It.", body = wire::Organization)))]
async fn organization(scope: AsAny, State(app): State<App>) -> Result<Json<wire::Organization>, Fault> {
    Ok(Json(app.attendance().repo().existing_organization(&scope.organization).await?.into()))
}
