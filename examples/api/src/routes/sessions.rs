use attendance_core::Error;
use attendance_core::domain::session::SessionId;
use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::IntoParams;

use super::groups::{self, GroupPath};
use crate::App;
use crate::extract::{AsKiosk, AsOperator, InPath, InQuery, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::range;
use crate::wire::{self, schema, time};

operations! { (list), (session), (roster), (close) }

/// The most days of which sessions are listed at once.
const MAX_DAYS: i32 = 31;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SessionPath {
    /// The session.
    #[serde(deserialize_with = "time::read_session")]
    #[param(value_type = schema::SessionId)]
    pub(super) session: SessionId,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Days {
    /// The first date; left out: today in the group's zone.
    #[serde(default, deserialize_with = "time::read_date")]
    #[param(value_type = Option<schema::Date>, nullable = false, inline)]
    from: Option<Date>,
    /// The last date, at most 30 days later; left out: the first.
    #[serde(default, deserialize_with = "time::read_date")]
    #[param(value_type = Option<schema::Date>, nullable = false, inline)]
    to: Option<Date>,
}

/// A group's sessions of up to 31 days, ordered by date and slot.
///
/// Those that came to be, and those that only the timetable knows.
#[utoipa::path(get, path = "/v1/orgs/{org}/groups/{group}/sessions", tag = "sessions",
    params(GroupPath, Days),
    responses((status = 200, description = "All of them.", body = wire::Items<wire::Session>)))]
async fn list(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<GroupPath>,
    InQuery(days): InQuery<Days>,
) -> Result<Json<wire::Items<wire::Session>>, Fault> {
    let group = groups::existing(&app, &scope, &path.group).await?;
    let now = app.attendance().now();
    let from = days.from.unwrap_or_else(|| group.zone.date_at(now));
    let to = days.to.unwrap_or(from);
    if to < from {
        return Err(Error::RangeReversed { from, to }.into());
    }
    if range::days(from, to) > MAX_DAYS {
        return Err(Fault::invalid("to", format!("ask for at most {MAX_DAYS} days at once: choose an earlier date")));
    }
    let sessions = app.attendance().sessions(&scope.organization, &group.id, from, to).await?;
    let items = sessions.iter().map(|session| wire::Session::at(session, now)).collect();
    Ok(Json(wire::Items { items }))
}

/// One session.
#[utoipa::path(get, path = "/v1/orgs/{org}/sessions/{session}", tag = "sessions",
    params(SessionPath),
    responses((status = 200, description = "As it stands.", body = wire::Session)))]
async fn session(
    scope: AsKiosk,
    State(app): State<App>,
    InPath(path): InPath<SessionPath>,
) -> Result<Json<wire::Session>, Fault> {
    let session = app.attendance().session(&scope.organization, &path.session).await?;
    Ok(Json(wire::Session::at(&session, app.attendance().now())))
}

/// Who is expected at a session, ordered by id, and what they were.
#[utoipa::path(get, path = "/v1/orgs/{org}/sessions/{session}/roster", tag = "sessions",
    params(SessionPath, wire::PageQuery),
    responses((status = 200, description = "A page of them.", body = wire::Page<wire::RosterEntry>)))]
async fn roster(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<SessionPath>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::RosterEntry>>, Fault> {
    let roster = app.attendance().roster(&scope.organization, &path.session, &page).await?;
    Ok(Json(wire::Page::of(roster, wire::RosterEntry::from)))
}

/// Closes a session now.
///
/// Who is expected and has not come is absent, if the session marks the absent. Can be repeated.
#[utoipa::path(post, path = "/v1/orgs/{org}/sessions/{session}/close", tag = "sessions",
    params(SessionPath),
    responses(
        (status = 200, description = "As it stands.", body = wire::Session),
        (status = 409, response = crate::openapi::Conflict)))]
async fn close(
    scope: AsOperator,
    State(app): State<App>,
    InPath(path): InPath<SessionPath>,
) -> Result<Json<wire::Session>, Fault> {
    let session = app.attendance().close_session(&scope.organization, &path.session, &scope.actor).await?;
    Ok(Json(wire::Session::at(&session, app.attendance().now())))
}
