//! PostgreSQL, MySQL and MariaDB: pools that somebody else made.

use std::sync::Arc;

use attendance_core::ports::RepoError;

use crate::SqlAttendanceRepo;
use crate::engine::{Engine, Pools};
use crate::login::{Account, Logins};

impl SqlAttendanceRepo {
    /// The repository in the PostgreSQL database of that pool; its schema is brought up to date first.
    ///
    /// # Errors
    /// [`RepoError::TooNew`] if a newer version of this software made it, [`RepoError::Unavailable`] where it can't be
    /// reached.
    #[cfg(feature = "postgres")]
    pub async fn on_postgres(pool: sqlx::PgPool) -> Result<Self, RepoError> {
        Self::migrated(Engine::Postgres(Pools { writer: pool.clone(), readers: pool, account: None })).await
    }

    /// As [`SqlAttendanceRepo::on_postgres`], with a password that may change while the pool lives. What else the pool
    /// was made with stays as it is; it must open no connection by itself (`connect_lazy_with`, no `min_connections`).
    ///
    /// # Errors
    /// As [`SqlAttendanceRepo::on_postgres`], and as the source of logins fails.
    #[cfg(feature = "postgres")]
    pub async fn on_postgres_as(pool: sqlx::PgPool, logins: Arc<dyn Logins>) -> Result<Self, RepoError> {
        let account = Account::new(logins, {
            let pool = pool.clone();
            move |login| {
                let options = (*pool.connect_options()).clone();
                pool.set_connect_options(options.username(&login.user).password(&login.password));
            }
        });
        Self::migrated(Engine::Postgres(Pools { writer: pool.clone(), readers: pool, account: Some(account) })).await
    }

    /// The repository in the MySQL or MariaDB database of that pool; its schema is brought up to date first.
    ///
    /// # Errors
    /// [`RepoError::TooNew`] if a newer version of this software made it, [`RepoError::Unavailable`] where it can't be
    /// reached.
    #[cfg(feature = "mysql")]
    pub async fn on_mysql(pool: sqlx::MySqlPool) -> Result<Self, RepoError> {
        Self::migrated(Engine::MySql(Pools { writer: pool.clone(), readers: pool, account: None })).await
    }

    /// As [`SqlAttendanceRepo::on_mysql`], with a password that may change while the pool lives. What else the pool was
    /// made with stays as it is; it must open no connection by itself (`connect_lazy_with`, no `min_connections`).
    ///
    /// # Errors
    /// As [`SqlAttendanceRepo::on_mysql`], and as the source of logins fails.
    #[cfg(feature = "mysql")]
    pub async fn on_mysql_as(pool: sqlx::MySqlPool, logins: Arc<dyn Logins>) -> Result<Self, RepoError> {
        let account = Account::new(logins, {
            let pool = pool.clone();
            move |login| {
                let options = (*pool.connect_options()).clone();
                pool.set_connect_options(options.username(&login.user).password(&login.password));
            }
        });
        Self::migrated(Engine::MySql(Pools { writer: pool.clone(), readers: pool, account: Some(account) })).await
    }

    async fn migrated(engine: Engine) -> Result<Self, RepoError> {
        engine.migrate().await?;
        Ok(Self { engine: Arc::new(engine) })
    }
}
