//! Names of stored images.

use jiff::civil::Date;

use super::ids::{AttendeeId, CheckInId, FaceId};
use super::text::text_type;

text_type! {
    /// The key of an image in an image store, below its organization: `checkins/2026-11-21/0192….jpg`.
    open ImageKey, "an image's key",
    "1 to 512 of A-Z, a-z, 0-9, '.', ':', '-', '_' and '/', without empty, '.' or '..' parts",
    |t| t.len() <= 512
        && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_' | b'/'))
        && t.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl ImageKey {
    /// Where check-in pictures are kept.
    pub const CHECK_INS: &'static str = "checkins/";

    /// Where enrolment photos are kept, if an organization's policy keeps them.
    pub const ENROLMENTS: &'static str = "enrolments/";

    /// The place of a check-in's picture. The date stands first, so that retention needs no database.
    #[must_use]
    pub fn of_check_in(date: Date, id: &CheckInId) -> Self {
        Self::new(format!("{}{date}/{id}", Self::CHECK_INS)).expect("a valid key")
    }

    /// The place of an enrolment photo.
    #[must_use]
    pub fn of_enrolment(attendee: AttendeeId, face: FaceId) -> Self {
        Self::new(format!("{}{face}", Self::enrolments_of(attendee))).expect("a valid key")
    }

    /// The prefix below which all enrolment photos of an attendee lie.
    #[must_use]
    pub fn enrolments_of(attendee: AttendeeId) -> String {
        format!("{}{attendee}/", Self::ENROLMENTS)
    }

    /// The date of a check-in picture's key, or `None` for another key.
    #[must_use]
    pub fn check_in_date(&self) -> Option<Date> {
        self.as_str().strip_prefix(Self::CHECK_INS)?.split('/').next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_not_leave_its_folder() {
        for bad in ["", "/", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", "a\\b", "a b", "a/"] {
            assert!(ImageKey::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_check_ins_key_tells_its_date() {
        let date = jiff::civil::date(2026, 11, 21);
        assert_eq!(ImageKey::of_check_in(date, &CheckInId::fresh()).check_in_date(), Some(date));
        assert_eq!(ImageKey::new("enrolments/2026-11-21/x").unwrap().check_in_date(), None);
    }
}
