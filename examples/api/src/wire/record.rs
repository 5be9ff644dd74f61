//! What attendees were at sessions.

use attendance_core::domain::attendee::{ExternalId, Name};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId};
use attendance_core::domain::record::{self, AttendanceRecord, Reason, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Member, schema, time};

/// What one attendee was at one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Record {
    /// The session.
    #[schema(value_type = schema::SessionId)]
    pub session: SessionId,
    /// The attendee.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// What they were.
    #[schema(value_type = schema::Status)]
    pub status: Status,
    /// How this version came to be.
    pub method: Method,
    /// When they came: the instant of capture; for a record by hand or by the sweep, the instant of the act.
    #[schema(value_type = schema::Instant)]
    pub at: Timestamp,
    /// When this version was written.
    #[schema(value_type = schema::Instant)]
    pub recorded_at: Timestamp,
    /// The check-in that counted.
    #[schema(value_type = Option<schema::CheckInId>, required)]
    pub check_in: Option<CheckInId>,
    /// 1 for the first, then one more for each correction.
    pub version: u32,
}

/// A record, whose it is, and when: a line of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportRow {
    /// The session.
    #[schema(value_type = schema::SessionId)]
    pub session: SessionId,
    /// The session's date, in its group's zone.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The session's group.
    #[schema(value_type = schema::GroupId)]
    pub group: GroupId,
    /// The attendee.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// What they are called; `null` once erased.
    #[schema(value_type = Option<schema::Name>, required)]
    pub name: Option<Name>,
    /// The organization's own id of them.
    #[schema(value_type = Option<schema::ExternalId>, required)]
    pub external_id: Option<ExternalId>,
    /// What they were.
    #[schema(value_type = schema::Status)]
    pub status: Status,
    /// How this version came to be.
    pub method: Method,
    /// When they came: the instant of capture; for a record by hand or by the sweep, the instant of the act.
    #[schema(value_type = schema::Instant)]
    pub at: Timestamp,
    /// When this version was written.
    #[schema(value_type = schema::Instant)]
    pub recorded_at: Timestamp,
    /// The check-in that counted.
    #[schema(value_type = Option<schema::CheckInId>, required)]
    pub check_in: Option<CheckInId>,
    /// 1 for the first, then one more for each correction.
    pub version: u32,
}

/// How a record came to be what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Method {
    /// A face was recognised.
    Face {
        /// How alike it was.
        #[schema(value_type = schema::Similarity)]
        similarity: Similarity,
    },
    /// Somebody marked or corrected it.
    Hand {
        /// Who.
        #[schema(value_type = schema::Actor)]
        actor: Actor,
        /// Why; `null` only after the attendee was erased.
        #[schema(value_type = Option<schema::Reason>, required)]
        reason: Option<Reason>,
    },
    /// The session closed and nobody had come.
    Sweep,
}

/// What somebody was at a session, said by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What they were.
    #[schema(value_type = schema::Status)]
    pub status: Status,
    /// Why.
    #[schema(value_type = schema::Reason)]
    pub reason: Reason,
}

/// How many were marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Marked {
    /// Who had no record.
    pub marked: u32,
}

/// What somebody was at their one session of a date, said by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRecord {
    /// Who.
    #[schema(value_type = schema::AttendeeId)]
    pub attendee: AttendeeId,
    /// On which date; left out: today.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "time::read_date")]
    #[schema(value_type = Option<schema::Date>)]
    pub date: Option<Date>,
    /// What they were.
    #[schema(value_type = schema::Status)]
    pub status: Status,
    /// Why.
    #[schema(value_type = schema::Reason)]
    pub reason: Reason,
}

/// Somebody on a roster, and what they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RosterEntry {
    /// Who.
    pub attendee: Member,
    /// What they were; `null`: nothing is known yet.
    #[schema(required)]
    pub record: Option<ReportRow>,
}

/// How many were what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// In time.
    pub present: u64,
    /// Late.
    pub late: u64,
    /// Absent without leave.
    pub absent: u64,
    /// Absent with leave.
    pub excused: u64,
    /// The share of those who were expected without leave and came, late or not; `null` if nobody was expected.
    #[schema(required, minimum = 0, maximum = 1)]
    pub attendance_rate: Option<f64>,
}

impl ReportRow {
    /// A record and whose it is.
    #[must_use]
    pub fn new(record: AttendanceRecord, name: Option<Name>, external_id: Option<ExternalId>) -> Self {
        let (date, group) = (record.session.date(), record.session.group().clone());
        let Record { session, attendee, status, method, at, recorded_at, check_in, version } = record.into();
        Self { session, date, group, attendee, name, external_id, status, method, at, recorded_at, check_in, version }
    }
}

impl From<attendance_core::ReportRow> for ReportRow {
    fn from(row: attendance_core::ReportRow) -> Self {
        Self::new(row.record, row.name, row.external_id)
    }
}

impl From<AttendanceRecord> for Record {
    fn from(record: AttendanceRecord) -> Self {
        let AttendanceRecord { session, attendee, status, method, at, recorded_at, check_in, version } = record;
        Self { session, attendee, status, method: method.into(), at, recorded_at, check_in, version }
    }
}

impl Method {
    /// In a word, as a table says it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Face { .. } => "face",
            Self::Hand { .. } => "hand",
            Self::Sweep => "sweep",
        }
    }
}

impl From<record::Method> for Method {
    fn from(method: record::Method) -> Self {
        match method {
            record::Method::Face { similarity } => Self::Face { similarity },
            record::Method::Hand { actor, reason } => Self::Hand { actor, reason },
            record::Method::Sweep => Self::Sweep,
        }
    }
}

impl From<attendance_core::RosterEntry> for RosterEntry {
    fn from(entry: attendance_core::RosterEntry) -> Self {
        let attendee = Member::from(entry.attendee);
        let (name, external_id) = (attendee.name.clone(), attendee.external_id.clone());
        Self { attendee, record: entry.record.map(|record| ReportRow::new(record, name, external_id)) }
    }
}

impl From<attendance_core::Summary> for Summary {
    fn from(summary: attendance_core::Summary) -> Self {
        let attendance_core::Summary { present, late, absent, excused } = summary;
        Self { present, late, absent, excused, attendance_rate: summary.attendance_rate() }
    }
}
