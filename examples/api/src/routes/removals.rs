use axum::Json;
use axum::extract::State;

use crate::App;
use crate::extract::{AsAdmin, JsonBody};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (list, remove) }

/// How many attendees can be named at once.
const MOST: usize = 1000;

/// Faces that the sweep would remove, and holds back where they are of many attendees: the first thousand of them.
///
/// A repository that was lost or restored from an older copy knows of nobody. Look at it before you remove anything.
#[utoipa::path(get, path = "/v1/orgs/{org}/removals", tag = "faces",
    responses((status = 200, description = "Those that are known now.", body = wire::Items<wire::Removal>)))]
async fn list(scope: AsAdmin, State(app): State<App>) -> Result<Json<wire::Items<wire::Removal>>, Fault> {
    let removals = app.attendance().removals(&scope.organization).await?;
    Ok(Json(wire::Items { items: removals.into_iter().map(wire::Removal::from).collect() }))
}

/// Removes the faces of these attendees, if nobody may have them still. This can't be taken back.
///
/// Who is called enrolled and has no face is no longer called so.
#[utoipa::path(post, path = "/v1/orgs/{org}/removals", tag = "faces", request_body = wire::NewRemovals,
    responses((status = 200, description = "They are gone.", body = wire::Removed)))]
async fn remove(
    scope: AsAdmin,
    State(app): State<App>,
    JsonBody(removals): JsonBody<wire::NewRemovals>,
) -> Result<Json<wire::Removed>, Fault> {
    if removals.attendees.len() > MOST {
        return Err(Fault::invalid("attendees", format!("at most {MOST} attendees can be named at once")));
    }
    let removed = app.attendance().remove_unknown_faces(&scope.organization, &removals.attendees, &scope.actor).await?;
    Ok(Json(wire::Removed { attendees: removed }))
}
