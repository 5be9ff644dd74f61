use std::collections::{BTreeMap, BTreeSet};

use attendance_core::domain::attendee::{Attendee, Email, ExternalId, Name};
use attendance_core::domain::audit::AuditAction;
use attendance_core::domain::group::Slot;
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::RepoError;
use attendance_core::{AttendeeChange, Error};
use jiff::civil::date;

use crate::house::{House, group_id, lesson, me};

impl House {
    async fn change(&self, id: AttendeeId, change: AttendeeChange) -> Result<Attendee, Error> {
        self.attendance.change(&self.organization, id, change, &me()).await
    }

    async fn actions(&self) -> Vec<AuditAction> {
        let page = self.attendance.repo().audit(&self.organization, &PageRequest::default()).await.expect("the audit");
        page.items.into_iter().map(|entry| entry.action).collect()
    }
}

#[tokio::test]
async fn what_a_change_does_not_name_stays() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let change = AttendeeChange {
        name: Some(Name::new("Ada Lovelace").unwrap()),
        external_id: Some(Some(ExternalId::new("R-1815").unwrap())),
        ..AttendeeChange::default()
    };
    let changed = house.change(ada.id, change).await.unwrap();
    assert_eq!(changed.name, Some(Name::new("Ada Lovelace").unwrap()));
    assert_eq!(changed.external_id, Some(ExternalId::new("R-1815").unwrap()));
    assert_eq!((&changed.email, &changed.consent), (&ada.email, &ada.consent));
    assert_eq!(changed.version, ada.version + 1);
    assert!(house.notifier.forgotten().is_empty());
    assert_eq!(house.actions().await[0], AuditAction::Change);

    let change = AttendeeChange { external_id: Some(None), ..AttendeeChange::default() };
    assert_eq!(house.change(ada.id, change).await.unwrap().external_id, None);
}

#[tokio::test]
async fn an_address_that_is_given_up_is_forgotten_by_the_notifier() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let email = Some(Email::new("lovelace@example.org").unwrap());
    house.change(ada.id, AttendeeChange { email: Some(email), ..AttendeeChange::default() }).await.unwrap();
    let forgotten = house.notifier.forgotten();
    assert_eq!(forgotten.len(), 1);
    assert_eq!((&forgotten[0].1.email, &forgotten[0].1.phone), (&ada.email, &None));
}

#[tokio::test]
async fn a_change_upon_an_older_version_changes_nothing() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let change = |version| AttendeeChange { version: Some(version), email: Some(None), ..AttendeeChange::default() };
    let refused = house.change(ada.id, change(ada.version + 1)).await;
    assert!(matches!(refused, Err(Error::Repo(RepoError::Conflict))), "{refused:?}");
    assert!(house.notifier.forgotten().is_empty());
    assert_eq!(house.change(ada.id, change(ada.version)).await.unwrap().email, None);
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_is_refused() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let groups = Some(BTreeSet::from([group_id("5B")]));
    let refused = house.change(ada.id, AttendeeChange { groups, ..AttendeeChange::default() }).await;
    assert!(matches!(refused, Err(Error::UnknownGroup)), "{refused:?}");

    let attributes = Some(BTreeMap::from([("k".repeat(65), String::new())]));
    let refused = house.change(ada.id, AttendeeChange { attributes, ..AttendeeChange::default() }).await;
    assert!(matches!(refused, Err(Error::Attributes(_))), "{refused:?}");

    let mut groups = BTreeSet::from([GroupId::everyone()]);
    for n in 0..Attendee::MAX_GROUPS {
        groups.insert(house.class(&format!("g{n}"), lesson()).await);
    }
    let all = AttendeeChange { groups: Some(groups), ..AttendeeChange::default() };
    let changed = house.change(ada.id, all).await.unwrap();
    assert_eq!(changed.groups.len(), Attendee::MAX_GROUPS, "everyone is not counted");
    let one_more = house.class("one-more", lesson()).await;
    let refused = house.attendance.join_group(&house.organization, ada.id, &one_more, &me()).await;
    assert!(matches!(refused, Err(Error::TooManyGroups(_))), "{refused:?}");
    assert_eq!(house.attendance.attendee(&house.organization, ada.id).await.unwrap(), changed);

    house.attendance.erase(&house.organization, ada.id, &me()).await.unwrap();
    let refused = house.change(ada.id, AttendeeChange::default()).await;
    assert!(matches!(refused, Err(Error::Erased)), "{refused:?}");
}

#[tokio::test]
async fn who_joins_a_group_is_on_its_roster_until_they_leave() {
    let house = House::new().await;
    let ada = house.register("ada", &[]).await;
    let class = house.class("5B", lesson()).await;
    let (attendance, organization) = (&house.attendance, &house.organization);
    for _ in 0..2 {
        let joined = attendance.join_group(organization, ada.id, &class, &me()).await.unwrap();
        assert_eq!(joined.groups, BTreeSet::from([class.clone()]));
    }
    for _ in 0..2 {
        let left = attendance.leave_group(organization, ada.id, &class, &me()).await.unwrap();
        assert_eq!(left.groups, BTreeSet::new());
    }
    assert_eq!(house.actions().await[..3], [AuditAction::Change, AuditAction::Change, AuditAction::CreateGroup]);

    let everyone = GroupId::everyone();
    let joined = attendance.join_group(organization, ada.id, &everyone, &me()).await.unwrap();
    assert_eq!(joined.groups, BTreeSet::new(), "everybody is in it without being told");
    let refused = attendance.leave_group(organization, ada.id, &everyone, &me()).await;
    assert!(matches!(refused, Err(Error::EveryoneStays)), "{refused:?}");
    for unknown in [
        attendance.join_group(organization, ada.id, &group_id("6C"), &me()).await,
        attendance.leave_group(organization, ada.id, &group_id("6C"), &me()).await,
    ] {
        assert!(matches!(unknown, Err(Error::UnknownGroup)), "{unknown:?}");
    }
}

#[tokio::test]
async fn the_sessions_of_a_group_are_those_that_are_stored_and_those_that_are_planned() {
    let house = House::new().await;
    let class = house.class("5B", Slot { days: vec![attendance_core::domain::group::Day::Monday], ..lesson() }).await;
    let (attendance, organization) = (&house.attendance, &house.organization);
    let (from, to) = (date(2026, 11, 16), date(2026, 11, 30));
    let ids = |sessions: Vec<attendance_core::domain::session::Session>| {
        sessions.into_iter().map(|session| session.id.to_string()).collect::<Vec<_>>()
    };
    let planned = ["5B.2026-11-16.0", "5B.2026-11-23.0", "5B.2026-11-30.0"];
    assert_eq!(ids(attendance.sessions(organization, &class, from, to).await.unwrap()), planned);

    // Closed, it is stored: listed once, at its place.
    let today = "5B.2026-11-23.0".parse().unwrap();
    attendance.close_session(organization, &today, &me()).await.unwrap();
    let sessions = attendance.sessions(organization, &class, from, to).await.unwrap();
    assert!(sessions[1].closed_at.is_some());
    assert_eq!(ids(sessions), planned);

    let reversed = attendance.sessions(organization, &class, to, from).await;
    assert!(matches!(reversed, Err(Error::RangeReversed { .. })), "{reversed:?}");
    let unknown = attendance.sessions(organization, &group_id("6C"), from, to).await;
    assert!(matches!(unknown, Err(Error::UnknownGroup)), "{unknown:?}");
}
