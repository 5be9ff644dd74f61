//! What a database's errors mean to a caller.

use std::fmt;

use attendance_core::ports::RepoError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// What broke a rule of the database: never the text of the database, which may repeat a personal value.
#[derive(Debug)]
struct Violation {
    code: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database refused a value (code {})", self.code.as_deref().unwrap_or("unknown"))
    }
}

impl std::error::Error for Violation {}

/// Something stored that can't be read back.
#[derive(Debug)]
struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is stored in a form that this version can't read", self.0)
    }
}

impl std::error::Error for Unreadable {}

pub(crate) fn unreadable(what: &'static str) -> RepoError {
    RepoError::Failed { source: Box::new(Unreadable(what)) }
}

pub(crate) fn failed(source: impl Into<attendance_core::ports::BoxError>) -> RepoError {
    RepoError::Failed { source: source.into() }
}

/// Whether another one stands in the way.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(DatabaseError::is_unique_violation)
}

/// Whether the database asks to come back later.
pub(crate) fn is_contended(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => match meaning(&**error) {
            Meaning::Contended => true,
            Meaning::Away | Meaning::Refused | Meaning::Other => false,
        },
        _ => false,
    }
}

/// Whether a transaction was given up in favour of another: one that begins again may succeed. A pool without a free
/// connection made its caller wait already.
pub(crate) fn was_given_up(error: &RepoError) -> bool {
    let RepoError::Throttled { source: Some(source) } = error else { return false };
    source.downcast_ref::<sqlx::Error>().is_some_and(|source| matches!(source, sqlx::Error::Database(_)))
}

/// Whether the server refused who wanted to log in, or with what.
pub(crate) fn is_login_refused(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        // Access denied, with and without a password.
        return matches!(error.number(), 1045 | 1698);
    }
    // A wrong password; a role that may not log in, or that PAM refused, as it does with tokens.
    matches!(error.code().as_deref(), Some("28P01" | "28000"))
}

enum Meaning {
    Contended,
    Away,
    Refused,
    Other,
}

fn meaning(error: &dyn DatabaseError) -> Meaning {
    let code = error.code().unwrap_or_default();
    #[cfg(feature = "sqlite")]
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        // The low byte is the primary result code: 5 busy, 6 locked, 19 a constraint, 20 the wrong type.
        return match code.parse::<u32>().map(|code| code & 0xff) {
            Ok(5 | 6) => Meaning::Contended,
            Ok(19 | 20) => Meaning::Refused,
            _ => Meaning::Other,
        };
    }
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return match error.number() {
            // Lock wait timeout, deadlock.
            1205 | 1213 => Meaning::Contended,
            // Too many connections, host blocked, shutting down, not yet ready, read-only after a failover.
            1040 | 1129 | 1053 | 1203 | 1290 | 1836 | 3159 => Meaning::Away,
            // A text of another encoding, a broken CHECK of MySQL: their SQLSTATE says nothing.
            1366 | 3819 => Meaning::Refused,
            _ if code.starts_with("22") || code.starts_with("23") => Meaning::Refused,
            _ => Meaning::Other,
        };
    }
    match &*code {
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => Meaning::Contended,
        // Insufficient resources, operator intervention, connection exceptions, read-only after a failover.
        "25006" => Meaning::Away,
        code if code.starts_with("53") || code.starts_with("57P") || code.starts_with("08") => Meaning::Away,
        code if code.starts_with("22") || code.starts_with("23") => Meaning::Refused,
        _ => Meaning::Other,
    }
}

pub(crate) fn repo_error(error: sqlx::Error) -> RepoError {
    if is_contended(&error) {
        return RepoError::Throttled { source: Some(Box::new(error)) };
    }
    match &error {
        // The one foreign key that a caller can break.
        sqlx::Error::Database(database) if database.is_foreign_key_violation() => RepoError::UnknownOrganization,
        sqlx::Error::Database(database) => match meaning(&**database) {
            Meaning::Refused => failed(Violation { code: database.code().map(Into::into) }),
            Meaning::Away => RepoError::Unavailable { source: Box::new(error) },
            Meaning::Contended | Meaning::Other => failed(error),
        },
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => RepoError::Unavailable { source: Box::new(error) },
        _ => failed(error),
    }
}

pub(crate) fn migration_error(error: MigrateError) -> RepoError {
    match error {
        // A migration is applied that this version does not have.
        MigrateError::VersionMissing(_) => RepoError::TooNew,
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => repo_error(error),
        error => failed(error),
    }
}
