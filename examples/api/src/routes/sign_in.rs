use attendance_core::ports::attendance_repo::Subject;
use axum::Json;
use axum::extract::State;

use super::attendees::AttendeePath;
use crate::App;
use crate::extract::{AsAdmin, InPath, JsonBody};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (link) }

/// Links a sign-in to an attendee, who sees what is their own with it.
///
/// The user must be of the same issuer as the admin who asks, and needs the role attendee besides. An attendee may have
/// several sign-ins. A sign-in belongs to one attendee of an organization: linking it again moves it, and the answer says
/// whose it was. It ends when the attendee is erased.
#[utoipa::path(put, path = "/v1/orgs/{org}/attendees/{attendee}/sign-in", tag = "attendees", params(AttendeePath),
    request_body = wire::NewSignIn,
    responses(
        (status = 200, description = "It is linked.", body = wire::SignIn),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn link(
    scope: AsAdmin,
    State(app): State<App>,
    InPath(path): InPath<AttendeePath>,
    JsonBody(wire::NewSignIn { subject }): JsonBody<wire::NewSignIn>,
) -> Result<Json<wire::SignIn>, Fault> {
    // Nobody can name another issuer: a host takes the tokens of one.
    let named = Subject { issuer: scope.principal.issuer.clone(), subject: subject.as_str().to_owned() };
    let linked = app.attendance().link_sign_in(&scope.organization, path.attendee, &named, &scope.actor);
    let instead_of = linked.await?;
    Ok(Json(wire::SignIn { subject, attendee: path.attendee, instead_of }))
}
