//! Who did what to whose data.

use attendance_core::domain::audit::{self, Actor, AuditAction, Matter};
use attendance_core::domain::ids::AttendeeId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema;

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Unique, ordered by time.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// When.
    #[schema(value_type = schema::Instant)]
    pub at: Timestamp,
    /// Who.
    #[schema(value_type = schema::Actor)]
    pub by: Actor,
    /// What.
    #[schema(value_type = schema::AuditAction)]
    pub action: AuditAction,
    /// Whose data, if one attendee's.
    #[schema(value_type = Option<schema::AttendeeId>, required)]
    pub attendee: Option<AttendeeId>,
    /// What else it was about: a group, a session, an organization, a token.
    #[schema(value_type = Option<schema::Matter>, required)]
    pub about: Option<Matter>,
}

impl From<audit::AuditEntry> for AuditEntry {
    fn from(entry: audit::AuditEntry) -> Self {
        let audit::AuditEntry { id, at, by, action, attendee, about } = entry;
        Self { id, at, by, action, attendee, about }
    }
}
