use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};

use super::claims::{Claims, Reader, TokenUse};
use super::{AuthError, Authenticator, Grant, Issued, Principal, TokenIssuer};

/// Makes and reads tokens with a key that only this machine has: JSON Web Tokens signed with HMAC-SHA-256. `Debug`
/// does not show the key.
#[derive(Clone)]
pub struct SharedKeyTokens {
    issuer: String,
    signing: EncodingKey,
    verifying: DecodingKey,
    reader: Reader,
}

impl SharedKeyTokens {
    /// Signs as `issuer` with a key of 32 random bytes.
    #[must_use]
    pub fn new(issuer: String, key: &[u8; 32]) -> Self {
        let reader = Reader::new(&issuer, Algorithm::HS256);
        Self { issuer, signing: EncodingKey::from_secret(key), verifying: DecodingKey::from_secret(key), reader }
    }

    fn read(&self, token: &str, now: Timestamp) -> Result<Principal, AuthError> {
        let claims: Claims = self.reader.read(token, &self.verifying)?;
        if claims.token_use == TokenUse::Access { claims.principal(now) } else { Err(AuthError::Invalid) }
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
            token_use: TokenUse::Access,
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
