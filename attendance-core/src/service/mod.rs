//! What one can do with attendance: a method of [`Attendance`] per use case, a file per use case.

mod change;
mod check_in;
mod chores;
mod clock;
mod enrol;
mod erase;
mod error;
mod place;
mod registry;
mod relay;
mod report;
mod rest;
mod roll_call;
mod sign_in;
mod upload;

use std::sync::Arc;

pub use change::AttendeeChange;
pub use check_in::{CheckInAnswer, CheckInRequest, FaceOutcome};
pub use chores::{Chore, Failures, Removal, Swept};
pub use clock::{Clock, ManualClock, SystemClock};
pub use enrol::{EnrolCheck, EnrolRequest, Enrolled};
pub use erase::Erased;
pub use error::Error;
pub use registry::{NewAttendee, NewOrganization};
pub use relay::{Relayed, Told};
pub use report::{ReportRow, Summary};
pub use rest::RestRequest;
pub use roll_call::{Expected, MarkRequest, RosterEntry, When};
pub use upload::{Upload, UploadRequest};

use crate::domain::event::Target;
use crate::ports::{AttendanceRepo, EventSink, FaceMatcher, ImageStore, Notifier};

/// The whole of attendance over five ports. Cheap to clone; use one from any number of tasks.
///
/// ```
/// use std::sync::Arc;
/// use attendance_core::{Attendance, memory::*};
///
/// let images = Arc::new(InMemoryImageStore::new());
/// let attendance = Attendance::builder()
///     .face_matcher(Arc::new(InMemoryFaceMatcher::new()))
///     .image_store(images)
///     .repo(Arc::new(InMemoryAttendanceRepo::new()))
///     .notifier(Arc::new(InMemoryNotifier::new()))
///     .event_sink(Arc::new(InMemoryEventSink::new()))
///     .build()?;
/// # Ok::<(), attendance_core::MissingPort>(())
/// ```
#[derive(Debug, Clone)]
pub struct Attendance {
    matcher: Arc<dyn FaceMatcher>,
    images: Arc<dyn ImageStore>,
    repo: Arc<dyn AttendanceRepo>,
    notifier: Arc<dyn Notifier>,
    sink: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    targets: Vec<Target>,
    removals_at_most: usize,
    compared: chores::Compared,
}

impl Attendance {
    /// Starts to put the ports together.
    #[must_use]
    pub fn builder() -> AttendanceBuilder {
        AttendanceBuilder::default()
    }

    /// The repository, for reading.
    #[must_use]
    pub fn repo(&self) -> &Arc<dyn AttendanceRepo> {
        &self.repo
    }

    /// The face matcher, for reading.
    #[must_use]
    pub fn face_matcher(&self) -> &Arc<dyn FaceMatcher> {
        &self.matcher
    }

    /// The image store.
    #[must_use]
    pub fn image_store(&self) -> &Arc<dyn ImageStore> {
        &self.images
    }

    /// What time it is for the services.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }
}

/// Of how many attendees a sweep removes faces that nobody said shall go, unless the builder says otherwise.
const REMOVALS_AT_MOST: usize = 5;

/// A port that was not given to the builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attendance needs {0}: give it to the builder")]
pub struct MissingPort(&'static str);

/// Puts the ports of [`Attendance`] together.
#[derive(Debug, Default)]
pub struct AttendanceBuilder {
    matcher: Option<Arc<dyn FaceMatcher>>,
    images: Option<Arc<dyn ImageStore>>,
    repo: Option<Arc<dyn AttendanceRepo>>,
    notifier: Option<Arc<dyn Notifier>>,
    sink: Option<Arc<dyn EventSink>>,
    clock: Option<Arc<dyn Clock>>,
    targets: Option<Vec<Target>>,
    removals_at_most: Option<usize>,
}

macro_rules! port {
    ($(#[$doc:meta])* $method:ident, $field:ident, $port:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $method(mut self, $field: Arc<dyn $port>) -> Self {
            self.$field = Some($field);
            self
        }
    };
}

impl AttendanceBuilder {
    port! {
        /// Who is in a picture.
        face_matcher, matcher, FaceMatcher
    }
    port! {
        /// Where pictures are kept.
        image_store, images, ImageStore
    }
    port! {
        /// What is remembered.
        repo, repo, AttendanceRepo
    }
    port! {
        /// Who tells people.
        notifier, notifier, Notifier
    }
    port! {
        /// Where events go.
        event_sink, sink, EventSink
    }
    port! {
        /// Instead of the machine's clock.
        clock, clock, Clock
    }

    /// Where every event goes; the sink and the notifier unless this says otherwise. A host that tells people from what
    /// comes out of the sink, by [`Attendance::tell`], names only the sink.
    #[must_use]
    pub fn targets(mut self, targets: impl Into<Vec<Target>>) -> Self {
        self.targets = Some(targets.into());
        self
    }

    /// Of how many attendees a sweep removes faces that nobody said shall go; of more it removes none, reports them, and
    /// waits for a person. 5 unless this says otherwise; 0 removes none.
    #[must_use]
    pub fn removals_at_most(mut self, attendees: usize) -> Self {
        self.removals_at_most = Some(attendees);
        self
    }

    /// The façade.
    ///
    /// # Errors
    /// [`MissingPort`] names the first of the five ports that was not given.
    pub fn build(self) -> Result<Attendance, MissingPort> {
        Ok(Attendance {
            matcher: self.matcher.ok_or(MissingPort("a face matcher"))?,
            images: self.images.ok_or(MissingPort("an image store"))?,
            repo: self.repo.ok_or(MissingPort("a repository"))?,
            notifier: self.notifier.ok_or(MissingPort("a notifier"))?,
            sink: self.sink.ok_or(MissingPort("an event sink"))?,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
            targets: self.targets.unwrap_or_else(|| vec![Target::sink(), Target::notifier()]),
            removals_at_most: self.removals_at_most.unwrap_or(REMOVALS_AT_MOST),
            compared: chores::Compared::default(),
        })
    }
}
