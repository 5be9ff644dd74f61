//! PostgreSQL, MySQL and MariaDB: pools that somebody else made.

use std::sync::Arc;

use attendance_core::ports::RepoError;

use crate::SqlAttendanceRepo;
use crate::engine::{Engine, Pools};

impl SqlAttendanceRepo {
    /// The repository in the PostgreSQL database of that pool; its schema is brought up to date first.
    ///
    /// # Errors
    /// [`RepoError::TooNew`] if a newer version of this software made it, [`RepoError::Unavailable`] where it can't be
    /// reached.
    #[cfg(feature = "postgres")]
    pub async fn on_postgres(pool: sqlx::PgPool) -> Result<Self, RepoError> {
        Self::migrated(Engine::Postgres(Pools { writer: pool.clone(), readers: pool })).await
    }

    /// The repository in the MySQL or MariaDB database of that pool; its schema is brought up to date first.
    ///
    /// # Errors
    /// [`RepoError::TooNew`] if a newer version of this software made it, [`RepoError::Unavailable`] where it can't be
    /// reached.
    #[cfg(feature = "mysql")]
    pub async fn on_mysql(pool: sqlx::MySqlPool) -> Result<Self, RepoError> {
        Self::migrated(Engine::MySql(Pools { writer: pool.clone(), readers: pool })).await
    }

    async fn migrated(engine: Engine) -> Result<Self, RepoError> {
        engine.migrate().await?;
        Ok(Self { engine: Arc::new(engine) })
    }
}
