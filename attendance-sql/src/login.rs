//! Passwords that change while a pool lives.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use attendance_core::ports::RepoError;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::sync::Mutex;

use crate::error::{is_login_refused, repo_error};

/// Who logs in to a server, and with what.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password, or a token that stands for one.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// Where logins come from: a store of secrets, a signer of tokens.
///
/// A server looks at a password when a connection is opened, and not again: what is open stays open when the password
/// changes.
#[async_trait]
pub trait Logins: fmt::Debug + Send + Sync + 'static {
    /// The login for a connection that is opened now. It is asked for whenever a connection is wanted, whether one is
    /// open or not, and answers from memory while it can. It is never asked for in the background: where a process is
    /// frozen between two requests, nothing would run there.
    ///
    /// # Errors
    /// [`RepoError::Unavailable`], [`RepoError::Throttled`] and [`RepoError::Failed`], as the source of logins fails.
    async fn current(&self) -> Result<Arc<Login>, RepoError>;

    /// The login to try after the server refused that one. The same one again means that there is no other.
    ///
    /// # Errors
    /// As [`Logins::current`].
    async fn after_refusal(&self, refused: &Login) -> Result<Arc<Login>, RepoError>;
}

/// The logins of a pool.
pub(crate) struct Account {
    logins: Arc<dyn Logins>,
    /// Makes the pool open its connections with a login from now on.
    apply: Box<dyn Fn(&Login) + Send + Sync>,
    /// Locked from the question for a login until it is applied: an older one never replaces a newer one.
    applied: Mutex<Option<Arc<Login>>>,
}

impl Account {
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        allow(dead_code, reason = "nobody logs in to a file")
    )]
    pub(crate) fn new(logins: Arc<dyn Logins>, apply: impl Fn(&Login) + Send + Sync + 'static) -> Self {
        Self { logins, apply: Box::new(apply), applied: Mutex::default() }
    }

    /// A connection of the pool, opened, if it must be, with a login that is good now.
    pub(crate) async fn acquire<D: Database>(&self, pool: &Pool<D>) -> Result<PoolConnection<D>, RepoError> {
        let login = self.prepare(None).await?;
        let refusal = match pool.acquire().await {
            Err(error) if is_login_refused(&error) => error,
            acquired => return acquired.map_err(repo_error),
        };
        if self.prepare(Some(&login)).await? == login {
            return Err(repo_error(refusal));
        }
        pool.acquire().await.map_err(repo_error)
    }

    /// Makes the pool use the login of this moment, or the one that follows upon a refused one.
    async fn prepare(&self, refused: Option<&Login>) -> Result<Arc<Login>, RepoError> {
        let mut applied = self.applied.lock().await;
        let login = match refused {
            Some(refused) => self.logins.after_refusal(refused).await?,
            None => self.logins.current().await?,
        };
        if applied.as_ref() != Some(&login) {
            (self.apply)(&login);
            *applied = Some(Arc::clone(&login));
        }
        Ok(login)
    }
}
