//! Where everything lies: one table, two string keys, no index.
//!
//! An organization's id, a group's and a check-in's hold no `#`, so that no key of one organization can be another's.
//! External ids, subjects and deliveries are in keys only as SHA-256 hashes, since keys show up in metrics and trails.
//! Instants are written as 16 hexadecimal digits that sort; a slot has two digits, a version ten. A *shard* is one of 8
//! partitions, chosen by a hash of what is named in brackets.
//!
//! | item | `pk` | `sk` | read for |
//! | --- | --- | --- | --- |
//! | organization | `{org}#organization` | `organization` | one organization |
//! | its line in the list | `organizations` | `{org}` | all organizations by id |
//! | group | `{org}#groups` | `{group}` | one group, all groups by id |
//! | attendee | `{org}#attendees` | `{attendee}` | some by id, all by id |
//! | line in a roster | `{org}#roster#{group}` | `{attendee}` | a group's attendees by id |
//! | erasure begun | `{org}#erasing` | `{attendee}` | whose erasure is not complete |
//! | external id | `{org}#external-id#{hash}` | `external-id` | who has it; that nobody else gets it |
//! | subject | `{org}#subject#{hash}` | `subject` | as whom somebody signs in |
//! | session | `{org}#sessions` | `{date}#{group}#{slot}` | one session, sessions by date, group, slot |
//! | session to be closed | `{org}#due` | `{closes at}#{date}#{group}#{slot}` | what is due, the earliest first |
//! | check-in | `{org}#check-in#{id}` | `check-in` | one check-in; that it is written once |
//! | its line in the list | `{org}#check-ins#{shard}` \[id] | `{captured at}#{id}` | check-ins, the latest first |
//! | record | `{org}#records#{shard}` \[attendee] | `{date}#{group}#{slot}#{attendee}` | one record; records by date, group, slot, attendee |
//! | an attendee's record | `{org}#attendee#{attendee}` | `record#{date}#{group}#{slot}` | one attendee's records; erasure |
//! | an earlier version | `{org}#attendee#{attendee}` | `history#{date}#{group}#{slot}#{version}` | a record's history; erasure |
//! | a check-in naming somebody | `{org}#attendee#{attendee}` | `check-in#{captured at}#{id}` | the check-ins that name an attendee |
//! | an attendee's subject | `{org}#attendee#{attendee}` | `subject#{hash}` | erasure |
//! | pending event | `{org}#outbox#{target}#{shard}` \[id] | `outbox#{time}#{event}` | what one target has not acknowledged, the oldest first; that it is pending once |
//! | delivery | `{org}#delivery#{hash}` | `delivery` | who may deliver |
//! | line of the audit | `{org}#audit#{shard}` \[id] | `{at}#{id}` | the audit, the latest first |
//!
//! Lines in lists and an attendee's items are pointers: what they lead to says what is true, and a pointer that leads
//! to something else is passed over.

use attendance_core::domain::attendee::ExternalId;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use attendance_core::domain::session::{Session, SessionId};
use attendance_core::ports::attendance_repo::{Delivery, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

/// Over how many partitions of an organization is spread what a busy day writes.
pub(crate) const SHARDS: u8 = 8;

/// Sorts before every part of a key.
pub(crate) const FIRST: &str = " ";

/// Sorts after every part of a key.
pub(crate) const LAST: &str = "~";

/// The partition in which all organizations are listed.
pub(crate) const ORGANIZATIONS: &str = "organizations";

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

fn key(pk: impl Into<String>, sk: impl Into<String>) -> Key {
    Key { pk: pk.into(), sk: sk.into() }
}

/// SHA-256 of texts, each with its length before it, in hexadecimal digits.
fn hash(texts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for text in texts {
        sha.update(text.len().to_be_bytes());
        sha.update(text.as_bytes());
    }
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The shard of what has that name: stable for ever, and even.
fn shard(name: &str) -> u8 {
    Sha256::digest(name.as_bytes())[0] % SHARDS
}

/// A text that sorts as the instant does, to the microsecond.
pub(crate) fn instant(instant: Timestamp) -> String {
    format!("{:016x}", instant.as_microsecond().cast_unsigned() ^ (1 << 63))
}

/// Whether a text is one that [`instant`] writes.
pub(crate) fn is_instant(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn organization(organization: &OrganizationId) -> Key {
    key(format!("{organization}#organization"), "organization")
}

pub(crate) fn listed_organization(organization: &OrganizationId) -> Key {
    key(ORGANIZATIONS, organization.as_str())
}

pub(crate) fn groups(organization: &OrganizationId) -> String {
    format!("{organization}#groups")
}

pub(crate) fn group(organization: &OrganizationId, group: &GroupId) -> Key {
    key(groups(organization), group.as_str())
}

pub(crate) fn attendees(organization: &OrganizationId) -> String {
    format!("{organization}#attendees")
}

pub(crate) fn attendee(organization: &OrganizationId, attendee: AttendeeId) -> Key {
    key(attendees(organization), attendee.to_string())
}

pub(crate) fn roster(organization: &OrganizationId, group: &GroupId) -> String {
    format!("{organization}#roster#{group}")
}

pub(crate) fn on_roster(organization: &OrganizationId, group: &GroupId, attendee: AttendeeId) -> Key {
    key(roster(organization, group), attendee.to_string())
}

pub(crate) fn erasing(organization: &OrganizationId) -> String {
    format!("{organization}#erasing")
}

pub(crate) fn being_erased(organization: &OrganizationId, attendee: AttendeeId) -> Key {
    key(erasing(organization), attendee.to_string())
}

pub(crate) fn external_id(organization: &OrganizationId, external_id: &ExternalId) -> Key {
    let hash = hash(&[organization.as_str(), external_id.as_str()]);
    key(format!("{organization}#external-id#{hash}"), "external-id")
}

fn subject_hash(organization: &OrganizationId, subject: &Subject) -> String {
    hash(&[organization.as_str(), &subject.issuer, &subject.subject])
}

pub(crate) fn subject(organization: &OrganizationId, subject: &Subject) -> Key {
    subject_of_hash(organization, &subject_hash(organization, subject))
}

pub(crate) fn subject_of_hash(organization: &OrganizationId, hash: &str) -> Key {
    key(format!("{organization}#subject#{hash}"), "subject")
}

/// Everything that must be found when an attendee is erased.
pub(crate) fn of_attendee(organization: &OrganizationId, attendee: AttendeeId) -> String {
    format!("{organization}#attendee#{attendee}")
}

pub(crate) const SUBJECTS: &str = "subject#";
pub(crate) const RECORDS: &str = "record#";
pub(crate) const HISTORY: &str = "history#";
pub(crate) const CHECK_INS: &str = "check-in#";

pub(crate) fn attendees_subject(organization: &OrganizationId, attendee: AttendeeId, subject: &Subject) -> Key {
    let hash = subject_hash(organization, subject);
    key(of_attendee(organization, attendee), format!("{SUBJECTS}{hash}"))
}

pub(crate) fn sessions(organization: &OrganizationId) -> String {
    format!("{organization}#sessions")
}

/// Date, group and slot, as they sort.
pub(crate) fn place(session: &SessionId) -> String {
    format!("{}#{}#{:02}", session.date(), session.group(), session.slot())
}

/// The session whose [`place`] that is.
pub(crate) fn session_at(place: &str) -> Option<SessionId> {
    let mut parts = place.split('#');
    let (date, group, slot) = (parts.next()?, parts.next()?, parts.next()?);
    let session = SessionId::new(&group.parse().ok()?, date.parse().ok()?, slot.parse().ok()?);
    (parts.next().is_none()).then_some(session)
}

/// Before every place of that date and, if one is named, of that group.
pub(crate) fn from_place(date: Date, group: Option<&GroupId>) -> String {
    group.map_or_else(|| format!("{date}#"), |group| format!("{date}#{group}#"))
}

/// After every place of that date.
pub(crate) fn to_place(date: Date) -> String {
    format!("{date}#{LAST}")
}

pub(crate) fn session(organization: &OrganizationId, session: &SessionId) -> Key {
    key(sessions(organization), place(session))
}

pub(crate) fn due(organization: &OrganizationId) -> String {
    format!("{organization}#due")
}

pub(crate) fn due_session(organization: &OrganizationId, session: &Session) -> Key {
    key(due(organization), format!("{}#{}", instant(session.closes_at), place(&session.id)))
}

pub(crate) fn check_in(organization: &OrganizationId, id: &CheckInId) -> Key {
    key(format!("{organization}#check-in#{id}"), "check-in")
}

/// The shards in which check-ins are listed.
pub(crate) fn check_in_lists(organization: &OrganizationId) -> Vec<String> {
    (0..SHARDS).map(|shard| format!("{organization}#check-ins#{shard}")).collect()
}

/// Instant of capture and id, as they sort.
pub(crate) fn check_in_place(check_in: &CheckIn) -> String {
    format!("{}#{}", instant(check_in.captured_at), check_in.id)
}

pub(crate) fn listed_check_in(organization: &OrganizationId, check_in: &CheckIn) -> Key {
    let shard = shard(check_in.id.as_str());
    key(format!("{organization}#check-ins#{shard}"), check_in_place(check_in))
}

pub(crate) fn check_in_naming(organization: &OrganizationId, attendee: AttendeeId, check_in: &CheckIn) -> Key {
    key(of_attendee(organization, attendee), format!("{CHECK_INS}{}", check_in_place(check_in)))
}

/// The shards in which records lie.
pub(crate) fn record_lists(organization: &OrganizationId) -> Vec<String> {
    (0..SHARDS).map(|shard| format!("{organization}#records#{shard}")).collect()
}

/// Date, group, slot and attendee, as they sort.
pub(crate) fn record_place(session: &SessionId, attendee: AttendeeId) -> String {
    format!("{}#{attendee}", place(session))
}

pub(crate) fn record(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> Key {
    let shard = shard(&attendee.to_string());
    key(format!("{organization}#records#{shard}"), record_place(session, attendee))
}

pub(crate) fn attendees_record(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> Key {
    key(of_attendee(organization, attendee), format!("{RECORDS}{}", place(session)))
}

/// Before every earlier version of a record.
pub(crate) fn history(session: &SessionId) -> String {
    format!("{HISTORY}{}#", place(session))
}

pub(crate) fn earlier_version(
    organization: &OrganizationId,
    session: &SessionId,
    attendee: AttendeeId,
    version: u32,
) -> Key {
    key(of_attendee(organization, attendee), format!("{}{version:010}", history(session)))
}

fn queue(organization: &OrganizationId, target: &Target, shard: u8) -> String {
    format!("{organization}#outbox#{target}#{shard}")
}

/// The shards of a target's queue.
pub(crate) fn queues(organization: &OrganizationId, target: &Target) -> Vec<String> {
    (0..SHARDS).map(|shard| queue(organization, target, shard)).collect()
}

/// The shard in which an event is pending.
pub(crate) fn queue_of(organization: &OrganizationId, target: &Target, event: &EventId) -> String {
    queue(organization, target, shard(event.as_str()))
}

/// The place of a pending event in its queue: the same event has the same place.
pub(crate) fn pending(organization: &OrganizationId, target: &Target, event: &Event) -> Key {
    let place = format!("outbox#{}#{}", instant(event.time), event.id);
    key(queue_of(organization, target, &event.id), place)
}

pub(crate) fn delivery(organization: &OrganizationId, delivery: &Delivery) -> Key {
    let hash = hash(&[organization.as_str(), &delivery.0]);
    key(format!("{organization}#delivery#{hash}"), "delivery")
}

/// The shards of the audit.
pub(crate) fn audits(organization: &OrganizationId) -> Vec<String> {
    (0..SHARDS).map(|shard| format!("{organization}#audit#{shard}")).collect()
}

/// A line of the audit, by its instant and id.
pub(crate) fn audited(organization: &OrganizationId, at: Timestamp, id: &str) -> Key {
    key(format!("{organization}#audit#{}", shard(id)), format!("{}#{id}", instant(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_their_order() {
        let instants =
            ["-009999-01-02T01:59:59Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "9999-12-30T22:00:00Z"];
        let written = instants.map(|text| instant(text.parse().unwrap()));
        assert!(written.is_sorted() && written.iter().all(|text| is_instant(text)), "{written:?}");
    }

    #[test]
    fn a_session_is_read_from_its_place() {
        let session: SessionId = "5-B_x.2026-11-21.7".parse().unwrap();
        assert_eq!(place(&session), "2026-11-21#5-B_x#07");
        assert_eq!(session_at(&place(&session)), Some(session));
        for bad in ["", "2026-11-21#5B", "2026-11-21#5B#07#", "2026-11-31#5B#07"] {
            assert_eq!(session_at(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn texts_that_join_to_the_same_have_different_hashes() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]).len(), 64);
    }

    #[test]
    fn names_are_spread_over_all_shards() {
        let mut counts = [0; SHARDS as usize];
        for n in 0..8000 {
            counts[usize::from(shard(&format!("name-{n}")))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
