use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::{AuthError, Authenticator, Grant, Issued, MAX_TOKEN_BYTES, Principal, TokenIssuer, parse_group};

/// Makes and reads tokens with a key that only this machine has: JSON Web Tokens signed with HMAC-SHA-256. `Debug`
/// does not show the key.
#[derive(Clone)]
pub struct SharedKeyTokens {
    issuer: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// The claims of an access token, named as Cognito names them.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    token_use: String,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
}

impl SharedKeyTokens {
    /// Signs as `issuer` with a key of 32 random bytes.
    #[must_use]
    pub fn new(issuer: String, key: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Time comes in as an argument: it is compared below, to the second and without leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.leeway = 0;
        Self { issuer, signing: EncodingKey::from_secret(key), verifying: DecodingKey::from_secret(key), validation }
    }

    fn read(&self, token: &str, now: Timestamp) -> Result<Principal, AuthError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AuthError::Invalid);
        }
        let claims = decode::<Claims>(token, &self.verifying, &self.validation).map_err(|_| AuthError::Invalid)?.claims;
        if claims.token_use != "access" || claims.iat > claims.exp {
            return Err(AuthError::Invalid);
        }
        let expires_at = Timestamp::from_second(claims.exp).map_err(|_| AuthError::Invalid)?;
        if expires_at <= now {
            return Err(AuthError::Expired);
        }
        let groups: BTreeSet<_> = claims.groups.iter().filter_map(|group| parse_group(group)).collect();
        Ok(Principal { issuer: claims.iss, subject: claims.sub, groups, expires_at })
    }
}

#[async_trait]
impl Authenticator for SharedKeyTokens {
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Principal, AuthError> {
        self.read(token, now)
    }
}

impl TokenIssuer for SharedKeyTokens {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn issue(&self, grant: &Grant, now: Timestamp) -> Result<Issued, AuthError> {
        let expires_at = now.saturating_add(grant.valid_for).unwrap_or(Timestamp::MAX).as_second();
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: grant.subject.clone(),
            iat: now.as_second(),
            exp: expires_at,
            token_use: "access".to_owned(),
            groups: grant.groups.iter().map(|(organization, role)| format!("{organization}:{role}")).collect(),
        };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .map_err(|error| AuthError::Unavailable { source: error.into() })?;
        let expires_at =
            Timestamp::from_second(expires_at).map_err(|error| AuthError::Unavailable { source: error.into() })?;
        Ok(Issued { token, expires_at })
    }
}

impl fmt::Debug for SharedKeyTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKeyTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
