//! The repository in S3 objects: the suite, and what only it has to show.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(clippy::cloned_ref_to_slice_refs, reason = "an array shows what is expected, whether it has one item or two")]

mod acting;
mod crashing;
mod erasing;
mod failing;
mod given;
mod racing;
mod sending;
#[path = "../support/mod.rs"]
mod support;

mod conformance {
    use std::sync::Arc;

    use attendance_core::ports::AttendanceRepo;

    use crate::given::World;

    async fn repo() -> Option<(Arc<dyn AttendanceRepo>, ())> {
        let world = World::begin().await?;
        Some((Arc::new(world.repo().await), ()))
    }

    attendance_core::attendance_repo_suite!(repo);
}
