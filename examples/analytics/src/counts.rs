use std::collections::{BTreeMap, HashSet};

use attendance_core::domain::event::{Event, EventData, EventId};
use attendance_core::domain::ids::{GroupId, OrganizationId};
use attendance_core::domain::record::Status;
use jiff::Timestamp;
use serde_json::Value;

use crate::metrics::line;

/// What is counted together: an organization, a group of it if there is one, and the minute since 1970.
type Place = (OrganizationId, Option<GroupId>, i64);

/// What happened at one place in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// First records of somebody who came, in time or late.
    pub(crate) arrivals: u32,
    /// Those of them who were late.
    pub(crate) late: u32,
    /// Faces that matched nobody.
    pub(crate) strangers: u32,
}

/// What a batch of events counts up to; an event that is in it twice counts once.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    seen: HashSet<(OrganizationId, EventId)>,
    counts: BTreeMap<Place, Count>,
}

impl Counts {
    pub(crate) fn add(&mut self, event: &Event) {
        let (group, at, count) = match &event.data {
            EventData::Record { session, status, at, version: 1, .. } => {
                let late = match status {
                    Status::Present => 0,
                    Status::Late => 1,
                    Status::Absent | Status::Excused => return,
                };
                (Some(session.group().clone()), *at, Count { arrivals: 1, late, strangers: 0 })
            }
            EventData::Stranger { .. } => (None, event.time, Count { strangers: 1, ..Count::default() }),
            _ => return,
        };
        if !self.seen.insert((event.organization.clone(), event.id.clone())) {
            return;
        }
        let place = (event.organization.clone(), group, at.as_second().div_euclid(60));
        let sum = self.counts.entry(place).or_default();
        sum.arrivals += count.arrivals;
        sum.late += count.late;
        sum.strangers += count.strangers;
    }

    /// A line of metrics for each place and minute.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Value> {
        self.counts.iter().map(|((organization, group, minute), count)| {
            let at = Timestamp::from_second(minute * 60).unwrap_or_default();
            line(organization, group.as_ref(), at, *count)
        })
    }
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::attendee::EnrolmentState;
    use attendance_core::domain::ids::{AttendeeId, CheckInId};

    use super::*;

    fn record(group: &str, status: Status, version: u32, second: i64) -> Event {
        let (session, attendee) = (format!("{group}.2026-11-21.0"), AttendeeId::fresh());
        Event {
            id: EventId::new(format!("{session}:{attendee}:v{version}")).unwrap(),
            organization: OrganizationId::new("school").unwrap(),
            time: Timestamp::from_second(second).unwrap(),
            correlation: None,
            data: EventData::Record {
                session: session.parse().unwrap(),
                attendee,
                status,
                at: Timestamp::from_second(second).unwrap(),
                version,
            },
        }
    }

    fn counted(events: &[Event]) -> Vec<(Option<&str>, i64, Count)> {
        let counts = events.iter().fold(Counts::default(), |mut counts, event| {
            counts.add(event);
            counts
        });
        let counts: &'static Counts = Box::leak(Box::new(counts));
        let of = |((_, group, minute), count): (&'static Place, &'static Count)| {
            (group.as_ref().map(GroupId::as_str), *minute, *count)
        };
        counts.counts.iter().map(of).collect()
    }

    #[test]
    fn arrivals_are_counted_by_group_and_minute() {
        let events = [
            record("5B", Status::Present, 1, 0),
            record("5B", Status::Late, 1, 59),
            record("5B", Status::Late, 1, 60),
            record("6A", Status::Present, 1, 61),
        ];
        let count = |arrivals, late| Count { arrivals, late, strangers: 0 };
        let expected = [(Some("5B"), 0, count(2, 1)), (Some("5B"), 1, count(1, 1)), (Some("6A"), 1, count(1, 0))];
        assert_eq!(counted(&events), expected);
    }

    #[test]
    fn corrections_and_those_who_did_not_come_are_no_arrivals() {
        let attendee = AttendeeId::fresh();
        let school = OrganizationId::new("school").unwrap();
        let enrolled = Event::of_enrolment(&school, attendee, EnrolmentState::Active, 1, Timestamp::UNIX_EPOCH);
        let events = [
            record("5B", Status::Present, 2, 0),
            record("5B", Status::Absent, 1, 0),
            record("5B", Status::Excused, 1, 0),
            enrolled,
        ];
        assert_eq!(counted(&events), []);
    }

    #[test]
    fn an_event_that_is_twice_in_a_batch_counts_once() {
        let school = OrganizationId::new("school").unwrap();
        let stranger = |face| {
            Event::of_stranger(&school, &CheckInId::new("c-1").unwrap(), face, Timestamp::from_second(-1).unwrap())
        };
        let expected = [(None, -1, Count { strangers: 2, ..Count::default() })];
        assert_eq!(counted(&[stranger(0), stranger(1), stranger(0)]), expected);
    }
}
