//! Who did what to whose data, kept apart from the data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::{AttendeeId, GroupId, NAMESPACE, OrganizationId};
use super::session::SessionId;
use super::text::{is_line, text_type};

text_type! {
    /// Who acts: a subject of the identity provider, a device, `cli`. Opaque; never a name or an address.
    open Actor, "an actor",
    "1 to 128 characters on one line",
    |t| is_line(t, 128)
}

impl Actor {
    /// The software itself: its chores, and a host that starts.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system").expect("a valid actor")
    }
}

text_type! {
    /// What an act was about, besides an attendee: a group, a session, an organization, a token. Opaque ids; never a
    /// name or an address.
    open Matter, "what an act was about",
    "1 to 256 characters on one line",
    |t| is_line(t, 256)
}

macro_rules! matters {
    ($($id:ty),*) => {$(
        impl From<&$id> for Matter {
            fn from(id: &$id) -> Self {
                Self(id.to_string())
            }
        }
    )*};
}
matters!(OrganizationId, GroupId, SessionId);

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
    /// What else it was about.
    #[serde(default)]
    pub about: Option<Matter>,
}

impl AuditEntry {
    /// An entry with a new id.
    #[must_use]
    pub fn new(at: Timestamp, by: Actor, action: AuditAction, attendee: Option<AttendeeId>) -> Self {
        Self { id: Uuid::now_v7(), at, by, action, attendee, about: None }
    }

    /// Says the same of a day, however often it is stored: its id is made of the instant at which the day begins, and of
    /// what is said.
    #[must_use]
    pub fn once_a_day(self, day_began: Timestamp, what: &str) -> Self {
        let said = Uuid::new_v5(&NAMESPACE, format!("{day_began}/{what}").as_bytes());
        let mut random = [0; 10];
        random.copy_from_slice(&said.as_bytes()[..10]);
        let millis = u64::try_from(day_began.as_millisecond()).unwrap_or_default();
        Self { id: uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(), ..self }
    }

    /// Says what else it was about.
    #[must_use]
    pub fn about(self, matter: impl Into<Matter>) -> Self {
        Self { about: Some(matter.into()), ..self }
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
    /// The erasure of an attendee began.
    Erase,
    /// The erasure of an attendee was completed: nothing personal is left.
    CompleteErasure,
    /// An organization was made.
    CreateOrganization,
    /// An organization's zone or policy was changed.
    ChangeOrganization,
    /// A group was made.
    CreateGroup,
    /// A group or its timetable was changed.
    ChangeGroup,
    /// A token was made, which somebody signs in with.
    IssueToken,
    /// A chore set out to remove faces that nobody may have: of somebody unknown or erased, or without a consent.
    ForgetFaces,
    /// A chore set out to delete check-in pictures whose time was over.
    ExpirePictures,
    /// A chore held faces back that it would have removed, since they were of too many: a person decides.
    HoldRemovals,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_was_written_before_matters_were_is_read() {
        let written = r#"{"id":"0192f3a4-7c1e-7b3a-8c55-0123456789ab","at":"2026-11-21T09:00:00Z","by":"front-desk",
            "action":"erase","attendee":"0192f3a4-7c1e-7b3a-8c55-0123456789ac"}"#;
        let entry: AuditEntry = serde_json::from_str(written).unwrap();
        assert_eq!((entry.action, entry.by.as_str(), entry.about), (AuditAction::Erase, "front-desk", None));
    }
}
