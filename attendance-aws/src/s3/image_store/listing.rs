//! One list out of the three places in which an organization's images lie.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::page::{Cursor, Page, PageRequest};
use attendance_core::ports::ImageStoreError;
use futures_util::future::try_join_all;

use super::S3ImageStore;
use super::place::{KINDS, OTHER, parse_object_key};
use crate::fault::Fault;

/// What the cursors of this list begin with.
const CURSOR: &str = "images/";

/// A place that is listed: objects that start with `prefix`, after the object `after`.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    prefix: String,
    after: Option<String>,
}

impl S3ImageStore {
    /// A page of the keys that start with `prefix`.
    pub(super) async fn keys(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError> {
        let after = after(prefix, page)?;
        let places = places(organization, prefix, after.as_ref());
        let listed = try_join_all(places.into_iter().map(|place| self.keys_at(place, page.limit()))).await?;
        let more_left = listed.iter().any(|(_, more)| *more);
        let mut items: Vec<_> = listed.into_iter().flat_map(|(keys, _)| keys).collect();
        items.sort_unstable();
        let more = more_left || items.len() > page.limit();
        items.truncate(page.limit());
        let next = items.last().filter(|_| more).map(|last| Cursor(format!("{CURSOR}{last}")));
        Ok(Page { items, next })
    }

    /// The first `limit` keys at a place, and whether there may be more. Objects that are no images are passed over.
    async fn keys_at(&self, place: Place, limit: usize) -> Result<(Vec<ImageKey>, bool), Fault> {
        let mut keys = Vec::new();
        let mut token = None;
        loop {
            let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&place.prefix);
            let wanted = i32::try_from(limit - keys.len()).unwrap_or(i32::MAX);
            let request = request.max_keys(wanted).set_start_after(place.after.clone()).set_continuation_token(token);
            let answer = request.send().await.map_err(|error| Fault::of(&error))?;
            let found = answer.contents().iter().filter_map(|object| parse_object_key(object.key()?));
            keys.extend(found.map(|(_, key)| key));
            let more = answer.is_truncated() == Some(true);
            if !more || keys.len() >= limit {
                return Ok((keys, more));
            }
            let next = answer.next_continuation_token;
            token = Some(next.ok_or_else(|| Fault::unexpected("S3 did not tell where its list goes on"))?);
        }
    }
}

/// The key after which the page starts.
fn after(prefix: &str, page: &PageRequest) -> Result<Option<ImageKey>, ImageStoreError> {
    let Some(Cursor(cursor)) = &page.after else { return Ok(None) };
    let key = cursor.strip_prefix(CURSOR).and_then(|key| ImageKey::new(key).ok());
    key.filter(|key| key.as_str().starts_with(prefix)).map(Some).ok_or(ImageStoreError::InvalidCursor)
}

/// The places where keys that start with `prefix` and come after `after` can lie.
fn places(organization: &OrganizationId, prefix: &str, after: Option<&ImageKey>) -> Vec<Place> {
    let in_keys = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_/".contains(&byte);
    if !prefix.bytes().all(in_keys) {
        return Vec::new();
    }
    let after = after.map(ImageKey::as_str);
    let of_kind = |kind: &'static str| {
        let rest = if kind.starts_with(prefix) { "" } else { prefix.strip_prefix(kind)? };
        let after = match after {
            Some(after) => match after.strip_prefix(kind) {
                Some(rest) => Some(format!("{kind}{organization}/{rest}")),
                None if after > kind => return None,
                None => None,
            },
            None => None,
        };
        Some(Place { prefix: format!("{kind}{organization}/{rest}"), after })
    };
    let mut places: Vec<_> = KINDS.into_iter().filter_map(of_kind).collect();
    if !KINDS.iter().any(|kind| prefix.starts_with(kind)) {
        let object = |key| format!("{OTHER}{organization}/{key}");
        places.push(Place { prefix: object(prefix), after: after.map(object) });
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(prefix: &str, after: Option<&str>) -> Vec<(String, Option<String>)> {
        let after = after.map(|key| ImageKey::new(key).unwrap());
        let places = places(&OrganizationId::new("o").unwrap(), prefix, after.as_ref());
        places.into_iter().map(|place| (place.prefix, place.after)).collect()
    }

    fn from_the_start(prefixes: &[&str]) -> Vec<(String, Option<String>)> {
        prefixes.iter().map(|prefix| ((*prefix).to_owned(), None)).collect()
    }

    #[test]
    fn only_the_places_that_a_prefix_can_reach_are_asked() {
        assert_eq!(asked("", None), from_the_start(&["checkins/o/", "enrolments/o/", "other/o/"]));
        assert_eq!(asked("check", None), from_the_start(&["checkins/o/", "other/o/check"]));
        assert_eq!(asked("checkins", None), from_the_start(&["checkins/o/", "other/o/checkins"]));
        assert_eq!(asked("checkins/", None), from_the_start(&["checkins/o/"]));
        assert_eq!(asked("checkins/2026-1", None), from_the_start(&["checkins/o/2026-1"]));
        assert_eq!(asked("enrolments/a", None), from_the_start(&["enrolments/o/a"]));
        assert_eq!(asked("checkins-", None), from_the_start(&["other/o/checkins-"]));
        assert_eq!(asked("other/", None), from_the_start(&["other/o/other/"]));
        assert_eq!(asked("a\u{0}", None), []);
        assert_eq!(asked("%", None), []);
    }

    #[test]
    fn a_place_that_lies_before_the_cursor_is_not_asked_again() {
        let some = |text: &str| Some(text.to_owned());
        let all = |text: &str| text.to_owned();
        assert_eq!(
            asked("", Some("a")),
            [(all("checkins/o/"), None), (all("enrolments/o/"), None), (all("other/o/"), some("other/o/a"))]
        );
        assert_eq!(
            asked("", Some("checkins/x")),
            [
                (all("checkins/o/"), some("checkins/o/x")),
                (all("enrolments/o/"), None),
                (all("other/o/"), some("other/o/checkins/x")),
            ]
        );
        assert_eq!(asked("", Some("d")), [(all("enrolments/o/"), None), (all("other/o/"), some("other/o/d"))]);
        assert_eq!(asked("", Some("z")), [(all("other/o/"), some("other/o/z"))]);
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let refused = |prefix, cursor: &str| {
            let page = PageRequest::default().after(Cursor(cursor.to_owned()));
            matches!(after(prefix, &page), Err(ImageStoreError::InvalidCursor))
        };
        assert!(refused("", "a"));
        assert!(refused("", "images/a b"));
        assert!(refused("checkins/", "images/enrolments/a"));
        assert!(!refused("checkins/", "images/checkins/a"));
    }
}
