use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{AuthError, MAX_TOKEN_BYTES, Principal};
use crate::App;
use crate::problem::Fault;

/// The layer: finds out who asks, before anything else of a request is looked at.
pub(crate) async fn sign_in(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match principal(&app, request.headers()).await {
        Ok(principal) => {
            if let Some(Err(fault)) = app.limits().map(|limits| limits.count_subject(&principal)) {
                return fault.into_response();
            }
            request.extensions_mut().insert(Arc::new(principal));
            next.run(request).await
        }
        Err(fault) => match app.limits().map(|limits| limits.count_address(request.extensions())) {
            Some(Err(too_many)) => too_many.into_response(),
            _ => fault.into_response(),
        },
    }
}

async fn principal(app: &App, headers: &HeaderMap) -> Result<Principal, Fault> {
    let token = token(headers)?;
    let now = app.attendance().now();
    let principal = app.authenticator().authenticate(token, now).await?;
    // Whatever the authenticator is, its word on time is not enough.
    if principal.expires_at <= now { Err(AuthError::Expired.into()) } else { Ok(principal) }
}

/// The token of the one header that RFC 6750 has for it.
fn token(headers: &HeaderMap) -> Result<&str, Fault> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (given.next(), given.next()) else {
        return Err(Fault::unauthorized("send one header authorization: Bearer and a token"));
    };
    let token = header.to_str().ok().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    let Some(token) = token else {
        return Err(Fault::unauthorized("send one header authorization: Bearer and a token"));
    };
    let is_token = (1..=MAX_TOKEN_BYTES).contains(&token.len())
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b));
    if is_token { Ok(token) } else { Err(AuthError::Invalid.into()) }
}
