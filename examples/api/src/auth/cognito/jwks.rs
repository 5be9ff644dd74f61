use jiff::Timestamp;
use jsonwebtoken::DecodingKey;

use super::fetched::Fetched;
use super::key_set::KeySet;
use crate::auth::AuthError;

/// Where the keys come from with which a pool's tokens are checked.
#[derive(Debug)]
pub struct Jwks(Source);

#[derive(Debug)]
enum Source {
    Fixed(KeySet),
    Fetched(Fetched),
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJwks {
    /// More bytes than are looked at.
    #[error("the key set has more than 64 KiB")]
    TooLarge,
    /// No JSON Web Key Set.
    #[error("this is no JSON Web Key Set: give the whole document, from {{\"keys\": [ to its end")]
    Malformed,
    /// None that could be used.
    #[error("the key set has no RSA key of 2048 to 4096 bits with an id, for signatures with RS256")]
    NoKey,
    /// A key set that is read over a wire on which it could be changed.
    #[error("keys are fetched from https addresses only, or from this very machine over http")]
    Address,
}

impl Jwks {
    /// The keys of this JSON Web Key Set, and never others.
    ///
    /// # Errors
    /// [`InvalidJwks`], if none of its keys can be used.
    pub fn fixed(document: &str) -> Result<Self, InvalidJwks> {
        KeySet::read(document.as_bytes()).map(|keys| Self(Source::Fixed(keys)))
    }

    /// The keys of the JSON Web Key Set at an address, which is asked when a token comes: first of all, then for a key
    /// that is not known (within a minute only once), and again after an hour, so that a key that was withdrawn does
    /// not count for longer. While the address does not answer, the keys that are known count on.
    ///
    /// # Errors
    /// [`InvalidJwks::Address`] for an address that is not https. Over http only a loopback address is taken, for tests
    /// and emulators: on the way from another machine, keys could be exchanged.
    pub fn fetched(url: &str) -> Result<Self, InvalidJwks> {
        Fetched::new(url).map(|fetched| Self(Source::Fetched(fetched)))
    }

    /// The key of that id.
    pub(super) async fn key(&self, id: &str, now: Timestamp) -> Result<DecodingKey, AuthError> {
        match &self.0 {
            Source::Fixed(keys) => keys.find(id).cloned().ok_or(AuthError::Invalid),
            Source::Fetched(fetched) => fetched.key(id, now).await,
        }
    }
}
