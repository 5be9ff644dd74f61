//! Classes, departments, shifts, and when they meet.

use attendance_core::domain::attendee::Name;
use attendance_core::domain::group::{self, Day};
use attendance_core::domain::ids::GroupId;
use attendance_core::domain::zone::Zone;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::object::{objects, optional_objects};
use super::{schema, time};

/// A roster and its timetable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// Chosen by the organization.
    #[schema(value_type = schema::GroupId)]
    pub id: GroupId,
    /// What people call it; `null` shows the id.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// The zone of its local dates and times.
    #[schema(value_type = schema::Zone)]
    pub zone: Zone,
    /// When it meets.
    #[schema(max_items = 100)]
    pub timetable: Vec<Slot>,
    /// Counts stored changes.
    pub version: u32,
}

/// A group that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// Chosen by the organization.
    #[schema(value_type = schema::GroupId)]
    pub id: GroupId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Name>)]
    pub name: Option<Name>,
    /// The zone of its local dates and times; left out: the organization's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Zone>)]
    pub zone: Option<Zone>,
    /// When it meets; left out: the whole day, every day.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_objects")]
    #[schema(max_items = 100)]
    pub timetable: Option<Vec<Slot>>,
}

/// What a group is to be from now on. Sessions that came to be stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupChange {
    /// What people call it; `null` shows the id.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// The zone of its local dates and times.
    #[schema(value_type = schema::Zone)]
    pub zone: Zone,
    /// When it meets.
    #[serde(deserialize_with = "objects")]
    #[schema(max_items = 100)]
    pub timetable: Vec<Slot>,
    /// The version that the change is made upon; another one that is stored is a `conflict`.
    #[schema(maximum = 4_294_967_295_u32)]
    pub version: u32,
}

/// One line of a timetable. All times are local to the group's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Distinguishes the sessions of one date; each slot has a number of its own.
    #[schema(minimum = 0, maximum = 99)]
    pub number: u8,
    /// On which days of the week it opens.
    #[schema(value_type = Vec<schema::Day>, min_items = 1, max_items = 7)]
    pub days: Vec<Day>,
    /// From when a check-in counts.
    #[serde(deserialize_with = "time::read_time")]
    #[schema(value_type = schema::Time)]
    pub opens: Time,
    /// After when a check-in counts as late; `null`: never.
    #[serde(default, deserialize_with = "time::read_optional_time")]
    #[schema(value_type = Option<schema::Time>)]
    pub late_after: Option<Time>,
    /// From when a check-in no longer counts. At or before `opens` it is on the next day.
    #[serde(deserialize_with = "time::read_time")]
    #[schema(value_type = schema::Time)]
    pub closes: Time,
    /// Whether those of the roster who did not come are marked absent when the session closes.
    pub marks_absent: bool,
}

impl NewGroup {
    /// The group, in its own zone or in the organization's.
    #[must_use]
    pub fn in_zone(self, zone: &Zone) -> group::Group {
        let mut made = group::Group::new(self.id, self.zone.unwrap_or_else(|| zone.clone()));
        made.name = self.name;
        if let Some(timetable) = self.timetable {
            made.timetable = timetable.into_iter().map(group::Slot::from).collect();
        }
        made
    }
}

impl GroupChange {
    /// The group of that id as it is to be.
    #[must_use]
    pub fn of(self, id: GroupId) -> group::Group {
        let timetable = self.timetable.into_iter().map(group::Slot::from).collect();
        group::Group { id, name: self.name, zone: self.zone, timetable, version: self.version }
    }
}

impl From<group::Group> for Group {
    fn from(group: group::Group) -> Self {
        let timetable = group.timetable.into_iter().map(Slot::from).collect();
        Self { id: group.id, name: group.name, zone: group.zone, timetable, version: group.version }
    }
}

impl From<group::Slot> for Slot {
    fn from(slot: group::Slot) -> Self {
        let group::Slot { number, days, opens, late_after, closes, marks_absent } = slot;
        Self { number, days, opens, late_after, closes, marks_absent }
    }
}

impl From<Slot> for group::Slot {
    fn from(slot: Slot) -> Self {
        let Slot { number, mut days, opens, late_after, closes, marks_absent } = slot;
        days.sort_unstable_by_key(|day| Day::ALL.iter().position(|other| other == day));
        days.dedup();
        Self { number, days, opens, late_after, closes, marks_absent }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn days_are_kept_once_and_in_the_order_of_the_week() {
        let slot: Slot = serde_json::from_value(json!({
            "number": 0, "days": ["sunday", "monday", "sunday"], "opens": "08:00", "closes": "09:00:00",
            "marks_absent": true,
        }))
        .unwrap();
        assert_eq!(group::Slot::from(slot).days, [Day::Monday, Day::Sunday]);
    }
}
