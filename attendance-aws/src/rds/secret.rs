//! Logins from Secrets Manager.

use std::fmt;
use std::sync::Arc;

use attendance_core::ports::RepoError;
use attendance_sql::{Login, Logins};
use aws_sdk_secretsmanager::Client;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::wrong;
use crate::fault::Fault;

/// What RDS writes into a secret. One that RDS manages for a master user has no more than the first two.
#[derive(Clone, Deserialize)]
pub(super) struct Secret {
    username: String,
    password: String,
    pub(super) engine: Option<String>,
    pub(super) host: Option<String>,
    pub(super) port: Option<Port>,
    pub(super) dbname: Option<String>,
}

/// A number; people who write a secret by hand make it a text.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Port {
    Number(u16),
    Text(String),
}

impl Port {
    pub(super) fn number(&self) -> Option<u16> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl Secret {
    /// Whatever is wrong with it, what it holds is not told.
    fn parse(text: &str) -> Result<Self, RepoError> {
        serde_json::from_str(text)
            .map_err(|_| wrong("the secret is not RDS's JSON: it needs a username and a password"))
    }

    fn login(&self) -> Arc<Login> {
        Arc::new(Login { user: self.username.clone(), password: self.password.clone() })
    }
}

/// The login of one secret, read when it is wanted first, and again when the server refuses it.
pub(super) struct SecretLogins {
    client: Client,
    id: String,
    known: Mutex<Option<Arc<Login>>>,
}

impl fmt::Debug for SecretLogins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretLogins").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SecretLogins {
    pub(super) fn new(client: Client, id: String) -> Self {
        Self { client, id, known: Mutex::default() }
    }

    /// Reads the secret, and knows its login from then on.
    pub(super) async fn read(&self) -> Result<Secret, RepoError> {
        self.read_into(&mut *self.known.lock().await).await
    }

    async fn read_into(&self, known: &mut Option<Arc<Login>>) -> Result<Secret, RepoError> {
        let answer = self.client.get_secret_value().secret_id(&self.id).send().await;
        let answer = answer.map_err(|error| RepoError::from(Fault::of(&error)))?;
        let secret = Secret::parse(answer.secret_string().unwrap_or_default())?;
        *known = Some(secret.login());
        Ok(secret)
    }
}

#[async_trait::async_trait]
impl Logins for SecretLogins {
    async fn current(&self) -> Result<Arc<Login>, RepoError> {
        let mut known = self.known.lock().await;
        match &*known {
            Some(login) => Ok(Arc::clone(login)),
            None => Ok(self.read_into(&mut known).await?.login()),
        }
    }

    async fn after_refusal(&self, refused: &Login) -> Result<Arc<Login>, RepoError> {
        let mut known = self.known.lock().await;
        match &*known {
            // Somebody else was refused before, and has read it already.
            Some(login) if **login != *refused => Ok(Arc::clone(login)),
            _ => Ok(self.read_into(&mut known).await?.login()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_of_rds_is_read_with_a_port_of_either_kind() {
        let whole = r#"{"username":"u","password":"p","engine":"postgres","host":"h","port":5433,"dbname":"d",
            "dbInstanceIdentifier":"i"}"#;
        let secret = Secret::parse(whole).unwrap();
        assert_eq!(secret.port.as_ref().and_then(Port::number), Some(5433));
        assert_eq!((secret.host.as_deref(), secret.dbname.as_deref()), (Some("h"), Some("d")));
        assert_eq!(*secret.login(), Login { user: "u".to_owned(), password: "p".to_owned() });
        let by_hand = Secret::parse(r#"{"username":"u","password":"p","port":"3307"}"#).unwrap();
        assert_eq!(by_hand.port.as_ref().and_then(Port::number), Some(3307));
    }

    #[test]
    fn what_is_wrong_with_a_secret_is_told_without_what_it_holds() {
        for text in ["zx-plain-password", r#"{"username":"zx","passwort":"zx"}"#, r#"["zx"]"#, ""] {
            let Err(error) = Secret::parse(text) else { panic!("{text} was read") };
            assert!(!format!("{error:?}").contains("zx"), "{error:?}");
        }
    }
}
