//! What tokens are signed with here: the pool's own keys, and secrets that are none.

use jsonwebtoken::{Algorithm, Header};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use ring::{hmac, rsa};
use serde_json::{Value, json};

use crate::sign_in::base64url;

pub(super) enum Key {
    Rsa(RsaKeyPair),
    Secret(hmac::Key),
}

impl Key {
    /// A private key in DER (PKCS #1).
    pub(super) fn rsa(der: &[u8]) -> Self {
        Self::Rsa(RsaKeyPair::from_der(der).unwrap())
    }

    pub(super) fn secret(bytes: &[u8]) -> Self {
        Self::Secret(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The public key as a set of keys has it.
    pub(super) fn jwk(&self) -> Value {
        let Self::Rsa(pair) = self else { panic!("a secret is not shown") };
        let rsa::PublicKeyComponents { n, e } = rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
        json!({ "kty": "RSA", "alg": "RS256", "n": base64url(&n), "e": base64url(&e) })
    }

    /// A token of this text, signed in the way that its header names.
    pub(super) fn token(&self, header: &Header, claims: &str) -> String {
        let header_text = base64url(&serde_json::to_vec(header).unwrap());
        let message = format!("{header_text}.{}", base64url(claims.as_bytes()));
        let signature = match self {
            Self::Secret(key) => hmac::sign(key, message.as_bytes()).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let random = SystemRandom::new();
                pair.sign(encoding(header.alg), &random, message.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{message}.{}", base64url(&signature))
    }
}

fn encoding(algorithm: Algorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_SHA512,
        Algorithm::PS256 => &RSA_PSS_SHA256,
        other => panic!("RSA does not sign as {other:?}"),
    }
}
