//! `S3ImageStore` on an emulator of S3: the conformance suite, and what only S3 has to show.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

#[path = "s3_image_store/faults.rs"]
mod faults;
#[path = "s3_image_store/presigned.rs"]
mod presigned;
mod support;

use std::sync::Arc;
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::s3::{S3ImageStore, parse_object_key};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::ports::{ImageStore, ImageStoreError};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumMode, ObjectVersion, ServerSideEncryption, VersioningConfiguration,
};
use bytes::Bytes;
use support::{EMULATOR, Proxy, endpoint, sdk_at};
use uuid::Uuid;

/// A configuration with the emulator's own credentials, as it checks presigned addresses against them. Attempts follow
/// each other quickly.
fn aws(endpoint: &str) -> AwsConfig {
    patient(endpoint, Duration::from_secs(20))
}

/// One whose attempts end after that time.
fn patient(endpoint: &str, attempt: Duration) -> AwsConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(10));
    let sdk = sdk_at(endpoint).into_builder().credentials_provider(SharedCredentialsProvider::new(credentials));
    AwsConfig::from_sdk(sdk.timeout_config(timeouts).retry_config(retries).build())
}

/// A new bucket, its store, and the requests of the store.
struct Place {
    proxy: Proxy,
    store: S3ImageStore,
    /// What looks at the bucket without the store.
    s3: Client,
    bucket: String,
}

impl Place {
    /// `None` where there is no emulator.
    async fn new() -> Option<Self> {
        let endpoint = endpoint(EMULATOR)?;
        let s3 = aws(&endpoint).s3();
        let bucket = format!("attendance-test-{}", Uuid::now_v7().simple());
        s3.create_bucket().bucket(&bucket).send().await.unwrap();
        let proxy = Proxy::before(&endpoint).await;
        let store = S3ImageStore::new(&aws(&proxy.endpoint), &bucket);
        Some(Self { proxy, store, s3, bucket })
    }

    async fn versioned() -> Option<Self> {
        let place = Self::new().await?;
        place.versioning(BucketVersioningStatus::Enabled).await;
        Some(place)
    }

    async fn versioning(&self, status: BucketVersioningStatus) {
        let configuration = VersioningConfiguration::builder().status(status).build();
        let request = self.s3.put_bucket_versioning().bucket(&self.bucket);
        request.versioning_configuration(configuration).send().await.unwrap();
    }

    async fn put(&self, name: &str, number: u8) -> String {
        let image = jpeg(number);
        self.store.put(&school(), &key(name), image, ContentType::Jpeg, PutMode::Replace).await.unwrap()
    }

    async fn create(&self, name: &str) -> Result<String, ImageStoreError> {
        self.store.put(&school(), &key(name), jpeg(1), ContentType::Jpeg, PutMode::Create).await
    }

    /// Puts an object past the store.
    async fn put_object(&self, object: &str, bytes: &'static [u8]) {
        let request = self.s3.put_object().bucket(&self.bucket).key(object);
        request.content_type("image/jpeg").body(Bytes::from_static(bytes).into()).send().await.unwrap();
    }

    async fn objects(&self) -> Vec<String> {
        let listed = self.s3.list_objects_v2().bucket(&self.bucket).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    /// Versions and delete markers: key and version of each.
    async fn versions(&self) -> Vec<(String, String)> {
        let listed = self.s3.list_object_versions().bucket(&self.bucket).send().await.unwrap();
        assert_ne!(listed.is_truncated(), Some(true));
        let pair = |key: Option<&str>, version: Option<&str>| (key.unwrap().to_owned(), version.unwrap().to_owned());
        let versions =
            listed.versions().iter().map(|version: &ObjectVersion| pair(version.key(), version.version_id()));
        let markers = listed.delete_markers().iter().map(|marker| pair(marker.key(), marker.version_id()));
        versions.chain(markers).collect()
    }

    /// Everything that a list has, by pages of at most `limit`.
    async fn list(&self, prefix: &str, limit: u16) -> Vec<String> {
        let (mut request, mut keys) = (PageRequest::first(limit), Vec::new());
        loop {
            let page = self.store.list(&school(), prefix, &request).await.unwrap();
            keys.extend(page.items.into_iter().map(|key| key.to_string()));
            match page.next {
                Some(cursor) => request = PageRequest::first(limit).after(cursor),
                None => return keys,
            }
        }
    }
}

fn school() -> OrganizationId {
    OrganizationId::new("school").unwrap()
}

fn key(text: &str) -> ImageKey {
    ImageKey::new(text).unwrap()
}

/// What passes for a JPEG file, and differs by its number.
fn jpeg(number: u8) -> Bytes {
    vec![0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, number, 0xff, 0xd9].into()
}

mod unversioned {
    use super::*;

    async fn store() -> Option<(Arc<dyn ImageStore>, ())> {
        Some((Arc::new(Place::new().await?.store), ()))
    }

    attendance_core::image_store_suite!(store);
}

mod versioned {
    use super::*;

    async fn store() -> Option<(Arc<dyn ImageStore>, ())> {
        Some((Arc::new(Place::versioned().await?.store), ()))
    }

    attendance_core::image_store_suite!(store);
}

#[tokio::test]
async fn the_kind_of_an_image_is_the_beginning_of_its_objects_key() {
    let Some(place) = Place::new().await else { return };
    for name in ["checkins/2026-11-21/c:1", "enrolments/a/b", "checkins", "x/checkins/y"] {
        place.put(name, 1).await;
    }
    let objects = place.objects().await;
    let expected = [
        "checkins/school/2026-11-21/c:1",
        "enrolments/school/a/b",
        "other/school/checkins",
        "other/school/x/checkins/y",
    ];
    assert_eq!(objects, expected);
    assert_eq!(place.store.object_key(&school(), &key("enrolments/a/b")), expected[1]);
    assert_eq!(parse_object_key(&objects[0]), Some((school(), key("checkins/2026-11-21/c:1"))));
}

#[tokio::test]
async fn a_list_merges_the_kinds_in_byte_order_and_asks_only_where_a_prefix_can_lie() {
    let Some(place) = Place::new().await else { return };
    let names =
        ["a", "checkins", "checkins-2", "checkins/1", "checkins/2", "checkins0", "d", "enrolments/1", "f/1", "z"];
    for name in names {
        place.put(name, 1).await;
    }
    for limit in [1, 2, 3, 9, 10, 1000] {
        assert_eq!(place.list("", limit).await, names, "by pages of {limit}");
        assert_eq!(place.list("check", limit).await, names[1..6], "by pages of {limit}");
    }
    for (prefix, asked) in [("", 3), ("ch", 2), ("checkins/", 1), ("enrolments/x", 1), ("f", 1), ("a b", 0)] {
        place.proxy.take();
        place.store.list(&school(), prefix, &PageRequest::default()).await.unwrap();
        assert_eq!(place.proxy.take().len(), asked, "{prefix}");
    }
}

#[tokio::test]
async fn a_list_passes_over_what_is_no_image() {
    let Some(place) = Place::new().await else { return };
    for object in ["checkins/school/", "checkins/school/a b", "checkins/school/b/", "other/school/checkins/c"] {
        place.put_object(object, b"x").await;
    }
    place.put("checkins/a", 1).await;
    place.put("checkins/c", 1).await;
    assert_eq!(place.list("", 1).await, ["checkins/a", "checkins/c"]);
    assert_eq!(place.list("checkins/", 2).await, ["checkins/a", "checkins/c"]);
}

#[tokio::test]
async fn a_put_is_encrypted_and_has_a_checksum() {
    let Some(place) = Place::new().await else { return };
    place.put("a", 1).await;
    let with_key = place.store.clone().kms_key("key-1");
    with_key.put(&school(), &key("b"), jpeg(1), ContentType::Png, PutMode::Create).await.unwrap();
    let puts = place.proxy.take();
    let header = |put: usize, name: &str| puts[put].headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header(0, "x-amz-server-side-encryption").as_deref(), Some("AES256"));
    assert_eq!(header(1, "x-amz-server-side-encryption").as_deref(), Some("aws:kms"));
    assert_eq!(header(1, "x-amz-server-side-encryption-aws-kms-key-id").as_deref(), Some("key-1"));
    assert_eq!(header(1, "x-amz-server-side-encryption-bucket-key-enabled").as_deref(), Some("true"));

    let stored = async |object| {
        let request = place.s3.head_object().bucket(&place.bucket).key(object);
        request.checksum_mode(ChecksumMode::Enabled).send().await.unwrap()
    };
    let (a, b) = (stored("other/school/a").await, stored("other/school/b").await);
    assert_eq!(a.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    assert_eq!((a.content_type(), b.content_type()), (Some("image/jpeg"), Some("image/png")));
    assert_eq!(a.checksum_sha256(), Some("CTZhjATGyGfCuItCWZ+HO+FYbaJiuyr68SeEn9X4c/4="));
}

#[tokio::test]
async fn a_replacement_by_the_same_bytes_has_another_version_too() {
    for place in [Place::new().await, Place::versioned().await] {
        let Some(place) = place else { return };
        let (first, second) = (place.put("a", 1).await, place.put("a", 1).await);
        assert_ne!(first, second);
        assert_eq!(place.store.get(&school(), &key("a")).await.unwrap().version, second);
    }
}

#[tokio::test]
async fn in_a_versioned_bucket_the_version_is_the_objects() {
    let Some(place) = Place::versioned().await else { return };
    let version = place.put("a", 1).await;
    assert_eq!(place.versions().await, [("other/school/a".to_owned(), version)]);
}

#[tokio::test]
async fn a_bucket_that_no_longer_keeps_versions_changes_them_still() {
    let Some(place) = Place::versioned().await else { return };
    let kept = place.put("a", 1).await;
    place.versioning(BucketVersioningStatus::Suspended).await;
    let (first, second) = (place.put("a", 1).await, place.put("a", 1).await);
    assert!(kept != first && first != second && first != "null" && second != "null");
    assert_eq!(place.store.get(&school(), &key("a")).await.unwrap().version, second);
    place.store.delete(&school(), &key("a")).await.unwrap();
    assert_eq!(place.versions().await, []);
}

#[tokio::test]
async fn a_deletion_removes_all_versions_and_markers_of_one_key_only() {
    let Some(place) = Place::versioned().await else { return };
    for number in 0..3 {
        for name in ["a", "a/b", "a.jpg"] {
            place.put(name, number).await;
        }
        place.s3.delete_object().bucket(&place.bucket).key("other/school/a").send().await.unwrap();
    }
    place.s3.delete_object().bucket(&place.bucket).key("other/school/a.jpg").send().await.unwrap();
    assert_eq!(place.versions().await.len(), 3 * 3 + 3 + 1);
    place.store.delete(&school(), &key("a")).await.unwrap();
    let left = place.versions().await;
    assert_eq!(left.len(), 3 + 3 + 1);
    assert!(left.iter().all(|(key, _)| key != "other/school/a"), "{left:?}");
}

#[tokio::test]
async fn a_deletion_of_more_versions_than_a_request_takes_removes_all() {
    let Some(place) = Place::versioned().await else { return };
    for _ in 0..1003 {
        place.put_object("other/school/a", b"x").await;
    }
    place.put("a0", 1).await;
    place.store.delete(&school(), &key("a")).await.unwrap();
    let left = place.versions().await;
    assert_eq!(left.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["other/school/a0"]);
}

#[tokio::test]
async fn an_image_larger_than_the_store_takes_is_neither_put_nor_read() {
    let Some(place) = Place::new().await else { return };
    place.put_object("other/school/a", b"fifteen bytes..").await;
    place.put_object("other/school/b", b"sixteen bytes...").await;
    let store = place.store.clone().max_bytes(15);
    let refused = store.get(&school(), &key("b")).await;
    assert!(matches!(refused, Err(ImageStoreError::Failed { .. })), "{refused:?}");
    assert_eq!(&store.get(&school(), &key("a")).await.unwrap().bytes[..], b"fifteen bytes..");

    place.proxy.take();
    let large = Bytes::from_static(&[0; 16]);
    let refused = store.put(&school(), &key("c"), large, ContentType::Jpeg, PutMode::Create).await;
    assert!(matches!(refused, Err(ImageStoreError::Failed { .. })), "{refused:?}");
    assert_eq!(place.proxy.take().len(), 0);
}

#[tokio::test]
async fn an_object_that_is_no_picture_is_refused() {
    let Some(place) = Place::new().await else { return };
    let request = place.s3.put_object().bucket(&place.bucket).key("other/school/a");
    request.content_type("text/html").body(Bytes::from_static(b"<html>").into()).send().await.unwrap();
    let refused = place.store.get(&school(), &key("a")).await;
    assert!(matches!(refused, Err(ImageStoreError::Failed { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_is_sent_names_nobody() {
    let Some(place) = Place::new().await else { return };
    let picture = key("checkins/2026-11-21/0192");
    place.put("checkins/2026-11-21/0192", 1).await;
    place.create("checkins/2026-11-21/0192").await.unwrap_err();
    place.store.get(&school(), &picture).await.unwrap();
    place.store.list(&school(), "", &PageRequest::default()).await.unwrap();
    place.store.delete(&school(), &picture).await.unwrap();
    let sent = place.proxy.take();
    assert_eq!(sent.len(), 1 + 2 + 1 + 3 + 3);
    for request in &sent {
        let told: Vec<_> = request.headers.keys().map(hyper::header::HeaderName::as_str).collect();
        let metadata: Vec<_> = told.iter().filter(|name| name.starts_with("x-amz-meta-")).collect();
        assert!(metadata.iter().all(|name| **name == "x-amz-meta-put-id"), "{told:?}");
        assert!(!told.contains(&"x-amz-tagging"), "{told:?}");
        if let Some(id) = request.headers.get("x-amz-meta-put-id") {
            assert!(Uuid::try_parse(id.to_str().unwrap()).is_ok());
        }
        let path = request.uri.path().strip_prefix(&format!("/{}/", place.bucket)).unwrap();
        assert!(path.is_empty() || path == "checkins/school/2026-11-21/0192", "{path}");
    }
    assert_eq!(format!("{:?}", place.store), format!("S3ImageStore {{ bucket: {:?}, .. }}", place.bucket));
}
