//! The function behind the API Gateway: the same router that the desk has, on AWS, for those whom a Cognito user pool
//! vouches for.

#![recursion_limit = "256"]

use std::sync::Arc;

use attendance_api::Api;
use attendance_api::auth::{CognitoTokens, Jwks};
use attendance_api::gateway::GatewayRequest;
use attendance_cloud::{Cloud, Failure, InvalidVariable, Tokens, Variables, chain, serve};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::{Attendance, NewOrganization};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let cloud = Cloud::start().await?;
    let tokens = Tokens::read(&Variables::of_process())?;
    let cognito = Arc::new(CognitoTokens::new(&tokens.issuer, tokens.clients.clone(), jwks(&tokens)?));
    let router = tokio::sync::OnceCell::new();
    serve(&cloud, async |request: GatewayRequest| {
        let made = router.get_or_try_init(async || {
            let attendance = cloud.attendance().await?.clone();
            make_home(&attendance, &tokens).await?;
            Ok::<_, Failure>(Api::new(attendance, cognito.clone()).home(tokens.home.clone()).router())
        });
        match made.await {
            Ok(router) => Ok(request.answer(router.clone()).await?),
            Err(failure) => {
                tracing::error!(failure = chain(&*failure), "not ready");
                Ok(request.unavailable())
            }
        }
    })
    .await
}

/// Makes the home organization, unless it is there: nobody could sign in to make it.
async fn make_home(attendance: &Attendance, tokens: &Tokens) -> Result<(), attendance_core::Error> {
    if attendance.repo().organization(&tokens.home).await?.is_none() {
        let (id, zone) = (tokens.home.clone(), tokens.home_zone.clone());
        let home = NewOrganization { id, zone, policy: OrganizationPolicy::default() };
        attendance.ensure_organization(home, &Actor::system()).await?;
    }
    Ok(())
}

/// The keys that are configured, or where they are fetched.
fn jwks(tokens: &Tokens) -> Result<Jwks, InvalidVariable> {
    const HTTPS: &str = "an https address: keys could be exchanged on the way";
    let (name, rule, jwks) = match (&tokens.keys, &tokens.keys_url) {
        (Some(keys), _) => ("ATTENDANCE_TOKEN_KEYS", "the user pool's whole JSON Web Key Set", Jwks::fixed(keys)),
        (None, Some(url)) => ("ATTENDANCE_TOKEN_KEYS_URL", HTTPS, Jwks::fetched(url)),
        (None, None) => {
            let url = format!("{}/.well-known/jwks.json", tokens.issuer);
            ("ATTENDANCE_TOKEN_ISSUER", HTTPS, Jwks::fetched(&url))
        }
    };
    jwks.map_err(|error| InvalidVariable::Invalid { name, rule: format!("{rule} ({error})") })
}
