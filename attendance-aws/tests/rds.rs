//! The repository in RDS: real PostgreSQL and MariaDB with TLS, real secrets in an emulator.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod rds_server;
mod support;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use attendance_aws::rds::{self, RdsConfig, RdsTls, auth_token};
use attendance_aws::{AwsConfig, Call};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::organization::{Organization, OrganizationPolicy};
use attendance_core::domain::zone::Zone;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::Directory;
use aws_smithy_async::time::TimeSource;
use jiff::Timestamp;
use rds_server::{MySql, Postgres, Server, Tenant};
use serde_json::json;
use support::{Disturbance, EMULATOR, Proxy, aws_at, endpoint, sdk_at};
use uuid::Uuid;

fn organization(id: &str) -> Organization {
    Organization {
        id: OrganizationId::new(id).unwrap(),
        zone: Zone::utc(),
        policy: OrganizationPolicy::default(),
        created_at: Timestamp::from_second(1_795_253_400).unwrap(),
        version: 0,
    }
}

/// The line of the audit that goes with an organization.
fn entry() -> AuditEntry {
    AuditEntry::new(Timestamp::UNIX_EPOCH, Actor::system(), AuditAction::CreateOrganization, None)
}

/// A secret of its own in the emulator, as RDS writes them.
struct Secret {
    aws: AwsConfig,
    id: String,
}

impl Secret {
    async fn make(aws: AwsConfig, text: &str) -> Self {
        let id = format!("attendance/{}", Uuid::now_v7());
        aws.secrets_manager().create_secret().name(&id).secret_string(text).send().await.unwrap();
        let secret = Self { aws, id };
        assert!(!secret.aws.calls().take().is_empty());
        secret
    }

    async fn put(&self, text: &str) {
        let put = self.aws.secrets_manager().put_secret_value().secret_id(&self.id).secret_string(text);
        put.send().await.unwrap();
    }

    /// How often it was read since this was asked last.
    fn reads(&self) -> u64 {
        let call = Call { service: "Secrets Manager".to_owned(), operation: "GetSecretValue".to_owned() };
        self.aws.calls().take().get(&call).copied().unwrap_or_default()
    }

    fn config<S: Server>(&self, tenant: &Tenant<S>) -> RdsConfig {
        RdsConfig::from_secret(&self.id).tls(RdsTls::Roots(tenant.root()))
    }
}

fn whole_secret<S: Server>(tenant: &Tenant<S>, password: &str) -> String {
    json!({
        "username": tenant.user, "password": password, "engine": S::IN_SECRETS, "host": tenant.host(),
        "port": tenant.port(), "dbname": tenant.database, "dbInstanceIdentifier": "attendance",
    })
    .to_string()
}

/// Everything that an error shows, its sources too.
fn all_of(error: &RepoError) -> String {
    let mut text = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        text.push_str(&format!("\n{error}"));
        next = error.source();
    }
    text
}

async fn a_secret_says_all_that_is_needed<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("first").await else { return };
    let Some(emulator) = endpoint(EMULATOR) else { return };
    let secret = Secret::make(aws_at(&emulator), &whole_secret(&tenant, "first")).await;
    let repo = rds::connect(&secret.aws, &secret.config(&tenant)).await.unwrap();
    let made = repo.create_organization(&organization("school"), &entry()).await.unwrap();
    assert_eq!(repo.organization(&made.id).await.unwrap(), Some(made));
    assert_eq!(secret.reads(), 1, "it is read once, however often it is needed");
    assert!(tenant.all_connections_use_tls().await);
    repo.close().await.unwrap();
}

async fn a_rotated_password_is_read_again_when_the_old_one_is_refused<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("first").await else { return };
    let Some(emulator) = endpoint(EMULATOR) else { return };
    let secret = Secret::make(aws_at(&emulator), &whole_secret(&tenant, "first")).await;
    let repo = rds::connect(&secret.aws, &secret.config(&tenant)).await.unwrap();
    assert_eq!(secret.reads(), 1);
    for password in ["second", "third"] {
        tenant.set_password(password).await;
        secret.put(&whole_secret(&tenant, password)).await;
        tenant.end_connections().await;
        let many = (0..6).map(|number| {
            let repo = repo.clone();
            let organization = organization(&format!("{password}-{number}"));
            tokio::spawn(async move { repo.create_organization(&organization, &entry()).await })
        });
        for created in many.collect::<Vec<_>>() {
            created.await.unwrap().unwrap();
        }
        assert_eq!(secret.reads(), 1, "not once for each of the six");
    }
    repo.close().await.unwrap();
}

async fn a_password_that_is_wrong_in_the_secret_too_fails_and_is_not_told<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("first").await else { return };
    let Some(emulator) = endpoint(EMULATOR) else { return };
    let secret = Secret::make(aws_at(&emulator), &whole_secret(&tenant, "zxwrong")).await;
    let error = rds::connect(&secret.aws, &secret.config(&tenant)).await.unwrap_err();
    assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
    assert!(!all_of(&error).contains("zxwrong"), "{error:?}");
    assert_eq!(secret.reads(), 2, "read, and read again after the refusal");
}

async fn only_the_right_root_and_the_right_name_are_trusted<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("first").await else { return };
    let Some(emulator) = endpoint(EMULATOR) else { return };
    let secret = Secret::make(aws_at(&emulator), &whole_secret(&tenant, "first")).await;
    let right = secret.config(&tenant);
    rds::connect(&secret.aws, &right).await.unwrap().close().await.unwrap();

    let amazons = right.clone().tls(RdsTls::Amazon);
    let unknown_root = rds::connect(&secret.aws, &amazons).await.unwrap_err();
    assert!(all_of(&unknown_root).contains("UnknownIssuer"), "{unknown_root:?}");
    assert!(matches!(unknown_root, RepoError::Unavailable { .. }), "{unknown_root:?}");

    // The certificate is made out for localhost.
    let other_name = rds::connect(&secret.aws, &right.clone().host("127.0.0.1")).await.unwrap_err();
    assert!(all_of(&other_name).contains("not valid for name"), "{other_name:?}");
    assert!(matches!(other_name, RepoError::Unavailable { .. }), "{other_name:?}");

    let no_root = rds::connect(&secret.aws, &right.tls(RdsTls::Roots(Vec::new()))).await.unwrap_err();
    assert!(all_of(&no_root).contains("UnknownIssuer"), "{no_root:?}");
}

/// A clock that a test sets.
#[derive(Debug, Clone)]
struct Clock(Arc<Mutex<SystemTime>>);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

async fn a_token_of_iam_is_the_password_and_a_fresh_one_is_used_after_a_freeze<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("none yet").await else { return };
    let clock = Clock(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_253_400))));
    let aws = sdk_at("http://127.0.0.1:9").into_builder().time_source(clock.clone()).build();
    let aws = AwsConfig::from_sdk(aws);
    let token = async || auth_token(&aws, &tenant.host(), tenant.port(), &tenant.user).await.unwrap();
    let config = RdsConfig::with_iam(S::ENGINE, tenant.host(), &tenant.database, &tenant.user)
        .port(tenant.port())
        .tls(RdsTls::Roots(tenant.root()));

    let first = token().await;
    tenant.set_password(&first).await;
    let repo = rds::connect(&aws, &config).await.unwrap();
    repo.create_organization(&organization("school"), &entry()).await.unwrap();

    // Frozen for longer than a token lives: the server takes a new one only, and has closed the connections.
    *clock.0.lock().unwrap() += Duration::from_secs(20 * 60);
    let second = token().await;
    assert_ne!(first, second);
    tenant.set_password(&second).await;
    tenant.end_connections().await;
    assert!(repo.organization(&organization("school").id).await.unwrap().is_some());
    repo.close().await.unwrap();
    assert!(aws.calls().sent().is_empty(), "a token is made without a call");
}

/// A token that is 10 minutes old is not even tried.
async fn a_token_is_renewed_before_it_is_refused<S: Server>() {
    let Some(tenant) = Tenant::<S>::make("none yet").await else { return };
    let clock = Clock(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_253_400))));
    let aws = AwsConfig::from_sdk(sdk_at("http://127.0.0.1:9").into_builder().time_source(clock.clone()).build());
    let token = async || auth_token(&aws, &tenant.host(), tenant.port(), &tenant.user).await.unwrap();
    let config = RdsConfig::with_iam(S::ENGINE, tenant.host(), &tenant.database, &tenant.user)
        .port(tenant.port())
        .tls(RdsTls::Roots(tenant.root()));
    let old = token().await;
    tenant.set_password(&old).await;
    let repo = rds::connect(&aws, &config).await.unwrap();
    // The server still takes the old one, and no other: whoever renews in time is refused here.
    *clock.0.lock().unwrap() += Duration::from_secs(10 * 60);
    tenant.end_connections().await;
    let refused = repo.organization(&organization("school").id).await;
    assert!(matches!(refused, Err(RepoError::Failed { .. })), "{refused:?}");
}

/// One test of each case on each engine.
macro_rules! on_both {
    ($($case:ident)+) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case::<super::Postgres>().await;
            })+
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case::<super::MySql>().await;
            })+
        }
    };
}
on_both! {
    a_secret_says_all_that_is_needed
    a_rotated_password_is_read_again_when_the_old_one_is_refused
    a_password_that_is_wrong_in_the_secret_too_fails_and_is_not_told
    only_the_right_root_and_the_right_name_are_trusted
    a_token_of_iam_is_the_password_and_a_fresh_one_is_used_after_a_freeze
    a_token_is_renewed_before_it_is_refused
}

mod the_repository {
    use super::*;
    use attendance_core::ports::AttendanceRepo;

    async fn on_postgres() -> Option<(Arc<dyn AttendanceRepo>, Tenant<Postgres>)> {
        let tenant = Tenant::<Postgres>::make("password").await?;
        let emulator = endpoint(EMULATOR)?;
        let secret = Secret::make(aws_at(&emulator), &whole_secret(&tenant, "password")).await;
        let repo = rds::connect(&secret.aws, &secret.config(&tenant)).await.unwrap();
        Some((Arc::new(repo), tenant))
    }

    attendance_core::attendance_repo_suite!(on_postgres);
}

async fn refused_by_secrets_manager(disturbances: impl IntoIterator<Item = Disturbance>) -> Option<RepoError> {
    let emulator = endpoint(EMULATOR)?;
    let proxy = Proxy::before(&emulator).await;
    proxy.disturb(disturbances);
    let config = RdsConfig::from_secret("attendance/none").host("localhost");
    Some(rds::connect(&aws_at(&proxy.endpoint), &config).await.unwrap_err())
}

#[tokio::test]
async fn a_secret_that_does_not_exist_or_may_not_be_read_fails() {
    let Some(missing) = refused_by_secrets_manager([]).await else { return };
    assert!(matches!(missing, RepoError::Failed { .. }), "{missing:?}");
    let denied = [Disturbance::json(400, "AccessDeniedException")];
    let Some(denied) = refused_by_secrets_manager(denied).await else { return };
    assert!(matches!(denied, RepoError::Failed { .. }), "{denied:?}");
    let expired = [Disturbance::json(400, "ExpiredTokenException")];
    let Some(expired) = refused_by_secrets_manager(expired).await else { return };
    assert!(matches!(expired, RepoError::Failed { .. }), "{expired:?}");
}

#[tokio::test]
async fn secrets_manager_that_throttles_or_fails_may_be_asked_again() {
    let throttled = std::iter::repeat_n(Disturbance::json(400, "ThrottlingException"), 4);
    let Some(throttled) = refused_by_secrets_manager(throttled).await else { return };
    assert!(matches!(throttled, RepoError::Throttled { .. }), "{throttled:?}");
    let failing = std::iter::repeat_n(Disturbance::json(500, "InternalServiceError"), 4);
    let Some(failing) = refused_by_secrets_manager(failing).await else { return };
    assert!(matches!(failing, RepoError::Unavailable { .. }), "{failing:?}");
    let reset = std::iter::repeat_n(Disturbance::Reset, 4);
    let Some(reset) = refused_by_secrets_manager(reset).await else { return };
    assert!(matches!(reset, RepoError::Unavailable { .. }), "{reset:?}");
}

#[tokio::test]
async fn a_secret_that_names_no_database_needs_one_named() {
    let Some(emulator) = endpoint(EMULATOR) else { return };
    let text = json!({ "username": "u", "password": "zxpassword" }).to_string();
    let secret = Secret::make(aws_at(&emulator), &text).await;
    let error = rds::connect(&secret.aws, &RdsConfig::from_secret(&secret.id)).await.unwrap_err();
    assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
    assert!(all_of(&error).contains("engine") && !all_of(&error).contains("zxpassword"), "{error:?}");
}
