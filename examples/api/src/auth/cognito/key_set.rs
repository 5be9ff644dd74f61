use std::collections::BTreeMap;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use super::InvalidJwks;

/// The largest document, in bytes. Cognito's has two keys and less than 1 KiB.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The public keys of an issuer, by their ids.
#[derive(Debug)]
pub(super) struct KeySet(BTreeMap<String, DecodingKey>);

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517). Keys that can't check an RS256 signature are passed over.
    pub(super) fn read(document: &[u8]) -> Result<Self, InvalidJwks> {
        if document.len() > MAX_BYTES {
            return Err(InvalidJwks::TooLarge);
        }
        let JwkSet { keys } = serde_json::from_slice(document).map_err(|_| InvalidJwks::Malformed)?;
        let keys: BTreeMap<_, _> = keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() { Err(InvalidJwks::NoKey) } else { Ok(Self(keys)) }
    }

    pub(super) fn find(&self, id: &str) -> Option<&DecodingKey> {
        self.0.get(id)
    }
}

/// A key that may check RS256 signatures: RSA, of 2048 to 4096 bits, and for nothing else.
fn usable(key: Jwk) -> Option<(String, DecodingKey)> {
    let Jwk { common, algorithm: AlgorithmParameters::RSA(rsa) } = key else { return None };
    let is_meant = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
        && matches!(common.key_algorithm, None | Some(KeyAlgorithm::RS256));
    let key = DecodingKey::from_rsa_components(&rsa.n, &rsa.e).ok()?;
    let DecodingKeyKind::RsaModulusExponent { n, .. } = key.kind() else { return None };
    let bytes = n.iter().skip_while(|byte| **byte == 0).count();
    let is_strong = (2048 / 8..=4096 / 8).contains(&bytes);
    common.key_id.filter(|_| is_meant && is_strong).map(|id| (id, key))
}
