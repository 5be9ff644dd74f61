//! The conformance suite on SQLite.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::Arc;

use attendance_core::ports::AttendanceRepo;
use attendance_sql::SqlAttendanceRepo;

mod on_a_file {
    use super::*;

    async fn repo() -> (Arc<dyn AttendanceRepo>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let repo = SqlAttendanceRepo::open_sqlite(&folder.path().join("attendance.db")).await.unwrap();
        (Arc::new(repo), folder)
    }

    attendance_core::attendance_repo_suite!(repo);
}

mod in_memory {
    use super::*;

    async fn repo() -> (Arc<dyn AttendanceRepo>, ()) {
        (Arc::new(SqlAttendanceRepo::in_memory_sqlite().await.unwrap()), ())
    }

    attendance_core::attendance_repo_suite!(repo);
}
