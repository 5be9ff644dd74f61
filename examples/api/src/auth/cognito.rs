//! The tokens of an Amazon Cognito user pool.

mod fetched;
mod jwks;
mod key_set;

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
pub use jwks::{InvalidJwks, Jwks};
use serde::Deserialize;

use super::claims::{Claims, Reader, TokenUse};
use super::{AuthError, Authenticator, Principal};

/// How far Cognito's clock may be ahead of ours where it says since when a token counts. From when on a token is worth
/// nothing has no such margin.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// Reads the tokens of an Amazon Cognito user pool: both its access and its ID tokens, signed with RS256 and nothing
/// else. Rights are what `cognito:groups` says, which no client can write.
#[derive(Debug)]
pub struct CognitoTokens {
    clients: BTreeSet<String>,
    jwks: Jwks,
    reader: Reader,
}

/// What Cognito's tokens say besides.
#[derive(Deserialize)]
struct CognitoClaims {
    #[serde(flatten)]
    claims: Claims,
    nbf: Option<i64>,
    /// Whom an access token was made for.
    client_id: Option<String>,
    /// Whom an ID token was made for.
    aud: Option<String>,
}

impl CognitoTokens {
    /// Takes the tokens that the issuer, `https://cognito-idp.{region}.amazonaws.com/{pool}`, made for one of these app
    /// clients.
    #[must_use]
    pub fn new(issuer: &str, clients: impl IntoIterator<Item = String>, jwks: Jwks) -> Self {
        Self { clients: clients.into_iter().collect(), jwks, reader: Reader::new(issuer, Algorithm::RS256) }
    }
}

#[async_trait]
impl Authenticator for CognitoTokens {
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Principal, AuthError> {
        let key = self.jwks.key(&self.reader.key_id(token)?, now).await?;
        let CognitoClaims { claims, nbf, client_id, aud } = self.reader.read(token, &key)?;
        let client = match claims.token_use {
            TokenUse::Access => client_id,
            TokenUse::Id => aud,
        };
        let is_ours = client.is_some_and(|client| self.clients.contains(&client));
        let latest_start = now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX).as_second();
        let has_started = nbf.into_iter().chain([claims.iat]).all(|start| start <= latest_start);
        if is_ours && has_started { claims.principal(now) } else { Err(AuthError::Invalid) }
    }
}
