use std::collections::BTreeSet;

use attendance_core::memory::FakePicture;
use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::desk::Desk;

fn document() -> Value {
    serde_json::to_value(attendance_api::openapi()).unwrap()
}

#[test]
fn the_committed_document_is_what_the_code_says() {
    let committed: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    assert!(
        committed == document(),
        "write it anew: cargo run -p attendance-api --example openapi > examples/api/openapi.json"
    );
}

#[tokio::test]
async fn the_document_is_served() {
    let desk = Desk::new().await;
    let answer = desk.send(Request::get("/openapi.json").body(Body::empty()).unwrap()).await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.read::<Value>(), document());
}

/// Every reference in a part of the document.
fn references<'a>(part: &'a Value, found: &mut BTreeSet<&'a str>) {
    match part {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|part| references(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references(part, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_nothing_is_left_over() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
    for part in ["schemas", "responses"] {
        for name in document["components"][part].as_object().unwrap().keys() {
            assert!(found.contains(format!("#/components/{part}/{name}").as_str()), "{part}/{name} is not used");
        }
    }
}

#[test]
fn every_operation_says_its_name_its_token_and_its_problems() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}: its id is used twice");
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{name}");
            let answers = operation["responses"].as_object().unwrap();
            let mut expected = vec!["500", "503"];
            if path.starts_with("/v1") {
                assert_eq!(operation["security"][0]["token"], serde_json::json!([]), "{name}");
                expected.extend(["401", "429"]);
            }
            if path.contains("{org}") {
                assert_eq!(operation["parameters"][0]["name"], "org", "{name}");
                expected.extend(["403", "404"]);
            }
            if operation["requestBody"].is_object() {
                assert_eq!(operation["requestBody"]["required"], true, "{name}");
                expected.extend(["400", "413", "415", "422"]);
            }
            for status in expected {
                assert!(answers.contains_key(status), "{name} does not say {status}");
            }
            for placeholder in path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
                let said = operation["parameters"].as_array().unwrap().iter().any(|parameter| {
                    parameter["name"] == placeholder && parameter["in"] == "path" && parameter["required"] == true
                });
                assert!(said, "{name} does not describe {placeholder}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_counted_tells_routes_and_outcomes_and_nothing_personal() {
    let desk = Desk::new().await;
    let ada = desk.enrolled("ada").await;
    desk.picture(&desk.kiosk, "/v1/orgs/default/check-ins", FakePicture::of("ada").bytes()).await.is(200);
    desk.get(&desk.admin, &format!("/v1/orgs/default/attendees/{}", ada.id)).await.is(200);
    desk.get(&desk.admin, "/v1/secret-address").await.is(404);
    let answer = desk.send(Request::get("/metrics").body(Body::empty()).unwrap()).await.is(200);
    let text = std::str::from_utf8(&answer.body).unwrap();
    let requests = r#"attendance_http_requests_total{route="/v1/orgs/{org}/check-ins",method="POST",status="200"} 1"#;
    assert!(text.contains(requests), "{text}");
    assert!(text.contains(r#"attendance_check_in_faces_total{outcome="marked"} 1"#), "{text}");
    assert!(text.contains(r#"route="none",method="GET",status="404""#), "{text}");
    assert!(text.contains("attendance_http_request_duration_seconds_bucket"), "{text}");
    for personal in [ada.id.to_string().as_str(), "ada", "default", "secret-address"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}
