use attendance_api::auth::{Grant, Role, SharedKeyTokens, TokenIssuer};
use axum::body::Body;
use axum::http::{Method, Request};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::desk::{Desk, KEY, request};

const WHOAMI: &str = "/v1/whoami";

/// A JSON Web Token of these parts, with a signature that an HMAC would make of other bytes.
pub(crate) fn forged(header: &Value, claims: &Value, signature: &str) -> String {
    let encode = |part: &Value| base64url(part.to_string().as_bytes());
    format!("{}.{}.{signature}", encode(header), encode(claims))
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |chunk: &[u8]| {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let digit = move |at: usize| char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]);
        (0..=chunk.len()).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

fn claims(desk: &Desk) -> Value {
    let now = desk.now().as_second();
    json!({
        "iss": "desk", "sub": "eve", "iat": now, "exp": now + 60, "token_use": "access",
        "cognito:groups": ["default:admin"],
    })
}

#[tokio::test]
async fn a_token_says_who_asks() {
    let desk = Desk::new().await;
    let answer = desk.get(&desk.operator, WHOAMI).await.is(200);
    assert_eq!(
        answer.read::<Value>(),
        json!({
            "subject": "default-operator",
            "groups": [{ "organization": "default", "role": "operator" }],
            "expires_at": "2026-11-22T09:00:00Z",
        })
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_but_a_challenge() {
    let desk = Desk::new().await;
    let answer = desk.send(Request::get(WHOAMI).body(Body::empty()).unwrap()).await;
    answer.problem(401, "unauthorized");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_header_is_read_strictly() {
    let desk = Desk::new().await;
    let token = &desk.admin;
    let with = |header: String| Request::get(WHOAMI).header("authorization", header).body(Body::empty()).unwrap();
    desk.send(with(format!("bearer {token}"))).await.is(200);
    for bad in [
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer  {token}"),
        format!("Bearer {token} "),
        format!("Bearer {token},{token}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {}", "a".repeat(8 * 1024 + 1)),
    ] {
        desk.send(with(bad)).await.problem(401, "unauthorized");
    }
    let twice = request(Method::GET, WHOAMI, token).header("authorization", format!("Bearer {token}"));
    desk.send(twice.body(Body::empty()).unwrap()).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_is_worth_nothing_from_its_last_instant_on() {
    let desk = Desk::new().await;
    desk.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
    desk.get(&desk.admin, WHOAMI).await.is(200);
    desk.clock.advance(SignedDuration::from_secs(1));
    let answer = desk.get(&desk.admin, WHOAMI).await;
    answer.problem(401, "token-expired");
    assert_eq!(answer.header("www-authenticate"), r#"Bearer error="invalid_token""#);
}

#[tokio::test]
async fn another_key_or_issuer_or_a_changed_token_is_refused() {
    let desk = Desk::new().await;
    let grant = Grant {
        subject: "eve".to_owned(),
        groups: [("default".parse().unwrap(), Role::Admin)].into(),
        valid_for: SignedDuration::from_hours(1),
    };
    let issued_by = |issuer: &str, key: &[u8; 32]| {
        SharedKeyTokens::new(issuer.to_owned(), key).issue(&grant, desk.now()).unwrap().token
    };
    desk.get(&issued_by("desk", &KEY), WHOAMI).await.is(200);
    desk.get(&issued_by("desk", &[8; 32]), WHOAMI).await.problem(401, "unauthorized");
    desk.get(&issued_by("another", &KEY), WHOAMI).await.problem(401, "unauthorized");

    let parts: Vec<_> = desk.kiosk.split('.').collect();
    let lifted = [parts[0], &base64url(claims(&desk).to_string().as_bytes()), parts[2]].join(".");
    desk.get(&lifted, WHOAMI).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_token_that_names_another_algorithm_is_refused() {
    let desk = Desk::new().await;
    let signature = desk.admin.rsplit('.').next().unwrap().to_owned();
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256"] {
        for signature in ["", &signature] {
            let token = forged(&json!({ "alg": algorithm, "typ": "JWT" }), &claims(&desk), signature);
            desk.get(&token, WHOAMI).await.problem(401, "unauthorized");
        }
    }
}

/// Signs any claims with the desk's own key.
fn signed(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(&KEY);
    jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256), claims, &key).unwrap()
}

#[tokio::test]
async fn only_access_tokens_with_all_their_claims_count() {
    let desk = Desk::new().await;
    desk.get(&signed(&claims(&desk)), WHOAMI).await.is(200);
    for (claim, value) in [
        ("token_use", json!("id")),
        ("token_use", Value::Null),
        ("iss", json!(["desk"])),
        ("exp", json!("never")),
        ("sub", json!("")),
        ("sub", json!("two\nlines")),
    ] {
        let mut claims = claims(&desk);
        claims[claim] = value.clone();
        let answer = desk.get(&signed(&claims), WHOAMI).await;
        assert_eq!(answer.problem(401, "unauthorized").status, 401, "{claim}: {value}");
    }
    for claim in ["iss", "sub", "exp", "token_use"] {
        let mut claims = claims(&desk);
        claims.as_object_mut().unwrap().remove(claim);
        desk.get(&signed(&claims), WHOAMI).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn groups_that_are_no_rights_give_none() {
    let desk = Desk::new().await;
    let mut claims = claims(&desk);
    claims["cognito:groups"] = json!(["default:owner", "admin", "default:admin:x"]);
    let token = signed(&claims);
    assert_eq!(desk.get(&token, WHOAMI).await.is(200).read::<Value>()["groups"], json!([]));
    desk.get(&token, "/v1/orgs/default").await.problem(404, "unknown-organization");
}

#[tokio::test]
async fn a_role_that_is_too_low_is_told_which_is_needed() {
    let desk = Desk::new().await;
    for token in [&desk.kiosk, &desk.operator, &desk.token("default:attendee")] {
        let problem = desk.get(token, "/v1/orgs/default/attendees").await.problem(403, "forbidden");
        assert!(problem.detail.contains("admin"), "{problem:?}");
    }
    desk.get(&desk.admin, "/v1/orgs/default/attendees").await.is(200);
    let picture = desk.picture(&desk.token("default:attendee"), "/v1/orgs/default/check-ins", "x".into()).await;
    picture.problem(403, "forbidden");
    // An admin is nobody's attendee.
    desk.get(&desk.admin, "/v1/orgs/default/me").await.problem(403, "forbidden");
}

#[tokio::test]
async fn the_wall_between_organizations_tells_nothing() {
    let desk = Desk::new().await;
    desk.organization("other").await;
    let other = desk.token("other:admin");
    let ada = desk.registered("Ada Lovelace").await;
    let there = desk.get(&other, &format!("/v1/orgs/default/attendees/{}", ada.id)).await;
    let nowhere = desk.get(&other, &format!("/v1/orgs/nowhere/attendees/{}", ada.id)).await;
    let malformed = desk.get(&other, &format!("/v1/orgs/%00%20/attendees/{}", ada.id)).await;
    let told = |problem: attendance_api::wire::Problem| (problem.title, problem.detail);
    let there = told(there.problem(404, "unknown-organization"));
    assert_eq!(told(nowhere.problem(404, "unknown-organization")), there);
    assert_eq!(told(malformed.problem(404, "unknown-organization")), there);
    // The same id asked for within one's own walls.
    desk.get(&other, &format!("/v1/orgs/other/attendees/{}", ada.id)).await.problem(404, "unknown-attendee");
    desk.delete(&other, &format!("/v1/orgs/other/attendees/{}", ada.id)).await.problem(404, "unknown-attendee");
    // A right in an organization that was never made.
    let ghost = desk.token("ghost:admin");
    desk.get(&ghost, "/v1/orgs/ghost/attendees").await.problem(404, "unknown-organization");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let desk = Desk::new().await;
    let grant = Grant { subject: "s".to_owned(), groups: [].into(), valid_for: SignedDuration::from_hours(1) };
    let issued = desk.tokens.issue(&grant, desk.now()).unwrap();
    let shown = format!("{:?} {issued:?}", desk.tokens);
    assert!(!shown.contains(&issued.token) && !shown.contains("7, 7"), "{shown}");
}
