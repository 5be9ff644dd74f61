//! Forms and addresses for somebody without an account.

use attendance_core::ports::image_store::{PresignedUpload, UploadLimits};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, StatusCode};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;

async fn send(method: Method, url: &str, content_type: &str, body: Vec<u8>) -> (StatusCode, Bytes) {
    let request = hyper::Request::builder().method(method).uri(url).header("content-type", content_type);
    let client = HttpClient::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let response = client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let status = response.status();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

/// Sends the form as a browser does: its fields in their order, the file last.
async fn post(form: &PresignedUpload, file: &[u8]) -> (StatusCode, String) {
    let mut body = Vec::new();
    for (name, value) in &form.fields {
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let file_name = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.jpg\"\r\n";
    body.extend_from_slice(format!("{file_name}Content-Type: application/octet-stream\r\n\r\n").as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let (status, answer) = send(Method::POST, &form.url, "multipart/form-data; boundary=edge", body).await;
    (status, String::from_utf8_lossy(&answer).into_owned())
}

fn limits() -> UploadLimits {
    UploadLimits { content_type: ContentType::Jpeg, min_bytes: 4, max_bytes: 100, valid_for: Duration::from_secs(300) }
}

async fn form(store: &S3ImageStore, now: Timestamp) -> PresignedUpload {
    store.presign_upload(&school(), &key("checkins/2026-11-21/c:1"), &limits(), now).await.unwrap()
}

fn set(form: &mut PresignedUpload, field: &str, value: &str) {
    form.fields.iter_mut().find(|(name, _)| name == field).unwrap().1 = value.to_owned();
}

fn field<'a>(form: &'a PresignedUpload, field: &str) -> &'a str {
    &form.fields.iter().find(|(name, _)| name == field).unwrap().1
}

fn policy(form: &PresignedUpload) -> Value {
    serde_json::from_slice(&aws_smithy_types::base64::decode(field(form, "policy")).unwrap()).unwrap()
}

#[tokio::test]
async fn an_upload_within_its_limits_is_an_image_of_the_store() {
    let Some(place) = Place::new().await else { return };
    let form = form(&place.store, Timestamp::now()).await;
    let (status, answer) = post(&form, &jpeg(1)).await;
    assert!(status.is_success(), "{status}: {answer}");
    let read = place.store.get(&school(), &key("checkins/2026-11-21/c:1")).await.unwrap();
    assert_eq!((read.bytes, read.content_type), (jpeg(1), ContentType::Jpeg));
    assert_eq!(place.objects().await, ["checkins/school/2026-11-21/c:1"]);
    let head = place.s3.head_object().bucket(&place.bucket).key("checkins/school/2026-11-21/c:1").send().await.unwrap();
    assert_eq!(head.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    for size in [4, 100] {
        assert!(post(&form, &vec![0xff; size]).await.0.is_success(), "{size} bytes");
    }
}

#[tokio::test]
async fn an_upload_beyond_its_limits_is_refused() {
    let Some(place) = Place::new().await else { return };
    let now = Timestamp::now();
    let signed = form(&place.store, now).await;
    let refused = async |form: &PresignedUpload, size: usize, code: &str| {
        let (status, answer) = post(form, &vec![0xff; size]).await;
        assert!(status.is_client_error() && answer.contains(code), "{code}: {status}: {answer}");
    };
    refused(&signed, 3, "EntityTooSmall").await;
    refused(&signed, 101, "EntityTooLarge").await;
    for (name, value) in [
        ("Content-Type", "text/html"),
        ("key", "checkins/school/2026-11-21/c:2"),
        ("key", "checkins/other/2026-11-21/c:1"),
        ("x-amz-server-side-encryption", "aws:kms"),
    ] {
        let mut other = signed.clone();
        set(&mut other, name, value);
        refused(&other, 50, "AccessDenied").await;
    }
    let mut more = signed.clone();
    more.fields.push(("acl".to_owned(), "public-read".to_owned()));
    refused(&more, 50, "AccessDenied").await;
    let mut fewer = signed.clone();
    fewer.fields.retain(|(name, _)| name != "Content-Type");
    refused(&fewer, 50, "AccessDenied").await;
    let expired = form(&place.store, now - SignedDuration::from_secs(301)).await;
    refused(&expired, 50, "Policy expired").await;
    assert!(place.objects().await.is_empty());
}

#[tokio::test]
async fn the_policy_says_what_the_form_may_and_the_signature_covers_it() {
    let store = S3ImageStore::new(&aws("http://127.0.0.1:9"), "pictures");
    let now: Timestamp = "2026-11-21T23:59:59.25Z".parse().unwrap();
    let signed = form(&store, now).await;
    assert_eq!(signed.url, "http://127.0.0.1:9/pictures/");
    assert_eq!(signed.expires_at, now + SignedDuration::from_secs(300));
    let expected = json!({
        "expiration": "2026-11-22T00:04:59.250Z",
        "conditions": [
            { "bucket": "pictures" },
            { "key": "checkins/school/2026-11-21/c:1" },
            { "Content-Type": "image/jpeg" },
            { "x-amz-server-side-encryption": "AES256" },
            { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
            { "x-amz-credential": "test/20261121/us-east-1/s3/aws4_request" },
            { "x-amz-date": "20261121T235959Z" },
            ["content-length-range", 4, 100],
        ],
    });
    assert_eq!(policy(&signed), expected);

    let signature = |policy: &str| {
        calculate_signature(generate_signing_key("test", now.into(), "us-east-1", "s3"), policy.as_bytes())
    };
    assert_eq!(field(&signed, "x-amz-signature"), signature(field(&signed, "policy")));
    let mut larger = policy(&signed);
    larger["conditions"][7] = json!(["content-length-range", 4, 1000]);
    let tampered = aws_smithy_types::base64::encode(larger.to_string());
    assert_ne!(field(&signed, "x-amz-signature"), signature(&tampered));
}

#[tokio::test]
async fn a_form_has_the_key_of_kms_and_the_token_of_a_role() {
    let credentials = Credentials::new("ASIA", "secret", Some("token".to_owned()), None, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    let sdk = sdk_at("http://127.0.0.1:9").into_builder().credentials_provider(provider).build();
    let store = S3ImageStore::new(&AwsConfig::from_sdk(sdk), "pictures").kms_key("key-1");
    let signed = form(&store, Timestamp::now()).await;
    for (name, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-security-token", "token"),
    ] {
        assert_eq!(field(&signed, name), value);
        let conditions = policy(&signed)["conditions"].as_array().unwrap().clone();
        assert!(conditions.contains(&json!({ name: value })), "{conditions:?}");
    }
    assert!(!format!("{signed:?} {store:?}").contains("secret"));
}

#[tokio::test]
async fn on_aws_a_form_goes_to_the_buckets_own_host() {
    let mut sdk = sdk_at("").into_builder().region(aws_config::Region::new("eu-central-1"));
    sdk.set_endpoint_url(None);
    let store = S3ImageStore::new(&AwsConfig::from_sdk(sdk.build()), "pictures");
    let signed = form(&store, Timestamp::now()).await;
    assert_eq!(signed.url, "https://pictures.s3.eu-central-1.amazonaws.com/");
    assert!(field(&signed, "x-amz-credential").ends_with("/eu-central-1/s3/aws4_request"));
}

#[tokio::test]
async fn a_view_shows_one_image_until_it_expires() {
    let Some(place) = Place::new().await else { return };
    place.put("checkins/2026-11-21/c:1", 1).await;
    place.put("checkins/2026-11-21/c:2", 2).await;
    let view = async |now| {
        let (name, valid_for) = (key("checkins/2026-11-21/c:1"), Duration::from_secs(60));
        place.store.presign_view(&school(), &name, valid_for, now).await.unwrap()
    };
    // The emulator checks the host that was signed.
    let get = async |url: String| send(Method::GET, &url, "text/plain", Vec::new()).await;
    let now = Timestamp::now();
    let url = view(now).await;
    assert_eq!(get(url.clone()).await, (StatusCode::OK, jpeg(1)));
    assert_eq!(get(url.replace("c%3A1", "c%3A2")).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(view(now - SignedDuration::from_secs(61)).await).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(view(now - SignedDuration::from_secs(50)).await).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_can_not_be_signed_is_refused() {
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    let store = S3ImageStore::new(&aws("http://127.0.0.1:9"), "pictures");
    let now = Timestamp::now();
    for (valid_for, signed) in [(week, true), (week + Duration::from_secs(1), false), (Duration::MAX, false)] {
        let limits = UploadLimits { valid_for, ..limits() };
        assert_eq!(store.presign_upload(&school(), &key("a"), &limits, now).await.is_ok(), signed, "{valid_for:?}");
        assert_eq!(store.presign_view(&school(), &key("a"), valid_for, now).await.is_ok(), signed, "{valid_for:?}");
    }
    let nothing_fits = UploadLimits { min_bytes: 101, ..limits() };
    let refused = store.presign_upload(&school(), &key("a"), &nothing_fits, now).await;
    assert!(matches!(refused, Err(ImageStoreError::Failed { .. })), "{refused:?}");

    let mut anonymous = sdk_at("http://127.0.0.1:9").into_builder();
    anonymous.set_credentials_provider(None);
    let store = S3ImageStore::new(&AwsConfig::from_sdk(anonymous.build()), "pictures");
    let refused = store.presign_upload(&school(), &key("a"), &limits(), now).await;
    assert!(matches!(refused, Err(ImageStoreError::Failed { .. })), "{refused:?}");
}
