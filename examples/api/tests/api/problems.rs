use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::desk::{Desk, request};

const ATTENDEES: &str = "/v1/orgs/default/attendees";
const CHECK_INS: &str = "/v1/orgs/default/check-ins";

#[tokio::test]
async fn an_unknown_address_and_a_wrong_method_are_problems_too() {
    let desk = Desk::new().await;
    desk.get(&desk.admin, "/v1/nothing").await.problem(404, "not-found");
    desk.send(Request::get("/nothing").body(Body::empty()).unwrap()).await.problem(404, "not-found");
    let answer = desk.json(Method::PUT, &desk.admin, ATTENDEES, &json!({})).await;
    answer.problem(405, "method-not-allowed");
    let mut allowed: Vec<_> = answer.header("allow").split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let traced = Request::builder().method("TRACE").uri("/healthz").body(Body::empty()).unwrap();
    desk.send(traced).await.problem(405, "method-not-allowed");
}

#[tokio::test]
async fn a_requests_id_is_the_callers_or_a_new_one() {
    let desk = Desk::new().await;
    let with = |id: &str| {
        request(Method::GET, "/v1/nothing", &desk.admin).header("x-request-id", id).body(Body::empty()).unwrap()
    };
    assert_eq!(desk.send(with("front-desk:7")).await.problem(404, "not-found").request_id, "front-desk:7");
    for bad in ["two words", "", "<b>", &"a".repeat(129)] {
        let id = desk.send(with(bad)).await.problem(404, "not-found").request_id;
        assert!(id != bad && id.len() == 36, "{id}");
    }
    let (one, other) = (desk.get(&desk.admin, "/v1/whoami").await, desk.get(&desk.admin, "/v1/whoami").await);
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    assert_ne!(one.header("x-request-id"), "");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed() {
    let desk = Desk::new().await;
    for body in ["", "{", "{\"name\": \"Ada\"", "{\"name\": \"Ada\"} x", "\u{1}", "{'name': 'Ada'}"] {
        let request = request(Method::POST, ATTENDEES, &desk.admin).header("content-type", "application/json");
        let answer = desk.send(request.body(body.to_owned().into()).unwrap()).await;
        assert_eq!(answer.problem(400, "malformed-json").field, None, "{body}");
    }
    let request = request(Method::POST, ATTENDEES, &desk.admin).header("content-type", "application/json");
    desk.send(request.body(vec![0xff, 0xfe].into()).unwrap()).await.problem(400, "malformed-json");
}

#[tokio::test]
async fn json_that_breaks_a_rule_names_the_field() {
    let desk = Desk::new().await;
    for (body, field) in [
        (json!({}), "body"),
        (json!([]), "body"),
        (json!(["Ada Lovelace", null, null, null, null, {}, [], null]), "body"),
        (json!("Ada"), "body"),
        (json!(null), "body"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": " Ada" }), "name"),
        (json!({ "name": "Ada\u{0}" }), "name"),
        (json!({ "name": "a".repeat(201) }), "name"),
        (json!({ "name": "Ada", "email": "nowhere" }), "email"),
        (json!({ "name": "Ada", "phone": "030 1234567" }), "phone"),
        (json!({ "name": "Ada", "groups": ["a b"] }), "groups[0]"),
        (json!({ "name": "Ada", "attributes": { "": "x" } }), "attributes"),
        (json!({ "name": "Ada", "shoe_size": 38 }), "shoe_size"),
    ] {
        let problem = desk.post(&desk.admin, ATTENDEES, &body).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field), "{body}: {problem:?}");
    }
}

#[tokio::test]
async fn another_content_type_is_not_taken() {
    let desk = Desk::new().await;
    for content_type in [None, Some("text/plain"), Some("application/xml"), Some("application/jsonx"), Some("")] {
        let mut request = request(Method::POST, ATTENDEES, &desk.admin);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = desk.send(request.body(json!({ "name": "Ada" }).to_string().into()).unwrap()).await;
        answer.problem(415, "unsupported-media-type");
    }
    let charset =
        request(Method::POST, ATTENDEES, &desk.admin).header("content-type", "Application/JSON; charset=utf-8");
    desk.send(charset.body(json!({ "name": "Ada" }).to_string().into()).unwrap()).await.is(201);
    for content_type in ["application/json", "image/gif", "text/plain", "application/octet-stream"] {
        let request = request(Method::POST, CHECK_INS, &desk.kiosk).header("content-type", content_type);
        desk.send(request.body(vec![1, 2, 3].into()).unwrap()).await.problem(415, "unsupported-media-type");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_with_or_without_its_length() {
    let desk = Desk::new().await;
    let long = json!({ "name": "a".repeat(64 * 1024) });
    desk.post(&desk.admin, ATTENDEES, &long).await.problem(413, "body-too-large");

    let chunks = || {
        let chunk = || Ok::<_, std::io::Error>(bytes::Bytes::from(vec![0xff; 1_000_000]));
        Body::from_stream(futures_util::stream::iter((0..16).map(move |_| chunk())))
    };
    let streamed = request(Method::POST, CHECK_INS, &desk.kiosk).header("content-type", "image/jpeg");
    desk.send(streamed.body(chunks()).unwrap()).await.problem(413, "body-too-large");

    // Its length alone is enough: the body is not waited for.
    let announced = request(Method::POST, CHECK_INS, &desk.kiosk)
        .header("content-type", "image/jpeg")
        .header("content-length", "15000001");
    let never = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    desk.send(announced.body(never).unwrap()).await.problem(413, "body-too-large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_problem() {
    let desk = Desk::new().await;
    let broken = futures_util::stream::iter([Ok("{"), Err(std::io::Error::other("the cable was pulled"))]);
    let request = request(Method::POST, ATTENDEES, &desk.admin).header("content-type", "application/json");
    let answer = desk.send(request.body(Body::from_stream(broken)).unwrap()).await;
    let problem = answer.problem(400, "body-incomplete");
    assert!(!problem.detail.contains("cable"), "{problem:?}");
}

#[tokio::test]
async fn who_may_not_ask_is_told_so_before_the_request_is_read() {
    let desk = Desk::new().await;
    let request = request(Method::POST, ATTENDEES, &desk.kiosk).body("{".into()).unwrap();
    desk.send(request).await.problem(403, "forbidden");
    desk.get(&desk.kiosk, "/v1/orgs/default/attendees/no-uuid").await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_part_of_the_address_that_breaks_a_rule_is_named() {
    let desk = Desk::new().await;
    for (path, field) in [
        ("/attendees/no-uuid", "attendee"),
        ("/attendees/no%20uuid", "attendee"),
        ("/attendees?limit=0", "limit"),
        ("/attendees?limit=1001", "limit"),
        ("/attendees?limit=-1", "limit"),
        ("/attendees?limit=many", "limit"),
        ("/attendees?group=a%20b", "group"),
        ("/attendees?after=nowhere", "after"),
    ] {
        let answer = desk.get(&desk.admin, &format!("/v1/orgs/default{path}")).await;
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.read::<attendance_api::wire::Problem>().field.as_deref(), Some(field), "{path}");
    }
    let long = format!("/v1/orgs/default/attendees?after={}", "a".repeat(1025));
    desk.get(&desk.admin, &long).await.problem(422, "invalid-cursor");
}

#[tokio::test]
async fn an_address_that_is_no_text_is_not_there() {
    let desk = Desk::new().await;
    desk.get(&desk.admin, "/v1/orgs/default/attendees/%FF").await.problem(404, "unknown-organization");
}

#[tokio::test]
async fn health_needs_no_token() {
    let desk = Desk::new().await;
    for (path, body) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let answer = desk.send(Request::get(path).body(Body::empty()).unwrap()).await.is(200);
        assert_eq!(answer.body, body);
    }
}
