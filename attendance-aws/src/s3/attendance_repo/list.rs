//! Lists: keys in their order, read some at a time until a page is full.

use attendance_core::domain::page::{Cursor, Page, PageRequest};
use attendance_core::ports::RepoError;
use serde::de::DeserializeOwned;

use super::objects::{AT_ONCE, Found, Objects};

/// A list, by the name in its cursors. A cursor is that name and the place in the list behind which a page starts: the
/// rest of a key behind the list's prefix.
#[derive(Debug, Clone, Copy)]
pub(super) struct List(pub(super) &'static str);

impl List {
    /// The place behind which the page starts; `None` at the beginning.
    pub(super) fn start(
        self,
        page: &PageRequest,
        is_place: impl FnOnce(&str) -> bool,
    ) -> Result<Option<String>, RepoError> {
        let Some(cursor) = &page.after else { return Ok(None) };
        let place = cursor.0.strip_prefix(self.0).and_then(|rest| rest.strip_prefix('/'));
        place.filter(|place| is_place(place)).map(|place| Some(place.to_owned())).ok_or(RepoError::InvalidCursor)
    }

    /// The page out of one item more than it holds, each with its place.
    pub(super) fn page<T>(self, items: Vec<(String, T)>, page: &PageRequest) -> Page<T> {
        let placed = Page::of(items, page.limit(), |(place, _)| format!("{}/{place}", self.0));
        let next: Option<Cursor> = placed.next;
        Page { items: placed.items.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// What one place of a list is.
pub(super) enum Place {
    /// The document at this key may be an item.
    Read(String),
    /// It is no item.
    Skip,
    /// The list ends before it.
    End,
}

/// Which keys are listed.
pub(super) struct Range {
    /// What the keys begin with; what follows is the place.
    pub(super) prefix: String,
    /// The place behind which the range starts.
    pub(super) after: Option<String>,
    /// How many items are wanted.
    pub(super) wanted: usize,
}

impl Objects {
    /// Up to as many items as are wanted. `look` says what a place is; `item` makes one of a document, or `None` where
    /// it is none.
    pub(super) async fn collect<F, T>(
        &self,
        range: Range,
        look: impl Fn(&str) -> Place + Send,
        item: impl Fn(&str, Found<F>) -> Option<T> + Send,
    ) -> Result<Vec<(String, T)>, RepoError>
    where
        F: DeserializeOwned + Send,
        T: Send,
    {
        let Range { prefix, after, wanted } = range;
        let mut items = Vec::new();
        let mut after = after.map(|place| format!("{prefix}{place}"));
        let mut first = true;
        loop {
            let missing = wanted.saturating_sub(items.len());
            if missing == 0 {
                return Ok(items);
            }
            // Most lists are nothing but items; one that turns out not to be is read by the thousand.
            let asked = if std::mem::take(&mut first) { missing.saturating_add(AT_ONCE) } else { 1000 };
            let (keys, more) = self.list(&prefix, after.as_deref(), asked).await?;
            after = keys.last().cloned();
            let mut ended = !more || keys.is_empty();
            let mut places = Vec::new();
            for key in &keys {
                let Some(place) = key.strip_prefix(&prefix) else { continue };
                match look(place) {
                    Place::Read(document) => places.push((place.to_owned(), document)),
                    Place::Skip => {}
                    Place::End => {
                        ended = true;
                        break;
                    }
                }
            }
            let mut places = places.into_iter();
            loop {
                let missing = wanted.saturating_sub(items.len());
                let (some, documents): (Vec<_>, Vec<_>) = places.by_ref().take(missing).unzip();
                if some.is_empty() {
                    break;
                }
                let found = self.get_all::<F>(documents).await?;
                for (place, found) in some.into_iter().zip(found) {
                    if let Some(item) = found.and_then(|found| item(&place, found)) {
                        items.push((place, item));
                    }
                }
            }
            if ended {
                return Ok(items);
            }
        }
    }
}
