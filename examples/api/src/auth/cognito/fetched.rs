use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::http::Uri;
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use tokio::sync::Mutex;

use super::InvalidJwks;
use super::key_set::{KeySet, MAX_BYTES};
use crate::auth::AuthError;

/// For how long keys count without being asked for again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// How long after an answer the next question may come: ids of keys can be invented.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// How long after a question without an answer.
const PAUSE_AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(5);

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Keys that are fetched when they are needed, and kept.
#[derive(Debug)]
pub(super) struct Fetched {
    url: String,
    known: RwLock<Option<Known>>,
    /// Held while the address is asked: by one at a time.
    asked: Mutex<Option<Asked>>,
}

#[derive(Debug)]
struct Known {
    keys: KeySet,
    at: Timestamp,
}

#[derive(Debug)]
struct Asked {
    at: Timestamp,
    answered: bool,
}

impl Asked {
    fn may_ask_again(&self, now: Timestamp) -> bool {
        let pause = if self.answered { PAUSE } else { PAUSE_AFTER_FAILURE };
        // A clock may be put back.
        now.duration_since(self.at).abs() >= pause
    }
}

impl Fetched {
    pub(super) fn new(url: &str) -> Result<Self, InvalidJwks> {
        let uri: Uri = url.parse().map_err(|_| InvalidJwks::Address)?;
        let is_safe = match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) => matches!(host, "127.0.0.1" | "[::1]" | "localhost"),
            _ => false,
        };
        if is_safe {
            Ok(Self { url: url.to_owned(), known: RwLock::default(), asked: Mutex::default() })
        } else {
            Err(InvalidJwks::Address)
        }
    }

    /// The key of that id, for which the address is asked if it must be.
    pub(super) async fn key(&self, id: &str, now: Timestamp) -> Result<DecodingKey, AuthError> {
        let stale = match self.find(id, now) {
            Some((key, Age::Fresh)) => return Ok(key),
            Some((key, Age::Stale)) => Some(key),
            None => None,
        };
        let mut asked = match (stale, self.asked.try_lock()) {
            (_, Ok(asked)) => asked,
            // Somebody asks already; until there is an answer, what was known counts.
            (Some(key), Err(_)) => return Ok(key),
            (None, Err(_)) => self.asked.lock().await,
        };
        let answered = match &*asked {
            // Perhaps this very moment, while this one waited.
            Some(asked) if !asked.may_ask_again(now) => asked.answered,
            _ => {
                let answered = self.ask(now).await;
                *asked = Some(Asked { at: now, answered });
                answered
            }
        };
        match self.find(id, now) {
            Some((key, _)) => Ok(key),
            None if answered => Err(AuthError::Invalid),
            None => Err(AuthError::Unavailable { source: "the keys of the issuer can't be fetched".into() }),
        }
    }

    fn find(&self, id: &str, now: Timestamp) -> Option<(DecodingKey, Age)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref()?;
        let age = if now.duration_since(known.at).abs() < FRESH { Age::Fresh } else { Age::Stale };
        known.keys.find(id).map(|key| (key.clone(), age))
    }

    /// Asks the address, and says whether there was an answer.
    async fn ask(&self, now: Timestamp) -> bool {
        let answer = tokio::time::timeout(TIMEOUT, get(&self.url)).await;
        match answer.unwrap_or_else(|_| Err("no answer within 3 s".into())) {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Known { keys, at: now });
                true
            }
            Err(error) => {
                tracing::warn!(error = &*error as &dyn std::error::Error, "the issuer's keys could not be fetched");
                false
            }
        }
    }
}

enum Age {
    Fresh,
    Stale,
}

/// Reads a key set over HTTP, by the client that the SDK brings. It is asked so rarely that no connection is kept.
async fn get(url: &str) -> Result<KeySet, Box<dyn std::error::Error + Send + Sync>> {
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
    let response = connector.call(HttpRequest::get(url)?).await?;
    if response.status().as_u16() != 200 {
        return Err(format!("the answer has the status {}", response.status()).into());
    }
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await?;
    Ok(KeySet::read(&body.to_bytes())?)
}
