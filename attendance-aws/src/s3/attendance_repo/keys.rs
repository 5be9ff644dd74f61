//! Where everything lies. One organization is one prefix, `{prefix}records/of/{organization}/`, beside its line in the
//! register of organizations. Keys are listed in the order of their bytes; each is made so that this is the order
//! that its list promises.
//!
//! | key, after `{prefix}records/` | what the object is | created and changed |
//! | --- | --- | --- |
//! | `format` | the number of the format | create-only |
//! | `organizations/{organization}` | an organization | create-only, then compare-and-swap |
//! | `of/{organization}/groups/{group}` | a group | create-only, then compare-and-swap |
//! | `…/attendees/{attendee}` | an attendee, with the hashes below that name them | create-only, then compare-and-swap |
//! | `…/claims/{hash}` | whose external id that is | create-only, then compare-and-swap |
//! | `…/subjects/{hash}` | as whom a subject signs in | create-only, then compare-and-swap |
//! | `…/rosters/{group}/{attendee}` | empty: perhaps on that roster | put |
//! | `…/sessions/{date}/{group}!{slot}` | a session | create-only, then compare-and-swap |
//! | `…/due/{closes at}/{session}` | empty: perhaps not closed yet | put, deleted once closed |
//! | `…/attendance/{date}/{group}!{slot}/{attendee}` | a record in all its versions | create-only, then compare-and-swap |
//! | `…/reasons/{attendee}/{session}` | empty: that record may have a reason | put |
//! | `…/checkins/{id}` | a check-in, and the commit that won its id | create-only, then compare-and-swap |
//! | `…/captured/{captured at}.{id}` | that the check-in is finished, and which records it made | put, always with the same content |
//! | `…/naming/{attendee}/{captured at}.{id}` | empty: the check-in names the attendee | put |
//! | `…/audit/{at}.{id}` | a line of the audit | create-only |
//! | `…/acts/{attempt}` | a marker of somebody's act | create-only, deleted |
//! | `…/outbox/{attempt}` | a pending marker | create-only, then compare-and-swap, deleted |
//! | `…/deliveries/{hash}` | a claimed or completed delivery | create-only, then compare-and-swap |
//!
//! `{captured at}` and `{at}` count down, so that the latest comes first; `{closes at}` counts up. `!` sorts before
//! everything that a group's id is made of, so that `5B` comes before `5B-a` as its id does. `{attempt}` is a UUID of
//! version 7: markers are listed in the order of their writing. A `{hash}` is SHA-256 over the organization and what
//! is hashed, each with its length.

use attendance_core::domain::attendee::ExternalId;
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use attendance_core::domain::session::SessionId;
use attendance_core::ports::attendance_repo::{Delivery, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The word that keeps these objects apart from others of the bucket.
const WORD: &str = "records";

/// Makes the keys of a repository.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    root: String,
}

/// Makes the keys of one organization.
#[derive(Debug, Clone)]
pub(super) struct TenantKeys {
    root: String,
    organization: OrganizationId,
}

impl Keys {
    /// Below `prefix`, which needs no slash at its end; nothing for the whole bucket.
    pub(super) fn below(prefix: &str) -> Self {
        match prefix.trim_matches('/') {
            "" => Self { root: format!("{WORD}/") },
            prefix => Self { root: format!("{prefix}/{WORD}/") },
        }
    }

    pub(super) fn format(&self) -> String {
        format!("{}format", self.root)
    }

    pub(super) fn organizations(&self) -> String {
        format!("{}organizations/", self.root)
    }

    pub(super) fn organization(&self, organization: &OrganizationId) -> String {
        format!("{}{organization}", self.organizations())
    }

    pub(super) fn of(&self, organization: &OrganizationId) -> TenantKeys {
        TenantKeys { root: format!("{}of/{organization}/", self.root), organization: organization.clone() }
    }
}

impl TenantKeys {
    pub(super) fn groups(&self) -> String {
        format!("{}groups/", self.root)
    }

    pub(super) fn group(&self, group: &GroupId) -> String {
        format!("{}{group}", self.groups())
    }

    pub(super) fn attendees(&self) -> String {
        format!("{}attendees/", self.root)
    }

    pub(super) fn attendee(&self, attendee: AttendeeId) -> String {
        format!("{}{attendee}", self.attendees())
    }

    pub(super) fn claim(&self, hash: &str) -> String {
        format!("{}claims/{hash}", self.root)
    }

    pub(super) fn subject(&self, hash: &str) -> String {
        format!("{}subjects/{hash}", self.root)
    }

    pub(super) fn roster(&self, group: &GroupId) -> String {
        format!("{}rosters/{group}/", self.root)
    }

    pub(super) fn on_roster(&self, group: &GroupId, attendee: AttendeeId) -> String {
        format!("{}{attendee}", self.roster(group))
    }

    pub(super) fn sessions(&self) -> String {
        format!("{}sessions/", self.root)
    }

    pub(super) fn session(&self, session: &SessionId) -> String {
        format!("{}{}", self.sessions(), session_place(session))
    }

    pub(super) fn due(&self) -> String {
        format!("{}due/", self.root)
    }

    pub(super) fn due_at(&self, closes_at: Timestamp, session: &SessionId) -> String {
        format!("{}{}/{session}", self.due(), counting_up(closes_at))
    }

    pub(super) fn records(&self) -> String {
        format!("{}attendance/", self.root)
    }

    pub(super) fn record(&self, session: &SessionId, attendee: AttendeeId) -> String {
        format!("{}{}/{attendee}", self.records(), session_place(session))
    }

    pub(super) fn reasons(&self, attendee: AttendeeId) -> String {
        format!("{}reasons/{attendee}/", self.root)
    }

    pub(super) fn reason(&self, attendee: AttendeeId, session: &SessionId) -> String {
        format!("{}{session}", self.reasons(attendee))
    }

    pub(super) fn check_in(&self, check_in: &CheckInId) -> String {
        format!("{}checkins/{check_in}", self.root)
    }

    pub(super) fn captured(&self) -> String {
        format!("{}captured/", self.root)
    }

    pub(super) fn captured_at(&self, at: Timestamp, check_in: &CheckInId) -> String {
        format!("{}{}.{check_in}", self.captured(), counting_down(at))
    }

    pub(super) fn naming(&self, attendee: AttendeeId) -> String {
        format!("{}naming/{attendee}/", self.root)
    }

    pub(super) fn naming_at(&self, attendee: AttendeeId, at: Timestamp, check_in: &CheckInId) -> String {
        format!("{}{}.{check_in}", self.naming(attendee), counting_down(at))
    }

    pub(super) fn audit(&self) -> String {
        format!("{}audit/", self.root)
    }

    pub(super) fn audit_entry(&self, at: Timestamp, id: Uuid) -> String {
        format!("{}{}.{}", self.audit(), counting_down(at), Uuid::from_u128(!id.as_u128()))
    }

    pub(super) fn acts(&self) -> String {
        format!("{}acts/", self.root)
    }

    pub(super) fn act(&self, attempt: Uuid) -> String {
        format!("{}{attempt}", self.acts())
    }

    pub(super) fn outbox(&self) -> String {
        format!("{}outbox/", self.root)
    }

    pub(super) fn marker(&self, attempt: Uuid) -> String {
        format!("{}{attempt}", self.outbox())
    }

    pub(super) fn delivery(&self, delivery: &Delivery) -> String {
        format!("{}deliveries/{}", self.root, self.hash(&["delivery", delivery.0.as_str()]))
    }

    pub(super) fn claim_hash(&self, external_id: &ExternalId) -> String {
        self.hash(&["external id", external_id.as_str()])
    }

    pub(super) fn subject_hash(&self, subject: &Subject) -> String {
        self.hash(&["subject", subject.issuer.as_str(), subject.subject.as_str()])
    }

    /// Each text goes in with its length: no two lists of texts hash the same bytes.
    fn hash(&self, texts: &[&str]) -> String {
        let mut hash = Sha256::new();
        for text in [self.organization.as_str()].iter().chain(texts) {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A session in the order of date, group and slot.
pub(super) fn session_place(session: &SessionId) -> String {
    format!("{}/{}!{:02}", session.date(), session.group(), session.slot())
}

pub(super) fn read_session_place(text: &str) -> Option<SessionId> {
    let (date, rest) = text.split_once('/')?;
    let (group, slot) = rest.split_once('!')?;
    let id = SessionId::new(&GroupId::new(group).ok()?, date.parse::<Date>().ok()?, slot.parse().ok()?);
    (session_place(&id) == text).then_some(id)
}

pub(super) fn read_record_place(text: &str) -> Option<(SessionId, AttendeeId)> {
    let (session, attendee) = text.rsplit_once('/')?;
    Some((read_session_place(session)?, attendee.parse().ok()?))
}

/// 18 digits that grow with the instant.
pub(super) fn counting_up(at: Timestamp) -> String {
    format!("{:018}", at.as_microsecond().saturating_sub(Timestamp::MIN.as_microsecond()))
}

/// 18 digits that shrink as the instant grows.
pub(super) fn counting_down(at: Timestamp) -> String {
    format!("{:018}", Timestamp::MAX.as_microsecond().saturating_sub(at.as_microsecond()))
}

/// The id behind 18 digits and a full stop.
pub(super) fn read_captured_place(text: &str) -> Option<CheckInId> {
    let (digits, id) = text.split_once('.')?;
    (digits.len() == 18 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| CheckInId::new(id).ok())?
}

/// Whether the text is 18 digits, a full stop and a UUID.
pub(super) fn read_audit_place(text: &str) -> bool {
    read_captured_place(text).is_some_and(|id| Uuid::try_parse(id.as_str()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_sort_as_the_lists_promise_and_are_read_back() {
        let sessions: Vec<SessionId> = ["5b.2026-11-20.0", "5B.2026-11-21.2", "5B.2026-11-21.10", "5B-a.2026-11-21.0"]
            .map(|id| id.parse().unwrap())
            .into();
        let places: Vec<_> = sessions.iter().map(session_place).collect();
        assert!(places.is_sorted(), "{places:?}");
        let read: Vec<_> = places.iter().filter_map(|place| read_session_place(place)).collect();
        assert_eq!(read, sessions);
        for bad in ["", "2026-11-21/5B", "2026-11-21/5B!2", "20261121/5B!02", "2026-11-21/5B!100", "2026-11-21/../x!00"]
        {
            assert_eq!(read_session_place(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn instants_count_up_and_down_in_18_digits() {
        let instants = [Timestamp::MIN, "1969-12-31T23:59:59Z".parse().unwrap(), Timestamp::UNIX_EPOCH, Timestamp::MAX];
        let (up, down) = (instants.map(counting_up), instants.map(counting_down));
        assert!(up.is_sorted() && down.iter().rev().is_sorted(), "{up:?} {down:?}");
        assert!(up.iter().chain(&down).all(|digits| digits.len() == 18), "{up:?} {down:?}");
    }

    #[test]
    fn a_prefix_needs_no_slash_and_an_organization_is_one_prefix() {
        let school = OrganizationId::new("school").unwrap();
        for (prefix, expected) in [("", "records/of/school/groups/"), ("/a/b/", "a/b/records/of/school/groups/")] {
            assert_eq!(Keys::below(prefix).of(&school).groups(), expected);
        }
    }
}
