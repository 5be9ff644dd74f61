//! Connections fit for Lambda and RDS Proxy.

use std::time::Duration;

use attendance_core::ports::RepoError;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlSslMode};
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, Database};

use super::config::{RdsConfig, RdsEngine};
use super::secret::{Port, Secret};
use super::wrong;

/// How long a caller waits for a connection: less than the 29 s that API Gateway waits for everything.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection rests before it is closed: a proxy's own limit is 30 minutes.
const REST: Duration = Duration::from_secs(5 * 60);

/// How long a connection lives, so that the pool follows a failover and a rotation.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// How long a connection may take to show that it lives. One that died while the function was frozen says nothing.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);

/// Where the database is.
pub(super) struct Place {
    pub(super) engine: RdsEngine,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
}

impl Place {
    /// What the configuration says, and the secret where it says nothing.
    pub(super) fn of(config: &RdsConfig, secret: Option<&Secret>) -> Result<Self, RepoError> {
        let named = || RdsEngine::named(secret?.engine.as_deref()?);
        let engine =
            config.engine.or_else(named).ok_or_else(|| wrong("no engine, or an unknown one, is configured"))?;
        let host = config.host.clone().or_else(|| secret?.host.clone());
        let database = config.database.clone().or_else(|| secret?.dbname.clone());
        let port = config.port.or_else(|| secret?.port.as_ref().and_then(Port::number));
        Ok(Self {
            engine,
            host: host.ok_or_else(|| wrong("no host is configured, and the secret names none"))?,
            port: port.unwrap_or_else(|| engine.default_port()),
            database: database.ok_or_else(|| wrong("no database is configured, and the secret names none"))?,
        })
    }
}

/// No connection is opened yet, and nobody is logged in: that is asked for with each.
pub(super) fn postgres(place: &Place, config: &RdsConfig) -> PgPool {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&place.host)
        .port(place.port)
        .database(&place.database)
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert_from_pem(config.tls.roots().to_vec())
        // Of floating point numbers there are none.
        .extra_float_digits(None)
        .disable_statement_logging();
    limits(config).connect_lazy_with(options)
}

/// As [`postgres`]. Every setting of a session that sqlx would make by a `SET` is left at the server's own, which will
/// do: the texts are UTF-8 by the handshake, and instants are numbers.
pub(super) fn mysql(place: &Place, config: &RdsConfig) -> MySqlPool {
    let options = MySqlConnectOptions::new()
        .host(&place.host)
        .port(place.port)
        .database(&place.database)
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca_from_pem(config.tls.roots().to_vec())
        // RDS asks for a token in clear text; it is sent over TLS only.
        .enable_cleartext_plugin(true)
        .set_names(false)
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    limits(config).connect_lazy_with(options)
}

fn limits<D: Database>(config: &RdsConfig) -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(PATIENCE)
        .idle_timeout(REST)
        .max_lifetime(LIFE)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut D::Connection, age| {
            Box::pin(async move {
                // What closes connections in the background does not run while the function is frozen.
                if age.idle_for > REST || age.age > LIFE {
                    return Ok(false);
                }
                let alive = tokio::time::timeout(SIGN_OF_LIFE, connection.ping()).await;
                alive.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into())).map(|()| true)
            })
        })
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;

    #[test]
    fn what_the_configuration_says_stands_before_what_the_secret_says() {
        let config = RdsConfig::from_secret("s");
        assert!(Place::of(&config, None).is_err());
        let config = config.engine(RdsEngine::MySql).host("proxy").database("d");
        let place = Place::of(&config, None).unwrap();
        assert_eq!((place.host.as_str(), place.port, place.database.as_str()), ("proxy", 3306, "d"));
        assert_eq!(Place::of(&config.port(3307), None).unwrap().port, 3307);
    }

    /// A `SET` ties a session to one connection behind RDS Proxy; PostgreSQL's settings go with its first message.
    #[tokio::test]
    async fn a_new_connection_to_mysql_sends_no_set() {
        let Some(url) = std::env::var("ATTENDANCE_TEST_MYSQL").ok().filter(|url| url.contains("ssl-ca=")) else {
            eprintln!("skipped: rds: ATTENDANCE_TEST_MYSQL names no ssl-ca=FILE; cargo xtask test");
            return;
        };
        let root = std::fs::read(url.split("ssl-ca=").nth(1).unwrap().split('&').next().unwrap()).unwrap();
        let (login, rest) = url.trim_start_matches("mysql://").split_once('@').unwrap();
        let (user, password) = login.split_once(':').unwrap();
        let port = rest.split(['/', '?']).next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let config =
            RdsConfig::from_secret("s").engine(RdsEngine::MySql).host("localhost").port(port).database("mysql");
        let config = config.tls(super::super::RdsTls::Roots(root));
        let pool = mysql(&Place::of(&config, None).unwrap(), &config);
        pool.set_connect_options((*pool.connect_options()).clone().username(user).password(password));
        let mut connection = pool.acquire().await.unwrap();
        let sets = sqlx::query("SHOW SESSION STATUS LIKE 'Com_set_option'").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(String::from_utf8(sets.get_unchecked(1)).unwrap(), "0");
        let text = sqlx::query("SELECT 'Ж😀'").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(text.get::<String, _>(0), "Ж😀", "texts of every script pass without");
    }

    #[tokio::test]
    async fn the_pool_is_small_and_its_connections_do_not_grow_old() {
        let config = RdsConfig::with_iam(RdsEngine::Postgres, "h", "d", "u");
        let pool = postgres(&Place::of(&config, None).unwrap(), &config);
        let options = pool.options();
        assert_eq!((options.get_max_connections(), options.get_min_connections(), pool.size()), (3, 0, 0));
        assert!(options.get_max_lifetime().unwrap() < Duration::from_secs(15 * 60));
        assert!(options.get_acquire_timeout() < Duration::from_secs(25));
        assert!(matches!(pool.connect_options().get_ssl_mode(), PgSslMode::VerifyFull));
    }
}
