//! Who did what to whose data, kept apart from the data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::AttendeeId;
use super::text::{is_line, text_type};

text_type! {
    /// Who acts: a subject of the identity provider, a device, `cli`. Opaque; never a name or an address.
    open Actor, "an actor",
    "1 to 128 characters on one line",
    |t| is_line(t, 128)
}

impl Actor {
    /// The library itself: the sweep and the relay.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system").expect("a valid actor")
    }
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Unique, ordered by time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// What.
    pub action: AuditAction,
    /// Whose data, if one attendee's.
    pub attendee: Option<AttendeeId>,
}

impl AuditEntry {
    /// An entry with a new id.
    #[must_use]
    pub fn new(at: Timestamp, by: Actor, action: AuditAction, attendee: Option<AttendeeId>) -> Self {
        Self { id: Uuid::now_v7(), at, by, action, attendee }
    }
}

/// What is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuditAction {
    /// An attendee was registered.
    Register,
    /// An attendee's fields or groups were changed.
    Change,
    /// A consent was recorded.
    Consent,
    /// A consent was withdrawn.
    WithdrawConsent,
    /// A sign-in was linked to an attendee.
    LinkSignIn,
    /// A face was enrolled.
    Enrol,
    /// A face was removed.
    RemoveFace,
    /// A record was marked or corrected by hand.
    Mark,
    /// A session was closed by hand.
    CloseSession,
    /// An attendee was erased.
    Erase,
}
