use std::collections::BTreeSet;

use attendance_core::Error;
use attendance_core::domain::audit::Matter;
use attendance_core::ports::attendance_repo::Subject;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use uuid::Uuid;

use crate::App;
use crate::auth::{Grant, Role};
use crate::extract::{AsTokenAdmin, JsonBody};
use crate::operations::operations;
use crate::problem::Fault;
use crate::wire;

operations! { (issue) }

/// Makes a token: for a kiosk, an operator, an admin, or an attendee who sees what is their own.
///
/// An admin of the home organization may do so for any. A token can't be taken back: give it no more days than it
/// needs. The audit of the organization tells of each.
#[utoipa::path(post, path = "/v1/orgs/{org}/tokens", tag = "desk", request_body = wire::NewToken,
    responses(
        (status = 201, description = "The token, which is shown this once.", body = wire::IssuedToken),
        (status = 410, response = crate::openapi::Erased),
    ))]
async fn issue(
    AsTokenAdmin { organization, actor }: AsTokenAdmin,
    State(app): State<App>,
    JsonBody(new): JsonBody<wire::NewToken>,
) -> Result<(StatusCode, Json<wire::IssuedToken>), Fault> {
    let tokens = app.tokens().ok_or_else(|| Fault::not_found("this host makes no tokens"))?;
    let days = new.days.unwrap_or(30);
    if !(1..=365).contains(&days) {
        return Err(Fault::invalid("days", "days must be a number from 1 to 365"));
    }
    let subject = match (new.role, new.attendee) {
        (Role::Attendee, Some(attendee)) => {
            let subject = format!("attendee:{attendee}");
            let named = Subject { issuer: tokens.issuer().to_owned(), subject: subject.clone() };
            app.attendance().link_sign_in(&organization, attendee, &named, &actor).await?;
            subject
        }
        (Role::Attendee, None) => return Err(Fault::invalid("attendee", "name the attendee whom the token is for")),
        (_, Some(_)) => return Err(Fault::invalid("attendee", "only a token of the role attendee names one")),
        (role, None) => format!("{role}:{}", Uuid::now_v7()),
    };
    let grant = Grant {
        subject,
        groups: BTreeSet::from([(organization.clone(), new.role)]),
        valid_for: SignedDuration::from_hours(24 * i64::from(days)),
    };
    let issued = tokens.issue(&grant, app.attendance().now())?;
    let token = Matter::new(format!("{} until {}", grant.subject, issued.expires_at)).map_err(Error::from)?;
    app.attendance().audit_token(&organization, token, new.attendee, &actor).await?;
    let page = match new.role {
        Role::Admin | Role::Operator => "/",
        Role::Kiosk => "/kiosk.html",
        Role::Attendee => "/me.html",
    };
    let path = format!("{page}#token={}", issued.token);
    let (token, expires_at) = (issued.token, issued.expires_at);
    let issued = wire::IssuedToken { token, role: new.role, organization, expires_at, path };
    Ok((StatusCode::CREATED, Json(issued)))
}
