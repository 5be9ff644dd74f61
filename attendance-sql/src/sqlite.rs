//! SQLite: opening a file, and leaving nothing behind in it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attendance_core::ports::RepoError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqlitePool};

use crate::SqlAttendanceRepo;
use crate::engine::{Engine, Pools};
use crate::error::{failed, repo_error};

/// How long a writer waits for those of other processes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Readers never wait for the writer, nor it for them.
const READERS: u32 = 3;

impl SqlAttendanceRepo {
    /// Opens the SQLite database in that file, which is made if it is not there (readable and writable for its owner
    /// only). Its folder must exist. Several processes may have it open.
    ///
    /// # Errors
    /// [`RepoError::TooNew`] if a newer version of this software made it, [`RepoError::Throttled`] if another process
    /// does not let go of it, [`RepoError::Failed`] if it can't be opened or is no database.
    pub async fn open_sqlite(path: &Path) -> Result<Self, RepoError> {
        create_private(path).map_err(failed)?;
        let options = options().filename(path).journal_mode(SqliteJournalMode::Wal);
        let patient_until = Instant::now() + PATIENCE;
        loop {
            match Self::open(&options, true).await {
                // Of those who open a new file at once, one turns the journal on and the others are told "busy"
                // without being made to wait.
                Err(RepoError::Throttled { .. }) if Instant::now() < patient_until => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                opened => return opened,
            }
        }
    }

    /// A database that is gone with its last clone: for tests.
    ///
    /// # Errors
    /// [`RepoError::Failed`] if it can't be made.
    pub async fn in_memory_sqlite() -> Result<Self, RepoError> {
        Self::open(&options().in_memory(true), false).await
    }

    /// The number by which what lies beside this file knows it; none if it was not given one. It stays with the file and
    /// its copies.
    ///
    /// # Errors
    /// [`RepoError::Failed`] of a database that is no file of SQLite, and what SQLite says.
    pub async fn file_id(&self) -> Result<Option<u32>, RepoError> {
        let row = sqlx::query("PRAGMA user_version").fetch_one(self.writer()?).await.map_err(repo_error)?;
        let id: i64 = row.try_get(0).map_err(repo_error)?;
        Ok(u32::try_from(id).ok().filter(|id| *id > 0))
    }

    /// Gives the file that number: 1 to 2,147,483,647.
    ///
    /// # Errors
    /// As [`file_id`](Self::file_id); [`RepoError::Failed`] of another number.
    pub async fn set_file_id(&self, id: u32) -> Result<(), RepoError> {
        let id = i32::try_from(id).ok().filter(|id| *id > 0).ok_or_else(|| failed("no number for a file"))?;
        let query = AssertSqlSafe(format!("PRAGMA user_version = {id}"));
        sqlx::query(query).execute(self.writer()?).await.map_err(repo_error)?;
        Ok(())
    }

    fn writer(&self) -> Result<&SqlitePool, RepoError> {
        match &*self.engine {
            Engine::Sqlite(pools) => Ok(&pools.writer),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Err(failed("only a file of SQLite has a number")),
        }
    }

    async fn open(options: &SqliteConnectOptions, several: bool) -> Result<Self, RepoError> {
        let writer = lasting(1).connect_with(options.clone()).await.map_err(repo_error)?;
        let readers = if several { lasting(READERS).connect_lazy_with(options.clone()) } else { writer.clone() };
        let repo = Self { engine: Arc::new(Engine::Sqlite(Pools { writer, readers, account: None })) };
        match repo.engine.migrate().await {
            Ok(()) => Ok(repo),
            Err(error) => {
                repo.engine.close().await;
                Err(error)
            }
        }
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .create_if_missing(true)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

/// A pool that keeps what it opened: connections to an embedded database do not break.
fn lasting(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// SQLite gives its journals the permissions of the file.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Leaves nothing of what was deleted: the file is written anew, since pages keep copies of rows that moved to others,
/// and the log is emptied.
pub(crate) async fn purge(writer: &SqlitePool) -> Result<(), RepoError> {
    sqlx::query("VACUUM").execute(writer).await.map_err(repo_error)?;
    checkpoint(writer).await
}

/// Writes the log into the file and truncates it. A reader of another process can hold it up for a while.
pub(crate) async fn checkpoint(writer: &SqlitePool) -> Result<(), RepoError> {
    let patient_until = Instant::now() + PATIENCE;
    loop {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await.map_err(repo_error)?;
        let busy: i64 = row.try_get(0).map_err(repo_error)?;
        if busy == 0 {
            return Ok(());
        }
        if Instant::now() >= patient_until {
            return Err(RepoError::Unavailable { source: "the write-ahead log is still being read".into() });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
