use attendance_api::gateway::{GatewayRequest, GatewayResponse};
use attendance_core::memory::FakePicture;
use axum::body::Bytes;
use axum::response::IntoResponse;
use axum::{Router, routing};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

use crate::desk::Desk;

/// A request as the gateway writes it.
fn event(method: &str, path: &str, query: &str, token: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": ["a=b"],
        "headers": { "authorization": format!("Bearer {token}"), "host": "id.execute-api.eu-west-1.amazonaws.com" },
        "requestContext": {
            "accountId": "123456789012", "apiId": "id", "domainName": "id.execute-api.eu-west-1.amazonaws.com",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "curl/8",
            },
            "requestId": "JKJaXmPLvHcESHA=", "routeKey": "$default", "stage": "$default", "timeEpoch": 1763715600000_i64,
        },
        "isBase64Encoded": false,
    })
}

fn with_body(mut event: Value, content_type: &str, body: &[u8]) -> Value {
    event["headers"]["content-type"] = json!(content_type);
    event["headers"]["content-length"] = json!(body.len().to_string());
    match std::str::from_utf8(body) {
        Ok(text) => event["body"] = json!(text),
        Err(_) => {
            event["body"] = json!(BASE64_STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

fn read(event: Value) -> GatewayRequest {
    serde_json::from_value(event).unwrap()
}

fn written(answer: GatewayResponse) -> Value {
    serde_json::to_value(answer).unwrap()
}

async fn answer(router: &Router, event: Value) -> Value {
    written(read(event).answer(router.clone()).await.unwrap())
}

/// The JSON in an answer's body.
fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false);
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_of_the_gateway_is_answered_as_any_other() {
    let desk = Desk::new().await;
    let event = event("GET", "/v1/whoami", "", &desk.kiosk);
    let told = answer(&desk.router, event).await;
    assert_eq!((&told["statusCode"], &told["headers"]["cache-control"]), (&json!(200), &json!("no-store")));
    assert_eq!(body(&told)["subject"], "default-kiosk");
    let new = json!({ "name": "Ada Lovelace" }).to_string();
    let post = with_body(
        self::event("POST", "/v1/orgs/default/attendees", "", &desk.admin),
        "application/json",
        new.as_bytes(),
    );
    let told = answer(&desk.router, post).await;
    assert_eq!(told["statusCode"], 201);
    assert_eq!(body(&told)["name"], "Ada Lovelace");
}

#[tokio::test]
async fn the_gateways_id_of_a_request_is_ours_unless_the_client_gave_one() {
    let desk = Desk::new().await;
    let mut event = event("GET", "/nothing", "", "x");
    let told = answer(&desk.router, event.clone()).await;
    assert_eq!(told["headers"]["x-request-id"], "JKJaXmPLvHcESHA=");
    assert_eq!(body(&told)["request_id"], "JKJaXmPLvHcESHA=");
    event["headers"]["x-request-id"] = json!("front-desk:7");
    assert_eq!(answer(&desk.router, event.clone()).await["headers"]["x-request-id"], "front-desk:7");
    event["headers"].as_object_mut().unwrap().remove("x-request-id");
    event["requestContext"].as_object_mut().unwrap().remove("requestId");
    assert_eq!(answer(&desk.router, event).await["headers"]["x-request-id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn a_picture_goes_in_and_out_byte_for_byte() {
    let desk = Desk::new().await;
    let picture = FakePicture::of("stranger").bytes();
    assert!(std::str::from_utf8(&picture).is_err());
    let post = event("POST", "/v1/orgs/default/check-ins", "faces=all", &desk.kiosk);
    let told = answer(&desk.router, with_body(post, "image/jpeg", &picture)).await;
    assert_eq!(told["statusCode"], 200, "{told}");
    let path = format!("/v1/orgs/default/check-ins/{}/image", body(&told)["id"].as_str().unwrap());
    let shown = answer(&desk.router, event("GET", &path, "", &desk.operator)).await;
    assert_eq!((&shown["headers"]["content-type"], &shown["isBase64Encoded"]), (&json!("image/jpeg"), &json!(true)));
    assert_eq!(BASE64_STANDARD.decode(shown["body"].as_str().unwrap()).unwrap(), picture);
}

/// Says which path and which query it was asked.
fn echo() -> Router {
    Router::new().fallback(async |request: axum::extract::Request| {
        let part = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let query = request.uri().query().map(part);
        axum::Json(json!([part(request.uri().path()), query]))
    })
}

#[tokio::test]
async fn a_path_that_the_gateway_decoded_stays_a_path() {
    for (path, query, expected) in [
        ("/", "", json!(["/", null])),
        ("/a b", "", json!(["/a b", null])),
        ("/a?b=c#d", "x=1", json!(["/a?b=c#d", "x=1"])),
        ("/ä/<\"{`}>/\u{7f}\n", "", json!(["/ä/<\"{`}>/\u{7f}\n", null])),
        ("/100%", "q=100%", json!(["/100%", "q=100%"])),
        ("/a%20b", "", json!(["/a b", null])),
        ("//example.org/x", "", json!(["//example.org/x", null])),
        ("/a/../b", "", json!(["/a/../b", null])),
        ("/x", "a=%20b&c=d+e", json!(["/x", "a= b&c=d+e"])),
        ("/x", "a= b<>\"#ä?", json!(["/x", "a= b<>\"#ä?"])),
    ] {
        let told = answer(&echo(), event("GET", path, query, "x")).await;
        assert_eq!(body(&told), expected);
    }
}

#[tokio::test]
async fn what_a_client_can_send_is_answered_with_a_problem() {
    let desk = Desk::new().await;
    for (path, status) in [("/v1/orgs/default/attendees/a b", 422), ("/v1/orgs/ä?/attendees", 404), ("/\u{0}", 404)] {
        let told = answer(&desk.router, event("GET", path, "", &desk.admin)).await;
        assert_eq!(told["statusCode"], status, "{path:?}");
        assert_eq!(told["headers"]["content-type"], "application/problem+json");
    }
    let told = answer(&desk.router, event("BREW", "/v1/whoami", "", &desk.admin)).await;
    assert_eq!(told["statusCode"], 405);
}

#[tokio::test]
async fn what_no_gateway_sends_is_refused() {
    let desk = Desk::new().await;
    assert!(serde_json::from_value::<GatewayRequest>(json!({ "Records": [] })).is_err());
    let mut event = event("GET", "/v1/whoami", "", "x");
    event["isBase64Encoded"] = json!(true);
    event["body"] = json!("no base64!");
    assert!(read(event.clone()).answer(desk.router.clone()).await.is_err());
    event["body"] = json!(null);
    assert!(read(event.clone()).answer(desk.router.clone()).await.is_ok());
    event["requestContext"]["http"]["method"] = json!("no method");
    assert!(read(event.clone()).answer(desk.router.clone()).await.is_err());
}

#[tokio::test]
async fn an_answer_that_lambda_would_not_pass_on_is_a_problem() {
    let router = |body: Bytes| Router::new().route("/", routing::get(async move || body.into_response()));
    let ask = async |body: Vec<u8>| answer(&router(body.into()), event("GET", "/", "", "x")).await;
    assert_eq!(ask(vec![b'a'; 6_000_000]).await["statusCode"], 200);
    // Text counts as JSON writes it, the rest as Base64.
    for body in [vec![b'a'; 6_000_001], vec![b'"'; 3_000_001], vec![1; 1_000_001], vec![0xff; 4_500_001]] {
        let told = ask(body).await;
        assert_eq!((&told["statusCode"], &self::body(&told)["code"]), (&json!(422), &json!("answer-too-large")));
    }
    let broken = Router::new().route(
        "/",
        routing::get(async || {
            axum::body::Body::from_stream(futures_util::stream::iter([Ok("a"), Err(std::io::Error::other("cable"))]))
        }),
    );
    let told = answer(&broken, event("GET", "/", "", "x")).await;
    assert_eq!((&told["statusCode"], &body(&told)["code"]), (&json!(500), &json!("failed")));
}

#[tokio::test]
async fn headers_that_stand_twice_are_joined() {
    let twice = async || axum::response::AppendHeaders([("vary", "origin"), ("vary", "accept")]);
    let told = answer(&Router::new().route("/", routing::get(twice)), event("GET", "/", "", "x")).await;
    assert_eq!(told["headers"]["vary"], "origin, accept");
}

#[test]
fn a_host_that_is_not_ready_asks_to_come_back() {
    let told = written(read(event("GET", "/v1/whoami", "", "x")).unavailable());
    assert_eq!((&told["statusCode"], &told["headers"]["retry-after"]), (&json!(503), &json!("1")));
    let problem = body(&told);
    assert_eq!((&problem["code"], &problem["request_id"]), (&json!("unavailable"), &json!("JKJaXmPLvHcESHA=")));
}

#[test]
fn debug_shows_no_token() {
    let request = read(event("GET", "/v1/whoami", "", "secret"));
    assert!(!format!("{request:?} {:?}", request.unavailable()).contains("secret"));
}
