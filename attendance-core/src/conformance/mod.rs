//! What every adapter of a port has to show: one suite per port, one case per line of the port's `# Behavior`.
//!
//! A suite is a macro that makes one test of each case, so that a failure has the name of what was broken. It is
//! given an `async fn` that makes what is tested, and a guard that lives as long (a temporary folder; `()` if there
//! is nothing to guard):
//!
//! ```ignore
//! async fn repo() -> (Arc<dyn AttendanceRepo>, TempDir) { ... }
//!
//! attendance_core::attendance_repo_suite!(repo);
//! ```
//!
//! | macro | its function gives |
//! | --- | --- |
//! | [`attendance_repo_suite!`](crate::attendance_repo_suite) | `(Arc<dyn AttendanceRepo>, Guard)` |
//! | [`image_store_suite!`](crate::image_store_suite) | `(Arc<dyn ImageStore>, Guard)` |
//! | [`face_matcher_suite!`](crate::face_matcher_suite) | `(`[`FaceMatcherFixture`](face_matcher::FaceMatcherFixture)`, Guard)` |
//! | [`event_sink_suite!`](crate::event_sink_suite) | `(`[`EventSinkFixture`](event_sink::EventSinkFixture)`, Guard)` |
//! | [`notifier_suite!`](crate::notifier_suite) | `(`[`NotifierFixture`](notifier::NotifierFixture)`, Guard)` |
//!
//! Where the machine lacks what an adapter needs (a server, say), the function says so and gives `None` of an `Option` of
//! the pair.
//!
//! Every test is a `#[::tokio::test]` of the calling crate; a second argument names another attribute:
//! `attendance_repo_suite!(repo, #[tokio::test(flavor = "multi_thread")])`. Two suites of one port in one file each
//! need a module. Every case works in organizations of its own with random ids, so that one database serves many cases
//! at once; what the cases leave behind is named `o-` and 32 hexadecimal digits. All instants are whole microseconds.
//!
//! Cases run futures at the same time on one task: that is concurrency for whatever awaits something. An adapter that
//! never awaits needs threads to be tested for races.

#![allow(missing_docs, reason = "the name of a case says what it shows")]
#![allow(clippy::cloned_ref_to_slice_refs, reason = "an array shows what is expected, whether it has one item or two")]
#![allow(clippy::unwrap_used, reason = "a case panics where an adapter fails it")]

pub mod attendance_repo;
pub mod event_sink;
pub mod face_matcher;
pub mod image_store;
pub mod notifier;

mod given;

use std::pin::Pin;

/// Reads back what an adapter sent out: an `async` closure, boxed.
pub type ReadBack<T> = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Vec<T>> + Send>> + Send + Sync>;

/// Says on the test's output that an adapter has nothing to show in a case. Not the word for what a machine lacks.
fn skip(why: &str) {
    eprintln!("not applicable: {why}");
}

/// What a suite's function gives: a subject and its guard, or, as an `Option`, nothing where the machine lacks what the
/// subject needs. Then the function says so, and the test ends without a result.
pub trait Given {
    /// What is tested.
    type Subject;
    /// What lives as long.
    type Guard;

    /// The subject and its guard, if there are any.
    fn given(self) -> Option<(Self::Subject, Self::Guard)>;
}

impl<S, G> Given for (S, G) {
    type Subject = S;
    type Guard = G;

    fn given(self) -> Option<(S, G)> {
        Some(self)
    }
}

impl<S, G> Given for Option<(S, G)> {
    type Subject = S;
    type Guard = G;

    fn given(self) -> Option<(S, G)> {
        self
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($fixture:path, $test:meta, $suite:path, $($case:ident)+) => {$(
        #[$test]
        async fn $case() {
            use $suite as suite;
            let Some((subject, _guard)) = $crate::conformance::Given::given($fixture().await) else { return };
            suite::$case(::std::borrow::Borrow::borrow(&subject)).await;
        }
    )+};
}
