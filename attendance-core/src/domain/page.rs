//! Long lists come in pages.

use serde::{Deserialize, Serialize};

/// Where the next page starts: opaque, made by an adapter and given back to it unchanged. A text that a list's adapter
/// can't have made is refused as `InvalidCursor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// Which page of a list, and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The `next` of the page before; `None` for the first page.
    pub after: Option<Cursor>,
    /// The most items that a page holds, 1 to 1,000.
    limit: u16,
}

impl PageRequest {
    /// The longest page.
    pub const MAX: u16 = 1000;

    /// The first page, with at most `limit` items; `limit` is brought into 1 to [`PageRequest::MAX`].
    #[must_use]
    pub fn first(limit: u16) -> Self {
        Self { after: None, limit: limit.clamp(1, Self::MAX) }
    }

    /// The page that starts at `cursor`.
    #[must_use]
    pub fn after(self, cursor: Cursor) -> Self {
        Self { after: Some(cursor), ..self }
    }

    /// The most items that the page may hold, 1 to [`PageRequest::MAX`].
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.into()
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(100)
    }
}

/// A part of a list, in the list's order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page out of up to `limit + 1` items: the one too many shows that there is a next page, which starts after
    /// the last item that this page holds.
    #[must_use]
    pub fn of(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|last| Cursor(cursor(last))) } else { None };
        Self { items, next }
    }
}
