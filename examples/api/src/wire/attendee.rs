//! Who attends.

use std::collections::{BTreeMap, BTreeSet};

use attendance_core::domain::attendee::{self, ConsentWording, Email, EnrolmentState, ExternalId, InvalidAttributes};
use attendance_core::domain::attendee::{Language, Name, Phone};
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::{AttendeeChange, Erased as ErasedAttendee, NewAttendee as Registration};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::schema;

/// What an organization keeps of an attendee besides: at most 32 pairs of a key of 1 to 64 and a value of at most 256
/// characters. `Debug` shows only how many.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Attributes(BTreeMap<String, String>);

/// Student, employee, guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attendee {
    /// Ours: opaque.
    #[schema(value_type = schema::AttendeeId)]
    pub id: AttendeeId,
    /// What they are called.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// Theirs: unique within the organization.
    #[schema(value_type = Option<schema::ExternalId>, required)]
    pub external_id: Option<ExternalId>,
    /// Where they are written to.
    #[schema(value_type = Option<schema::Email>, required)]
    pub email: Option<Email>,
    /// Where they are texted.
    #[schema(value_type = Option<schema::Phone>, required)]
    pub phone: Option<Phone>,
    /// The language of messages to them.
    #[schema(value_type = Option<schema::Language>, required)]
    pub language: Option<Language>,
    /// Whatever else the organization keeps.
    pub attributes: Attributes,
    /// The groups on whose roster they are, without `everyone`.
    #[schema(value_type = Vec<schema::GroupId>, max_items = 64)]
    pub groups: BTreeSet<GroupId>,
    /// The consent in force.
    #[schema(required)]
    pub consent: Option<Consent>,
    /// How far their faces are known.
    #[schema(value_type = schema::EnrolmentState)]
    pub enrolment: EnrolmentState,
    /// When they were registered.
    #[schema(value_type = schema::Instant)]
    pub registered_at: Timestamp,
    /// Counts stored changes.
    pub version: u32,
}

/// A consent on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// The words that were agreed to.
    #[schema(value_type = schema::ConsentWording)]
    pub wording: ConsentWording,
    /// When they were agreed to.
    #[schema(value_type = schema::Instant)]
    pub at: Timestamp,
}

/// A consent that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// The words that were agreed to.
    #[schema(value_type = schema::ConsentWording)]
    pub wording: ConsentWording,
}

/// An attendee who is to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttendee {
    /// What they are called.
    #[schema(value_type = schema::Name)]
    pub name: Name,
    /// The organization's own id of them, unique within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ExternalId>)]
    pub external_id: Option<ExternalId>,
    /// Where they are written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Email>)]
    pub email: Option<Email>,
    /// Where they are texted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Phone>)]
    pub phone: Option<Phone>,
    /// The language of messages to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Language>)]
    pub language: Option<Language>,
    /// Whatever else is kept.
    #[serde(default)]
    pub attributes: Attributes,
    /// The groups on whose roster they are to be.
    #[serde(default)]
    #[schema(value_type = Vec<schema::GroupId>, max_items = 64)]
    pub groups: BTreeSet<GroupId>,
    /// What they agreed to, if they did: its wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ConsentWording>)]
    pub consent: Option<ConsentWording>,
}

/// What is to become of an attendee's fields, a field that is left out stays, `null` removes what it
/// holds. Attributes and groups are replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttendeePatch {
    /// What they are called; can't be removed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<schema::Name>, nullable = false)]
    pub name: Option<Name>,
    /// The organization's own id of them, unique within it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<schema::ExternalId>)]
    pub external_id: Option<Option<ExternalId>>,
    /// Where they are written to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<schema::Email>)]
    pub email: Option<Option<Email>>,
    /// Where they are texted.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<schema::Phone>)]
    pub phone: Option<Option<Phone>>,
    /// The language of messages to them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<schema::Language>)]
    pub language: Option<Option<Language>>,
    /// Whatever else is kept.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub attributes: Option<Option<Attributes>>,
    /// The groups on whose roster they are to be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<Vec<schema::GroupId>>, max_items = 64)]
    pub groups: Option<Option<BTreeSet<GroupId>>>,
    /// The version that the change is made upon; another one that is stored is a `conflict`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(nullable = false, maximum = 4_294_967_295_u32)]
    pub version: Option<u32>,
}

/// What an erasure removed this time; repeated, there is nothing left to count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// Who was forgotten.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// How many faces were removed.
    pub faces: u32,
    /// How many pictures were removed: enrolment photos, and check-in pictures that name the attendee.
    pub images: u32,
    /// Since when the erasure is complete.
    #[schema(value_type = schema::Instant)]
    pub completed_at: Timestamp,
}

/// Somebody on a roster: what whoever calls the roll needs, and no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// Who.
    #[schema(value_type = schema::AttendeeId)]
    pub id: AttendeeId,
    /// What they are called.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// The organization's own id of them.
    #[schema(value_type = Option<schema::ExternalId>, required)]
    pub external_id: Option<ExternalId>,
    /// How far their faces are known.
    #[schema(value_type = schema::EnrolmentState)]
    pub enrolment: EnrolmentState,
}

/// Whoever is signed in, as an attendee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Everything that is kept of them.
    #[serde(flatten)]
    pub attendee: Attendee,
    /// How many of their faces are enrolled.
    pub faces: u32,
}

/// A field that is there, whatever it holds: without this, serde takes `null` for a field that is left out.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Attributes {
    /// The pairs.
    #[must_use]
    pub fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Attributes {
    type Error = InvalidAttributes;
    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        attendee::Attendee::check_attributes(&pairs)?;
        Ok(Self(pairs))
    }
}

impl From<Attributes> for BTreeMap<String, String> {
    fn from(attributes: Attributes) -> Self {
        attributes.0
    }
}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attributes({})", self.0.len())
    }
}

impl PartialSchema for Attributes {
    fn schema() -> RefOr<Schema> {
        let value = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(256))
            .pattern(Some(r"^[^\x00-\x1f\x7f-\x9f]*$"));
        let key: Object = schema::line(ObjectBuilder::new(), 64).build();
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Whatever else is kept of an attendee: branch, year."))
            .property_names(Some(Schema::Object(key)))
            .additional_properties(Some(AdditionalProperties::RefOr(value.into())))
            .max_properties(Some(32))
            .examples([serde_json::json!({ "branch": "mathematics" })])
            .into()
    }
}

impl ToSchema for Attributes {}

impl From<attendee::Attendee> for Attendee {
    fn from(attendee: attendee::Attendee) -> Self {
        Self {
            id: attendee.id,
            name: attendee.name,
            external_id: attendee.external_id,
            email: attendee.email,
            phone: attendee.phone,
            language: attendee.language,
            attributes: Attributes(attendee.attributes),
            groups: attendee.groups,
            consent: attendee.consent.map(Consent::from),
            enrolment: attendee.enrolment,
            registered_at: attendee.registered_at,
            version: attendee.version,
        }
    }
}

impl From<attendee::Consent> for Consent {
    fn from(consent: attendee::Consent) -> Self {
        Self { wording: consent.wording, at: consent.at }
    }
}

impl From<attendee::Attendee> for Member {
    fn from(attendee: attendee::Attendee) -> Self {
        let attendee::Attendee { id, name, external_id, enrolment, .. } = attendee;
        Self { id, name, external_id, enrolment }
    }
}

impl From<NewAttendee> for Registration {
    fn from(new: NewAttendee) -> Self {
        Self {
            name: new.name,
            external_id: new.external_id,
            email: new.email,
            phone: new.phone,
            language: new.language,
            attributes: new.attributes.0,
            groups: new.groups,
            consent: new.consent,
        }
    }
}

/// `null` for attributes or groups means none of them.
impl From<AttendeePatch> for AttendeeChange {
    fn from(patch: AttendeePatch) -> Self {
        Self {
            name: patch.name,
            external_id: patch.external_id,
            email: patch.email,
            phone: patch.phone,
            language: patch.language,
            attributes: patch.attributes.map(|attributes| attributes.unwrap_or_default().0),
            groups: patch.groups.map(Option::unwrap_or_default),
            version: patch.version,
        }
    }
}

impl From<ErasedAttendee> for Erased {
    fn from(erased: ErasedAttendee) -> Self {
        let ErasedAttendee { attendee, faces, images, completed_at } = erased;
        Self { attendee, faces, images, completed_at }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_tells_what_is_left_out_from_what_is_removed() {
        let patch = |json| serde_json::from_value::<AttendeePatch>(json);
        assert_eq!(patch(json!({})).unwrap(), AttendeePatch::default());
        assert_eq!(patch(json!({ "email": null })).unwrap().email, Some(None));
        assert_eq!(AttendeeChange::from(patch(json!({ "groups": null })).unwrap()).groups, Some(BTreeSet::new()));
        for bad in [json!({ "name": null }), json!({ "version": null }), json!({ "e-mail": "a@b" })] {
            assert!(patch(bad.clone()).is_err(), "{bad}");
        }
        let both_ways = json!({ "email": null, "language": "en" });
        assert_eq!(serde_json::to_value(patch(both_ways.clone()).unwrap()).unwrap(), both_ways);
    }

    #[test]
    fn debug_shows_nothing_personal() {
        let new: NewAttendee = serde_json::from_value(json!({
            "name": "Ada Lovelace", "external_id": "R-1815", "email": "ada@example.org", "phone": "+4930123456",
            "attributes": { "branch": "mathematics" },
        }))
        .unwrap();
        let shown = format!("{new:?}");
        for personal in ["Ada", "1815", "ada@", "4930", "mathematics"] {
            assert!(!shown.contains(personal), "{shown}");
        }
    }
}
