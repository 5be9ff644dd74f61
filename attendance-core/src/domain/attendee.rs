//! Who attends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{AttendeeId, GroupId};
use super::text::{is_line, text_type};

text_type! {
    /// The organization's own id of an attendee (roll number, personnel number); unique within it.
    personal ExternalId, "an external id",
    "1 to 128 characters on one line",
    |t| is_line(t, 128)
}

text_type! {
    /// What an attendee is called.
    personal Name, "a name",
    "1 to 200 characters on one line, without blanks at the ends",
    |t| is_line(t, 200)
}

text_type! {
    /// An e-mail address. That it exists is not checked, only that it can be put into a message.
    personal Email, "an e-mail address",
    "an address such as name@example.org, of at most 254 characters",
    |t| is_line(t, 254) && t.is_ascii() && !t.contains([' ', '<', '>', ',', ';', '"'])
        && t.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'))
}

text_type! {
    /// A phone number as E.164 has it.
    personal Phone, "a phone number",
    "a number such as +4930123456: '+' and 7 to 15 digits",
    |t| t.strip_prefix('+').is_some_and(|d| (7..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()))
}

text_type! {
    /// A language tag such as `en` or `pt-BR`.
    open Language, "a language",
    "a tag such as 'en' or 'pt-BR', of at most 35 letters, digits and '-'",
    |t| super::text::is_key(t, 35, |b| b.is_ascii_alphanumeric() || b == b'-')
}

text_type! {
    /// What somebody agreed to, in the words that they were shown.
    open ConsentWording, "the wording of a consent",
    "1 to 2,000 characters on one line",
    |t| is_line(t, 2000)
}

/// A consent on record: what was agreed to, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The words that were agreed to.
    pub wording: ConsentWording,
    /// When they were agreed to.
    pub at: Timestamp,
}

/// How far an attendee's faces are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrolmentState {
    /// Nobody began to enrol a face.
    #[default]
    None,
    /// An enrolment began; whether the matcher has the face is not yet confirmed.
    Pending,
    /// At least one face is enrolled.
    Active,
    /// The faces were removed.
    Removed,
}

/// An erasure, which blocks enrolment, check-in and notification from the moment that it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// When the erasure was asked for.
    pub requested_at: Timestamp,
    /// When it was verified to be complete.
    pub completed_at: Option<Timestamp>,
}

/// Student, employee, guest. `Debug` shows nothing personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// Ours: opaque.
    pub id: AttendeeId,
    /// Theirs: unique within the organization.
    pub external_id: Option<ExternalId>,
    /// What they are called; `None` once erased.
    pub name: Option<Name>,
    /// Where they are written to.
    pub email: Option<Email>,
    /// Where they are texted.
    pub phone: Option<Phone>,
    /// The language of messages to them.
    pub language: Option<Language>,
    /// Whatever else the organization keeps (branch, year): see [`Attendee::check_attributes`].
    pub attributes: BTreeMap<String, String>,
    /// The groups on whose roster they are, without [`GroupId::everyone`], which has everybody; at most
    /// [`Attendee::MAX_GROUPS`].
    pub groups: BTreeSet<GroupId>,
    /// The consent in force.
    pub consent: Option<Consent>,
    /// How far their faces are known.
    pub enrolment: EnrolmentState,
    /// Set when they were forgotten.
    pub tombstone: Option<Tombstone>,
    /// When they were registered.
    pub registered_at: Timestamp,
    /// Counts stored changes; 0 until stored. A save with an older version is refused.
    pub version: u32,
}

/// Attributes that break a bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("attributes must be at most 32 pairs of a key of 1 to 64 and a value of at most 256 characters")]
pub struct InvalidAttributes;

impl Attendee {
    /// The most groups of one attendee.
    pub const MAX_GROUPS: usize = 64;

    /// Somebody new of whom only the name is known.
    #[must_use]
    pub fn new(id: AttendeeId, name: Name, registered_at: Timestamp) -> Self {
        Self {
            id,
            external_id: None,
            name: Some(name),
            email: None,
            phone: None,
            language: None,
            attributes: BTreeMap::new(),
            groups: BTreeSet::new(),
            consent: None,
            enrolment: EnrolmentState::None,
            tombstone: None,
            registered_at,
            version: 0,
        }
    }

    /// Checks the bounds of [`Attendee::attributes`].
    ///
    /// # Errors
    /// [`InvalidAttributes`] says what is allowed.
    pub fn check_attributes(attributes: &BTreeMap<String, String>) -> Result<(), InvalidAttributes> {
        let fits = |key: &str, value: &str| {
            is_line(key, 64)
                && (value.is_empty() || value.chars().count() <= 256)
                && !value.chars().any(char::is_control)
        };
        if attributes.len() <= 32 && attributes.iter().all(|(key, value)| fits(key, value)) {
            Ok(())
        } else {
            Err(InvalidAttributes)
        }
    }

    /// Whether the attendee is on that group's roster.
    #[must_use]
    pub fn is_in(&self, group: &GroupId) -> bool {
        group.is_everyone() || self.groups.contains(group)
    }

    /// Whether an erasure was asked for.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.tombstone.is_some()
    }

    /// What is left of an attendee when every personal field is gone: the id and the tombstone.
    #[must_use]
    pub fn without_personal_data(&self) -> Self {
        Self {
            id: self.id,
            external_id: None,
            name: None,
            email: None,
            phone: None,
            language: None,
            attributes: BTreeMap::new(),
            groups: BTreeSet::new(),
            consent: None,
            enrolment: EnrolmentState::Removed,
            tombstone: self.tombstone,
            registered_at: self.registered_at,
            version: self.version,
        }
    }
}

impl std::fmt::Debug for Attendee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attendee")
            .field("id", &self.id)
            .field("groups", &self.groups)
            .field("enrolment", &self.enrolment)
            .field("tombstone", &self.tombstone)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_personal() {
        let mut attendee =
            Attendee::new(AttendeeId::fresh(), Name::new("Grace Hopper").unwrap(), Timestamp::UNIX_EPOCH);
        attendee.email = Some(Email::new("grace@example.org").unwrap());
        attendee.external_id = Some(ExternalId::new("R-1906").unwrap());
        let shown = format!("{attendee:?} {:?} {:?}", attendee.name, attendee.email);
        for personal in ["Grace", "grace", "R-1906"] {
            assert!(!shown.contains(personal), "{shown}");
        }
    }

    #[test]
    fn addresses_that_could_not_be_put_into_a_message_are_refused() {
        for bad in ["", "@", "a@", "@b", "a b@c", "a@b\nBcc: x@y", "<a@b>", "a@b,c@d", "a@b@c"] {
            assert!(Email::new(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "4930", "+", "+49 30 123456", "+123456", "+1234567890123456"] {
            assert!(Phone::new(bad).is_err(), "{bad:?}");
        }
    }
}
