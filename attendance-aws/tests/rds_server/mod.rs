//! Servers that play RDS: PostgreSQL and MariaDB with TLS, and in them a user and a database for one test.

use std::marker::PhantomData;

use attendance_aws::rds::RdsEngine;
use sqlx::pool::PoolOptions;
use sqlx::{AssertSqlSafe, Pool, Row as _};
use uuid::Uuid;

/// An engine, and how its users are kept.
pub(crate) trait Server: Sized + Send + Sync + 'static {
    /// Holds the URL of a server of which the user may make users and databases; `cargo xtask test` sets it.
    const VARIABLE: &'static str;
    const ENGINE: RdsEngine;
    /// As RDS calls it in a secret.
    const IN_SECRETS: &'static str;
    /// The option of the URL that names the file of the server's root.
    const ROOT: &'static str;
    type Driver: sqlx::Database;

    async fn run(admin: &Pool<Self::Driver>, sql: &str) -> Result<(), sqlx::Error>;
    /// Makes a user, and a database that belongs to it.
    fn create(user: &str, database: &str, password: &str) -> Vec<String>;
    fn set_password(user: &str, password: &str) -> String;
    fn remove(user: &str, database: &str) -> Vec<String>;
    async fn end_connections(admin: &Pool<Self::Driver>, user: &str);
    async fn all_connections_use_tls(admin: &Pool<Self::Driver>, user: &str) -> bool;
}

pub(crate) struct Postgres;

impl Server for Postgres {
    const VARIABLE: &'static str = "ATTENDANCE_TEST_POSTGRES";
    const ENGINE: RdsEngine = RdsEngine::Postgres;
    const IN_SECRETS: &'static str = "postgres";
    const ROOT: &'static str = "sslrootcert=";
    type Driver = sqlx::Postgres;

    async fn run(admin: &Pool<sqlx::Postgres>, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(admin).await.map(drop)
    }

    fn create(user: &str, database: &str, password: &str) -> Vec<String> {
        let role = format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'");
        vec![role, format!("CREATE DATABASE {database} OWNER {user}")]
    }

    fn set_password(user: &str, password: &str) -> String {
        format!("ALTER ROLE {user} PASSWORD '{password}'")
    }

    fn remove(user: &str, database: &str) -> Vec<String> {
        vec![format!("DROP DATABASE {database} WITH (FORCE)"), format!("DROP ROLE {user}")]
    }

    async fn end_connections(admin: &Pool<sqlx::Postgres>, user: &str) {
        let sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1";
        sqlx::query(sql).bind(user).fetch_all(admin).await.unwrap();
    }

    async fn all_connections_use_tls(admin: &Pool<sqlx::Postgres>, user: &str) -> bool {
        let sql = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                   WHERE usename = $1";
        sqlx::query(sql).bind(user).fetch_one(admin).await.unwrap().get(0)
    }
}

/// MariaDB, for MySQL's protocol.
pub(crate) struct MySql;

impl Server for MySql {
    const VARIABLE: &'static str = "ATTENDANCE_TEST_MYSQL";
    const ENGINE: RdsEngine = RdsEngine::MySql;
    const IN_SECRETS: &'static str = "mariadb";
    const ROOT: &'static str = "ssl-ca=";
    type Driver = sqlx::MySql;

    async fn run(admin: &Pool<sqlx::MySql>, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(admin).await.map(drop)
    }

    fn create(user: &str, database: &str, password: &str) -> Vec<String> {
        vec![
            format!("CREATE DATABASE {database}"),
            format!("CREATE USER {user} IDENTIFIED BY '{password}' REQUIRE SSL"),
            format!("GRANT ALL ON {database}.* TO {user}"),
        ]
    }

    fn set_password(user: &str, password: &str) -> String {
        format!("ALTER USER {user} IDENTIFIED BY '{password}'")
    }

    fn remove(user: &str, database: &str) -> Vec<String> {
        vec![format!("DROP DATABASE {database}"), format!("DROP USER {user}")]
    }

    async fn end_connections(admin: &Pool<sqlx::MySql>, user: &str) {
        let ids = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE user = ?";
        loop {
            let rows = sqlx::query(ids).bind(user).fetch_all(admin).await.unwrap();
            if rows.is_empty() {
                return;
            }
            for row in rows {
                // One that has ended meanwhile is not there to be killed.
                Self::run(admin, &format!("KILL {}", row.get::<i64, _>(0))).await.ok();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The user was made so that the server refuses it without.
    async fn all_connections_use_tls(admin: &Pool<sqlx::MySql>, user: &str) -> bool {
        let sql = "SELECT ssl_type FROM mysql.user WHERE user = ?";
        let row = sqlx::query(sql).bind(user).fetch_one(admin).await.unwrap();
        let kind: Vec<u8> = row.get_unchecked(0);
        kind == b"ANY"
    }
}

/// A user and its database, until the test ends.
pub(crate) struct Tenant<S: Server> {
    url: String,
    pub(crate) user: String,
    pub(crate) database: String,
    server: PhantomData<S>,
}

impl<S: Server> Tenant<S> {
    /// A new one, or a line that says that the test was skipped, and why.
    pub(crate) async fn make(password: &str) -> Option<Self> {
        let url = super::support::endpoint(S::VARIABLE)?;
        if !url.contains(S::ROOT) {
            eprintln!("skipped: rds: {} names no {}FILE of its root; cargo xtask test", S::VARIABLE, S::ROOT);
            return None;
        }
        let id = Uuid::now_v7().simple().to_string();
        // MariaDB's names of users are short.
        let tenant = Self { url, user: format!("u{id}"), database: format!("rds_{id}"), server: PhantomData };
        let admin = admin::<S>(&tenant.url);
        for sql in S::create(&tenant.user, &tenant.database, password) {
            S::run(&admin, &sql).await.unwrap();
        }
        admin.close().await;
        Some(tenant)
    }

    /// The name that its certificate is made out for.
    pub(crate) fn host(&self) -> String {
        "localhost".to_owned()
    }

    pub(crate) fn port(&self) -> u16 {
        let authority = self.url.split(['/', '?']).nth(2).unwrap();
        authority.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Its root, in PEM.
    pub(crate) fn root(&self) -> Vec<u8> {
        let (_, file) = self.url.split_once(S::ROOT).unwrap();
        std::fs::read(file.split('&').next().unwrap()).unwrap()
    }

    pub(crate) async fn set_password(&self, password: &str) {
        let admin = admin::<S>(&self.url);
        S::run(&admin, &S::set_password(&self.user, password)).await.unwrap();
        admin.close().await;
    }

    /// As a server does that restarts.
    pub(crate) async fn end_connections(&self) {
        let admin = admin::<S>(&self.url);
        S::end_connections(&admin, &self.user).await;
        admin.close().await;
    }

    pub(crate) async fn all_connections_use_tls(&self) -> bool {
        let admin = admin::<S>(&self.url);
        let all = S::all_connections_use_tls(&admin, &self.user).await;
        admin.close().await;
        all
    }
}

impl<S: Server> Drop for Tenant<S> {
    fn drop(&mut self) {
        let (url, statements) = (self.url.clone(), S::remove(&self.user, &self.database));
        let removing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = admin::<S>(&url);
                for sql in statements {
                    S::run(&admin, &sql).await.ok();
                }
                admin.close().await;
            });
        });
        removing.join().ok();
    }
}

fn admin<S: Server>(url: &str) -> Pool<S::Driver> {
    PoolOptions::new().max_connections(1).connect_lazy(url).unwrap()
}
