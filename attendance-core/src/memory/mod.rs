//! An in-memory adapter of every port, to test with: all that the ports promise, except that nothing survives the
//! process. Nothing here needs an async runtime, a file or a network.
//!
//! What went out can be read back: [`InMemoryEventSink::events`], [`InMemoryNotifier::sent`]. Pictures for
//! [`InMemoryFaceMatcher`] are written with [`FakePicture`].

mod attendance_repo;
mod event_sink;
mod face_matcher;
mod fake_picture;
mod image_store;
mod notifier;
#[cfg(test)]
mod races;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use attendance_repo::InMemoryAttendanceRepo;
pub use event_sink::InMemoryEventSink;
pub use face_matcher::InMemoryFaceMatcher;
pub use fake_picture::{FakeFace, FakePicture};
pub use image_store::InMemoryImageStore;
pub use notifier::{InMemoryNotifier, Sent};

use crate::domain::page::{Cursor, Page, PageRequest};

/// Every change is checked before its first write, so that what a panic leaves behind is whole.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The position of a list after which a page starts. Cursors begin with their list's name, so that one list refuses
/// another's.
fn start_after<K>(list: &str, page: &PageRequest, parse: impl Fn(&str) -> Option<K>) -> Result<Option<K>, NotOurs> {
    match &page.after {
        None => Ok(None),
        Some(Cursor(text)) => {
            let position = text.strip_prefix(list).and_then(|rest| rest.strip_prefix('/'));
            position.and_then(parse).map(Some).ok_or(NotOurs)
        }
    }
}

/// A page out of all that comes after the cursor.
fn page_of<T>(list: &str, page: &PageRequest, items: impl Iterator<Item = T>, position: fn(&T) -> String) -> Page<T> {
    let items = items.take(page.limit() + 1).collect();
    Page::of(items, page.limit(), |item| format!("{list}/{}", position(item)))
}

fn nothing<T>() -> Page<T> {
    Page { items: Vec::new(), next: None }
}

/// A cursor that this list did not make.
struct NotOurs;

impl From<NotOurs> for crate::ports::RepoError {
    fn from(_: NotOurs) -> Self {
        Self::InvalidCursor
    }
}

impl From<NotOurs> for crate::ports::ImageStoreError {
    fn from(_: NotOurs) -> Self {
        Self::InvalidCursor
    }
}

impl From<NotOurs> for crate::ports::FaceMatcherError {
    fn from(_: NotOurs) -> Self {
        Self::InvalidCursor
    }
}
