//! Logins by tokens of IAM.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use attendance_core::ports::RepoError;
use attendance_sql::{Login, Logins};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_async::time::SharedTimeSource;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio::sync::Mutex;

use super::wrong;
use crate::AwsConfig;

/// How long a token is good: RDS takes no other (its guide, IAM database authentication).
const LIFE: Duration = Duration::from_secs(15 * 60);

/// How old a token may be for a new connection.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// How long before the end of the credentials a token of theirs is no longer used.
const MARGIN: Duration = Duration::from_secs(60);

/// What a token is made of.
struct Signer {
    host: String,
    port: u16,
    user: String,
    region: Region,
    credentials: SharedCredentialsProvider,
    time: SharedTimeSource,
}

impl Signer {
    fn new(sdk: &SdkConfig, host: &str, port: u16, user: &str) -> Result<Self, RepoError> {
        Ok(Self {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            region: sdk.region().cloned().ok_or_else(|| wrong("no region is configured; set AWS_REGION"))?,
            credentials: sdk.credentials_provider().ok_or_else(|| wrong("no AWS credentials are configured"))?,
            time: sdk.time_source().unwrap_or_default(),
        })
    }

    /// A token, and until when it is good for new connections.
    async fn token(&self) -> Result<(String, SystemTime), RepoError> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(without_credentials)?;
        let now = self.time.now();
        let end = credentials.expiry().map_or(now + FRESH, |expiry| expiry.checked_sub(MARGIN).unwrap_or(now));
        let token = presigned(&self.host, self.port, &self.user, &self.region, credentials, now)?;
        Ok((token, end.min(now + FRESH)))
    }
}

fn without_credentials(error: CredentialsError) -> RepoError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            RepoError::Failed { source: error.into() }
        }
        _ => RepoError::Unavailable { source: error.into() },
    }
}

/// A presigned request for `connect`, of which nobody but RDS knows the answer: the token is its address.
fn presigned(
    host: &str,
    port: u16,
    user: &str,
    region: &Region,
    credentials: Credentials,
    now: SystemTime,
) -> Result<String, RepoError> {
    let failed = || wrong("no token can be signed for that host and user");
    let user: String = form_urlencoded::byte_serialize(user.as_bytes()).collect();
    let address = format!("https://{host}:{port}/?Action=connect&DBUser={}", user.replace('+', "%20"));
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFE);
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.as_ref())
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| failed())?
        .into();
    let request = SignableRequest::new("GET", &address, std::iter::empty(), SignableBody::Bytes(&[]));
    let (instructions, _) = sign(request.map_err(|_| failed())?, &params).map_err(|_| failed())?.into_parts();
    let mut request = http::Request::get(&address).body(()).map_err(|_| failed())?;
    instructions.apply_to_request_http1x(&mut request);
    request.uri().to_string().strip_prefix("https://").map(str::to_owned).ok_or_else(failed)
}

/// A token of IAM that stands for `user`'s password during the next 15 minutes: for tools beside this library.
///
/// # Errors
/// [`RepoError::Failed`] without a region or credentials, [`RepoError::Unavailable`] where they can't be had at the
/// moment.
pub async fn auth_token(aws: &AwsConfig, host: &str, port: u16, user: &str) -> Result<String, RepoError> {
    Ok(Signer::new(aws.sdk(), host, port, user)?.token().await?.0)
}

/// Tokens, each until it is too old for a new connection.
pub(super) struct IamLogins {
    signer: Signer,
    made: Mutex<Option<(Arc<Login>, SystemTime)>>,
}

impl fmt::Debug for IamLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamLogins").field("host", &self.signer.host).finish_non_exhaustive()
    }
}

impl IamLogins {
    pub(super) fn new(sdk: &SdkConfig, host: &str, port: u16, user: &str) -> Result<Self, RepoError> {
        Ok(Self { signer: Signer::new(sdk, host, port, user)?, made: Mutex::default() })
    }

    async fn make(&self, made: &mut Option<(Arc<Login>, SystemTime)>) -> Result<Arc<Login>, RepoError> {
        let (password, until) = self.signer.token().await?;
        let login = Arc::new(Login { user: self.signer.user.clone(), password });
        *made = Some((Arc::clone(&login), until));
        Ok(login)
    }
}

#[async_trait::async_trait]
impl Logins for IamLogins {
    async fn current(&self) -> Result<Arc<Login>, RepoError> {
        let mut made = self.made.lock().await;
        // The wall clock: others stand still while a function is frozen.
        match &*made {
            Some((login, until)) if self.signer.time.now() < *until => Ok(Arc::clone(login)),
            _ => self.make(&mut made).await,
        }
    }

    async fn after_refusal(&self, refused: &Login) -> Result<Arc<Login>, RepoError> {
        let mut made = self.made.lock().await;
        match &*made {
            Some((login, _)) if **login != *refused => Ok(Arc::clone(login)),
            _ => self.make(&mut made).await,
        }
    }
}

#[cfg(test)]
mod tests;
