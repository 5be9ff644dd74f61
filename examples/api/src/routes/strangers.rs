use attendance_core::ports::attendance_repo::CheckInQuery;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::extract::{AsOperator, InQuery, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire::{self, schema, time};

operations! { (list) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Between {
    /// Captured at or after.
    #[serde(default, deserialize_with = "time::read_instant")]
    #[param(value_type = Option<schema::Instant>, nullable = false, inline)]
    from: Option<Timestamp>,
    /// Captured before.
    #[serde(default, deserialize_with = "time::read_instant")]
    #[param(value_type = Option<schema::Instant>, nullable = false, inline)]
    to: Option<Timestamp>,
}

/// Check-ins with a face that matched nobody, the latest first.
#[utoipa::path(get, path = "/v1/orgs/{org}/strangers", tag = "strangers",
    params(Between, wire::PageQuery),
    responses((status = 200, description = "A page of them.", body = wire::Page<wire::Stranger>)))]
async fn list(
    scope: AsOperator,
    State(app): State<App>,
    InQuery(Between { from, to }): InQuery<Between>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::Stranger>>, Fault> {
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        let detail = format!("the range ends ({to}) before it starts ({from}): exchange the two instants");
        return Err(Fault::new("range-reversed", detail));
    }
    let query = CheckInQuery { from, to, strangers: true, ..CheckInQuery::default() };
    let found = app.attendance().repo().check_ins(&scope.organization, &query, &page).await?;
    let next = found.next.map(|cursor| cursor.0);
    let items: Option<_> = found.items.into_iter().map(wire::Stranger::of).collect();
    let items = items.ok_or_else(|| Fault::failed("a decision that the wire does not know"))?;
    Ok(Json(wire::Page { items, next }))
}
