//! Who asks, and what they may.
//!
//! A person's rights are groups named `{organization}:{role}`, as an identity provider puts them into a token; never a
//! claim that a client could write. [`SharedKeyTokens`] issues and reads tokens of that shape by itself;
//! `CognitoTokens`, with the feature `cognito`, reads those of an Amazon Cognito user pool.

mod claims;
#[cfg(feature = "cognito")]
mod cognito;
mod shared_key;
mod sign_in;
mod signatures;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use attendance_core::domain::InvalidText;
use attendance_core::domain::ids::OrganizationId;
#[cfg(feature = "cognito")]
pub use cognito::{CognitoTokens, InvalidJwks, Jwks};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
pub use shared_key::SharedKeyTokens;
pub(crate) use sign_in::sign_in;
use utoipa::ToSchema;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What somebody may do in one organization. Admin includes operator, operator includes kiosk; an attendee is apart
/// and sees only what is their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees what is their own.
    Attendee,
    /// Offers pictures.
    Kiosk,
    /// Calls the roll, corrects, reports.
    Operator,
    /// Registers, enrols, erases, and gives rights.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Attendee, Self::Kiosk, Self::Operator, Self::Admin];

    /// Its name in kebab-case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attendee => "attendee",
            Self::Kiosk => "kiosk",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// Whether this role may do what `needed` may.
    #[must_use]
    pub fn includes(self, needed: Self) -> bool {
        self == needed || (needed != Self::Attendee && self > needed)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = InvalidText;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rule = "admin, operator, kiosk or attendee";
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(InvalidText { what: "a role", rule })
    }
}

/// Who a token says that somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who vouches for it.
    pub issuer: String,
    /// The issuer's opaque name for them; 1 to 128 characters on one line.
    pub subject: String,
    /// Their rights.
    pub groups: BTreeSet<(OrganizationId, Role)>,
    /// From when the token is worth nothing.
    pub expires_at: Timestamp,
}

impl Principal {
    /// Their roles in one organization, the least first.
    pub fn roles_in(&self, organization: &OrganizationId) -> impl Iterator<Item = Role> {
        self.groups.iter().filter(move |(of, _)| of == organization).map(|(_, role)| *role)
    }

    /// Whether they may do there what `needed` may.
    #[must_use]
    pub fn may(&self, organization: &OrganizationId, needed: Role) -> bool {
        self.roles_in(organization).any(|role| role.includes(needed))
    }
}

/// Reads a right as a token writes it: `default:admin`. Groups that are named otherwise are no rights of ours.
#[must_use]
pub fn parse_group(group: &str) -> Option<(OrganizationId, Role)> {
    let (organization, role) = group.split_once(':')?;
    Some((OrganizationId::new(organization).ok()?, role.parse().ok()?))
}

/// Why a token was not taken, or none could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Not a token of this issuer, or not one for this purpose.
    #[error("the token is not valid: sign in again")]
    Invalid,
    /// It was one.
    #[error("the token has expired: sign in again")]
    Expired,
    /// The issuer can't be asked, or a token can't be made.
    #[error("tokens can't be checked or made at the moment")]
    Unavailable {
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads tokens.
#[async_trait]
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// Who holds that token.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for whatever is not a token of this issuer, [`AuthError::Expired`] from its last instant
    /// on, [`AuthError::Unavailable`] if it can't be told.
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Principal, AuthError>;
}

/// What a token is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// An opaque name; 1 to 128 characters on one line.
    pub subject: String,
    /// The rights.
    pub groups: BTreeSet<(OrganizationId, Role)>,
    /// For how long.
    pub valid_for: SignedDuration,
}

/// A token that was made. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The token itself: a secret.
    pub token: String,
    /// From when it is worth nothing.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Makes tokens.
pub trait TokenIssuer: fmt::Debug + Send + Sync + 'static {
    /// The name that the issuer's tokens carry, as in [`Principal::issuer`].
    fn issuer(&self) -> &str;

    /// Makes a token.
    ///
    /// # Errors
    /// [`AuthError::Unavailable`] if none can be made.
    fn issue(&self, grant: &Grant, now: Timestamp) -> Result<Issued, AuthError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_includes_operator_includes_kiosk_and_an_attendee_is_apart() {
        let may: Vec<_> =
            Role::ALL.iter().map(|role| Role::ALL.map(|needed| u8::from(role.includes(needed)))).collect();
        assert_eq!(may, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]]);
    }

    #[test]
    fn groups_that_are_named_otherwise_are_no_rights() {
        let school = OrganizationId::new("school").unwrap();
        assert_eq!(parse_group("school:kiosk"), Some((school, Role::Kiosk)));
        for other in ["school", "school:", ":admin", "school:Admin", "school:admin:x", "School:admin", "a b:admin", ""]
        {
            assert_eq!(parse_group(other), None, "{other:?}");
        }
    }
}
