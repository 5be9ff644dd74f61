//! Who asks, and what they may do.

use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
pub use crate::auth::Role;

/// A role in an organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Right {
    /// Where.
    #[schema(value_type = schema::OrganizationId)]
    pub organization: OrganizationId,
    /// As what.
    pub role: Role,
}

/// Whom the token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Whoami {
    /// The token's subject: opaque.
    pub subject: String,
    /// What it may do where.
    pub groups: Vec<Right>,
    /// Until when.
    #[schema(value_type = schema::Instant)]
    pub expires_at: Timestamp,
    /// The attendee as whom the subject signs in, if as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::AttendeeId>, nullable = false)]
    pub attendee: Option<AttendeeId>,
}

/// A token that is to be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it may do.
    pub role: Role,
    /// Whose it is: required for the role `attendee`, and refused for every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::AttendeeId>)]
    pub attendee: Option<AttendeeId>,
    /// For how many days; left out: 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 365, default = 30)]
    pub days: Option<u16>,
}

/// A token, which is shown only this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// What goes into `Authorization: Bearer ...`.
    pub token: String,
    /// What it may do.
    pub role: Role,
    /// Where.
    #[schema(value_type = schema::OrganizationId)]
    pub organization: OrganizationId,
    /// Until when.
    #[schema(value_type = schema::Instant)]
    pub expires_at: Timestamp,
    /// The page to open with it, with the token in its fragment.
    #[schema(example = "/kiosk.html#token=...")]
    pub path: String,
}

impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("role", &self.role)
            .field("organization", &self.organization)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
