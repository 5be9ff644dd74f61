//! One dated occurrence of a group.

use attendance_core::domain::ids::GroupId;
use attendance_core::domain::session::{self, SessionId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// When a group meets, and when it counts check-ins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Group, local date, slot.
    #[schema(value_type = schema::SessionId)]
    pub id: SessionId,
    /// The group.
    #[schema(value_type = schema::GroupId)]
    pub group: GroupId,
    /// The date on which it opens, in the group's zone.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The slot of the group's timetable.
    #[schema(minimum = 0, maximum = 99)]
    pub slot: u8,
    /// From when a check-in counts.
    #[schema(value_type = schema::Instant)]
    pub opens_at: Timestamp,
    /// After when a check-in counts as late; `null`: never.
    #[schema(value_type = Option<schema::Instant>, required)]
    pub late_after: Option<Timestamp>,
    /// From when a check-in no longer counts.
    #[schema(value_type = schema::Instant)]
    pub closes_at: Timestamp,
    /// Whether those of the roster who did not come are marked absent when it closes.
    pub marks_absent: bool,
    /// When it was closed; `null`: it was not yet.
    #[schema(value_type = Option<schema::Instant>, required)]
    pub closed_at: Option<Timestamp>,
    /// Where now lies.
    pub phase: Phase,
}

/// Where an instant lies, seen from a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before it opens.
    NotOpen,
    /// While it is open, and in time.
    InTime,
    /// While it is open, after the instant from which people are late.
    Late,
    /// At or after the instant at which it closes, or was closed.
    Closed,
}

impl Session {
    /// A session as it stands at `now`.
    #[must_use]
    pub fn at(session: &session::Session, now: Timestamp) -> Self {
        Self {
            id: session.id.clone(),
            group: session.id.group().clone(),
            date: session.id.date(),
            slot: session.id.slot(),
            opens_at: session.opens_at,
            late_after: session.late_after,
            closes_at: session.closes_at,
            marks_absent: session.marks_absent,
            closed_at: session.closed_at,
            phase: match session.phase_at(now) {
                session::Phase::NotOpen => Phase::NotOpen,
                session::Phase::InTime => Phase::InTime,
                session::Phase::Late => Phase::Late,
                session::Phase::Closed => Phase::Closed,
            },
        }
    }
}
