//! A user pool: two keys that were made for these tests, and tokens of both kinds.

use std::sync::Arc;

use attendance_api::Api;
use attendance_api::auth::{AuthError, Authenticator, CognitoTokens, Jwks, Principal};
use axum::body::Body;
use axum::http::Method;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::key::Key;
use crate::desk::{Answer, Desk, request};

pub(super) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example";
pub(super) const CLIENT: &str = "1example23456789";

/// The id of the key that signs access tokens, and of the one that signs ID tokens.
pub(super) const ACCESS: &str = "access/key+1=";
pub(super) const ID: &str = "id/key+1=";

/// An API that takes the tokens of a pool.
pub(super) struct Pool {
    pub(super) desk: Desk,
    tokens: Arc<CognitoTokens>,
}

impl Pool {
    /// With the keys of the pool as they are configured.
    pub(super) async fn new() -> Self {
        Self::with(Jwks::fixed(&jwks().to_string()).unwrap()).await
    }

    pub(super) async fn with(jwks: Jwks) -> Self {
        let mut desk = Desk::new().await;
        let tokens = CognitoTokens::new(ISSUER, [CLIENT.to_owned(), "another-of-ours".to_owned()], jwks);
        let tokens = Arc::new(tokens);
        desk.router = Api::new(desk.attendance.clone(), tokens.clone()).router();
        Self { desk, tokens }
    }

    /// What the tokens themselves say, without the layers of the API, which look at some things a second time.
    pub(super) async fn read(&self, token: &str) -> Result<Principal, AuthError> {
        self.tokens.authenticate(token, self.desk.now()).await
    }

    pub(super) async fn ask(&self, token: &str) -> Answer {
        let request = request(Method::GET, "/v1/whoami", token);
        self.desk.send(request.body(Body::empty()).unwrap()).await
    }

    /// What an access token says.
    pub(super) fn access(&self) -> Value {
        let now = self.desk.now().as_second();
        json!({
            "sub": "0f1e2d3c", "iss": ISSUER, "client_id": CLIENT, "token_use": "access", "scope": "openid",
            "cognito:groups": ["default:operator", "default:kiosk", "default:operator", "everybody"],
            "auth_time": now, "iat": now, "exp": now + 3600, "jti": "x", "origin_jti": "y", "username": "ada",
        })
    }

    /// What an ID token says.
    pub(super) fn id(&self) -> Value {
        let now = self.desk.now().as_second();
        json!({
            "sub": "0f1e2d3c", "iss": ISSUER, "aud": CLIENT, "token_use": "id", "email": "ada@example.org",
            "cognito:groups": ["default:operator"], "custom:role": "admin",
            "auth_time": now, "iat": now, "exp": now + 3600,
        })
    }

    /// An access token that counts.
    pub(super) fn access_token(&self) -> String {
        signed(ACCESS, &self.access())
    }

    /// An access token with one claim that says something else; `null`: that is not there.
    pub(super) fn access_but(&self, claim: &str, value: Value) -> String {
        signed(ACCESS, &but(self.access(), claim, value))
    }

    /// An ID token with one claim that says something else; `null`: that is not there.
    pub(super) fn id_but(&self, claim: &str, value: Value) -> String {
        signed(ID, &but(self.id(), claim, value))
    }
}

fn but(mut claims: Value, claim: &str, value: Value) -> Value {
    let fields = claims.as_object_mut().unwrap();
    match value {
        Value::Null => fields.remove(claim),
        value => fields.insert(claim.to_owned(), value),
    };
    claims
}

/// One of the two keys.
pub(super) fn key(id: &str) -> Key {
    Key::rsa(match id {
        ACCESS => include_bytes!("key-for-tests-1.der"),
        _ => include_bytes!("key-for-tests-2.der"),
    })
}

/// A key as the pool shows it.
pub(super) fn jwk(id: &str) -> Value {
    let mut jwk = key(id).jwk();
    jwk["kid"] = json!(id);
    jwk["use"] = json!("sig");
    jwk
}

/// What the pool shows.
pub(super) fn jwks() -> Value {
    json!({ "keys": [jwk(ID), jwk(ACCESS)] })
}

/// A token, signed with the key of that id.
pub(super) fn signed(id: &str, claims: &Value) -> String {
    signed_as(&header(id), claims, &key(id))
}

pub(super) fn signed_as(header: &Header, claims: &Value, key: &Key) -> String {
    key.token(header, &claims.to_string())
}

pub(super) fn header(id: &str) -> Header {
    Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::RS256) }
}
