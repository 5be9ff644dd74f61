//! Cases for an [`ImageStore`].

use std::time::Duration;

use bytes::Bytes;

use super::given::*;
use crate::domain::ids::OrganizationId;
use crate::domain::image::ImageKey;
use crate::ports::image_store::{ContentType, PutMode, StoredImage, UploadLimits};
use crate::ports::{ImageStore, ImageStoreError};
use futures_util::future::join_all;

/// Makes a test of every case; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! image_store_suite {
    ($fixture:path) => {
        $crate::image_store_suite!($fixture, #[::tokio::test]);
    };
    ($fixture:path, #[$test:meta]) => {
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::image_store,
            what_was_put_is_read_back_byte_for_byte_with_its_content_type
            a_create_where_there_is_an_image_is_refused_and_changes_nothing
            of_many_who_create_one_image_one_wins
            a_replacement_replaces_and_changes_the_version
            a_replacement_where_there_is_no_image_makes_one
            a_key_without_an_image_is_not_found_another_organizations_neither
            a_deleted_image_can_not_be_read
            a_deleted_image_can_be_created_again
            deleting_a_key_without_an_image_succeeds_and_leaves_another_organizations
            keys_that_differ_by_case_are_different
            a_key_may_be_the_beginning_of_another
            the_longest_key_works
            only_keys_that_start_with_the_prefix_are_listed_in_byte_order
            a_hundred_keys_are_listed_once_each
            a_cursor_that_no_list_made_is_refused
            an_upload_expires_when_its_limits_say_or_can_not_be_presigned
            a_view_is_a_url_or_can_not_be_presigned
        }
    };
}

fn key(text: &str) -> ImageKey {
    ImageKey::new(text).unwrap()
}

/// The shortest thing that passes for a JPEG file, and that differs by its number.
fn jpeg(number: u8) -> Bytes {
    vec![0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, number, 0xff, 0xd9].into()
}

async fn put(store: &dyn ImageStore, organization: &OrganizationId, name: &str, number: u8) -> String {
    store.put(organization, &key(name), jpeg(number), ContentType::Jpeg, PutMode::Replace).await.unwrap()
}

async fn keys(store: &dyn ImageStore, organization: &OrganizationId, prefix: &str, limit: u16) -> Vec<String> {
    let listed = every(limit, async |page| store.list(organization, prefix, &page).await).await;
    listed.into_iter().map(|key| key.as_str().to_owned()).collect()
}

pub async fn what_was_put_is_read_back_byte_for_byte_with_its_content_type(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend((0..100_000_u32).flat_map(u32::to_le_bytes));
    for (name, bytes, content_type) in [("a/1.jpg", jpeg(1), ContentType::Jpeg), ("a/2", png.into(), ContentType::Png)]
    {
        let version = store.put(&organization, &key(name), bytes.clone(), content_type, PutMode::Create).await.unwrap();
        let read = store.get(&organization, &key(name)).await.unwrap();
        assert!(read == StoredImage { bytes, content_type, version }, "{name} is not what was put");
    }
}

pub async fn a_create_where_there_is_an_image_is_refused_and_changes_nothing(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let version = put(store, &organization, "a", 1).await;
    let refused = store.put(&organization, &key("a"), jpeg(2), ContentType::Jpeg, PutMode::Create).await;
    assert!(matches!(refused, Err(ImageStoreError::Exists)), "{refused:?}");
    let read = store.get(&organization, &key("a")).await.unwrap();
    assert_eq!((read.bytes, read.version), (jpeg(1), version));
}

pub async fn of_many_who_create_one_image_one_wins(store: &dyn ImageStore) {
    let (organization, name) = (fresh_organization(), key("a"));
    let creates =
        (0..16).map(|number| store.put(&organization, &name, jpeg(number), ContentType::Jpeg, PutMode::Create));
    let created = join_all(creates).await;
    let winners: Vec<_> = (0..16).filter(|&number| created[usize::from(number)].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{created:?}");
    assert!(created.iter().all(|each| matches!(each, Ok(_) | Err(ImageStoreError::Exists))), "{created:?}");
    assert_eq!(store.get(&organization, &name).await.unwrap().bytes, jpeg(winners[0]));
}

pub async fn a_replacement_replaces_and_changes_the_version(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let first = put(store, &organization, "a", 1).await;
    let second = put(store, &organization, "a", 2).await;
    assert_ne!(first, second);
    let read = store.get(&organization, &key("a")).await.unwrap();
    assert_eq!((read.bytes, read.version), (jpeg(2), second));
    assert_eq!(keys(store, &organization, "", 10).await, ["a"]);
}

pub async fn a_replacement_where_there_is_no_image_makes_one(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a", 1).await;
    assert_eq!(store.get(&organization, &key("a")).await.unwrap().bytes, jpeg(1));
}

pub async fn a_key_without_an_image_is_not_found_another_organizations_neither(store: &dyn ImageStore) {
    let (mine, other) = (fresh_organization(), fresh_organization());
    put(store, &other, "a", 1).await;
    let missing = store.get(&mine, &key("a")).await;
    assert!(matches!(missing, Err(ImageStoreError::NotFound)), "{missing:?}");
    assert!(keys(store, &mine, "", 10).await.is_empty());
}

pub async fn a_deleted_image_can_not_be_read(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a", 1).await;
    put(store, &organization, "a", 2).await;
    store.delete(&organization, &key("a")).await.unwrap();
    let missing = store.get(&organization, &key("a")).await;
    assert!(matches!(missing, Err(ImageStoreError::NotFound)), "{missing:?}");
    assert!(keys(store, &organization, "", 10).await.is_empty());
}

pub async fn a_deleted_image_can_be_created_again(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a", 1).await;
    store.delete(&organization, &key("a")).await.unwrap();
    store.put(&organization, &key("a"), jpeg(2), ContentType::Jpeg, PutMode::Create).await.unwrap();
    assert_eq!(store.get(&organization, &key("a")).await.unwrap().bytes, jpeg(2));
}

pub async fn deleting_a_key_without_an_image_succeeds_and_leaves_another_organizations(store: &dyn ImageStore) {
    let (mine, other) = (fresh_organization(), fresh_organization());
    put(store, &other, "a/b", 1).await;
    for name in ["a/b", "a", "never"] {
        store.delete(&mine, &key(name)).await.unwrap();
    }
    assert_eq!(store.get(&other, &key("a/b")).await.unwrap().bytes, jpeg(1));
}

pub async fn keys_that_differ_by_case_are_different(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a/b", 1).await;
    put(store, &organization, "A/b", 2).await;
    put(store, &organization, "a/B", 3).await;
    for (name, number) in [("a/b", 1), ("A/b", 2), ("a/B", 3)] {
        assert_eq!(store.get(&organization, &key(name)).await.unwrap().bytes, jpeg(number), "{name}");
    }
    assert_eq!(keys(store, &organization, "a/", 10).await, ["a/B", "a/b"]);
}

pub async fn a_key_may_be_the_beginning_of_another(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let names = ["a/b/c", "a", "a.jpg", "a/b", "a-b"];
    for (number, name) in (0..).zip(names) {
        put(store, &organization, name, number).await;
    }
    for (number, name) in (0..).zip(names) {
        assert_eq!(store.get(&organization, &key(name)).await.unwrap().bytes, jpeg(number), "{name}");
    }
    assert_eq!(keys(store, &organization, "a", 2).await, ["a", "a-b", "a.jpg", "a/b", "a/b/c"]);
    store.delete(&organization, &key("a/b")).await.unwrap();
    assert_eq!(keys(store, &organization, "a/", 1).await, ["a/b/c"]);
}

pub async fn the_longest_key_works(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let one_part = "x".repeat(512);
    let many_parts = format!("{}xx", "x/".repeat(255));
    let marks = format!("checkins/2026-11-21/{}", "C.:-_".repeat(25));
    for name in [&one_part, &many_parts, &marks] {
        put(store, &organization, name, 1).await;
        assert_eq!(store.get(&organization, &key(name)).await.unwrap().bytes, jpeg(1));
    }
    assert_eq!(keys(store, &organization, "", 1).await, [marks, many_parts, one_part]);
}

pub async fn only_keys_that_start_with_the_prefix_are_listed_in_byte_order(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let ordered = ["checkins/2026-11-20/Z", "checkins/2026-11-20/a", "checkins/2026-11-21/a", "enrolments/x/1"];
    for name in ["enrolments/x/1", "checkins/2026-11-21/a", "checkins/2026-11-20/a", "checkins/2026-11-20/Z"] {
        put(store, &organization, name, 1).await;
    }
    for limit in [1, 2, 100] {
        let listed = async |prefix| keys(store, &organization, prefix, limit).await;
        assert_eq!(listed("").await, ordered);
        assert_eq!(listed("checkins/").await, ordered[..3]);
        assert_eq!(listed("checkins/2026-11-20").await, ordered[..2]);
        assert_eq!(listed("checkins/2026-11-2").await, ordered[..3], "a prefix may end within a part");
        assert_eq!(listed("enrolments/x/1").await, ordered[3..]);
        for nothing in ["CHECKINS/", "checkins/2026-11-2_", "%", "heckins", "enrolments/x/1/"] {
            assert!(listed(nothing).await.is_empty(), "{nothing}");
        }
    }
}

pub async fn a_hundred_keys_are_listed_once_each(store: &dyn ImageStore) {
    let organization = fresh_organization();
    let names: Vec<_> = (0..100).map(|number| format!("checkins/2026-11-{:02}/{number:03}", 1 + number / 10)).collect();
    for name in names.iter().rev() {
        put(store, &organization, name, 1).await;
    }
    for limit in [7, 50, 100, 1000] {
        assert_eq!(keys(store, &organization, "checkins/", limit).await, names, "by pages of {limit}");
    }
}

pub async fn a_cursor_that_no_list_made_is_refused(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a", 1).await;
    let refused = store.list(&organization, "", &foreign_cursor()).await;
    assert!(matches!(refused, Err(ImageStoreError::InvalidCursor)), "{refused:?}");
}

pub async fn an_upload_expires_when_its_limits_say_or_can_not_be_presigned(store: &dyn ImageStore) {
    let limits = UploadLimits {
        content_type: ContentType::Jpeg,
        min_bytes: 1,
        max_bytes: 5_000_000,
        valid_for: Duration::from_secs(300),
    };
    match store.presign_upload(&fresh_organization(), &key("checkins/2026-11-21/a"), &limits, at(0)).await {
        Ok(upload) => {
            assert_eq!(upload.expires_at, at(300_000_000));
            assert!(upload.url.starts_with("http"), "no URL");
            assert!(!upload.fields.is_empty(), "no fields");
        }
        Err(error) => assert!(matches!(error, ImageStoreError::CanNotPresign), "{error:?}"),
    }
}

pub async fn a_view_is_a_url_or_can_not_be_presigned(store: &dyn ImageStore) {
    let organization = fresh_organization();
    put(store, &organization, "a", 1).await;
    match store.presign_view(&organization, &key("a"), Duration::from_secs(300), at(0)).await {
        Ok(url) => assert!(url.starts_with("http"), "no URL"),
        Err(error) => assert!(matches!(error, ImageStoreError::CanNotPresign), "{error:?}"),
    }
}
