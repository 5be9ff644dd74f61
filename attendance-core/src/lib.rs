//! Turns a photo of a face into one trustworthy attendance record.
//!
//! - [`domain`] is plain data and pure rules.
//! - [`ports`] are five traits: who is in a picture, where pictures are kept, what is remembered, who tells people,
//!   where events go.
//! - [`Attendance`] is the façade over them, a method per use case: enrol, check in, mark, report, erase, relay, sweep.
//! - [`memory`] has an in-memory adapter of every port, to test against.
//! - [`layer`] puts retries and tracing around any port.
//! - `conformance` (feature) has a suite per port for adapters of your own; feature `mock` has `mockall` mocks.
//!
//! There is no SDK, SQL, HTTP or async runtime in here: any executor will do.
//!
//! ```
//! # use std::sync::Arc;
//! # use attendance_core::{*, domain::{attendee::*, audit::Actor, check_in::Outcome, organization::*, zone::Zone}};
//! # use attendance_core::{memory::*, ports::face_matcher::ImageRef};
//! # async fn run(attendance: Attendance) -> Result<(), Box<dyn std::error::Error>> {
//! let (me, school) = (Actor::new("front-desk")?, "school".parse()?);
//! let organization = NewOrganization { id: school, zone: Zone::new("Europe/Berlin")?, policy: Default::default() };
//! let school = attendance.ensure_organization(organization, &me).await?.id;
//!
//! let mut ada = NewAttendee::named(Name::new("Ada")?);
//! ada.consent = Some(ConsentWording::new("My face may be used to record my attendance.")?);
//! let ada = attendance.register(&school, ada, &me).await?;
//! let photo = ImageRef::bytes(FakePicture::of("ada").bytes());
//! let request = EnrolRequest::new(ada.id, photo.clone(), me.clone());
//! attendance.enrol(&school, request).await?;
//!
//! let answer = attendance.check_in(&school, CheckInRequest::new(photo, me)).await?;
//! assert!(matches!(answer.faces[0].outcome, Outcome::Marked { .. }));
//! # Ok(()) }
//! # let mut run = std::pin::pin!(run(
//! #     Attendance::builder()
//! #         .face_matcher(Arc::new(InMemoryFaceMatcher::new())).image_store(Arc::new(InMemoryImageStore::new()))
//! #         .repo(Arc::new(InMemoryAttendanceRepo::new())).notifier(Arc::new(InMemoryNotifier::new()))
//! #         .event_sink(Arc::new(InMemoryEventSink::new())).build().unwrap()));
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # assert!(matches!(run.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(()))));
//! # use std::future::Future;
//! ```

pub mod domain;
pub mod layer;
pub mod memory;
pub mod ports;
mod service;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use service::*;
