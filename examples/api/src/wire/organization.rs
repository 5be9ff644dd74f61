//! The tenant and what it decided.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::organization::{self, OrganizationPolicy};
use attendance_core::domain::zone::Zone;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::object::object;
use super::schema;

/// A school, a company: the wall around everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organization {
    /// Chosen once.
    #[schema(value_type = schema::OrganizationId)]
    pub id: OrganizationId,
    /// The zone of groups that name none.
    #[schema(value_type = schema::Zone)]
    pub zone: Zone,
    /// What it decided.
    pub policy: Policy,
    /// When it was made.
    #[schema(value_type = schema::Instant)]
    pub created_at: Timestamp,
    /// Counts stored changes.
    pub version: u32,
}

/// An organization that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// Chosen once.
    #[schema(value_type = schema::OrganizationId)]
    pub id: OrganizationId,
    /// The zone of groups that name none.
    #[schema(value_type = schema::Zone)]
    pub zone: Zone,
    /// What it decides; whatever is left out is as the defaults say.
    #[serde(default, deserialize_with = "object")]
    pub policy: Policy,
}

/// What an organization decided. The defaults are right for most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Whether a face may be enrolled only with a consent on record.
    #[schema(default = true)]
    pub consent_required: bool,
    /// For how many days check-in pictures are kept; 0 keeps none.
    #[schema(default = 7, maximum = 65535)]
    pub check_in_image_days: u16,
    /// Whether enrolment photos are kept.
    #[schema(default = false)]
    pub keep_enrolment_images: bool,
    /// Whether attendees who left an address are told of their records.
    #[schema(default = true)]
    pub notify_attendees: bool,
    /// Whether operators are alerted of strangers.
    #[schema(default = true)]
    pub alert_strangers: bool,
}

impl Default for Policy {
    fn default() -> Self {
        OrganizationPolicy::default().into()
    }
}

impl From<OrganizationPolicy> for Policy {
    fn from(policy: OrganizationPolicy) -> Self {
        Self {
            consent_required: policy.consent_required,
            check_in_image_days: policy.check_in_image_days,
            keep_enrolment_images: policy.keep_enrolment_images,
            notify_attendees: policy.notify_attendees,
            alert_strangers: policy.alert_strangers,
        }
    }
}

impl From<Policy> for OrganizationPolicy {
    fn from(policy: Policy) -> Self {
        Self {
            consent_required: policy.consent_required,
            matching: None,
            check_in_image_days: policy.check_in_image_days,
            keep_enrolment_images: policy.keep_enrolment_images,
            notify_attendees: policy.notify_attendees,
            alert_strangers: policy.alert_strangers,
        }
    }
}

impl From<organization::Organization> for Organization {
    fn from(organization: organization::Organization) -> Self {
        Self {
            id: organization.id,
            zone: organization.zone,
            policy: organization.policy.into(),
            created_at: organization.created_at,
            version: organization.version,
        }
    }
}

impl From<NewOrganization> for attendance_core::NewOrganization {
    fn from(new: NewOrganization) -> Self {
        Self { id: new.id, zone: new.zone, policy: new.policy.into() }
    }
}
