use attendance_core::Error;
use attendance_core::domain::attendee::{Attendee, ExternalId};
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::attendance_repo::AttendeeQuery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{AppendHeaders, IntoResponse};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::extract::{AsAdmin, InPath, InQuery, JsonBody, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema};

operations! { (list, register), (attendee, change, erase) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct AttendeePath {
    /// The attendee.
    #[param(value_type = schema::AttendeeId)]
    pub(super) attendee: AttendeeId,
}

/// Which attendees are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those on that group's roster.
    #[param(value_type = Option<schema::GroupId>, nullable = false)]
    group: Option<GroupId>,
    /// Only the one with that external id.
    #[param(value_type = Option<schema::ExternalId>, nullable = false)]
    external_id: Option<ExternalId>,
    /// Only those whose name or external id has this in it, in upper or lower case.
    #[param(nullable = false, max_length = 200)]
    search: Option<String>,
}

/// Lists attendees who are not erased.
///
/// A page of a search may be short, or empty, and still have a next one.
#[utoipa::path(get, path = "/v1/orgs/{org}/attendees", tag = "attendees", params(Filter, wire::PageQuery),
    responses((status = 200, description = "A page, ordered by id.", body = wire::Page<wire::Attendee>)))]
async fn list(
    scope: AsAdmin,
    State(app): State<App>,
    InQuery(filter): InQuery<Filter>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::Attendee>>, Fault> {
    let organization = &scope.organization;
    let search = filter.search.as_deref().unwrap_or_default();
    if search.chars().count() > 200 {
        return Err(Fault::invalid("search", "search for at most 200 characters"));
    }
    let search = search.trim().to_lowercase();
    if let Some(group) = &filter.group {
        app.attendance().repo().group(organization, group).await?.ok_or(Error::UnknownGroup)?;
    }
    let found = match &filter.external_id {
        Some(external_id) => {
            let found = app.attendance().repo().attendee_by_external_id(organization, external_id).await?;
            let fits = |found: &Attendee| {
                !found.is_erased()
                    && filter.group.as_ref().is_none_or(|group| found.is_in(group))
                    && matches_search(found, &search)
            };
            Page { items: found.into_iter().filter(fits).collect(), next: None }
        }
        None => find(&app, organization, filter.group, &search, page).await?,
    };
    Ok(Json(wire::Page::of(found, wire::Attendee::from)))
}

/// How many pages of the repository one page of a search reads at most.
const READS: usize = 64;

/// Reads pages until there is enough of what is searched for, never past what fits into one page: its cursor can only
/// stand where a page of the repository ends.
async fn find(
    app: &App,
    organization: &OrganizationId,
    group: Option<GroupId>,
    search: &str,
    page: PageRequest,
) -> Result<Page<Attendee>, Fault> {
    let query = AttendeeQuery { group, erasing: false };
    let mut found = Page { items: Vec::new(), next: page.after.clone() };
    for _ in 0..READS {
        let room = page.limit() - found.items.len();
        let mut request = PageRequest::first(u16::try_from(room).unwrap_or(PageRequest::MAX));
        request.after = found.next.take();
        let read = app.attendance().repo().attendees(organization, &query, &request).await?;
        found.items.extend(read.items.into_iter().filter(|attendee| matches_search(attendee, search)));
        found.next = read.next;
        if found.next.is_none() || found.items.len() == page.limit() {
            break;
        }
    }
    Ok(found)
}

fn matches_search(attendee: &Attendee, search: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(search);
    search.is_empty()
        || attendee.name.as_ref().is_some_and(|name| has(name.as_str()))
        || attendee.external_id.as_ref().is_some_and(|id| has(id.as_str()))
}

/// Registers an attendee.
#[utoipa::path(post, path = "/v1/orgs/{org}/attendees", tag = "attendees", request_body = wire::NewAttendee,
    responses(
        (status = 201, description = "They are registered.", body = wire::Attendee,
            headers(("location" = String, description = "Their address."))),
        (status = 409, response = crate::openapi::Conflict),
    ))]
async fn register(
    scope: AsAdmin,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewAttendee>,
) -> Result<impl IntoResponse, Fault> {
    let attendee = app.attendance().register(&scope.organization, new.into(), &scope.actor).await?;
    let location = [(LOCATION, format!("/v1/orgs/{}/attendees/{}", scope.organization, attendee.id))];
    Ok((StatusCode::CREATED, AppendHeaders(location), Json(wire::Attendee::from(attendee))))
}

/// Reads an attendee.
#[utoipa::path(get, path = "/v1/orgs/{org}/attendees/{attendee}", tag = "attendees", params(AttendeePath),
    responses(
        (status = 200, description = "They.", body = wire::Attendee),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn attendee(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
) -> Result<Json<wire::Attendee>, Fault> {
    Ok(Json(app.attendance().attendee(&scope.organization, path.attendee).await?.into()))
}

/// Changes an attendee.
///
/// What is left out stays, `null` removes. With a `version` the change is only made upon that one.
#[utoipa::path(patch, path = "/v1/orgs/{org}/attendees/{attendee}", tag = "attendees", params(AttendeePath),
    request_body = wire::AttendeePatch,
    responses(
        (status = 200, description = "As they are now.", body = wire::Attendee),
        (status = 409, response = crate::openapi::Conflict),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn change(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
    JsonBody(patch): JsonBody<wire::AttendeePatch>,
) -> Result<Json<wire::Attendee>, Fault> {
    let change = app.attendance().change(&scope.organization, path.attendee, patch.into(), &scope.actor);
    Ok(Json(change.await?.into()))
}

/// Erases an attendee: faces, pictures and everything personal.
///
/// What stays is the opaque id and the records under it. Can be repeated.
#[utoipa::path(delete, path = "/v1/orgs/{org}/attendees/{attendee}", tag = "attendees", params(AttendeePath),
    responses((status = 200, description = "What was removed this time.", body = wire::Erased)))]
async fn erase(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
) -> Result<Json<wire::Erased>, Fault> {
    Ok(Json(app.attendance().erase(&scope.organization, path.attendee, &scope.actor).await?.into()))
}
