//! What a token says, and what of it every issuer's must.

use std::collections::BTreeSet;

use attendance_core::domain::audit::Actor;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{AuthError, MAX_TOKEN_BYTES, Principal, parse_group, signatures};

/// The claims of a token, named as Cognito names them.
#[derive(Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) token_use: TokenUse,
    #[serde(rename = "cognito:groups", default)]
    pub(super) groups: Vec<String>,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TokenUse {
    /// To ask for something.
    Access,
    /// To tell an application who somebody is.
    Id,
}

impl Claims {
    /// Whom they name, up to their last instant.
    pub(super) fn principal(self, now: Timestamp) -> Result<Principal, AuthError> {
        if self.iat > self.exp || Actor::new(self.sub.as_str()).is_err() {
            return Err(AuthError::Invalid);
        }
        let expires_at = Timestamp::from_second(self.exp).map_err(|_| AuthError::Invalid)?;
        if expires_at <= now {
            return Err(AuthError::Expired);
        }
        let groups: BTreeSet<_> = self.groups.iter().filter_map(|group| parse_group(group)).collect();
        Ok(Principal { issuer: self.iss, subject: self.sub, groups, expires_at })
    }
}

/// Reads the tokens of one issuer, which are all signed in one way.
#[derive(Debug, Clone)]
pub(super) struct Reader(Validation);

impl Reader {
    pub(super) fn new(issuer: &str, algorithm: Algorithm) -> Self {
        signatures::install();
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Time comes in as an argument, and the audience stands in one claim or the other: both are compared afterwards.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.leeway = 0;
        Self(validation)
    }

    /// The claims of a token of that issuer, signed with that key in that way.
    pub(super) fn read<C: DeserializeOwned>(&self, token: &str, key: &DecodingKey) -> Result<C, AuthError> {
        bounded(token)?;
        decode(token, key, &self.0).map(|token| token.claims).map_err(|_| AuthError::Invalid)
    }

    /// The id of the key with which a token says that it was signed, in that way.
    #[cfg(feature = "cognito")]
    pub(super) fn key_id(&self, token: &str) -> Result<String, AuthError> {
        bounded(token)?;
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid)?;
        // What must be understood and is not: RFC 7515, section 4.1.11.
        let is_plain = self.0.algorithms.contains(&header.alg) && header.crit.is_none();
        header.kid.filter(|_| is_plain).ok_or(AuthError::Invalid)
    }
}

fn bounded(token: &str) -> Result<(), AuthError> {
    if token.len() > MAX_TOKEN_BYTES { Err(AuthError::Invalid) } else { Ok(()) }
}
