//! As whom somebody signs in.

use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::AttendeeId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A sign-in that is to be linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSignIn {
    /// The user's id, as tokens name it: the `sub` in the console of a Cognito user pool, the `subject` of `whoami`.
    #[schema(value_type = schema::Actor)]
    pub subject: Actor,
}

/// A sign-in that is linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// Who signs in.
    #[schema(value_type = schema::Actor)]
    pub subject: Actor,
    /// As whom.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// As whom they signed in until now, if as somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::AttendeeId>, nullable = false)]
    pub instead_of: Option<AttendeeId>,
}
