//! Faces that a chore held back.

use attendance_core::domain::ids::AttendeeId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// Faces of somebody that nobody may have, as far as is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Removal {
    /// Whose.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// How many; 0 of somebody who is called enrolled and has none.
    pub faces: u32,
    /// Whether there is such an attendee, without the consent that is required. Otherwise the repository may be older
    /// than the faces.
    pub known: bool,
}

/// Whose faces are to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRemovals {
    /// At most 1,000, as they were listed. Whoever may have faces keeps them.
    #[schema(value_type = Vec<schema::AttendeeId>, max_items = 1000)]
    pub attendees: Vec<AttendeeId>,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    /// Of how many attendees.
    pub attendees: u32,
}

impl From<attendance_core::Removal> for Removal {
    fn from(removal: attendance_core::Removal) -> Self {
        let attendance_core::Removal { attendee, faces, known } = removal;
        Self { attendee, faces: u32::try_from(faces).unwrap_or(u32::MAX), known }
    }
}
