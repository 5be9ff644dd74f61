//! The protocol itself, below what SDKs show of it.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use rekognition_local::{Rekognition, Settings, router};
use serde_json::{Value, json};
use tower::ServiceExt;

async fn send(request: Request<Body>) -> Response<Body> {
    static REKOGNITION: LazyLock<Rekognition> = LazyLock::new(|| Rekognition::open(Settings::default()).unwrap());
    router(REKOGNITION.clone()).oneshot(request).await.unwrap()
}

async fn ask(target: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/").header("X-Amz-Target", target).body(body.into()).unwrap();
    let answer = send(request).await;
    assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(answer.headers()["x-amzn-requestid"].len(), 36);
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn an_operation_is_named_by_a_header_and_answers_json() {
    let (status, answer) = ask("RekognitionService.ListCollections", "{}").await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "CollectionIds": [], "FaceModelVersions": [] })));
    let (status, answer) = ask("RekognitionService.ListCollections", "").await;
    assert_eq!((status, answer["CollectionIds"].as_array().map(Vec::len)), (StatusCode::OK, Some(0)));
    let (status, answer) = ask("RekognitionService.CreateCollection", r#"{"CollectionId":"a","Tags":{"k":"v"}}"#).await;
    assert_eq!((status, &answer["StatusCode"]), (StatusCode::OK, &json!(200)));
    assert!(answer["CollectionArn"].as_str().unwrap().ends_with(":collection/a"), "{answer}");
}

#[tokio::test]
async fn what_is_refused_is_said_in_the_body() {
    for (target, body, code) in [
        ("RekognitionService.DetectLabels", "{}", "UnknownOperationException"),
        ("DynamoDB_20120810.ListTables", "{}", "UnknownOperationException"),
        ("RekognitionService.ListCollections", "{", "SerializationException"),
        ("RekognitionService.ListCollections", r#"{"MaxResults":"many"}"#, "SerializationException"),
        ("RekognitionService.DetectFaces", r#"{"Image":{"Bytes":"not base64!"}}"#, "SerializationException"),
        ("RekognitionService.DescribeCollection", "{}", "ValidationException"),
        ("RekognitionService.DetectFaces", r#"{"Image":null}"#, "ValidationException"),
        ("RekognitionService.DetectFaces", r#"{"Image":{"Bytes":""}}"#, "ValidationException"),
        ("RekognitionService.ListFaces", r#"{"CollectionId":"c","MaxResults":4097}"#, "ValidationException"),
        ("RekognitionService.ListUsers", r#"{"CollectionId":"c","MaxResults":501}"#, "ValidationException"),
        ("RekognitionService.ListUsers", r#"{"CollectionId":"c","MaxResults":0}"#, "ValidationException"),
        ("RekognitionService.ListUsers", r#"{"CollectionId":"c"}"#, "ResourceNotFoundException"),
        ("RekognitionService.DetectFaces", r#"{"Image":{"Bytes":"AA==","S3Object":{}}}"#, "InvalidParameterException"),
        (
            "RekognitionService.DetectFaces",
            r#"{"Image":{"Bytes":"AA=="},"Attributes":["HAIR"]}"#,
            "ValidationException",
        ),
    ] {
        let (status, answer) = ask(target, body).await;
        assert_eq!((status, &answer["__type"]), (StatusCode::BAD_REQUEST, &json!(code)), "{target} {body}");
        assert!(answer["Message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
        assert_eq!((answer["Code"].as_str(), answer["Logref"].as_str().map(str::len)), (Some(code), Some(36)));
    }
}

#[tokio::test]
async fn what_is_asked_for_in_another_way_is_no_operation() {
    for request in [Request::get("/"), Request::post("/")] {
        let answer = send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
    let request = Request::get("/").header("X-Amz-Target", "RekognitionService.ListCollections");
    assert_eq!(send(request.body(Body::empty()).unwrap()).await.status(), StatusCode::BAD_REQUEST);
}
