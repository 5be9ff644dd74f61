mod address;
mod fetched;
mod key;
mod pool;

use attendance_api::auth::{AuthError, InvalidJwks, Jwks, MAX_TOKEN_BYTES};
use attendance_core::ports::attendance_repo::Subject;
use axum::http::Method;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use key::Key;
use pool::{ACCESS, CLIENT, ID, ISSUER, Pool, header, jwk, jwks, key, signed, signed_as};
use serde_json::{Value, json};

use crate::sign_in::{base64url, forged};

#[tokio::test]
async fn an_access_token_and_an_id_token_say_who_asks() {
    let pool = Pool::new().await;
    let who: Value = pool.ask(&pool.access_token()).await.is(200).read();
    let groups = json!([
        { "organization": "default", "role": "kiosk" },
        { "organization": "default", "role": "operator" },
    ]);
    assert_eq!(who, json!({ "subject": "0f1e2d3c", "groups": groups, "expires_at": "2026-11-21T10:00:00Z" }));
    let who: Value = pool.ask(&signed(ID, &pool.id())).await.is(200).read();
    assert_eq!(who["groups"], json!([{ "organization": "default", "role": "operator" }]));
    pool.ask(&pool.access_but("client_id", json!("another-of-ours"))).await.is(200);
    let who: Value = pool.ask(&pool.access_but("cognito:groups", Value::Null)).await.is(200).read();
    assert_eq!(who["groups"], json!([]));
}

#[tokio::test]
async fn a_user_of_the_pool_is_linked_to_an_attendee_by_their_sub_alone() {
    let pool = Pool::new().await;
    let new = json!({ "name": "Ada Lovelace" });
    let admin = pool.access_but("cognito:groups", json!(["default:admin"]));
    let ada: Value = pool.desk.post(&admin, "/v1/orgs/default/attendees", &new).await.is(201).read();
    let path = format!("/v1/orgs/default/attendees/{}/sign-in", ada["id"].as_str().unwrap());
    let (link, user) = (json!({ "subject": "9a8b7c6d" }), json!("9a8b7c6d"));
    pool.desk.json(Method::PUT, &admin, &path, &link).await.is(200);
    let mut claims = pool.access();
    (claims["sub"], claims["cognito:groups"]) = (user, json!(["default:attendee"]));
    let me: Value = pool.desk.get(&signed(ACCESS, &claims), "/v1/orgs/default/me").await.is(200).read();
    assert_eq!(me["id"], ada["id"]);
    // The same id of another issuer is somebody else.
    let theirs = Subject { issuer: "desk".to_owned(), subject: "9a8b7c6d".to_owned() };
    let organization = "default".parse().unwrap();
    let found = pool.desk.attendance.repo().attendee_of_subject(&organization, &theirs).await.unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn a_token_counts_to_its_last_instant_and_not_beyond() {
    let pool = Pool::new().await;
    let token = pool.access_token();
    pool.desk.clock.advance(jiff::SignedDuration::from_secs(3599));
    pool.ask(&token).await.is(200);
    pool.desk.clock.advance(jiff::SignedDuration::from_secs(1));
    pool.ask(&token).await.problem(401, "token-expired");
    assert!(matches!(pool.read(&token).await, Err(AuthError::Expired)));
}

#[tokio::test]
async fn what_was_changed_on_the_way_is_refused() {
    let pool = Pool::new().await;
    let token = pool.access_token();
    let parts: Vec<_> = token.split('.').collect();
    let mut lifted = pool.access();
    lifted["cognito:groups"] = json!(["default:admin"]);
    let lifted = [parts[0], &base64url(lifted.to_string().as_bytes()), parts[2]].join(".");
    pool.ask(&lifted).await.problem(401, "unauthorized");
    let first = if parts[2].starts_with('A') { "B" } else { "A" };
    let resigned = [parts[0], parts[1], &format!("{first}{}", &parts[2][1..])].join(".");
    pool.ask(&resigned).await.problem(401, "unauthorized");
    pool.ask(&format!("{}.{}.", parts[0], parts[1])).await.problem(401, "unauthorized");
    pool.ask(&token[..token.len() - 4]).await.problem(401, "unauthorized");
    pool.ask(&format!("{token}.{}", parts[2])).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn the_algorithm_is_ours_to_say() {
    let pool = Pool::new().await;
    let signature = pool.access_token().rsplit('.').next().unwrap().to_owned();
    for algorithm in ["none", "None", "NONE", "HS256", "RS384", "PS256", "ES256", "EdDSA", ""] {
        for signature in ["", &signature] {
            let header = json!({ "alg": algorithm, "kid": ACCESS });
            pool.ask(&forged(&header, &pool.access(), signature)).await.problem(401, "unauthorized");
        }
    }
    // Signed with what everybody knows: the public key, in each way that it is written.
    let key_text = jwk(ACCESS)["n"].as_str().unwrap().to_owned();
    let secrets = [
        Key::secret(key_text.as_bytes()),
        Key::secret(&BASE64_URL_SAFE_NO_PAD.decode(&key_text).unwrap()),
        Key::secret(jwk(ACCESS).to_string().as_bytes()),
        Key::secret(jwks().to_string().as_bytes()),
    ];
    for secret in &secrets {
        let header = Header { kid: Some(ACCESS.to_owned()), ..Header::new(Algorithm::HS256) };
        pool.ask(&signed_as(&header, &pool.access(), secret)).await.problem(401, "unauthorized");
    }
    // The right key, and another algorithm.
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = Header { kid: Some(ACCESS.to_owned()), ..Header::new(algorithm) };
        pool.ask(&signed_as(&header, &pool.access(), &key(ACCESS))).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn the_key_is_the_one_that_the_token_names() {
    let pool = Pool::new().await;
    for (name, signs) in [(ACCESS, ID), (ID, ACCESS), ("nobody's", ACCESS), ("", ACCESS)] {
        pool.ask(&signed_as(&header(name), &pool.access(), &key(signs))).await.problem(401, "unauthorized");
    }
    let unnamed = Header::new(Algorithm::RS256);
    pool.ask(&signed_as(&unnamed, &pool.access(), &key(ACCESS))).await.problem(401, "unauthorized");
    // A key that the token brings along counts for nothing.
    let own = Header { jwk: Some(serde_json::from_value(jwk(ACCESS)).unwrap()), ..Header::new(Algorithm::RS256) };
    pool.ask(&signed_as(&own, &pool.access(), &key(ACCESS))).await.problem(401, "unauthorized");
    let critical = Header { crit: Some(vec!["b64".to_owned()]), ..header(ACCESS) };
    pool.ask(&signed_as(&critical, &pool.access(), &key(ACCESS))).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_of_another_pool_or_for_another_client_is_refused() {
    let pool = Pool::new().await;
    for issuer in [
        json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"),
        json!(format!("{ISSUER}/")),
        json!([ISSUER]),
        json!(""),
        Value::Null,
    ] {
        pool.ask(&pool.access_but("iss", issuer.clone())).await.problem(401, "unauthorized");
        pool.ask(&pool.id_but("iss", issuer)).await.problem(401, "unauthorized");
    }
    for client in [json!("theirs"), json!(""), json!([CLIENT]), Value::Null] {
        pool.ask(&pool.access_but("client_id", client.clone())).await.problem(401, "unauthorized");
        pool.ask(&pool.id_but("aud", client)).await.problem(401, "unauthorized");
    }
    // Each kind names its client in its own claim.
    let mut access = pool.access();
    access["client_id"] = json!("theirs");
    access["aud"] = json!(CLIENT);
    pool.ask(&signed(ACCESS, &access)).await.problem(401, "unauthorized");
    let mut id = pool.id();
    id["aud"] = json!("theirs");
    id["client_id"] = json!(CLIENT);
    pool.ask(&signed(ID, &id)).await.problem(401, "unauthorized");
    for token_use in [json!("refresh"), json!("Access"), json!(""), Value::Null] {
        pool.ask(&pool.access_but("token_use", token_use)).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_token_that_can_not_count_yet_is_refused() {
    let pool = Pool::new().await;
    let now = pool.desk.now().as_second();
    for claim in ["iat", "nbf"] {
        pool.ask(&pool.access_but(claim, json!(now + 60))).await.is(200);
        pool.ask(&pool.access_but(claim, json!(now + 61))).await.problem(401, "unauthorized");
        pool.ask(&pool.access_but(claim, json!("soon"))).await.problem(401, "unauthorized");
    }
    let mut backwards = pool.access();
    backwards["exp"] = json!(now + 10);
    backwards["iat"] = json!(now + 11);
    pool.ask(&signed(ACCESS, &backwards)).await.problem(401, "unauthorized");
    pool.ask(&pool.access_but("iat", Value::Null)).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn claims_that_make_no_sense_are_refused() {
    let pool = Pool::new().await;
    for (claim, value) in [
        ("sub", json!("")),
        ("sub", json!("a".repeat(129))),
        ("sub", json!("two\nlines")),
        ("sub", Value::Null),
        ("exp", json!("never")),
        ("exp", json!(i64::MAX)),
        ("exp", Value::Null),
        ("cognito:groups", json!("default:admin")),
        ("cognito:groups", json!([7])),
    ] {
        let read = pool.read(&pool.access_but(claim, value.clone())).await;
        assert!(matches!(read, Err(AuthError::Invalid)), "{claim}: {value}");
    }
    assert!(pool.read(&pool.access_but("sub", json!("a".repeat(128)))).await.is_ok());
}

#[tokio::test]
async fn a_claim_that_is_said_twice_is_refused() {
    let pool = Pool::new().await;
    let once = pool.access().to_string();
    let twice = once.replacen('{', r#"{"cognito:groups":["default:admin"],"#, 1);
    for (claims, status) in [(once, 200), (twice, 401)] {
        let token = signed_text(&claims);
        assert_eq!(pool.ask(&token).await.status, status, "{claims}");
    }
}

/// A token whose claims are this very text.
fn signed_text(claims: &str) -> String {
    key(ACCESS).token(&header(ACCESS), claims)
}

#[tokio::test]
async fn a_token_that_is_too_long_is_not_looked_at() {
    let pool = Pool::new().await;
    let short = pool.access_token().len();
    let of_length = |length: usize| pool.access_but("scope", json!("a".repeat((length - short) * 3 / 4)));
    let (long, longer) = (of_length(MAX_TOKEN_BYTES - 4), of_length(MAX_TOKEN_BYTES + 16));
    assert!(long.len() <= MAX_TOKEN_BYTES && longer.len() > MAX_TOKEN_BYTES);
    assert!(pool.read(&long).await.is_ok());
    assert!(matches!(pool.read(&longer).await, Err(AuthError::Invalid)));
}

#[test]
fn a_key_set_without_a_key_that_is_safe_is_no_key_set() {
    let of = |key: Value| Jwks::fixed(&json!({ "keys": [key] }).to_string()).map(drop);
    let with = |field: &str, value: Value| {
        let mut key = jwk(ACCESS);
        key[field] = value;
        key
    };
    assert_eq!(of(jwk(ACCESS)), Ok(()));
    let modulus = |bytes: usize| json!(base64url(&vec![0xff; bytes]));
    for key in [
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("alg", json!("HS256")),
        with("kty", json!("oct")),
        with("kid", Value::Null),
        with("n", modulus(2048 / 8 - 1)),
        with("n", modulus(4096 / 8 + 1)),
        with("n", json!("?")),
        json!({ "kty": "oct", "kid": ACCESS, "alg": "RS256", "k": "AAAA" }),
    ] {
        assert_eq!(of(key.clone()), Err(InvalidJwks::NoKey), "{key}");
    }
    // One that can't be used spoils no other.
    let both = json!({ "keys": [with("use", json!("enc")), { "kty": "new" }, jwk(ID)] });
    assert!(Jwks::fixed(&both.to_string()).is_ok());
    assert_eq!(Jwks::fixed(r#"{"keys": []}"#).unwrap_err(), InvalidJwks::NoKey);
    for text in ["", "{}", "[]", "no", "<html>"] {
        assert_eq!(Jwks::fixed(text).unwrap_err(), InvalidJwks::Malformed, "{text}");
    }
    let text = jwks().to_string();
    let padded = |length: usize| text.clone() + &" ".repeat(length - text.len());
    assert!(Jwks::fixed(&padded(64 * 1024)).is_ok());
    assert_eq!(Jwks::fixed(&padded(64 * 1024 + 1)).unwrap_err(), InvalidJwks::TooLarge);
}
