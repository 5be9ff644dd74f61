//! What one attendee was at one session.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::ids::{AttendeeId, CheckInId};
use super::session::SessionId;
use super::similarity::Similarity;
use super::text::{is_line, text_type};

text_type! {
    /// Why a record was marked or corrected by hand.
    personal Reason, "a reason",
    "1 to 500 characters on one line",
    |t| is_line(t, 500)
}

/// What somebody was at a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Came in time.
    Present,
    /// Came after the session's `late_after`.
    Late,
    /// Did not come.
    Absent,
    /// Did not come, with leave.
    Excused,
}

impl Status {
    /// Its word, as in JSON: `present`, `late`, `absent` or `excused`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Late => "late",
            Self::Absent => "absent",
            Self::Excused => "excused",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Status {
    type Err = super::InvalidText;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Present, Self::Late, Self::Absent, Self::Excused]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(super::InvalidText { what: "a status", rule: "present, late, absent or excused" })
    }
}

/// How a record came to be what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Method {
    /// A face was recognised.
    Face {
        /// How alike it was.
        similarity: Similarity,
    },
    /// Somebody marked or corrected it.
    Hand {
        /// Who.
        actor: Actor,
        /// Why; `None` only after the attendee was erased.
        reason: Option<Reason>,
    },
    /// The session closed and nobody had come.
    Sweep,
}

/// What one attendee was at one session: one per (organization, session, attendee).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttendanceRecord {
    /// The session.
    pub session: SessionId,
    /// The attendee.
    pub attendee: AttendeeId,
    /// What they were.
    pub status: Status,
    /// How this version came to be.
    pub method: Method,
    /// When they came: the instant of capture; for a record by hand or by the sweep, the instant of the act.
    pub at: Timestamp,
    /// When this version was written.
    pub recorded_at: Timestamp,
    /// The check-in that counted, kept through corrections.
    pub check_in: Option<CheckInId>,
    /// 1 for the first, then one more for each correction.
    pub version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads_back_what_it_writes() {
        for status in [Status::Present, Status::Late, Status::Absent, Status::Excused] {
            assert_eq!(status.to_string().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!("Present".parse::<Status>().is_err());
    }
}
