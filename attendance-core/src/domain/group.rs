//! Classes, departments, shifts, and when they meet.

use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};

use super::attendee::Name;
use super::ids::GroupId;
use super::session::{Session, SessionId};
use super::zone::Zone;

/// A roster and its timetable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Chosen by the organization.
    pub id: GroupId,
    /// What people call it; `None` shows the id.
    pub name: Option<Name>,
    /// The zone of its local dates and times.
    pub zone: Zone,
    /// When it meets; at most [`Group::MAX_SLOTS`], with different numbers.
    pub timetable: Vec<Slot>,
    /// Counts stored changes; 0 until stored. A save with an older version is refused.
    pub version: u32,
}

/// One line of a timetable: when a group meets on certain days of the week. All times are local to the group's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Distinguishes the sessions of one date, 0 to 99.
    pub number: u8,
    /// On which days of the week it opens.
    pub days: Vec<Day>,
    /// From when a check-in counts.
    pub opens: Time,
    /// After when a check-in counts as late; `None`: never.
    pub late_after: Option<Time>,
    /// From when a check-in no longer counts. At or before `opens` it is on the next day: a night shift, a whole day.
    pub closes: Time,
    /// Whether those of the roster who did not come are marked absent when the session closes.
    pub marks_absent: bool,
}

/// A day of the week, written `monday` to `sunday`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    /// The week, from Monday on.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// The day of the week of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        match date.weekday() {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A timetable that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTimetable {
    /// Too many slots.
    #[error("a group has at most 100 slots")]
    TooManySlots,
    /// A slot number above 99 or used twice.
    #[error("each slot needs a number of its own, 0 to 99: {0} is not")]
    Number(u8),
    /// A slot that never meets.
    #[error("slot {0} needs at least one day of the week")]
    NoDays(u8),
    /// Lateness outside of the session.
    #[error("late-after of slot {0} must lie between its opening and its closing")]
    Late(u8),
}

impl Slot {
    /// From midnight to midnight, on every day, nobody is late and nobody is marked absent.
    #[must_use]
    pub fn whole_day() -> Self {
        Self {
            number: 0,
            days: Day::ALL.to_vec(),
            opens: Time::midnight(),
            late_after: None,
            closes: Time::midnight(),
            marks_absent: false,
        }
    }
}

impl Group {
    /// The most slots of one group.
    pub const MAX_SLOTS: usize = 100;

    /// A group that meets the whole day, every day.
    #[must_use]
    pub fn new(id: GroupId, zone: Zone) -> Self {
        Self { id, name: None, zone, timetable: vec![Slot::whole_day()], version: 0 }
    }

    /// Checks the timetable.
    ///
    /// # Errors
    /// [`InvalidTimetable`] names the slot and the rule.
    pub fn check_timetable(&self) -> Result<(), InvalidTimetable> {
        if self.timetable.len() > Self::MAX_SLOTS {
            return Err(InvalidTimetable::TooManySlots);
        }
        for (index, slot) in self.timetable.iter().enumerate() {
            if slot.number > 99 || self.timetable[..index].iter().any(|other| other.number == slot.number) {
                return Err(InvalidTimetable::Number(slot.number));
            }
            if slot.days.is_empty() {
                return Err(InvalidTimetable::NoDays(slot.number));
            }
            let session = self.session(Date::constant(2001, 1, 1), slot);
            if session.late_after.is_some_and(|late| late > session.closes_at) {
                return Err(InvalidTimetable::Late(slot.number));
            }
        }
        Ok(())
    }

    /// The sessions that the timetable has on that local date. One that would close before it opens, since the clocks skip
    /// its time, is not held.
    #[must_use]
    pub fn sessions_on(&self, date: Date) -> Vec<Session> {
        let meets = |slot: &&Slot| slot.days.contains(&Day::of(date));
        let sessions = self.timetable.iter().filter(meets).map(|slot| self.session(date, slot));
        sessions.filter(|session| session.opens_at < session.closes_at).collect()
    }

    /// The session of `slot` on `date`, by the clocks of the group's zone: on the days on which these change, the
    /// session is as much longer or shorter as the clocks say.
    fn session(&self, date: Date, slot: &Slot) -> Session {
        let next = |time: Time| {
            let day = if time <= slot.opens { date.saturating_add(jiff::Span::new().days(1)) } else { date };
            self.zone.instant(day.to_datetime(time))
        };
        Session {
            id: SessionId::new(&self.id, date, slot.number),
            opens_at: self.zone.instant(date.to_datetime(slot.opens)),
            late_after: slot
                .late_after
                .map(|time| if time == slot.opens { self.zone.instant(date.to_datetime(time)) } else { next(time) }),
            closes_at: next(slot.closes),
            marks_absent: slot.marks_absent,
            closed_at: None,
        }
    }

    /// Whether it has a timetable.
    #[must_use]
    pub fn meets(&self) -> bool {
        !self.timetable.is_empty()
    }

    /// The group of everybody, as every organization gets it.
    #[must_use]
    pub fn everyone(zone: Zone) -> Self {
        Self::new(GroupId::everyone(), zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn berlin(slot: Slot) -> Group {
        let mut group = Group::new(GroupId::new("5B").unwrap(), Zone::new("Europe/Berlin").unwrap());
        group.timetable = vec![slot];
        group
    }

    #[test]
    fn a_night_shift_closes_on_the_next_day() {
        let group = berlin(Slot {
            opens: time(22, 0, 0, 0),
            late_after: Some(time(0, 15, 0, 0)),
            closes: time(6, 0, 0, 0),
            ..Slot::whole_day()
        });
        group.check_timetable().unwrap();
        let session = &group.sessions_on(date(2026, 11, 21))[0];
        assert_eq!(session.id.to_string(), "5B.2026-11-21.0");
        assert_eq!(session.opens_at.to_string(), "2026-11-21T21:00:00Z");
        assert_eq!(session.late_after.unwrap().to_string(), "2026-11-21T23:15:00Z");
        assert_eq!(session.closes_at.to_string(), "2026-11-22T05:00:00Z");
    }

    #[test]
    fn the_day_on_which_clocks_go_back_has_25_hours_and_the_other_one_23() {
        let group = berlin(Slot::whole_day());
        let hours = |date| {
            let session = &group.sessions_on(date)[0];
            session.closes_at.duration_since(session.opens_at).as_hours()
        };
        assert_eq!(hours(date(2026, 10, 25)), 25);
        assert_eq!(hours(date(2026, 3, 29)), 23);
        assert_eq!(hours(date(2026, 11, 21)), 24);
    }

    #[test]
    fn an_opening_that_the_clocks_skip_is_an_hour_later() {
        let group = berlin(Slot { opens: time(2, 30, 0, 0), closes: time(5, 0, 0, 0), ..Slot::whole_day() });
        let session = &group.sessions_on(date(2026, 3, 29))[0];
        assert_eq!(session.opens_at.to_string(), "2026-03-29T01:30:00Z");
    }

    #[test]
    fn a_session_whose_time_the_clocks_skip_is_not_held() {
        let slot = Slot { opens: time(2, 30, 0, 0), closes: time(3, 0, 0, 0), ..Slot::whole_day() };
        assert!(berlin(slot.clone()).sessions_on(date(2026, 3, 29)).is_empty());
        assert_eq!(berlin(slot.clone()).sessions_on(date(2026, 3, 28)).len(), 1);
        assert_eq!(berlin(slot).sessions_on(date(2026, 10, 25)).len(), 1);
    }

    #[test]
    fn a_timetable_that_makes_no_sense_is_refused() {
        let late = Slot {
            opens: time(8, 0, 0, 0),
            late_after: Some(time(7, 0, 0, 0)),
            closes: time(9, 0, 0, 0),
            ..Slot::whole_day()
        };
        assert_eq!(berlin(late).check_timetable(), Err(InvalidTimetable::Late(0)));
        assert_eq!(
            berlin(Slot { days: vec![], ..Slot::whole_day() }).check_timetable(),
            Err(InvalidTimetable::NoDays(0))
        );
        let mut twice = berlin(Slot::whole_day());
        twice.timetable.push(Slot::whole_day());
        assert_eq!(twice.check_timetable(), Err(InvalidTimetable::Number(0)));
    }

    #[test]
    fn a_date_without_its_weekday_has_no_session() {
        let group = berlin(Slot { days: vec![Day::Monday], ..Slot::whole_day() });
        assert!(group.sessions_on(date(2026, 11, 21)).is_empty());
        assert_eq!(group.sessions_on(date(2026, 11, 23)).len(), 1);
    }
}
