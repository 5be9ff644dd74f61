//! The attendance repository on SQL databases: [`SqlAttendanceRepo`] is an
//! [`AttendanceRepo`](attendance_core::ports::AttendanceRepo) on SQLite (feature `sqlite`, the default), PostgreSQL
//! (feature `postgres`) and MySQL or MariaDB (feature `mysql`).
//!
//! ```
//! # async fn example(folder: &std::path::Path) -> Result<(), attendance_core::ports::RepoError> {
//! use attendance_sql::SqlAttendanceRepo;
//!
//! let repo = SqlAttendanceRepo::open_sqlite(&folder.join("attendance.db")).await?;
//! // … `Arc::new(repo)` wherever an `Arc<dyn AttendanceRepo>` is wanted.
//! repo.close().await
//! # }
//! ```
//!
//! # One set of queries
//!
//! There is one schema and one text of each query. It keeps to what the three engines share: texts that compare byte by
//! byte, 64-bit integers, unique keys, row values, pages by key. What is left (how a value is written in a query, how an
//! insert skips a row that is there, how a row is locked) is in one file of dialects. The schema is versioned: opening
//! brings it up to date, and refuses one that a newer version made
//! ([`TooNew`](attendance_core::ports::RepoError::TooNew)). It wants a database, or a PostgreSQL schema, of its own.
//!
//! # Why sqlx, and why not its `Any`
//!
//! sqlx speaks all three protocols in Rust with one interface, has pools, versioned migrations, TLS roots from memory and
//! connect options that can be replaced while a pool lives (which expiring passwords need). Its runtime-neutral
//! driver `Any` is left aside: it takes URLs only, which cannot carry a certificate, cannot set a pragma, and leaves
//! `?` untranslated on PostgreSQL ([#3000](https://github.com/transact-rs/sqlx/issues/3000)). A small enum over the
//! three typed pools has none of these limits. Queries are checked by tests against real engines, not by macros: those
//! would need a database of each kind to compile.
//!
//! # What it guarantees
//!
//! - A commit is one transaction: the check-in, its records, their events, or nothing. Uniqueness is the database's own
//!   affair (primary keys), never a check before a write.
//! - What was acknowledged survives a killed process and a power cut: SQLite runs with a write-ahead log that is synced
//!   at every commit (`synchronous = FULL`).
//! - Contention is waited for, or repeated. What remains of it is
//!   [`Throttled`](attendance_core::ports::RepoError::Throttled), which may be tried again.
//! - On SQLite an erasure rewrites the file and empties its log before it counts as complete: `secure_delete` alone
//!   leaves copies that moved between pages. On a server, what its backups and logs keep is the server's affair.
//! - A password that is replaced while the repository runs is taken from its source ([`Logins`]) when a connection is
//!   opened, and asked for again when the server refuses it.
//! - No personal value is in an error or a log: a violated key is reported by its code, and statements are not logged.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]

mod audit;
mod dialect;
mod directory;
mod engine;
mod erasure;
mod error;
mod ledger;
mod login;
mod outbox;
mod page;
mod query;
mod rows;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
mod timetable;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use attendance_core::ports::RepoError;

use engine::Engine;

pub use login::{Login, Logins};

/// The repository in a SQL database. A clone shares its connections.
#[derive(Clone)]
pub struct SqlAttendanceRepo {
    engine: Arc<Engine>,
}

impl SqlAttendanceRepo {
    /// Closes all connections, of clones too, once what they do is done. SQLite's log is written into its file first.
    ///
    /// Without it nothing is lost: what was acknowledged is on the disk.
    ///
    /// # Errors
    /// [`RepoError::Unavailable`] where the log could not be written back; it will be when the file is opened next.
    pub async fn close(&self) -> Result<(), RepoError> {
        match &*self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pools) => {
                let checkpointed = sqlite::checkpoint(&pools.writer).await;
                self.engine.close().await;
                checkpointed
            }
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => {
                self.engine.close().await;
                Ok(())
            }
        }
    }
}

impl fmt::Debug for SqlAttendanceRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlAttendanceRepo").field("dialect", &self.engine.dialect()).finish_non_exhaustive()
    }
}

/// How often a transaction is begun that a server gave up in favour of another.
const ATTEMPTS: u32 = 8;

/// How long to wait before the attempt of that number; longer each time, and not the same for all who wait.
fn pause(attempt: u32) -> Duration {
    let jitter = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |now| now.subsec_nanos() % 4);
    Duration::from_millis(u64::from((1 << attempt) + jitter))
}

/// Repeats a transaction that was given up in favour of another: a deadlock, a failed serialization. A macro, because
/// the future of a generic closure would not be known to be `Send`.
macro_rules! repeated {
    ($engine:expr, $transaction:expr) => {{
        let mut attempt = 0;
        loop {
            match $transaction.await {
                Err(error)
                    if $engine.dialect().repeats()
                        && attempt < $crate::ATTEMPTS
                        && $crate::error::was_given_up(&error) =>
                {
                    attempt += 1;
                    tokio::time::sleep($crate::pause(attempt)).await;
                }
                answer => break answer,
            }
        }
    }};
}
use repeated;
