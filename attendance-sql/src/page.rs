//! Cursors: the name of a list and the key of the last item seen, so that a list goes on from there whatever was
//! added before it.

use std::str::FromStr;

use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;

use crate::engine::Row;

/// A list, by the name in its cursors.
#[derive(Clone, Copy)]
pub(crate) struct List(pub(crate) &'static str);

impl List {
    /// The place after which the page starts; `None` at the beginning.
    pub(crate) fn start<T>(
        self,
        page: &PageRequest,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RepoError> {
        let Some(cursor) = &page.after else { return Ok(None) };
        let place = cursor.0.strip_prefix(self.0).and_then(|rest| rest.strip_prefix('/'));
        place.and_then(read).map(Some).ok_or(RepoError::InvalidCursor)
    }

    /// The page out of one row more than it holds.
    pub(crate) fn page<T>(
        self,
        rows: &[Row],
        page: &PageRequest,
        read: impl Fn(&Row) -> Result<T, RepoError>,
        place: impl Fn(&T) -> String,
    ) -> Result<Page<T>, RepoError> {
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::of(items, page.limit(), |item| format!("{}/{}", self.0, place(item))))
    }
}

pub(crate) fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

pub(crate) fn pair<A: FromStr, B: FromStr>(text: &str) -> Option<(A, B)> {
    let (first, second) = text.split_once('/')?;
    Some((first.parse().ok()?, second.parse().ok()?))
}
