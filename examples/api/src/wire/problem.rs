//! What went wrong, as RFC 9457 has it.

use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::session::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Record, schema};

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(title = "Problem")]
pub struct Problem {
    /// The kind of problem, as a URN that ends with the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:problem-type:attendance:no-face")]
    pub kind: String,
    /// The kind of problem in a few words, the same each time.
    #[schema(example = "No face")]
    pub title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599, example = 422)]
    pub status: u16,
    /// One sentence that says what to do.
    #[schema(example = "no face was found in the picture: come closer and look into the camera")]
    pub detail: String,
    /// A stable word for programs.
    #[schema(pattern = "^[a-z]+(-[a-z]+)*$", example = "no-face")]
    pub code: String,
    /// The request, as `x-request-id` and the log name it.
    #[schema(max_length = 128)]
    pub request_id: String,
    /// `enrolled-as-another`: whose face it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::AttendeeId>, nullable = false)]
    pub attendee: Option<AttendeeId>,
    /// `choose-session`: the sessions of which one must be named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::SessionId>>, nullable = false)]
    pub sessions: Option<Vec<SessionId>>,
    /// `outdated`: the record that stands; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub record: Option<Box<Record>>,
    /// `invalid`: which field, parameter or header is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
}

impl Problem {
    /// What [`Problem::kind`] begins with.
    pub const KIND: &str = "urn:problem-type:attendance:";
}
