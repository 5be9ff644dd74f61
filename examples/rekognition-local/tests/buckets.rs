//! Images in buckets: fetched from an S3 that the test plays.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use aws_sdk_rekognition::types::{Image, S3Object};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rekognition_local::Settings;
use support::{GRACE, code, serve};
use tokio::net::TcpListener;

type Asked = Arc<Mutex<Vec<String>>>;

/// Has an object `faces/grace.jpg` in the bucket `photos`, and one that is too large.
async fn object(State(asked): State<Asked>, request: Request) -> Response {
    let uri = request.uri();
    asked.lock().unwrap().push(uri.to_string());
    match uri.path() {
        "/photos/faces/grace.jpg" => Body::from(GRACE).into_response(),
        "/photos/huge.jpg" => Body::from(vec![0; 15 * 1024 * 1024 + 1]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn s3() -> (aws_sdk_s3::Client, Asked) {
    let (asked, listener) = (Asked::default(), TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(object).with_state(Arc::clone(&asked));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::Credentials::new("test", "test", None, None, "test"))
        .http_client(HttpClientBuilder::new().build_http())
        .endpoint_url(url)
        .force_path_style(true)
        .build();
    (aws_sdk_s3::Client::from_conf(config), asked)
}

fn stored(name: &str, version: Option<&str>) -> Image {
    let object = S3Object::builder().bucket("photos").name(name).set_version(version.map(str::to_owned));
    Image::builder().s3_object(object.build()).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_in_a_bucket_is_read_in_the_version_that_is_asked_for() {
    let (s3, asked) = s3().await;
    let client = serve(Settings { s3: Some(s3), ..Settings::default() }).await;
    let found = client.detect_faces().image(stored("faces/grace.jpg", Some("v7"))).send().await.unwrap();
    assert_eq!(found.face_details().len(), 1);
    let asked = asked.lock().unwrap().clone();
    let [asked] = asked.as_slice() else { panic!("one request is enough: {asked:?}") };
    assert!(asked.starts_with("/photos/faces/grace.jpg?") && asked.contains("versionId=v7"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_missing_or_too_large_has_its_error() {
    let (s3, _) = s3().await;
    let client = serve(Settings { s3: Some(s3), ..Settings::default() }).await;
    let detect = |image| client.detect_faces().image(image).send();
    assert_eq!(code(detect(stored("missing.jpg", None)).await), "InvalidS3ObjectException");
    assert_eq!(code(detect(stored("huge.jpg", None)).await), "ImageTooLargeException");
    let unnamed = Image::builder().s3_object(S3Object::builder().bucket("photos").build()).build();
    assert_eq!(code(detect(unnamed).await), "InvalidParameterException");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_s3_to_read_from_nobody_is_asked() {
    let client = serve(Settings::default()).await;
    let detect = client.detect_faces().image(stored("faces/grace.jpg", None)).send();
    assert_eq!(code(detect.await), "InvalidS3ObjectException");
}
