//! Where queries run: the one place that knows which engine it is.

use sqlx::pool::{MaybePoolConnection, PoolConnection};
use sqlx::{AssertSqlSafe, Database, Pool, Row as _, SqlSafeStr as _, Transaction};
#[cfg(feature = "mysql")]
use sqlx::{MySql, mysql::MySqlRow};
#[cfg(feature = "postgres")]
use sqlx::{Postgres, postgres::PgRow};
#[cfg(feature = "sqlite")]
use sqlx::{Sqlite, sqlite::SqliteRow};

use attendance_core::ports::RepoError;

use crate::dialect::Dialect;
use crate::error::{migration_error, repo_error};
use crate::login::Account;
use crate::query::{Query, Value};

/// The connections of one database. SQLite writes through a single connection, so that writers of one process queue up
/// fairly instead of polling for the lock; a server has one pool for both.
pub(crate) struct Pools<D: Database> {
    pub(crate) writer: Pool<D>,
    pub(crate) readers: Pool<D>,
    /// Who logs in, where that changes.
    pub(crate) account: Option<Account>,
}

impl<D: Database> Pools<D> {
    async fn acquire(&self, pool: &Pool<D>) -> Result<PoolConnection<D>, RepoError> {
        match &self.account {
            Some(account) => account.acquire(pool).await,
            None => pool.acquire().await.map_err(repo_error),
        }
    }

    /// A connection that reads.
    async fn reader(&self) -> Result<PoolConnection<D>, RepoError> {
        self.acquire(&self.readers).await
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self) -> Result<PoolConnection<D>, RepoError> {
        self.acquire(&self.writer).await
    }

    async fn begin(&self, begin: &'static str) -> Result<Transaction<'static, D>, RepoError> {
        let connection = MaybePoolConnection::PoolConnection(self.writer().await?);
        Transaction::begin(connection, Some(begin.into_sql_str())).await.map_err(repo_error)
    }
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
        fetched!(self.dialect(), query, Self, self, |pools| &mut *pools.reader().await?).map_err(repo_error)
    }

    pub(crate) async fn row(&self, query: Query) -> Result<Option<Row>, RepoError> {
        Ok(self.rows(query).await?.pop())
    }

    /// Writes, in a statement that is a transaction of its own; answers how many rows it met.
    pub(crate) async fn execute(&self, query: Query) -> Result<u64, RepoError> {
        executed!(self.dialect(), query, Self, self, |pools| &mut *pools.writer().await?).map_err(repo_error)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, RepoError> {
        let begin = self.dialect().begin();
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(pools) => pools.begin(begin).await.map(Tx::Sqlite),
            #[cfg(feature = "postgres")]
            Self::Postgres(pools) => pools.begin(begin).await.map(Tx::Postgres),
            #[cfg(feature = "mysql")]
            Self::MySql(pools) => pools.begin(begin).await.map(Tx::MySql),
        }
    }

    /// Brings the schema up to date, once however many do so at a time.
    pub(crate) async fn migrate(&self) -> Result<(), RepoError> {
        let migrator = self.dialect().migrator();
        let newest = migrator.iter().map(|migration| migration.version).max();
        // A server that can't be reached, or lets nobody in, says so here. Below, an error means that there is no table.
        on_engine!(Self, self, |pools| drop(pools.writer().await?));
        // Most of the time there is nothing to do, and nobody to wait for.
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
                let mut tx = pools.begin(self.dialect().begin()).await?;
                migrator.run_direct(None, &mut *tx, false).await.map_err(migration_error)?;
                tx.commit().await.map_err(repo_error)
            }
            // sqlx takes a lock for the whole database, which the session holds: a proxy would tie it to this one.
            #[cfg(feature = "postgres")]
            Self::Postgres(pools) => {
                let mut connection = pools.writer().await?;
                connection.close_on_drop();
                migrator.run_direct(None, &mut *connection, false).await.map_err(migration_error)
            }
            // The lock ends with the connection.
            #[cfg(feature = "mysql")]
            Self::MySql(pools) => {
                let mut connection = pools.writer().await?;
                connection.close_on_drop();
                let lock = sqlx::query_scalar("SELECT GET_LOCK(CONCAT('attendance.', MD5(DATABASE())), 60)");
                let locked: Option<i64> = lock.fetch_one(&mut *connection).await.map_err(repo_error)?;
                if locked != Some(1) {
                    return Err(RepoError::Throttled { source: Some("the schema is being changed".into()) });
                }
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

    /// Commits what went well, and rolls back what did not, before its caller hears of it: a transaction that is only
    /// dropped keeps its locks until the runtime comes to end it, which it does not while a Lambda function is frozen.
    pub(crate) async fn end<T>(self, answer: Result<T, RepoError>) -> Result<T, RepoError> {
        match answer {
            Ok(value) => on_engine!(Self, self, |tx| tx.commit().await.map_err(repo_error)).map(|()| value),
            Err(error) => {
                // Where even that fails, the connection is gone, and the transaction with it.
                on_engine!(Self, self, |tx| tx.rollback().await).ok();
                Err(error)
            }
        }
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
