//! The repository in Amazon RDS or Aurora: PostgreSQL, MySQL or MariaDB.
//!
//! [`connect`] gives an [`SqlAttendanceRepo`], which is everything else: this module knows who logs in, whom to trust,
//! and which connections suit AWS.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use attendance_aws::AwsConfig;
//! use attendance_aws::rds::{self, RdsConfig, RdsEngine};
//!
//! let aws = AwsConfig::load().await;
//! // As a secret says that RDS keeps and rotates, but through a proxy:
//! let config = RdsConfig::from_secret("attendance/database").host("attendance.proxy-abc.eu-west-1.rds.amazonaws.com");
//! let repo = rds::connect(&aws, &config).await?;
//! // Or without any password, as a role that may `rds-db:connect`:
//! let host = "attendance.abc.eu-west-1.rds.amazonaws.com";
//! let config = RdsConfig::with_iam(RdsEngine::Postgres, host, "attendance", "attendance_app");
//! let repo = rds::connect(&aws, &config).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Who logs in
//!
//! - A secret is read once. When the server refuses its password, because it was rotated, it is read again; if it holds
//!   another one, that is used from then on. Connections that are open stay so.
//! - A token of IAM is made on this machine, for 15 minutes. It is made anew when it is 10 minutes old, or when the
//!   credentials that signed it are about to expire, at the moment a connection is wanted. Nothing runs in the
//!   background: a Lambda function is frozen between two requests, and would wake up with a token that has expired.
//!
//! # Whom it trusts
//!
//! There is no connection without TLS, nor with a certificate that is not checked, its host name included. The servers'
//! certificates chain to roots of Amazon's own, which no system's store has: 27 regions' travel with this crate
//! (`roots.pem`, which tells its source). For a region that is newer than that, for GovCloud and for China give AWS's
//! bundle of that region as [`RdsTls::Roots`]. Beside them stand the roots that the machine trusts
//! (sqlx offers no way without), which RDS Proxy needs: its certificates are ordinary ones.
//!
//! # Connections
//!
//! A function needs few: [`RdsConfig::max_connections`] is 3. A connection is closed after 10 minutes of life or 5 of
//! rest, and is asked for a sign of life (for 2 s at most) before it is used: after a freeze it may be dead without
//! knowing. Who waits longer than 10 s for one is told [`Throttled`](attendance_core::ports::RepoError::Throttled).
//!
//! # RDS Proxy
//!
//! A proxy shares its connections among functions after each transaction, unless a session has a state of its own and
//! is *pinned* (RDS's guide, Avoiding pinning). Nothing here sends a `SET`: what a session needs stands in the first
//! message of PostgreSQL's protocol, and MySQL's own defaults will do. Transactions are plain. Locks of a session are
//! taken only to change the schema, once per version, on a connection that is then closed. What remains are prepared
//! statements, which sqlx uses for every value: a proxy of PostgreSQL follows them (AWS, multiplexing of the extended
//! query protocol), a proxy of MySQL pins, until the connection is closed.
//!
//! # Faults
//!
//! | fault | what is told |
//! | --- | --- |
//! | Secrets Manager throttles | [`Throttled`](attendance_core::ports::RepoError::Throttled), after the SDK's attempts |
//! | Secrets Manager fails, or is not reached | [`Unavailable`](attendance_core::ports::RepoError::Unavailable) |
//! | no such secret, no right to it, not a login's JSON, no credentials to sign with | [`Failed`](attendance_core::ports::RepoError::Failed) |
//! | the password was rotated | nothing: it is read again, once |
//! | the password is wrong, or the token's role has no right | [`Failed`](attendance_core::ports::RepoError::Failed) |
//! | a certificate of an unknown root or another host | [`Unavailable`](attendance_core::ports::RepoError::Unavailable), before a password was sent |
//! | the server ends connections (restart, failover) | nothing, for those at rest; `Unavailable` for the one in use |
//! | the server does not answer, or has no connection to give | [`Throttled`](attendance_core::ports::RepoError::Throttled) or [`Unavailable`](attendance_core::ports::RepoError::Unavailable), within 10 s |

mod config;
mod iam;
mod pool;
mod secret;

use std::sync::Arc;

use attendance_core::ports::RepoError;
use attendance_sql::Logins;

pub use attendance_sql::SqlAttendanceRepo;
pub use config::{RdsConfig, RdsEngine, RdsTls};
pub use iam::auth_token;

use crate::AwsConfig;
use crate::fault::Fault;
use config::Auth;
use iam::IamLogins;
use pool::Place;
use secret::SecretLogins;

/// Connects the repository, and brings the schema up to date.
///
/// # Errors
/// See [the module's table](self#faults), and [`RepoError::TooNew`] if a newer version of this software made the
/// schema.
pub async fn connect(aws: &AwsConfig, config: &RdsConfig) -> Result<SqlAttendanceRepo, RepoError> {
    let (place, logins): (Place, Arc<dyn Logins>) = match &config.auth {
        Auth::Secret(id) => {
            let logins = SecretLogins::new(aws.secrets_manager(), id.clone());
            (Place::of(config, Some(&logins.read().await?))?, Arc::new(logins))
        }
        Auth::Iam { user } => {
            let place = Place::of(config, None)?;
            let logins = IamLogins::new(aws.sdk(), &place.host, place.port, user)?;
            (place, Arc::new(logins))
        }
    };
    match place.engine {
        RdsEngine::Postgres => SqlAttendanceRepo::on_postgres_as(pool::postgres(&place, config), logins).await,
        RdsEngine::MySql => SqlAttendanceRepo::on_mysql_as(pool::mysql(&place, config), logins).await,
    }
}

/// What a caller has to change before it can work.
fn wrong(what: &'static str) -> RepoError {
    Fault::unexpected(what).into()
}
