//! Rows become what they stand for, and back.

use std::str::FromStr;

use attendance_core::domain::attendee::{Attendee, Consent, ConsentWording, Tombstone};
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::group::Group;
use attendance_core::domain::ids::GroupId;
use attendance_core::domain::organization::Organization;
use attendance_core::domain::record::{AttendanceRecord, Method, Reason};
use attendance_core::domain::session::{Session, SessionId};
use attendance_core::ports::RepoError;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Row;
use crate::error::unreadable;
use crate::query::Value;

/// Instants are stored in microseconds, as PostgreSQL and S3 have them at best.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

pub(crate) fn document(of: &impl Serialize) -> Result<String, RepoError> {
    serde_json::to_string(of).map_err(|_| unreadable("a document"))
}

/// The word of a variant, as in JSON.
pub(crate) fn word(of: &impl Serialize) -> Result<String, RepoError> {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(unreadable("a word")),
    }
}

/// A text of the domain, or `NULL`.
pub(crate) fn text(of: Option<&impl AsRef<str>>) -> Value {
    of.map(AsRef::as_ref).into()
}

pub(crate) fn session_key(session: &SessionId) -> [Value; 3] {
    [session.date().to_string().into(), session.group().as_str().into(), session.slot().into()]
}

/// Reads a column into what it stands for.
impl Row {
    pub(crate) fn parsed<T: FromStr>(&self, column: &'static str) -> Result<T, RepoError> {
        self.text(column)?.parse().map_err(|_| unreadable(column))
    }

    fn optional<T: FromStr>(&self, column: &'static str) -> Result<Option<T>, RepoError> {
        self.optional_text(column)?.map(|text| text.parse().map_err(|_| unreadable(column))).transpose()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, RepoError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| unreadable(column))
    }

    fn worded<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, RepoError> {
        serde_json::from_value(self.text(column)?.into()).map_err(|_| unreadable(column))
    }

    fn instant(&self, column: &'static str) -> Result<Timestamp, RepoError> {
        Timestamp::from_microsecond(self.int(column)?).map_err(|_| unreadable(column))
    }

    fn optional_instant(&self, column: &'static str) -> Result<Option<Timestamp>, RepoError> {
        let micros = self.optional_int(column)?;
        micros.map(|micros| Timestamp::from_microsecond(micros).map_err(|_| unreadable(column))).transpose()
    }

    pub(crate) fn small<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, RepoError> {
        T::try_from(self.int(column)?).map_err(|_| unreadable(column))
    }

    fn session_id(&self) -> Result<SessionId, RepoError> {
        let group: GroupId = self.parsed("group_id")?;
        Ok(SessionId::new(&group, self.parsed("held_on")?, self.small("slot")?))
    }
}

pub(crate) const ORGANIZATION: &str = "id, zone, policy, created_at, version";

pub(crate) fn organization(row: &Row) -> Result<Organization, RepoError> {
    Ok(Organization {
        id: row.parsed("id")?,
        zone: row.parsed("zone")?,
        policy: row.json("policy")?,
        created_at: row.instant("created_at")?,
        version: row.small("version")?,
    })
}

pub(crate) const ATTENDEE: &str = "id, external_id, name, email, phone, language, attributes, roster, \
     consent_wording, consent_at, enrolment, erasure, erasure_requested_at, erasure_completed_at, registered_at, version";

/// The values of [`ATTENDEE`] but for the id, which stands first, and the version, which stands last.
pub(crate) fn attendee_values(attendee: &Attendee) -> Result<Vec<Value>, RepoError> {
    let consent = attendee.consent.as_ref();
    let tombstone = attendee.tombstone.as_ref();
    let completed_at = tombstone.and_then(|tombstone| tombstone.completed_at);
    let erasure: i64 = if completed_at.is_some() { 2 } else { tombstone.is_some().into() };
    Ok(vec![
        text(attendee.external_id.as_ref()),
        text(attendee.name.as_ref()),
        text(attendee.email.as_ref()),
        text(attendee.phone.as_ref()),
        text(attendee.language.as_ref()),
        document(&attendee.attributes)?.into(),
        document(&attendee.groups)?.into(),
        text(consent.map(|consent| &consent.wording)),
        consent.map(|consent| micros(consent.at)).into(),
        word(&attendee.enrolment)?.into(),
        erasure.into(),
        tombstone.map(|tombstone| micros(tombstone.requested_at)).into(),
        completed_at.map(micros).into(),
        micros(attendee.registered_at).into(),
    ])
}

pub(crate) fn attendee(row: &Row) -> Result<Attendee, RepoError> {
    let wording: Option<ConsentWording> = row.optional("consent_wording")?;
    let consent = wording.zip(row.optional_instant("consent_at")?).map(|(wording, at)| Consent { wording, at });
    let completed_at = row.optional_instant("erasure_completed_at")?;
    let requested_at = row.optional_instant("erasure_requested_at")?;
    Ok(Attendee {
        id: row.parsed("id")?,
        external_id: row.optional("external_id")?,
        name: row.optional("name")?,
        email: row.optional("email")?,
        phone: row.optional("phone")?,
        language: row.optional("language")?,
        attributes: row.json("attributes")?,
        groups: row.json("roster")?,
        consent,
        enrolment: row.worded("enrolment")?,
        tombstone: requested_at.map(|requested_at| Tombstone { requested_at, completed_at }),
        registered_at: row.instant("registered_at")?,
        version: row.small("version")?,
    })
}

pub(crate) const GROUP: &str = "id, name, zone, timetable, version";

pub(crate) fn group(row: &Row) -> Result<Group, RepoError> {
    Ok(Group {
        id: row.parsed("id")?,
        name: row.optional("name")?,
        zone: row.parsed("zone")?,
        timetable: row.json("timetable")?,
        version: row.small("version")?,
    })
}

pub(crate) const SESSION: &str = "held_on, group_id, slot, opens_at, late_after, closes_at, marks_absent, closed_at";

pub(crate) fn session_values(session: &Session) -> Vec<Value> {
    let mut values = session_key(&session.id).to_vec();
    values.extend([
        micros(session.opens_at).into(),
        session.late_after.map(micros).into(),
        micros(session.closes_at).into(),
        session.marks_absent.into(),
        session.closed_at.map(micros).into(),
    ]);
    values
}

pub(crate) fn session(row: &Row) -> Result<Session, RepoError> {
    Ok(Session {
        id: row.session_id()?,
        opens_at: row.instant("opens_at")?,
        late_after: row.optional_instant("late_after")?,
        closes_at: row.instant("closes_at")?,
        marks_absent: row.int("marks_absent")? != 0,
        closed_at: row.optional_instant("closed_at")?,
    })
}

pub(crate) const RECORD: &str =
    "held_on, group_id, slot, attendee, status, method, reason, happened_at, recorded_at, check_in, version";

/// The reason stands apart from its method, so that it can be erased alone.
pub(crate) fn record_values(record: &AttendanceRecord) -> Result<Vec<Value>, RepoError> {
    let mut method = record.method.clone();
    let reason = match &mut method {
        Method::Hand { reason, .. } => reason.take(),
        _ => None,
    };
    let mut values = session_key(&record.session).to_vec();
    values.extend([
        record.attendee.to_string().into(),
        record.status.as_str().into(),
        document(&method)?.into(),
        reason.map(String::from).into(),
        micros(record.at).into(),
        micros(record.recorded_at).into(),
        text(record.check_in.as_ref()),
        record.version.into(),
    ]);
    Ok(values)
}

pub(crate) fn record(row: &Row) -> Result<AttendanceRecord, RepoError> {
    let mut method: Method = row.json("method")?;
    if let Method::Hand { reason, .. } = &mut method {
        *reason = row.optional::<Reason>("reason")?;
    }
    Ok(AttendanceRecord {
        session: row.session_id()?,
        attendee: row.parsed("attendee")?,
        status: row.parsed("status")?,
        method,
        at: row.instant("happened_at")?,
        recorded_at: row.instant("recorded_at")?,
        check_in: row.optional("check_in")?,
        version: row.small("version")?,
    })
}

pub(crate) const CHECK_IN: &str = "c.id, c.image, c.document";

/// The picture's key stands apart from the document, so that it can be removed alone.
pub(crate) fn check_in_values(check_in: &CheckIn) -> Result<Vec<Value>, RepoError> {
    let detached = CheckIn { image: None, ..check_in.clone() };
    Ok(vec![
        check_in.id.as_str().into(),
        micros(check_in.captured_at).into(),
        check_in.has_stranger().into(),
        text(check_in.image.as_ref()),
        document(&detached)?.into(),
    ])
}

pub(crate) fn check_in(row: &Row) -> Result<CheckIn, RepoError> {
    Ok(CheckIn { image: row.optional("image")?, ..row.json("document")? })
}

pub(crate) const AUDIT_ENTRY: &str = "id, happened_at, actor, action, attendee, about";

pub(crate) fn audit_entry(row: &Row) -> Result<AuditEntry, RepoError> {
    Ok(AuditEntry {
        id: row.parsed("id")?,
        at: row.instant("happened_at")?,
        by: row.parsed("actor")?,
        action: row.worded("action")?,
        attendee: row.optional("attendee")?,
        about: row.optional("about")?,
    })
}
