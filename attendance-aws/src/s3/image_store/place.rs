//! Where an image lies in the bucket.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;

/// The kinds that have a prefix of their own.
pub(super) const KINDS: [&str; 2] = [ImageKey::CHECK_INS, ImageKey::ENROLMENTS];

/// Before every key of no kind.
pub(super) const OTHER: &str = "other/";

/// The key of an image's object: its kind, its organization, and the rest of its key.
pub(super) fn object_key(organization: &OrganizationId, key: &ImageKey) -> String {
    let key = key.as_str();
    let of_kind = |kind: &str| key.strip_prefix(kind).map(|rest| format!("{kind}{organization}/{rest}"));
    KINDS.into_iter().find_map(of_kind).unwrap_or_else(|| format!("{OTHER}{organization}/{key}"))
}

/// Whose image an object is, and under which key. `None` for what
/// [`S3ImageStore::object_key`](super::S3ImageStore::object_key) never gives.
///
/// Whoever is told of an object by S3 (an event's key is form-url-encoded: decode it first) finds the image with it.
#[must_use]
pub fn parse_object_key(object: &str) -> Option<(OrganizationId, ImageKey)> {
    let (kind, rest) = object.split_at_checked(object.find('/')? + 1)?;
    let (organization, rest) = rest.split_once('/')?;
    let key = if kind == OTHER { rest.to_owned() } else { format!("{kind}{rest}") };
    let (organization, key) = (OrganizationId::new(organization).ok()?, ImageKey::new(key).ok()?);
    (object_key(&organization, &key) == object).then_some((organization, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn school() -> OrganizationId {
        OrganizationId::new("school").unwrap()
    }

    #[test]
    fn the_kind_stands_first_and_the_way_back_gives_the_same_key() {
        for (key, object) in [
            ("checkins/2026-11-21/c:1.jpg", "checkins/school/2026-11-21/c:1.jpg"),
            ("enrolments/a/b", "enrolments/school/a/b"),
            ("a", "other/school/a"),
            ("checkins", "other/school/checkins"),
            ("checkins-2/x", "other/school/checkins-2/x"),
            ("other/x", "other/school/other/x"),
            ("Checkins/x", "other/school/Checkins/x"),
        ] {
            let key = ImageKey::new(key).unwrap();
            assert_eq!(object_key(&school(), &key), object);
            assert_eq!(parse_object_key(object), Some((school(), key)));
        }
    }

    #[test]
    fn an_object_that_is_no_image_has_no_way_back() {
        for object in [
            "",
            "checkins",
            "checkins/",
            "checkins/school",
            "checkins/school/",
            "checkins/School/x",
            "checkins//x",
            "checkins/school/a b",
            "checkins/school/../x",
            "/school/x",
            "other/school/checkins/x",
            "other/school/enrolments/x",
            "records/school/x",
        ] {
            assert_eq!(parse_object_key(object), None, "{object}");
        }
    }
}
