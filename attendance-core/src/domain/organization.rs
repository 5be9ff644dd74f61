//! The tenant and what it decided.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::OrganizationId;
use super::policy::MatchPolicy;
use super::zone::Zone;

/// A school, a company: the wall around everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Chosen once.
    pub id: OrganizationId,
    /// The zone of groups that name none.
    pub zone: Zone,
    /// What it decided.
    pub policy: OrganizationPolicy,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts stored changes; 0 until stored. A save with an older version is refused.
    pub version: u32,
}

/// What an organization decided. The defaults are right for most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationPolicy {
    /// Whether a face may be enrolled only with a consent on record.
    pub consent_required: bool,
    /// Instead of the matcher's own default policy.
    pub matching: Option<MatchPolicy>,
    /// For how many days check-in pictures are kept; 0 keeps none.
    pub check_in_image_days: u16,
    /// Whether enrolment photos are kept (an upgrade of the matcher's model needs them).
    pub keep_enrolment_images: bool,
    /// Whether attendees who left an address are told of their records.
    pub notify_attendees: bool,
    /// Whether operators are alerted of strangers.
    pub alert_strangers: bool,
}

impl Default for OrganizationPolicy {
    fn default() -> Self {
        Self {
            consent_required: true,
            matching: None,
            check_in_image_days: 7,
            keep_enrolment_images: false,
            notify_attendees: true,
            alert_strangers: true,
        }
    }
}
