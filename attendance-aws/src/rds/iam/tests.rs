use std::collections::BTreeSet;
use std::sync::Mutex as StdMutex;

use aws_config::BehaviorVersion;
use aws_credential_types::provider::future;
use aws_credential_types::provider::{ProvideCredentials, Result as Provided};
use aws_smithy_async::time::TimeSource;

use super::*;

/// 2026-11-21T09:30:00Z.
fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_253_400)
}

/// A clock that a test sets.
#[derive(Debug, Clone)]
struct Clock(Arc<StdMutex<SystemTime>>);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

impl Clock {
    fn at_noon() -> Self {
        Self(Arc::new(StdMutex::new(noon())))
    }

    fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

fn sdk(clock: &Clock, credentials: impl ProvideCredentials + 'static) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .time_source(clock.clone())
        .build()
}

fn long_lived() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None, "test")
}

fn parts(token: &str) -> (&str, BTreeSet<&str>) {
    let (place, query) = token.split_once('?').unwrap();
    (place, query.split('&').collect())
}

/// What botocore 1.43.106's `generate_db_auth_token` makes of the same.
#[test]
fn a_token_is_the_one_that_botocore_makes() {
    let host = "attendance.abc.eu-west-1.rds.amazonaws.com";
    let region = Region::new("eu-west-1");
    let token = presigned(host, 5432, "attendance_app", &region, long_lived(), noon()).unwrap();
    let expected = "attendance.abc.eu-west-1.rds.amazonaws.com:5432/?Action=connect&DBUser=attendance_app&\
        X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-west-1%2Frds-db%2Faws4_request&\
        X-Amz-Date=20261121T093000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&\
        X-Amz-Signature=cb108fbd701fd405d50bd2b20b39a26df1e35fbbba824c336935d261e8997660";
    assert_eq!(parts(&token), parts(expected));
}

#[test]
fn a_token_is_the_one_that_botocore_makes_with_a_session_and_a_user_of_any_letters() {
    let session = Some("FwoGZXIvYXdz//token+with=signs==".to_owned());
    let credentials = Credentials::new("ASIDEXAMPLE", "secret", session, None, "test");
    let region = Region::new("us-east-1");
    let token = presigned("db.example.com", 3307, "anna maria+x@y", &region, credentials, noon()).unwrap();
    let expected = "db.example.com:3307/?Action=connect&DBUser=anna%20maria%2Bx%40y&\
        X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIDEXAMPLE%2F20261121%2Fus-east-1%2Frds-db%2Faws4_request&\
        X-Amz-Date=20261121T093000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&\
        X-Amz-Security-Token=FwoGZXIvYXdz%2F%2Ftoken%2Bwith%3Dsigns%3D%3D&\
        X-Amz-Signature=7ec20fb82b880c3820af8b6e3fdddf825831867f34cd655f86183737c1f97ff9";
    assert_eq!(parts(&token), parts(expected));
}

#[tokio::test]
async fn a_token_is_kept_for_ten_minutes_and_made_anew_at_the_next_wish_for_a_connection() {
    let clock = Clock::at_noon();
    let logins = IamLogins::new(&sdk(&clock, long_lived()), "h", 5432, "u").unwrap();
    let first = logins.current().await.unwrap();
    clock.pass(599);
    assert_eq!(logins.current().await.unwrap(), first);
    clock.pass(1);
    let second = logins.current().await.unwrap();
    assert_ne!(second, first);
    // As long as a function may be frozen: far beyond what the token lives.
    clock.pass(3 * 3600);
    let third = logins.current().await.unwrap();
    assert!(third.password.contains("X-Amz-Date=20261121T124000Z"), "{}", third.password);
}

#[tokio::test]
async fn a_token_is_not_used_longer_than_the_credentials_that_signed_it() {
    let clock = Clock::at_noon();
    let ends = noon() + Duration::from_secs(300);
    let credentials = Credentials::new("ASIDEXAMPLE", "secret", Some("session".to_owned()), Some(ends), "test");
    let logins = IamLogins::new(&sdk(&clock, credentials), "h", 5432, "u").unwrap();
    let first = logins.current().await.unwrap();
    clock.pass(239);
    assert_eq!(logins.current().await.unwrap(), first);
    clock.pass(1);
    assert_ne!(logins.current().await.unwrap(), first, "the credentials end in a minute");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_however_many_were_refused_with_it() {
    let clock = Clock::at_noon();
    let logins = IamLogins::new(&sdk(&clock, long_lived()), "h", 5432, "u").unwrap();
    let refused = logins.current().await.unwrap();
    clock.pass(5);
    let other = logins.after_refusal(&refused).await.unwrap();
    assert_ne!(other, refused);
    clock.pass(5);
    assert_eq!(logins.after_refusal(&refused).await.unwrap(), other, "somebody else was refused with the same");
}

/// A source of credentials that fails.
#[derive(Debug)]
struct Without(fn() -> CredentialsError);

impl ProvideCredentials for Without {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let failed: Provided = Err(self.0());
        future::ProvideCredentials::ready(failed)
    }
}

#[tokio::test]
async fn without_credentials_there_is_no_token_for_now_or_at_all() {
    let clock = Clock::at_noon();
    let none = Without(|| CredentialsError::not_loaded("no credentials"));
    let failed = IamLogins::new(&sdk(&clock, none), "h", 5432, "u").unwrap().current().await;
    assert!(matches!(failed, Err(RepoError::Failed { .. })), "{failed:?}");
    let late = Without(|| CredentialsError::provider_timed_out(Duration::from_secs(1)));
    let away = IamLogins::new(&sdk(&clock, late), "h", 5432, "u").unwrap().current().await;
    assert!(matches!(away, Err(RepoError::Unavailable { .. })), "{away:?}");
    let nowhere = SdkConfig::builder().build();
    assert!(matches!(IamLogins::new(&nowhere, "h", 5432, "u"), Err(RepoError::Failed { .. })));
}

#[tokio::test]
async fn what_logs_in_is_not_shown() {
    let logins = IamLogins::new(&sdk(&Clock::at_noon(), long_lived()), "h", 5432, "zxuser").unwrap();
    let login = logins.current().await.unwrap();
    let shown = format!("{logins:?} {login:?}");
    assert!(!shown.contains("zxuser") && !shown.contains("X-Amz"), "{shown}");
}
