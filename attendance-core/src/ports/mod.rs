//! What attendance needs from the world: five traits, and nothing of how they are done.
//!
//! Every trait is object-safe and used as `Arc<dyn Port>`. The first argument of every method is the organization: no
//! call made for one can read, match or change another's. Time comes in as an argument. Each method lists its
//! behavior; the `conformance` feature has a case for every line of it. No method has a default, since a wrapper would
//! silently bypass it; conveniences are in the `…Ext` traits.

pub mod attendance_repo;
pub mod event_sink;
pub mod face_matcher;
pub mod image_store;
pub mod notifier;

pub use attendance_repo::{AttendanceRepo, AttendanceRepoExt, Directory, Ledger, Outbox, RepoError, Timetable};
pub use event_sink::{EventSink, EventSinkError};
pub use face_matcher::{FaceMatcher, FaceMatcherError};
pub use image_store::{ImageStore, ImageStoreError};
pub use notifier::{Notifier, NotifierError};

#[cfg(feature = "mock")]
pub use self::{
    attendance_repo::MockAttendanceRepo, event_sink::MockEventSink, face_matcher::MockFaceMatcher,
    image_store::MockImageStore, notifier::MockNotifier,
};

/// What an adapter failed of: shown by `source()`, never repeated by `Display`.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same call will fail the same way.
    No,
    /// The fault may pass: throttling, a lost connection, a lock.
    Yes,
}

/// What every port's error can tell.
pub trait PortError: std::error::Error + Send + Sync + 'static {
    /// Whether trying again can help.
    fn retry(&self) -> Retry;

    /// The port can't be reached: for layers that find that out themselves, such as one with a time limit.
    fn unavailable(source: BoxError) -> Self;
}

macro_rules! port_error {
    ($($error:ty),*) => {$(
        impl PortError for $error {
            fn retry(&self) -> Retry {
                <$error>::retry(self)
            }

            fn unavailable(source: BoxError) -> Self {
                Self::Unavailable { source }
            }
        }
    )*};
}
port_error!(RepoError, EventSinkError, FaceMatcherError, ImageStoreError, NotifierError);
