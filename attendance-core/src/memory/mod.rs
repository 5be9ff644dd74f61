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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use jiff::Timestamp;

    use super::*;
    use crate::domain::attendee::{Attendee, Email, ExternalId, Name};
    use crate::domain::audit::{Actor, AuditAction, AuditEntry};
    use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
    use crate::domain::organization::{Organization, OrganizationPolicy};
    use crate::domain::policy::QualityPolicy;
    use crate::domain::zone::Zone;
    use crate::ports::notifier::{Message, Recipient};
    use crate::ports::{Directory, FaceMatcher, Notifier};

    #[test]
    fn debug_of_a_fake_shows_nothing_personal() {
        let school = OrganizationId::new("school").unwrap();
        let mut ada = Attendee::new(AttendeeId::fresh(), Name::new("Ada").unwrap(), Timestamp::UNIX_EPOCH);
        ada.external_id = Some(ExternalId::new("Ada-1815").unwrap());
        let organization = Organization {
            id: school.clone(),
            zone: Zone::utc(),
            policy: OrganizationPolicy::default(),
            created_at: Timestamp::UNIX_EPOCH,
            version: 0,
        };
        let email = Some(Email::new("Ada@example.org").unwrap());
        let recipient = Recipient { name: ada.name.clone(), email, phone: None, language: None };
        let message = Message { id: "m-1".to_owned(), subject: "Ada came".to_owned(), body: "Ada came".to_owned() };
        let (repo, matcher) = (InMemoryAttendanceRepo::new(), InMemoryFaceMatcher::new());
        let notifier = InMemoryNotifier::new();
        let entry = |action| AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::system(), action, None);
        let told = async {
            repo.create_organization(&organization, &entry(AuditAction::CreateOrganization)).await.unwrap();
            repo.create_attendee(&school, &ada, &entry(AuditAction::Register)).await.unwrap();
            matcher.provision(&school).await.unwrap();
            let face = FaceId::derive(&school, ada.id, b"Ada");
            let image = FakePicture::of("Ada").image();
            matcher.enrol(&school, ada.id, face, &image, &QualityPolicy::ANY).await.unwrap();
            notifier.notify(&school, &recipient, &message).await.unwrap();
            notifier.alert(&school, &message).await.unwrap();
        };
        assert!(pin!(told).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        let shown = format!("{repo:?} {matcher:?} {notifier:?} {:?}", notifier.sent());
        assert!(!shown.contains("Ada"), "{shown}");
        assert!(shown.contains("InMemoryAttendanceRepo { organizations: 1 }"), "{shown}");
    }
}
