//! The name that a face has in Rekognition.

use std::fmt;

use attendance_core::domain::ids::{AttendeeId, FaceId};

/// Whose face it is and which, as `ExternalImageId`: two opaque UUIDs, so that a face is found again by its attendee and
/// the same image enrolled twice is one face to Rekognition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Label {
    pub(super) attendee: AttendeeId,
    pub(super) face: FaceId,
}

impl Label {
    /// `None` for a text that is not of this crate's making: faces of others in the collection are not ours to judge.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (attendee, face) = text.split_once(':')?;
        Some(Self { attendee: attendee.parse().ok()?, face: face.parse().ok()? })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.attendee, self.face)
    }
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::ids::OrganizationId;

    use super::*;

    #[test]
    fn a_label_is_read_back_and_fits_an_external_image_id() {
        let attendee = AttendeeId::fresh();
        let organization = OrganizationId::new("school").unwrap();
        let label = Label { attendee, face: FaceId::derive(&organization, attendee, b"photo") };
        let text = label.to_string();
        assert_eq!(Label::parse(&text), Some(label));
        assert_eq!(text.len(), 73);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte)), "{text}");
    }

    #[test]
    fn what_others_put_into_the_collection_is_not_ours() {
        for foreign in ["", "ada.jpg", "ada:lovelace", ":", "0192f3a4-7c1e-7b3a-8c55-0123456789ab"] {
            assert_eq!(Label::parse(foreign), None, "{foreign:?}");
        }
    }
}
