//! A database that an earlier version made is brought up to date, with all that lies in it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use attendance_core::domain::audit::AuditAction;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::{Directory, Ledger};
use attendance_sql::SqlAttendanceRepo;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr as _};

const FIRST: &str = include_str!("../migrations/0001_attendance.sql");

/// What the first version left, with an act in its audit.
const LEFT: &str = r#"
INSERT INTO organizations (id, zone, policy, created_at, version) VALUES ('school', 'UTC', '{}', 0, 1);
INSERT INTO audit_entries (organization, id, happened_at, actor, action, attendee)
VALUES ('school', '0192f3a4-7c1e-7b3a-8c55-0123456789ab', 7, 'front-desk', 'erase', '0192f3a4-7c1e-7b3a-8c55-0123456789ac');
"#;

/// The migrations of the first version, as it ran them.
fn first_version() -> Migrator {
    let words = [
        ("{binary}", ""),
        ("{document}", "TEXT"),
        ("{sequence}", "INTEGER PRIMARY KEY"),
        ("{table}", ""),
        ("{clustered}", "WITHOUT ROWID"),
    ];
    let sql = words.iter().fold(FIRST.to_owned(), |sql, (word, text)| sql.replace(word, text));
    let sql = AssertSqlSafe(sql).into_sql_str();
    let mut first =
        Migrator::with_migrations(vec![Migration::new(1, "attendance".into(), MigrationType::Simple, sql, false)]);
    first.dangerous_set_table_name("attendance_migrations");
    first.set_locking(false);
    first
}

#[tokio::test]
async fn the_audit_of_the_first_version_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attendance.db");
    let mut raw = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    first_version().run_direct(None, &mut raw, false).await.unwrap();
    sqlx::raw_sql(LEFT).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();

    let repo = SqlAttendanceRepo::open_sqlite(&path).await.unwrap();
    let school = OrganizationId::new("school").unwrap();
    assert_eq!(repo.organization(&school).await.unwrap().unwrap().version, 1);
    let audit = repo.audit(&school, &PageRequest::default()).await.unwrap().items;
    assert_eq!(audit.len(), 1);
    assert_eq!((audit[0].action, audit[0].by.as_str(), &audit[0].about), (AuditAction::Erase, "front-desk", &None));
}
