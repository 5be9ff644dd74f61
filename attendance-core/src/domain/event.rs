//! What the world is told, as CloudEvents 1.0 with versioned types and without anything personal.
//!
//! Delivery is at least once and unordered: a consumer drops an id that it has seen, and a record's version that is
//! older than what it has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attendee::EnrolmentState;
use super::ids::{AttendeeId, CheckInId, OrganizationId};
use super::record::{AttendanceRecord, Method, Status};
use super::session::SessionId;
use super::text::{is_key, text_type};

text_type! {
    /// Unique within the organization, and the same each time that the event is made again.
    open EventId, "an event's id",
    "1 to 256 of A-Z, a-z, 0-9, '.', ':', '-' and '_', starting with a letter or digit",
    |t| is_key(t, 256, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_'))
}

text_type! {
    /// Somewhere that every event has to reach, such as `sink`; the outbox keeps an account for each.
    open Target, "a target",
    "1 to 32 of a-z, 0-9 and '-', starting with a letter or digit",
    |t| is_key(t, 32, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

impl Target {
    /// The event sink.
    #[must_use]
    pub fn sink() -> Self {
        Self::new("sink").expect("a valid target")
    }

    /// The notifier.
    #[must_use]
    pub fn notifier() -> Self {
        Self::new("notifier").expect("a valid target")
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "CloudEvent", into = "CloudEvent")]
pub struct Event {
    /// Derived from what happened.
    pub id: EventId,
    /// Whose event it is.
    pub organization: OrganizationId,
    /// When it happened.
    pub time: Timestamp,
    /// The check-in that it comes from, if it comes from one: what is logged on the way carries it too.
    pub correlation: Option<CheckInId>,
    /// What happened.
    pub data: EventData,
}

/// What happened. The type that a consumer sees is the variant's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
#[non_exhaustive]
pub enum EventData {
    /// A record was made or corrected.
    #[serde(rename = "attendance.record.v1")]
    Record {
        /// Where.
        session: SessionId,
        /// Who.
        attendee: AttendeeId,
        /// What they are now.
        status: Status,
        /// When they came.
        at: Timestamp,
        /// 1 for the first, more for a correction.
        version: u32,
    },
    /// A face matched nobody.
    #[serde(rename = "attendance.stranger.v1")]
    Stranger {
        /// In which check-in.
        check_in: CheckInId,
        /// Which face of it, from 0.
        face: u32,
    },
    /// An attendee's faces became known, or are no longer.
    #[serde(rename = "attendance.enrolment.v1")]
    Enrolment {
        /// Whose.
        attendee: AttendeeId,
        /// How far they are known now.
        state: EnrolmentState,
    },
}

impl Event {
    /// Of a record that was made or corrected.
    #[must_use]
    pub fn of_record(organization: &OrganizationId, record: &AttendanceRecord) -> Self {
        let id = format!("{}:{}:v{}", record.session, record.attendee, record.version);
        let by_face = matches!(record.method, Method::Face { .. });
        Self {
            id: EventId::new(id).expect("a valid id"),
            organization: organization.clone(),
            time: record.recorded_at,
            correlation: record.check_in.clone().filter(|_| by_face),
            data: EventData::Record {
                session: record.session.clone(),
                attendee: record.attendee,
                status: record.status,
                at: record.at,
                version: record.version,
            },
        }
    }

    /// Of a face, the `face`-th of a check-in, that matched nobody.
    #[must_use]
    pub fn of_stranger(organization: &OrganizationId, check_in: &CheckInId, face: u32, time: Timestamp) -> Self {
        Self {
            id: EventId::new(format!("{check_in}:{face}:stranger")).expect("a valid id"),
            organization: organization.clone(),
            time,
            correlation: Some(check_in.clone()),
            data: EventData::Stranger { check_in: check_in.clone(), face },
        }
    }

    /// Of an attendee whose enrolment is in a new state since the attendee's version `version`.
    #[must_use]
    pub fn of_enrolment(
        organization: &OrganizationId,
        attendee: AttendeeId,
        state: EnrolmentState,
        version: u32,
        time: Timestamp,
    ) -> Self {
        Self {
            id: EventId::new(format!("{attendee}:v{version}:enrolment")).expect("a valid id"),
            organization: organization.clone(),
            time,
            correlation: None,
            data: EventData::Enrolment { attendee, state },
        }
    }
}

/// An event as it is written: CloudEvents 1.0, JSON format.
#[derive(Serialize, Deserialize)]
struct CloudEvent {
    specversion: String,
    id: EventId,
    source: String,
    time: Timestamp,
    datacontenttype: String,
    /// An extension attribute.
    #[serde(default, rename = "correlationid", skip_serializing_if = "Option::is_none")]
    correlation: Option<CheckInId>,
    #[serde(flatten)]
    data: EventData,
}

const SOURCE: &str = "/attendance/orgs/";

impl From<Event> for CloudEvent {
    fn from(event: Event) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id: event.id,
            source: format!("{SOURCE}{}", event.organization),
            time: event.time,
            datacontenttype: "application/json".to_owned(),
            correlation: event.correlation,
            data: event.data,
        }
    }
}

impl TryFrom<CloudEvent> for Event {
    type Error = super::InvalidText;
    fn try_from(event: CloudEvent) -> Result<Self, Self::Error> {
        let invalid =
            super::InvalidText { what: "an event's source", rule: "/attendance/orgs/ and an organization's id" };
        let organization = event.source.strip_prefix(SOURCE).ok_or(invalid)?.parse()?;
        let CloudEvent { id, time, correlation, data, .. } = event;
        Ok(Self { id, organization, time, correlation, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_a_cloud_event_and_read_back() {
        let organization = OrganizationId::new("default").unwrap();
        let event = Event::of_stranger(&organization, &CheckInId::new("c-1").unwrap(), 2, Timestamp::UNIX_EPOCH);
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "specversion": "1.0",
                "id": "c-1:2:stranger",
                "source": "/attendance/orgs/default",
                "time": "1970-01-01T00:00:00Z",
                "datacontenttype": "application/json",
                "correlationid": "c-1",
                "type": "attendance.stranger.v1",
                "data": { "check_in": "c-1", "face": 2 },
            })
        );
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}
