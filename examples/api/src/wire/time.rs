//! Dates, times and instants in the one spelling that the API takes, within bounds in which nothing overflows.

use attendance_core::domain::InvalidText;
use attendance_core::domain::session::SessionId;
use jiff::Timestamp;
use jiff::civil::{self, Date, Time};
use serde::{Deserialize, Deserializer, de::Error};

/// The first date that is taken.
pub const FIRST: Date = civil::date(1970, 1, 1);

/// The last date that is taken.
pub const LAST: Date = civil::date(2199, 12, 31);

/// A date such as `2026-11-21`, from 1970 to 2199.
///
/// # Errors
/// [`InvalidText`] for every other text.
pub fn date(text: &str) -> Result<Date, InvalidText> {
    let parsed = text.parse::<Date>().ok().filter(|date| (FIRST..=LAST).contains(date) && date.to_string() == text);
    parsed.ok_or(InvalidText { what: "a date", rule: "written like 2026-11-21, from 1970 to 2199" })
}

/// A time of day such as `08:00` or `08:00:30`.
///
/// # Errors
/// [`InvalidText`] for every other text.
pub fn time(text: &str) -> Result<Time, InvalidText> {
    let parsed = text.parse::<Time>().ok().filter(|time| match text.len() {
        5 => time.strftime("%H:%M").to_string() == text,
        _ => time.strftime("%H:%M:%S").to_string() == text,
    });
    parsed.ok_or(InvalidText { what: "a time of day", rule: "written like 08:00 or 08:00:30, from 00:00 to 23:59:59" })
}

/// An instant as RFC 3339 writes it, such as `2026-11-21T07:00:00Z`, from 1970 to 2199.
///
/// # Errors
/// [`InvalidText`] for every other text.
pub fn instant(text: &str) -> Result<Timestamp, InvalidText> {
    let shape = text.as_bytes();
    let is_rfc3339 = shape.len() >= 20
        && shape.len() <= 40
        && [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')].iter().all(|(at, byte)| shape[*at] == *byte)
        && matches!(shape[10], b'T' | b't')
        && !text.contains('[');
    let parsed = text
        .parse::<Timestamp>()
        .ok()
        .filter(|instant| is_rfc3339 && (FIRST..=LAST).contains(&jiff::tz::TimeZone::UTC.to_datetime(*instant).date()));
    parsed.ok_or(InvalidText {
        what: "an instant",
        rule: "written as RFC 3339 has it, such as 2026-11-21T07:00:00Z, from 1970 to 2199",
    })
}

pub(crate) fn read_required_date<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    date(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// A session whose date is one that is taken.
pub(crate) fn read_session<'de, D: Deserializer<'de>, T: From<SessionId>>(from: D) -> Result<T, D::Error> {
    session(&String::deserialize(from)?).map(T::from)
}

fn session<E: Error>(text: &str) -> Result<SessionId, E> {
    let session: SessionId = text.parse().map_err(E::custom)?;
    date(&session.date().to_string()).map_err(E::custom)?;
    Ok(session)
}

/// A session whose date is one that is taken, or none.
pub(crate) fn read_optional_session<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SessionId>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| session(&text)).transpose()
}

pub(crate) fn read_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| date(&text)).transpose().map_err(D::Error::custom)
}

pub(crate) fn read_instant<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| instant(&text)).transpose().map_err(D::Error::custom)
}

pub(crate) fn read_time<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    time(&String::deserialize(from)?).map_err(D::Error::custom)
}

pub(crate) fn read_optional_time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Time>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| time(&text)).transpose().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_spelling_and_lies_within_bounds() {
        assert_eq!(date("2026-11-21"), Ok(civil::date(2026, 11, 21)));
        for bad in ["", "20261121", "2026-11-31", "1969-12-31", "2200-01-01", "2026-11-21T00:00", "+002026-11-21"] {
            assert!(date(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_has_minutes_and_perhaps_seconds() {
        assert_eq!(time("08:00"), time("08:00:00"));
        assert_eq!(time("23:59:59"), Ok(civil::time(23, 59, 59, 0)));
        for bad in ["", "8:00", "0800", "24:00", "08:60", "08:00:60", "08:00:00.5", "T08:00"] {
            assert!(time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_instant_is_rfc_3339() {
        assert_eq!(instant("2026-11-21T08:00:00+01:00"), instant("2026-11-21T07:00:00Z"));
        assert!(instant("2026-11-21T07:00:00.123456Z").is_ok());
        for bad in [
            "",
            "2026-11-21",
            "2026-11-21 07:00:00Z",
            "2026-11-21T07:00Z",
            "20261121T070000Z",
            "2026-11-21T07:00:00",
            "2026-11-21T07:00:00+01:00[Europe/Berlin]",
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(instant(bad).is_err(), "{bad:?}");
        }
    }
}
