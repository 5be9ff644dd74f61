//! A face matcher that remembers how long its last look took.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::ports::face_matcher::{
    AttendeeFaces, EnrolledFace, FaceMatcher, FaceMatcherError, Identification, IdentifyOptions, ImageRef,
};

/// Around a matcher, so that a check-in can be told apart into recognising and recording.
#[derive(Debug)]
pub(crate) struct Timed<M> {
    matcher: M,
    last: Mutex<Duration>,
}

impl<M> Timed<M> {
    pub(crate) fn new(matcher: M) -> Self {
        Self { matcher, last: Mutex::default() }
    }

    /// How long the last `identify` took.
    pub(crate) fn last(&self) -> Duration {
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl<M: FaceMatcher> FaceMatcher for Timed<M> {
    async fn identify(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let start = Instant::now();
        let found = self.matcher.identify(organization, image, options).await;
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = start.elapsed();
        found
    }

    fn default_policy(&self) -> MatchPolicy {
        self.matcher.default_policy()
    }

    async fn provision(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        self.matcher.provision(organization).await
    }

    async fn remove(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        self.matcher.remove(organization).await
    }

    async fn enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        self.matcher.enrol(organization, attendee, face, image, quality).await
    }

    async fn faces(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<Vec<FaceId>, FaceMatcherError> {
        self.matcher.faces(organization, attendee).await
    }

    async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError> {
        self.matcher.remove_face(organization, attendee, face).await
    }

    async fn forget(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError> {
        self.matcher.forget(organization, attendee).await
    }

    async fn enrolled(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError> {
        self.matcher.enrolled(organization, page).await
    }
}
