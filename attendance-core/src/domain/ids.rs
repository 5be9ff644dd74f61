//! Names for things. Ids that people choose are bounded so that they fit every store, key and URL unescaped; ids that
//! this library makes are opaque.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text::{is_key, text_type};

text_type! {
    /// The tenant. Everything belongs to exactly one.
    open OrganizationId, "an organization's id",
    "1 to 48 of a-z, 0-9 and '-', starting with a letter or digit",
    |t| is_key(t, 48, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

text_type! {
    /// A class, a department, a shift: chosen by the organization.
    open GroupId, "a group's id",
    "1 to 64 of A-Z, a-z, 0-9, '-' and '_', starting with a letter or digit",
    |t| is_key(t, 64, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

text_type! {
    /// The caller's idempotency key of a check-in, or a hash of its image's place and version.
    open CheckInId, "a check-in's id",
    "1 to 128 of A-Z, a-z, 0-9, '.', ':', '-' and '_', starting with a letter or digit",
    |t| is_key(t, 128, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_'))
}

impl GroupId {
    /// The group that every organization has, and that has everybody in it.
    #[must_use]
    pub fn everyone() -> Self {
        Self::new("everyone").expect("a valid id")
    }

    /// Whether this is [`GroupId::everyone`].
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        self.as_str() == "everyone"
    }
}

impl CheckInId {
    /// For an image that arrives without an idempotency key or a place: unique, ordered by time.
    #[must_use]
    pub fn fresh() -> Self {
        Self::new(Uuid::now_v7().to_string()).expect("a valid id")
    }

    /// For an image in a store: the same place and version give the same id, however often the store tells of them.
    #[must_use]
    pub fn of_image(key: &super::image::ImageKey, version: &str) -> Self {
        let place = format!("{}\n{version}", key.as_str());
        Self::new(Uuid::new_v5(&NAMESPACE, place.as_bytes()).to_string()).expect("a valid id")
    }
}

/// The namespace of every name-based id of this library.
pub(super) const NAMESPACE: Uuid = Uuid::from_u128(0x0192_5c1e_9d4a_7b06_a3f1_6d8e_2b57_c940);

/// An attendee's opaque id: a UUID of version 7, so that ids sort by the time of registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttendeeId(Uuid);

impl AttendeeId {
    /// A new one.
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

/// One enrolled face. The same image enrolled for the same attendee gives the same id, so that an enrolment can be
/// repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaceId(Uuid);

impl FaceId {
    /// The id of the one face in `content` (the image's bytes, or its key and version), enrolled for `attendee`.
    #[must_use]
    pub fn derive(organization: &OrganizationId, attendee: AttendeeId, content: &[u8]) -> Self {
        let image = Uuid::new_v5(&NAMESPACE, content);
        let name = format!("{organization}\n{attendee}\n{image}");
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }
}

macro_rules! uuid_type {
    ($($name:ident),*) => {$(
        impl $name {
            /// The same id as a plain UUID, for stores.
            #[must_use]
            pub fn as_uuid(&self) -> Uuid {
                self.0
            }
        }
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = super::InvalidText;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self).map_err(|_| super::InvalidText {
                    what: concat!("an ", stringify!($name)),
                    rule: "a UUID such as 0192f3a4-7c1e-7b3a-8c55-0123456789ab",
                })
            }
        }
    )*};
}
uuid_type!(AttendeeId, FaceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_it_must_be_and_never_repeats_what_was_given() {
        let error = OrganizationId::new("Sigrid Müller").unwrap_err();
        assert_eq!(
            error.to_string(),
            "an organization's id must be 1 to 48 of a-z, 0-9 and '-', starting with a letter or digit"
        );
        for bad in ["", "-a", "A", &"a".repeat(49), "a/b", "a.b", "a\n"] {
            assert!(OrganizationId::new(bad).is_err(), "{bad:?}");
        }
        for bad in ["", ".", "a.b", "a b", "å", &"g".repeat(65)] {
            assert!(GroupId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_same_image_of_the_same_attendee_is_the_same_face() {
        let organization = OrganizationId::new("default").unwrap();
        let (a, b) = (AttendeeId::fresh(), AttendeeId::fresh());
        assert_eq!(FaceId::derive(&organization, a, b"photo"), FaceId::derive(&organization, a, b"photo"));
        assert_ne!(FaceId::derive(&organization, a, b"photo"), FaceId::derive(&organization, b, b"photo"));
        assert_ne!(FaceId::derive(&organization, a, b"photo"), FaceId::derive(&organization, a, b"other"));
    }
}
