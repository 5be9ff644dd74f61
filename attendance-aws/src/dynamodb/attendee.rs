//! An attendee as it is stored, and all that changes with it: external id, rosters, whether an erasure has begun.

use std::collections::BTreeSet;

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::Entity;
use aws_sdk_dynamodb::types::AttributeValue;

use super::DynamoAttendanceRepo;
use super::items::{Item, body, marker, unreadable, versioned};
use super::keys;
use super::transact::{Action, Condition};

/// The attribute that says whose an external id or a subject is.
pub(crate) const ATTENDEE: &str = "attendee";

/// The attribute that says whether there is a tombstone.
const ERASED: &str = "erased";

/// The attribute that names the rosters in which the attendee has a line.
const ROSTERS: &str = "rosters";

/// An attendee and the rosters in which there is a line of them: those of their groups, and perhaps of groups that they
/// left, whose lines lead to nobody who is wanted.
pub(crate) struct StoredAttendee {
    pub(crate) attendee: Attendee,
    pub(crate) rosters: BTreeSet<GroupId>,
}

impl StoredAttendee {
    fn read(item: &Item) -> Result<Self, RepoError> {
        let rosters = match item.get(ROSTERS) {
            None => BTreeSet::new(),
            Some(groups) => {
                let groups = groups.as_ss().map_err(|_| unreadable())?.iter();
                groups.map(|group| group.parse().map_err(|_| unreadable())).collect::<Result<_, _>>()?
            }
        };
        Ok(Self { attendee: body(item)?, rosters })
    }

    fn item(&self, organization: &OrganizationId) -> Result<Item, RepoError> {
        let key = keys::attendee(organization, self.attendee.id);
        let mut item = versioned(key, &self.attendee, self.attendee.version)?;
        item.insert(ERASED.to_owned(), AttributeValue::Bool(self.attendee.is_erased()));
        if !self.rosters.is_empty() {
            let groups = self.rosters.iter().map(|group| group.as_str().to_owned()).collect();
            item.insert(ROSTERS.to_owned(), AttributeValue::Ss(groups));
        }
        Ok(item)
    }

    /// There is such an attendee, and no tombstone.
    pub(crate) fn living() -> Condition {
        Condition {
            expression: "attribute_exists(pk) AND erased = :erased",
            values: vec![(":erased", AttributeValue::Bool(false))],
        }
    }
}

fn is_being_erased(attendee: &Attendee) -> bool {
    attendee.tombstone.is_some_and(|tombstone| tombstone.completed_at.is_none())
}

/// What makes an attendee of `before` the one of `after`, in at most `room` actions. The first one is refused where
/// another version is stored, the second one where the external id is somebody else's.
///
/// Lines of rosters that were left and for which there is no room stay, and are named by the attendee until a later
/// change takes them away.
pub(crate) fn changes(
    organization: &OrganizationId,
    before: Option<&StoredAttendee>,
    after: &Attendee,
    room: usize,
) -> Result<Vec<Action>, RepoError> {
    let id = after.id;
    let mut actions = Vec::new();
    let external_id = before.and_then(|before| before.attendee.external_id.as_ref());
    if external_id != after.external_id.as_ref() {
        if let Some(new) = &after.external_id {
            let mut holder = marker(keys::external_id(organization, new));
            let this = AttributeValue::S(id.to_string());
            holder.insert(ATTENDEE.to_owned(), this.clone());
            let free = Condition {
                expression: "attribute_not_exists(pk) OR attendee = :attendee",
                values: vec![(":attendee", this)],
            };
            actions.push(Action::Put(holder, Some(free)));
        }
        actions.extend(external_id.map(|old| Action::Delete(keys::external_id(organization, old), None)));
    }
    match (before.is_some_and(|before| is_being_erased(&before.attendee)), is_being_erased(after)) {
        (false, true) => actions.push(Action::Put(marker(keys::being_erased(organization, id)), None)),
        (true, false) => actions.push(Action::Delete(keys::being_erased(organization, id), None)),
        _ => {}
    }
    let mut rosters: BTreeSet<_> = after.groups.iter().filter(|group| !group.is_everyone()).cloned().collect();
    let lines = before.map(|before| before.rosters.clone()).unwrap_or_default();
    let joined = rosters.difference(&lines).map(|group| marker(keys::on_roster(organization, group, id)));
    actions.extend(joined.map(|line| Action::Put(line, None)));
    let mut room = room.saturating_sub(actions.len() + 1);
    for left in lines.difference(&rosters.clone()) {
        if room > 0 {
            actions.push(Action::Delete(keys::on_roster(organization, left, id), None));
            room -= 1;
        } else {
            rosters.insert(left.clone());
        }
    }
    let condition = before.map_or_else(Condition::absent, |before| Condition::version(before.attendee.version));
    let stored = StoredAttendee { attendee: after.clone(), rosters };
    actions.insert(0, Action::Put(stored.item(organization)?, Some(condition)));
    Ok(actions)
}

impl DynamoAttendanceRepo {
    /// The attendee as it is now.
    pub(crate) async fn stored_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<StoredAttendee, RepoError> {
        match self.get(keys::attendee(organization, attendee)).await? {
            Some(item) => StoredAttendee::read(&item),
            None => Err(self.refusal(organization, RepoError::NotFound(Entity::Attendee)).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::attendee::Name;
    use jiff::Timestamp;

    use super::*;

    fn in_groups(prefix: &str) -> Attendee {
        let mut attendee = Attendee::new(AttendeeId::fresh(), Name::new("Ada").unwrap(), Timestamp::UNIX_EPOCH);
        attendee.groups = (0..Attendee::MAX_GROUPS).map(|n| format!("{prefix}{n}").parse().unwrap()).collect();
        attendee
    }

    #[test]
    fn whoever_changes_every_group_keeps_lines_that_later_changes_take_away() {
        let organization = OrganizationId::new("school").unwrap();
        let first = in_groups("a");
        let mut rosters = first.groups.clone();
        let mut before = first;
        let after = Attendee { groups: in_groups("b").groups, ..before.clone() };
        for expected in [64 + 64 - 35, 64] {
            let stored = StoredAttendee { attendee: before.clone(), rosters: rosters.clone() };
            let actions = changes(&organization, Some(&stored), &after, 100).unwrap();
            assert!(actions.len() <= 100);
            let Action::Put(item, _) = &actions[0] else { panic!("{actions:?}") };
            let stored = StoredAttendee::read(item).unwrap();
            assert_eq!(stored.rosters.len(), expected);
            assert!(stored.rosters.is_superset(&after.groups));
            let removed = actions.iter().filter(|action| matches!(action, Action::Delete(..))).count();
            assert_eq!(removed, rosters.union(&after.groups).count() - expected, "every other line is named");
            (before, rosters) = (stored.attendee, stored.rosters);
        }
    }
}
