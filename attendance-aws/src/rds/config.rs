//! Which database, who logs in, whom to trust.

use std::fmt;

/// Amazon's own roots, by region.
const AMAZON: &[u8] = include_bytes!("roots.pem");

/// What the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RdsEngine {
    /// RDS for PostgreSQL, Aurora PostgreSQL.
    Postgres,
    /// RDS for MySQL, RDS for MariaDB, Aurora MySQL.
    MySql,
}

impl RdsEngine {
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::MySql => 3306,
        }
    }

    /// As RDS writes it into a secret.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "postgres" | "postgresql" | "aurora-postgresql" => Some(Self::Postgres),
            "mysql" | "mariadb" | "aurora-mysql" | "aurora" => Some(Self::MySql),
            _ => None,
        }
    }
}

/// Whose signature under a server's certificate is trusted. There is no variant without: a password, and all that the
/// repository holds, would go to whoever answers.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum RdsTls {
    /// Amazon's roots for RDS, which travel with this crate.
    #[default]
    Amazon,
    /// These instead, in PEM: AWS's bundle of a new region, of GovCloud or China, or the root of a server of one's own.
    Roots(Vec<u8>),
}

impl fmt::Debug for RdsTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amazon => "Amazon",
            Self::Roots(_) => "Roots(..)",
        })
    }
}

impl RdsTls {
    pub(super) fn roots(&self) -> &[u8] {
        match self {
            Self::Amazon => AMAZON,
            Self::Roots(pem) => pem,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Auth {
    Secret(String),
    Iam { user: String },
}

/// A database of RDS. What a secret says too is taken from here where it is said here.
#[derive(Debug, Clone)]
pub struct RdsConfig {
    pub(super) engine: Option<RdsEngine>,
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) database: Option<String>,
    pub(super) auth: Auth,
    pub(super) tls: RdsTls,
    pub(super) max_connections: u32,
}

impl RdsConfig {
    /// The database and the login of a secret in Secrets Manager, named or by its ARN. It is RDS's own JSON:
    /// `username` and `password`, and `host`, `port`, `dbname` and `engine` where the configuration does not name them.
    #[must_use]
    pub fn from_secret(id: impl Into<String>) -> Self {
        Self {
            engine: None,
            host: None,
            port: None,
            database: None,
            auth: Auth::Secret(id.into()),
            tls: RdsTls::default(),
            max_connections: 3,
        }
    }

    /// A database whose user logs in by a token of IAM: in PostgreSQL a role with the role `rds_iam`, in MySQL a user
    /// `IDENTIFIED WITH AWSAuthenticationPlugin`. The credentials of the configuration need `rds-db:connect`.
    #[must_use]
    pub fn with_iam(
        engine: RdsEngine,
        host: impl Into<String>,
        database: impl Into<String>,
        user: impl Into<String>,
    ) -> Self {
        Self { auth: Auth::Iam { user: user.into() }, ..Self::from_secret("") }
            .engine(engine)
            .host(host)
            .database(database)
    }

    /// What the database is.
    #[must_use]
    pub fn engine(self, engine: RdsEngine) -> Self {
        Self { engine: Some(engine), ..self }
    }

    /// The endpoint of the instance, the cluster or the proxy.
    #[must_use]
    pub fn host(self, host: impl Into<String>) -> Self {
        Self { host: Some(host.into()), ..self }
    }

    /// Where it listens: 5432 for PostgreSQL and 3306 for MySQL, if nobody says otherwise.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// The name of the database on the server.
    #[must_use]
    pub fn database(self, database: impl Into<String>) -> Self {
        Self { database: Some(database.into()), ..self }
    }

    /// Whose certificates are trusted instead of Amazon's.
    #[must_use]
    pub fn tls(self, tls: RdsTls) -> Self {
        Self { tls, ..self }
    }

    /// The most connections at a time, 1 or more: 3. Multiply it by the number of functions that run at once.
    #[must_use]
    pub fn max_connections(self, connections: u32) -> Self {
        Self { max_connections: connections.max(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_that_travel_with_the_crate_can_be_read_and_name_27_regions() {
        let text = std::str::from_utf8(AMAZON).unwrap();
        let titles: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# Amazon RDS ")).collect();
        assert_eq!(titles.len(), 81, "three kinds of keys for each region");
        let regions: std::collections::BTreeSet<_> =
            titles.iter().filter_map(|title| title.split(' ').next()).collect();
        assert_eq!(regions.len(), 27);
        for region in ["us-east-1", "eu-central-1", "ap-south-1", "sa-east-1", "me-central-1"] {
            assert!(regions.contains(region), "{region}");
        }
        assert_eq!(text.matches("-----BEGIN CERTIFICATE-----").count(), 81);
        assert_eq!(text.matches("-----END CERTIFICATE-----").count(), 81);
    }

    #[test]
    fn engines_are_known_by_the_names_that_rds_gives_them() {
        for name in ["postgres", "aurora-postgresql"] {
            assert_eq!(RdsEngine::named(name), Some(RdsEngine::Postgres));
        }
        for name in ["mysql", "mariadb", "aurora-mysql"] {
            assert_eq!(RdsEngine::named(name), Some(RdsEngine::MySql));
        }
        assert_eq!(RdsEngine::named("oracle-ee"), None);
    }
}
