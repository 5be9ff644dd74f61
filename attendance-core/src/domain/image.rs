//! Names of stored images.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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

    /// The check-in of a check-in picture's key, or `None` for another key.
    #[must_use]
    pub fn check_in_id(&self) -> Option<CheckInId> {
        self.check_in_date()?;
        CheckInId::new(self.as_str().split('/').nth(2)?).ok()
    }
}

/// Why an image can't be used. Each says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ImageProblem {
    /// No bytes.
    #[error("the image is empty: offer a JPEG or PNG file")]
    Empty,
    /// Neither JPEG nor PNG.
    #[error("this is neither a JPEG nor a PNG image: offer one of these")]
    Unsupported,
    /// Cut off, or its data make no sense.
    #[error("the image is truncated or damaged: take or upload it again")]
    Damaged,
    /// More bytes than are taken.
    #[error("the image has {bytes} bytes and at most {limit} are taken: offer a smaller one")]
    TooManyBytes {
        /// How many it has.
        bytes: u64,
        /// How many are taken.
        limit: u64,
    },
    /// More pixels than are taken.
    #[error("the image claims {width} x {height} pixels and at most {limit} in all are taken: offer a smaller one")]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// How many are taken in all.
        limit: u64,
    },
    /// Fewer pixels than a face needs.
    #[error("the image has {width} x {height} pixels and at least {min} x {min} are needed: offer a larger one")]
    TooSmall {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
        /// The least along each side.
        min: u32,
    },
    /// No image at that key.
    #[error("there is no image at that key: upload it first")]
    Missing,
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
    fn a_check_ins_key_tells_its_date_and_its_id() {
        let date = jiff::civil::date(2026, 11, 21);
        let id = CheckInId::fresh();
        let key = ImageKey::of_check_in(date, &id);
        assert_eq!((key.check_in_date(), key.check_in_id()), (Some(date), Some(id)));
        for other in ["enrolments/2026-11-21/x", "checkins/door/x", "checkins"] {
            let key = ImageKey::new(other).unwrap();
            assert_eq!((key.check_in_date(), key.check_in_id()), (None, None), "{other}");
        }
    }
}
