use axum::Json;
use axum::extract::State;

use crate::App;
use crate::extract::{AsAdmin, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (list) }

/// Who did what to whose data, the latest first.
#[utoipa::path(get, path = "/v1/orgs/{org}/audit", tag = "audit",
    params(wire::PageQuery),
    responses((status = 200, description = "A page of it.", body = wire::Page<wire::AuditEntry>)))]
async fn list(
    scope: AsAdmin,
    State(app): State<App>,
    Paging(page): Paging,
) -> Result<Json<wire::Page<wire::AuditEntry>>, Fault> {
    let entries = app.attendance().repo().audit(&scope.organization, &page).await?;
    Ok(Json(wire::Page::of(entries, wire::AuditEntry::from)))
}
