//! Where queries run: the one place that knows which engine it is.

use sqlx::{AssertSqlSafe, Database, Pool, Row as _, Transaction};
#[cfg(feature = "mysql")]
use sqlx::{MySql, mysql::MySqlRow};
#[cfg(feature = "postgres")]
use sqlx::{Postgres, postgres::PgRow};
#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, sqlite::SqliteRow};

use attendance_core::ports::RepoError;

use crate::dialect::Dialect;
use crate::error::{migration_error, repo_error};
use crate::query::{Query, Value};

/// The connections of one database. SQLite writes through a single connection, so that writers of one process queue up
/// fairly instead of polling for the lock; a server has one pool for both.
pub(crate) struct Pools<D: Database> {
    pub(crate) writer: Pool<D>,
    pub(crate) readers: Pool<D>,
}

pub(crate) enum Engine {
    #[cfg(feature = "sqlite")]
    Sqlite(Pools<Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Pools<Postgres>),
    #[cfg(feature = "mysql")]
    MySql(Pools<MySql>),
}

/// A transaction that writes; dropped without a commit, it leaves nothing behind.
pub(crate) enum Tx {
    #[cfg(feature = "sqlite")]
    Sqlite(Transaction<'static, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Transaction<'static, Postgres>),
    #[cfg(feature = "mysql")]
    MySql(Transaction<'static, MySql>),
}

pub(crate) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(PgRow),
    #[cfg(feature = "mysql")]
    MySql(MySqlRow),
}

/// The same code for each engine, with the types of that engine.
macro_rules! on_engine {
    ($of:ident, $value:expr, |$it:ident| $body:expr) => {
        match $value {
            #[cfg(feature = "sqlite")]
            $of::Sqlite($it) => $body,
            #[cfg(feature = "postgres")]
            $of::Postgres($it) => $body,
            #[cfg(feature = "mysql")]
            $of::MySql($it) => $body,
        }
    };
}

macro_rules! prepared {
    ($sql:expr, $values:expr) => {
        $values.into_iter().fold(sqlx::query(AssertSqlSafe($sql)), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Int(number) => query.bind(number),
        })
    };
}

macro_rules! fetched {
    ($dialect:expr, $query:expr, $of:ident, $value:expr, |$it:ident| $executor:expr) => {{
        let (sql, values) = $query.into_parts($dialect);
        match $value {
            #[cfg(feature = "sqlite")]
            $of::Sqlite($it) => prepared!(sql, values)
                .fetch_all($executor)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            #[cfg(feature = "postgres")]
            $of::Postgres($it) => prepared!(sql, values)
                .fetch_all($executor)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
            #[cfg(feature = "mysql")]
            $of::MySql($it) => {
                prepared!(sql, values).fetch_all($executor).await.map(|rows| rows.into_iter().map(Row::MySql).collect())
            }
        }
    }};
}

macro_rules! executed {
    ($dialect:expr, $query:expr, $of:ident, $value:expr, |$it:ident| $executor:expr) => {{
        let (sql, values) = $query.into_parts($dialect);
        on_engine!($of, $value, |$it| prepared!(sql, values).execute($executor).await.map(|done| done.rows_affected()))
    }};
}

impl Engine {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
        }
    }

    /// Reads, in one statement: what it sees is of one moment.
    pub(crate) async fn rows(&self, query: Query) -> Result<Vec<Row>, RepoError> {
        fetched!(self.dialect(), query, Self, self, |pools| &pools.readers).map_err(repo_error)
    }

    pub(crate) async fn row(&self, query: Query) -> Result<Option<Row>, RepoError> {
        Ok(self.rows(query).await?.pop())
    }

    /// Writes, in a statement that is a transaction of its own; answers how many rows it met.
    pub(crate) async fn execute(&self, query: Query) -> Result<u64, RepoError> {
        executed!(self.dialect(), query, Self, self, |pools| &pools.writer).map_err(repo_error)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, RepoError> {
        let begin = self.dialect().begin();
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => pools.writer.begin_with(begin).await.map(Tx::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pools) => pools.writer.begin_with(begin).await.map(Tx::Postgres),
            #[cfg(feature = "mysql")]
            Self::MySql(pools) => pools.writer.begin_with(begin).await.map(Tx::MySql),
        }
        .map_err(repo_error)
    }

    /// Brings the schema up to date, once however many do so at a time.
    pub(crate) async fn migrate(&self) -> Result<(), RepoError> {
        let migrator = self.dialect().migrator();
        let newest = migrator.iter().map(|migration| migration.version).max();
        // Most of the time there is nothing to do, and nobody to wait for. Without the table there is an error.
        let applied = Query::new("SELECT MAX(version) AS version FROM attendance_migrations WHERE success = TRUE");
        if let Ok(Some(row)) = self.row(applied).await {
            match row.optional_int("version")? {
                applied if applied == newest => return Ok(()),
                applied if applied > newest => return Err(RepoError::TooNew),
                _ => {}
            }
        }
        match self {
            // SQLite has no lock by name: the transaction is the lock, and those of the migrations lie within it.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => {
                let mut tx = pools.writer.begin_with(self.dialect().begin()).await.map_err(repo_error)?;
                migrator.run_direct(None, &mut *tx, false).await.map_err(migration_error)?;
                tx.commit().await.map_err(repo_error)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(pools) => migrator.run(&pools.writer).await.map_err(migration_error),
            // The lock ends with the connection.
            #[cfg(feature = "mysql")]
            Self::MySql(pools) => {
                let mut connection = pools.writer.acquire().await.map_err(repo_error)?;
                connection.close_on_drop();
                let lock = sqlx::query("SELECT GET_LOCK(CONCAT('attendance.', MD5(DATABASE())), 60)");
                lock.execute(&mut *connection).await.map_err(repo_error)?;
                migrator.run_direct(None, &mut *connection, false).await.map_err(migration_error)
            }
        }
    }

    /// Leaves nothing of what was deleted in the files of an embedded database.
    pub(crate) async fn purge(&self) -> Result<(), RepoError> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => crate::sqlite::purge(&pools.writer).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Ok(()),
        }
    }

    pub(crate) async fn close(&self) {
        on_engine!(Self, self, |pools| {
            pools.readers.close().await;
            pools.writer.close().await;
        });
    }
}

impl Tx {
    fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Self::MySql(_) => Dialect::MySql,
        }
    }

    pub(crate) async fn rows(&mut self, query: Query) -> Result<Vec<Row>, RepoError> {
        fetched!(self.dialect(), query, Self, self, |tx| &mut **tx).map_err(repo_error)
    }

    pub(crate) async fn row(&mut self, query: Query) -> Result<Option<Row>, RepoError> {
        Ok(self.rows(query).await?.pop())
    }

    /// Answers how many rows it met, also those that it did not have to change.
    pub(crate) async fn execute(&mut self, query: Query) -> Result<u64, RepoError> {
        self.try_execute(query).await.map_err(repo_error)
    }

    /// As [`Tx::execute`], for a caller whom the violation of a key tells something.
    pub(crate) async fn try_execute(&mut self, query: Query) -> Result<u64, sqlx::Error> {
        executed!(self.dialect(), query, Self, self, |tx| &mut **tx)
    }

    pub(crate) async fn commit(self) -> Result<(), RepoError> {
        on_engine!(Self, self, |tx| tx.commit().await.map_err(repo_error))
    }
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String, RepoError> {
        on_engine!(Self, self, |row| row.try_get(column).map_err(repo_error))
    }

    pub(crate) fn optional_text(&self, column: &str) -> Result<Option<String>, RepoError> {
        on_engine!(Self, self, |row| row.try_get(column).map_err(repo_error))
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, RepoError> {
        on_engine!(Self, self, |row| row.try_get(column).map_err(repo_error))
    }

    pub(crate) fn optional_int(&self, column: &str) -> Result<Option<i64>, RepoError> {
        on_engine!(Self, self, |row| row.try_get(column).map_err(repo_error))
    }
}
