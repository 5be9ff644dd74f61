//! What the tests of every database server share: a database of one's own, and cases that need several connections.
//! The conformance suite is run beside them.

pub(crate) mod cases;

use std::marker::PhantomData;

use attendance_core::ports::RepoError;
use attendance_sql::SqlAttendanceRepo;
use sqlx::pool::PoolOptions;
use sqlx::{AssertSqlSafe, Pool};
use uuid::Uuid;

/// A server.
pub(crate) trait Server: Sized + Send + Sync + 'static {
    /// The variable that holds the URL of a server on which the user may create databases; `cargo xtask test` sets it.
    const VARIABLE: &'static str;
    /// What it is called in a line about a test that was skipped.
    const NAME: &'static str;
    /// What it takes to be a server: its pools.
    type Engine: sqlx::Database;

    /// Runs statements of which nobody needs an answer.
    fn run(pool: &Pool<Self::Engine>, sql: &str) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
    /// The repository on a pool.
    fn on(pool: Pool<Self::Engine>) -> impl Future<Output = Result<SqlAttendanceRepo, RepoError>> + Send;
    /// Ends all connections to a database but those of this pool.
    fn end_connections(pool: &Pool<Self::Engine>, database: &str) -> impl Future<Output = ()> + Send;
}

/// A database of its own, which is gone with it.
pub(crate) struct Database<S: Server> {
    server: String,
    url: String,
    name: String,
    engine: PhantomData<S>,
}

impl<S: Server> Database<S> {
    /// A new one, or a line that says that the test was skipped, and why.
    pub(crate) async fn make() -> Option<Self> {
        let Some(server) = std::env::var(S::VARIABLE).ok().filter(|url| !url.is_empty()) else {
            eprintln!("skipped: {}: {} is not set; cargo xtask test", S::NAME, S::VARIABLE);
            return None;
        };
        let name = format!("attendance_{}", Uuid::now_v7().simple());
        let pool = pool::<S>(&server, 1);
        S::run(&pool, &format!("CREATE DATABASE {name}")).await.unwrap();
        pool.close().await;
        Some(Self { url: with_database(&server, &name), server, name, engine: PhantomData })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// At most so many connections to it.
    pub(crate) fn pool(&self, connections: u32) -> Pool<S::Engine> {
        pool::<S>(&self.url, connections)
    }

    /// A repository in it, with connections that no other has.
    pub(crate) async fn open(&self, connections: u32) -> Result<SqlAttendanceRepo, RepoError> {
        S::on(self.pool(connections)).await
    }

    /// Runs statements in it, past the repository.
    pub(crate) async fn run(&self, sql: &str) {
        let pool = self.pool(1);
        S::run(&pool, sql).await.unwrap();
        pool.close().await;
    }
}

impl<S: Server> Database<S> {
    /// As a server does that restarts.
    pub(crate) async fn end_connections(&self) {
        let pool = pool::<S>(&self.server, 1);
        S::end_connections(&pool, &self.name).await;
        pool.close().await;
    }
}

impl<S: Server> Drop for Database<S> {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let pool = pool::<S>(&server, 1);
                S::end_connections(&pool, &name).await;
                S::run(&pool, &format!("DROP DATABASE {name}")).await.ok();
                pool.close().await;
            });
        });
        dropping.join().ok();
    }
}

/// The same server's URL with another database.
fn with_database(server: &str, name: &str) -> String {
    let (head, options) = server.split_once('?').unwrap_or((server, ""));
    let authority: Vec<_> = head.splitn(4, '/').take(3).collect();
    format!("{}/{name}?{options}", authority.join("/"))
}

/// At most so many connections to a database; none is made yet.
pub(crate) fn pool<S: Server>(url: &str, connections: u32) -> Pool<S::Engine> {
    PoolOptions::new().max_connections(connections).connect_lazy(url).unwrap()
}

/// Runs the statements of a text one after another, as they stand there.
pub(crate) fn statements(sql: &str) -> sqlx::RawSql {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
}
