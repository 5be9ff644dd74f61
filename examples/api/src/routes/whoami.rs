use axum::Json;
use axum::extract::State;

use crate::App;
use crate::auth::Role;
use crate::extract::{SignedIn, Subjects};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (whoami) }

/// Says whom the token belongs to.
#[utoipa::path(get, path = "/v1/whoami", tag = "access", responses((status = 200, body = wire::Whoami)))]
async fn whoami(SignedIn { principal, .. }: SignedIn, State(app): State<App>) -> Result<Json<wire::Whoami>, Fault> {
    let mut attendee = None;
    for (organization, _) in principal.groups.iter().filter(|(_, role)| *role == Role::Attendee) {
        attendee = app.attendance().repo().attendee_of_subject(organization, &principal.subject()).await?;
        if attendee.is_some() {
            break;
        }
    }
    let right =
        |(organization, role): &(_, Role)| wire::Right { organization: Clone::clone(organization), role: *role };
    Ok(Json(wire::Whoami {
        subject: principal.subject.clone(),
        groups: principal.groups.iter().map(right).collect(),
        expires_at: principal.expires_at,
        attendee,
    }))
}
