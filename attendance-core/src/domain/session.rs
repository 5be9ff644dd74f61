//! One dated occurrence of a group.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::InvalidText;
use super::ids::GroupId;

/// Which session: its group, its local date and its slot, written `group.2026-11-21.0`. Derived, so that two machines
/// mean the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId {
    group: GroupId,
    date: Date,
    slot: u8,
}

impl SessionId {
    /// The session of that group on that local date in that slot (0 to 99).
    #[must_use]
    pub fn new(group: &GroupId, date: Date, slot: u8) -> Self {
        Self { group: group.clone(), date, slot: slot.min(99) }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &GroupId {
        &self.group
    }

    /// The date on which it opens, in the group's zone.
    #[must_use]
    pub fn date(&self) -> Date {
        self.date
    }

    /// The slot of the group's timetable, 0 to 99.
    #[must_use]
    pub fn slot(&self) -> u8 {
        self.slot
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.group, self.date, self.slot)
    }
}

impl std::str::FromStr for SessionId {
    type Err = InvalidText;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = InvalidText { what: "a session's id", rule: "group.date.slot, such as 5B.2026-11-21.0" };
        let mut parts = text.split('.');
        let (Some(group), Some(date), Some(slot), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(invalid);
        };
        let id = (|| {
            let (group, date, slot) = (GroupId::new(group).ok()?, date.parse().ok()?, slot.parse().ok()?);
            Some(Self { group, date, slot })
        })();
        // Only the one canonical spelling names a session: "5B.20261121.00" does not.
        id.filter(|id| id.slot <= 99 && id.to_string() == text).ok_or(invalid)
    }
}

impl TryFrom<String> for SessionId {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> String {
        id.to_string()
    }
}

/// When a session counts check-ins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Group, local date, slot.
    pub id: SessionId,
    /// From when a check-in counts.
    pub opens_at: Timestamp,
    /// After when a check-in counts as late; `None`: never.
    pub late_after: Option<Timestamp>,
    /// From when a check-in no longer counts.
    pub closes_at: Timestamp,
    /// Whether those of the roster who did not come are marked absent when the session closes.
    pub marks_absent: bool,
    /// When it was closed, by hand or by the sweep.
    pub closed_at: Option<Timestamp>,
}

/// Where an instant lies, seen from a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before it opens.
    NotOpen,
    /// While it is open, and in time.
    InTime,
    /// While it is open, after the instant from which people are late.
    Late,
    /// At or after the instant at which it closes, or was closed by hand.
    Closed,
}

impl Session {
    /// Where that instant lies.
    #[must_use]
    pub fn phase_at(&self, instant: Timestamp) -> Phase {
        let closes_at = self.ended_at();
        if instant < self.opens_at {
            Phase::NotOpen
        } else if instant >= closes_at {
            Phase::Closed
        } else if self.late_after.is_some_and(|late| instant > late) {
            Phase::Late
        } else {
            Phase::InTime
        }
    }

    /// From when a check-in no longer counts: when it closes, or was closed by hand before.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.closed_at.map_or(self.closes_at, |closed| closed.min(self.closes_at))
    }

    /// Whether a check-in of that instant counts.
    #[must_use]
    pub fn is_open_at(&self, instant: Timestamp) -> bool {
        matches!(self.phase_at(instant), Phase::InTime | Phase::Late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_has_one_spelling() {
        let id: SessionId = "5B.2026-11-21.0".parse().unwrap();
        assert_eq!((id.group().as_str(), id.date(), id.slot()), ("5B", jiff::civil::date(2026, 11, 21), 0));
        for bad in
            ["", "5B", "5B.2026-11-21", "5B.2026-11-31.0", "5B.20261121.0", "5B.2026-11-21.00", "5B.2026-11-21.100"]
        {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lateness_begins_after_its_instant_and_closing_at_its_own() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let mut session = Session {
            id: "5B.2026-11-21.0".parse().unwrap(),
            opens_at: at(100),
            late_after: Some(at(150)),
            closes_at: at(200),
            marks_absent: true,
            closed_at: None,
        };
        let phases = |session: &Session| [99, 100, 150, 151, 199, 200].map(|second| session.phase_at(at(second)));
        use Phase::*;
        assert_eq!(phases(&session), [NotOpen, InTime, InTime, Late, Late, Closed]);
        session.closed_at = Some(at(151));
        assert_eq!(phases(&session), [NotOpen, InTime, InTime, Closed, Closed, Closed]);
        session.closed_at = Some(at(260));
        assert_eq!(phases(&session), [NotOpen, InTime, InTime, Late, Late, Closed]);
    }
}
