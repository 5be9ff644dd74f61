//! A matcher behind a proxy, and what is asked of it.

use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::rekognition::{RekognitionMatcher, SearchBy};
use attendance_aws::s3::S3ImageStore;
use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::domain::similarity::Threshold;
use attendance_core::ports::FaceMatcher as _;
use attendance_core::ports::face_matcher::{
    EnrolledFace, FaceMatcherError, Faces, Identification, IdentifyOptions, ImageRef,
};
use attendance_core::ports::image_store::{ContentType, ImageStore as _, PutMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;
use uuid::Uuid;

use crate::support::{EMULATOR, Proxy, REKOGNITION, Request, aws_at, endpoint, sdk_at};

pub(crate) const PREFIX: &str = "attendance-test";

/// A matcher, and the proxy that its requests go through.
pub(crate) struct Given {
    pub(crate) matcher: RekognitionMatcher,
    pub(crate) proxy: Proxy,
    pub(crate) aws: AwsConfig,
    pub(crate) organization: OrganizationId,
    pub(crate) ada: AttendeeId,
}

/// A configuration that repeats at once: four attempts, as by default.
pub(crate) fn hasty(endpoint: &str) -> AwsConfig {
    let retries = RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(2));
    AwsConfig::from_sdk(sdk_at(endpoint).into_builder().retry_config(retries).build())
}

/// As [`hasty`], and gives up an attempt after that long.
pub(crate) fn impatient(endpoint: &str, attempt: Duration) -> AwsConfig {
    let sdk = hasty(endpoint).sdk().clone();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    AwsConfig::from_sdk(sdk.into_builder().timeout_config(timeouts).build())
}

impl Given {
    /// Upon answers that the test writes: nothing listens behind the proxy.
    pub(crate) async fn scripted(by: SearchBy) -> Self {
        Self::behind(Proxy::before("http://127.0.0.1:9").await, by)
    }

    /// Upon `rekognition-local`, with a collection of its own.
    pub(crate) async fn real(by: SearchBy) -> Option<Self> {
        let given = Self::behind(Proxy::before(&endpoint(REKOGNITION)?).await, by);
        given.matcher.provision(&given.organization).await.unwrap();
        given.proxy.take();
        drop(given.aws.calls().take());
        Some(given)
    }

    fn behind(proxy: Proxy, by: SearchBy) -> Self {
        let aws = hasty(&proxy.endpoint);
        let organization = OrganizationId::new(format!("t-{}", Uuid::now_v7().simple())).unwrap();
        Self { matcher: matcher(&aws, by), proxy, aws, organization, ada: AttendeeId::fresh() }
    }

    pub(crate) fn collection(&self) -> String {
        format!("{PREFIX}-{}", self.organization)
    }

    pub(crate) fn label(&self, image: &ImageRef) -> String {
        format!("{}:{}", self.ada, self.face(image))
    }

    pub(crate) fn face(&self, image: &ImageRef) -> FaceId {
        let content = match image {
            ImageRef::Bytes(bytes) => bytes.as_ref(),
            ImageRef::Stored(key) => key.as_str().as_bytes(),
        };
        FaceId::derive(&self.organization, self.ada, content)
    }

    pub(crate) async fn enrol(&self, image: &ImageRef) -> Result<EnrolledFace, FaceMatcherError> {
        let face = self.face(image);
        self.matcher.enrol(&self.organization, self.ada, face, image, &QualityPolicy::ANY).await
    }

    pub(crate) async fn identify(&self, image: &ImageRef, faces: Faces) -> Result<Identification, FaceMatcherError> {
        self.matcher.identify(&self.organization, image, options(faces)).await
    }

    /// Ada's faces as Rekognition has them: each its id, and its user.
    pub(crate) async fn listed(&self) -> Vec<(String, Option<String>)> {
        let answer = self.aws.rekognition().list_faces().collection_id(self.collection()).send().await.unwrap();
        let faces = answer
            .faces()
            .iter()
            .filter(|face| face.external_image_id().is_some_and(|id| id.starts_with(&self.ada.to_string())));
        faces.map(|face| (face.face_id().unwrap().to_owned(), face.user_id().map(str::to_owned))).collect()
    }

    /// The operations that were asked for since this was asked last.
    pub(crate) fn asked(&self) -> Vec<String> {
        operations(&self.proxy.take())
    }

    pub(crate) async fn clean_up(&self) {
        self.matcher.remove(&self.organization).await.unwrap();
    }
}

pub(crate) fn operations(requests: &[Request]) -> Vec<String> {
    requests.iter().map(|request| request.operation().unwrap_or("none").to_owned()).collect()
}

/// Operations in their order, without repetitions: a server may let users take their time, so that they are waited for.
pub(crate) fn steps(mut operations: Vec<String>) -> Vec<String> {
    operations.retain(|operation| operation != "SearchUsers");
    operations.dedup();
    operations
}

pub(crate) fn options(faces: Faces) -> IdentifyOptions {
    IdentifyOptions { faces, floor: Threshold::new(80.0).unwrap(), max_candidates: 5 }
}

/// With the policy that fits the percentages of `rekognition-local`.
pub(crate) fn matcher(aws: &AwsConfig, by: SearchBy) -> RekognitionMatcher {
    let matcher = RekognitionMatcher::new(aws, PREFIX).unwrap().search_by(by);
    let percent = |percent| Threshold::new(percent).unwrap();
    let default = matcher.default_policy();
    matcher.with_policy(MatchPolicy { threshold: percent(95.0), margin: 3.0, duplicate: percent(98.0), ..default })
}

/// A bucket that lives as long as the emulator.
pub(crate) struct Bucket {
    pub(crate) images: S3ImageStore,
    pub(crate) aws: AwsConfig,
}

impl Bucket {
    pub(crate) async fn new() -> Option<Self> {
        let aws = aws_at(&endpoint(EMULATOR)?);
        let name = format!("images-{}", Uuid::now_v7().simple());
        aws.s3().create_bucket().bucket(&name).send().await.unwrap();
        let images = S3ImageStore::new(&aws, name);
        drop(aws.calls().take());
        Some(Self { images, aws })
    }

    /// Stores an image, whatever it is.
    pub(crate) async fn put(&self, organization: &OrganizationId, bytes: impl Into<Bytes>) -> ImageRef {
        let key = ImageKey::new(format!("checkins/2026-11-21/{}", Uuid::now_v7())).unwrap();
        let bytes = bytes.into();
        if bytes.is_empty() {
            let object = self.images.object_key(organization, &key);
            self.aws.s3().put_object().bucket(self.images.bucket()).key(object).send().await.unwrap();
        } else {
            self.images.put(organization, &key, bytes, ContentType::Jpeg, PutMode::Create).await.unwrap();
        }
        drop(self.aws.calls().take());
        ImageRef::Stored(key)
    }
}
