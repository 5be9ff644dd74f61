//! Long lists come in pages.

use attendance_core::domain::page::{self, Cursor, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A part of a list, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// At most as many as were asked for.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; left out on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1024)]
    pub next: Option<String>,
}

/// A whole list that is short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Items<T> {
    /// In the list's order.
    pub items: Vec<T>,
}

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The most items that the page may hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, minimum = 1, maximum = 1000, default = 100)]
    pub limit: Option<u16>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(nullable = false, max_length = 1024)]
    pub after: Option<String>,
}

impl PageQuery {
    /// The longest cursor, in bytes.
    pub const MAX_CURSOR: usize = 1024;

    /// The page that is meant; `None` if `limit` is not 1 to 1,000, or `after` is too long to be a cursor.
    #[must_use]
    pub fn request(&self) -> Option<PageRequest> {
        let limit = self.limit.unwrap_or(100);
        let fits = (1..=PageRequest::MAX).contains(&limit)
            && self.after.as_ref().is_none_or(|cursor| cursor.len() <= Self::MAX_CURSOR);
        let page = PageRequest::first(limit);
        fits.then(|| match &self.after {
            Some(cursor) => page.after(Cursor(cursor.clone())),
            None => page,
        })
    }
}

impl<T> Page<T> {
    /// A page of the domain, with each item as it is written.
    #[must_use]
    pub fn of<D>(page: page::Page<D>, item: impl FnMut(D) -> T) -> Self {
        Self { items: page.items.into_iter().map(item).collect(), next: page.next.map(|Cursor(next)| next) }
    }
}
