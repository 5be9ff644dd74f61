use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use attendance_api::wire::{Problem, Upload};
use attendance_core::CheckInRequest;
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::memory::{FakePicture, InMemoryImageStore};
use attendance_core::ports::image_store::{ContentType, PresignedUpload, PutMode, StoredImage, UploadLimits};
use attendance_core::ports::{ImageStore, ImageStoreError};
use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::desk::Desk;

const UPLOADS: &str = "/v1/orgs/default/uploads";

/// Keeps images in memory, and signs forms which say what they allow.
#[derive(Debug, Default)]
struct Signing(InMemoryImageStore);

#[async_trait]
impl ImageStore for Signing {
    async fn put(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        self.0.put(organization, key, bytes, content_type, mode).await
    }

    async fn get(&self, organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError> {
        self.0.get(organization, key).await
    }

    async fn delete(&self, organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError> {
        self.0.delete(organization, key).await
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError> {
        self.0.list(organization, prefix, page).await
    }

    async fn presign_upload(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        limits: &UploadLimits,
        now: Timestamp,
    ) -> Result<PresignedUpload, ImageStoreError> {
        let field = |name: &str, value: String| (name.to_owned(), value);
        Ok(PresignedUpload {
            url: "https://images.example.org/".to_owned(),
            fields: vec![
                field("key", key.to_string()),
                field("organization", organization.to_string()),
                field("content-type", limits.content_type.as_str().to_owned()),
                field("bytes", format!("{}-{}", limits.min_bytes, limits.max_bytes)),
            ],
            expires_at: now + limits.valid_for,
        })
    }

    async fn presign_view(
        &self,
        _: &OrganizationId,
        _: &ImageKey,
        _: Duration,
        _: Timestamp,
    ) -> Result<String, ImageStoreError> {
        Err(ImageStoreError::CanNotPresign)
    }
}

/// A desk whose pictures can be uploaded past it.
async fn cloud() -> (Desk, Arc<Signing>) {
    let images = Arc::new(Signing::default());
    (Desk::with_images(images.clone(), |api| api).await, images)
}

fn field<'a>(upload: &'a Upload, name: &str) -> &'a str {
    &upload.fields.0.iter().find(|(found, _)| found == name).unwrap().1
}

#[tokio::test]
async fn a_kiosk_is_given_a_form_for_one_picture() {
    let (desk, _) = cloud().await;
    let answer = desk.post(&desk.kiosk, UPLOADS, &json!({ "content_type": "image/jpeg" })).await.is(201);
    let upload: Upload = answer.read();
    assert_eq!(upload.url, "https://images.example.org/");
    assert_eq!(upload.expires_at.to_string(), "2026-11-21T09:05:00Z");
    assert_eq!(field(&upload, "key"), format!("checkins/2026-11-21/{}/largest.arrival.jpg", upload.check_in));
    assert_eq!((field(&upload, "organization"), field(&upload, "content-type")), ("default", "image/jpeg"));
    let names: Vec<_> = upload.fields.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["key", "organization", "content-type", "bytes"], "in the order in which the store gave them");
    let other: Upload = desk.post(&desk.kiosk, UPLOADS, &json!({ "content_type": "image/jpeg" })).await.is(201).read();
    assert_ne!(other.check_in, upload.check_in);
}

#[tokio::test]
async fn what_is_to_be_done_with_the_picture_stands_in_its_key() {
    let (desk, _) = cloud().await;
    let new = json!({
        "content_type": "image/png", "faces": "all", "session": "everyone.2026-11-21.0",
        "captured_at": "2026-11-21T08:30:00.5Z", "check_in": "kiosk-1:4711",
    });
    let upload: Upload = desk.post(&desk.kiosk, UPLOADS, &new).await.is(201).read();
    assert_eq!(upload.check_in.as_str(), "kiosk-1:4711");
    let instant = "2026-11-21T08:30:00.5Z".parse::<Timestamp>().unwrap().as_millisecond();
    let key = format!("checkins/2026-11-21/kiosk-1:4711/all.{instant}.everyone.2026-11-21.0.png");
    assert_eq!((field(&upload, "key"), field(&upload, "content-type")), (key.as_str(), "image/png"));
    let nothing = json!({ "content_type": "image/png", "session": null, "captured_at": null, "check_in": null });
    desk.post(&desk.kiosk, UPLOADS, &nothing).await.is(201);
    let unknown = json!({ "content_type": "image/png", "session": "5B.2026-11-21.0" });
    desk.post(&desk.kiosk, UPLOADS, &unknown).await.problem(404, "unknown-session");
}

#[tokio::test]
async fn when_a_kiosk_took_it_is_bounded_as_it_is_for_a_check_in() {
    let (desk, _) = cloud().await;
    for (seconds, status) in [(-24 * 3600, 201), (-24 * 3600 - 1, 422), (120, 201), (121, 422)] {
        let at = desk.now() + jiff::SignedDuration::from_secs(seconds);
        let new = json!({ "content_type": "image/jpeg", "captured_at": at });
        let answer = desk.post(&desk.kiosk, UPLOADS, &new).await.is(status);
        if status == 422 {
            assert_eq!(answer.problem(422, "invalid").field.as_deref(), Some("captured_at"));
        }
        desk.post(&desk.operator, UPLOADS, &new).await.is(201);
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_named() {
    let (desk, _) = cloud().await;
    for (new, field) in [
        (json!({}), "body"),
        (json!({ "content_type": "image/gif" }), "content_type"),
        (json!({ "content_type": 7 }), "content_type"),
        (json!({ "content_type": "image/jpeg", "faces": "some" }), "faces"),
        (json!({ "content_type": "image/jpeg", "faces": null }), "faces"),
        (json!({ "content_type": "image/jpeg", "session": "5B" }), "session"),
        (json!({ "content_type": "image/jpeg", "session": "5B.2999-01-01.0" }), "session"),
        (json!({ "content_type": "image/jpeg", "captured_at": "yesterday" }), "captured_at"),
        (json!({ "content_type": "image/jpeg", "check_in": "a/b" }), "check_in"),
        (json!({ "content_type": "image/jpeg", "check_in": "" }), "check_in"),
        (json!({ "content_type": "image/jpeg", "key": "checkins/x" }), "key"),
    ] {
        let problem: Problem = desk.post(&desk.kiosk, UPLOADS, &new).await.problem(422, "invalid");
        assert_eq!(problem.field.as_deref(), Some(field), "{new}");
    }
}

#[tokio::test]
async fn who_may_not_check_in_may_not_upload() {
    let (desk, _) = cloud().await;
    desk.organization("other").await;
    let new = json!({ "content_type": "image/jpeg" });
    desk.post(&desk.token("default:attendee"), UPLOADS, &new).await.problem(403, "forbidden");
    desk.post(&desk.token("other:admin"), UPLOADS, &new).await.problem(404, "unknown-organization");
    desk.post("", UPLOADS, &new).await.problem(401, "unauthorized");
    for token in [&desk.kiosk, &desk.operator, &desk.admin] {
        desk.post(token, UPLOADS, &new).await.is(201);
    }
}

#[tokio::test]
async fn a_host_whose_pictures_no_browser_reaches_says_so() {
    let desk = Desk::new().await;
    let problem = desk.post(&desk.kiosk, UPLOADS, &json!({ "content_type": "image/jpeg" })).await;
    let problem = problem.problem(409, "can-not-presign");
    assert!(problem.detail.contains("to the API instead"), "{problem:?}");
}

/// Uploads a picture, and has it checked in as a function does that the store tells of it.
async fn uploaded(desk: &Desk, images: &Signing, picture: Bytes) -> String {
    let upload: Upload = desk.post(&desk.kiosk, UPLOADS, &json!({ "content_type": "image/jpeg" })).await.is(201).read();
    let path = format!("/v1/orgs/default/check-ins/{}", upload.check_in);
    desk.get(&desk.kiosk, &path).await.problem(404, "not-found");
    let organization: OrganizationId = "default".parse().unwrap();
    let key: ImageKey = field(&upload, "key").parse().unwrap();
    let version = images.put(&organization, &key, picture, ContentType::Jpeg, PutMode::Create).await.unwrap();
    let request = CheckInRequest::of_stored(key, &version, desk.now(), Actor::new("upload").unwrap());
    let _refused_or_not = desk.attendance.check_in(&organization, request).await;
    path
}

#[tokio::test]
async fn what_became_of_an_uploaded_picture_is_found_as_soon_as_it_is_decided() {
    let (desk, images) = cloud().await;
    let ada = desk.enrolled("ada").await;
    let path = uploaded(&desk, &images, FakePicture::of("ada").bytes()).await;
    let answer: Value = desk.get(&desk.kiosk, &path).await.is(200).read();
    assert_eq!(answer["faces"][0]["outcome"], "marked");
    assert_eq!((&answer["faces"][0]["attendee"], &answer["faces"][0]["name"]), (&json!(ada.id), &json!("ada")));
}

#[tokio::test]
async fn a_picture_that_could_not_be_used_is_answered_as_if_it_had_been_posted() {
    let (desk, images) = cloud().await;
    for picture in [FakePicture::new().bytes(), "Dear Sir or Madam".into(), "".into()] {
        let posted: Problem =
            desk.picture(&desk.kiosk, "/v1/orgs/default/check-ins", picture.clone()).await.is(422).read();
        let path = uploaded(&desk, &images, picture).await;
        let told = desk.get(&desk.kiosk, &path).await.problem(422, &posted.code);
        assert_eq!((told.detail, told.title), (posted.detail, posted.title));
    }
}
