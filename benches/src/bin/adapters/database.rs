//! A database of its own on the PostgreSQL that plays RDS: over TLS that is verified, by a secret.

use anyhow::{Context as _, Result};
use attendance_aws::AwsConfig;
use attendance_aws::rds::{self, RdsConfig, RdsTls, SqlAttendanceRepo};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::ports::attendance_repo::{Commit, RecordDraft};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// The only name that the server's certificate is made out for.
const HOST: &str = "localhost";

/// The repository in a database, and a connection to the same one.
pub(crate) struct Database {
    pub(crate) repo: SqlAttendanceRepo,
    bare: PgPool,
    server: PgConnectOptions,
    name: String,
}

impl Database {
    /// Makes it on the server that `ATTENDANCE_TEST_POSTGRES` names, which also says where the root of its certificate
    /// lies; `None` if nobody named one.
    pub(crate) async fn make(aws: &AwsConfig, name: &str) -> Result<Option<Self>> {
        let Ok(url) = std::env::var("ATTENDANCE_TEST_POSTGRES") else { return Ok(None) };
        let login = url.split_once("://").and_then(|(_, rest)| rest.split_once('@')?.0.split_once(':'));
        let (username, password) = login.context("ATTENDANCE_TEST_POSTGRES names no password")?;
        let root = url.split(['?', '&']).find_map(|part| part.strip_prefix("sslrootcert="));
        let root = std::fs::read(root.context("ATTENDANCE_TEST_POSTGRES names no sslrootcert")?)?;
        let server: PgConnectOptions = url.parse()?;
        run(&server, format!("CREATE DATABASE \"{name}\"")).await?;

        let login = json!({
            "username": username, "password": password, "engine": "postgres",
            "host": HOST, "port": server.get_port(), "dbname": name,
        });
        aws.secrets_manager().create_secret().name(name).secret_string(login.to_string()).send().await?;
        let repo = rds::connect(aws, &RdsConfig::from_secret(name).tls(RdsTls::Roots(root))).await?;
        let options = server.clone().host(HOST).database(name).ssl_mode(PgSslMode::VerifyFull);
        let bare = PgPoolOptions::new().max_connections(1).test_before_acquire(false).connect_with(options).await?;
        Ok(Some(Self { repo, bare, server, name: name.to_owned() }))
    }

    /// Writes a commit by nothing but sqlx, by the statements that the repository has for it.
    pub(crate) async fn write(&self, organization: &OrganizationId, commit: &Commit) -> Result<()> {
        let (organization, check_in) = (organization.as_str(), &commit.check_in);
        let RecordDraft { record, event } = &commit.records[0];
        let attendee = record.attendee.to_string();
        let mut transaction = self.bare.begin().await?;
        sqlx::query(
            "INSERT INTO check_ins (organization, id, captured_at, stranger, image, document) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(organization)
        .bind(check_in.id.as_str())
        .bind(check_in.captured_at.as_microsecond())
        .bind(i64::from(check_in.has_stranger()))
        .bind(check_in.image.as_ref().map(ImageKey::as_str))
        .bind(serde_json::to_string(check_in)?)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO check_in_attendees (organization, attendee, captured_at, check_in) VALUES ($1, $2, $3, $4)",
        )
        .bind(organization)
        .bind(&attendee)
        .bind(check_in.captured_at.as_microsecond())
        .bind(check_in.id.as_str())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO records (organization, held_on, group_id, slot, attendee, status, method, reason, \
             happened_at, recorded_at, check_in, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        )
        .bind(organization)
        .bind(record.session.date().to_string())
        .bind(record.session.group().as_str())
        .bind(i64::from(record.session.slot()))
        .bind(&attendee)
        .bind(record.status.as_str())
        .bind(serde_json::to_string(&record.method)?)
        .bind(record.at.as_microsecond())
        .bind(record.recorded_at.as_microsecond())
        .bind(check_in.id.as_str())
        .bind(i64::from(record.version))
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO outbox (organization, target, event, document) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(organization)
        .bind(commit.targets[0].as_str())
        .bind(event.id.as_str())
        .bind(serde_json::to_string(event)?)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Leaves nothing of it on the server.
    pub(crate) async fn remove(self) -> Result<()> {
        self.bare.close().await;
        run(&self.server, format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name)).await
    }
}

async fn run(server: &PgConnectOptions, sql: String) -> Result<()> {
    let mut connection = PgConnection::connect_with(server).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
