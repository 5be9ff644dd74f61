//! Cases for a [`FaceMatcher`], on pictures that its tests bring along.

pub mod enrolling;
pub mod forgetting;
pub mod identifying;

use std::sync::Arc;

use bytes::Bytes;

use super::given::fresh_organization;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::policy::QualityPolicy;
use crate::ports::face_matcher::{Faces, Identification, IdentifyOptions, ImageRef};
use crate::ports::{FaceMatcher, FaceMatcherError, ImageStore};

/// Makes a test of every case; see [`conformance`](crate::conformance).
#[macro_export]
macro_rules! face_matcher_suite {
    ($fixture:path) => {
        $crate::face_matcher_suite!($fixture, #[::tokio::test]);
    };
    ($fixture:path, #[$test:meta]) => {
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::face_matcher::enrolling,
            the_default_policy_makes_sense
            provisioning_again_changes_nothing
            removing_an_organization_that_is_not_there_succeeds
            a_removed_organization_is_not_provisioned_and_has_no_faces_when_it_comes_back
            nothing_is_enrolled_or_identified_where_nothing_is_provisioned
            enrolling_the_same_face_again_leaves_one
            the_same_face_enrolled_at_once_leaves_one
            a_picture_without_a_face_is_refused
            a_picture_of_several_is_not_enrolled
            a_face_below_the_quality_is_not_enrolled
            an_image_that_can_not_be_used_is_refused_and_nothing_is_stored
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::face_matcher::identifying,
            an_enrolled_attendee_is_found_by_another_picture
            an_enrolled_attendee_is_found_by_another_instance
            a_stored_image_is_read_from_the_store
            a_key_without_an_image_is_refused
            candidates_come_best_first_one_per_attendee_none_below_the_floor
            at_most_as_many_candidates_are_given_as_asked_for
            a_face_of_nobody_who_is_enrolled_has_no_candidate
            an_attendee_of_another_organization_is_never_a_candidate
            only_the_largest_face_is_looked_up_where_that_is_asked_for
            the_only_face_is_looked_up_as_an_enrolment_would_take_it
            every_face_is_looked_up_the_largest_first
        }
        $crate::__conformance_tests! { $fixture, $test, $crate::conformance::face_matcher::forgetting,
            an_attendee_without_a_face_has_an_empty_list
            removing_one_face_leaves_the_attendees_others
            removing_a_face_that_is_not_there_or_another_attendees_changes_nothing
            a_forgotten_attendee_is_no_candidate_and_others_stay
            forgetting_somebody_without_a_face_answers_0
            everybody_who_has_a_face_is_listed_once_ordered_by_attendee
            a_cursor_that_no_list_of_the_matcher_made_is_refused
        }
    };
}

/// A picture that shows both A and B.
#[derive(Debug, Clone)]
pub struct TwoFaces {
    /// The picture.
    pub picture: Bytes,
    /// Whether A's face is the larger one.
    pub largest_is_a: bool,
}

/// What is tested, and the pictures (JPEG or PNG) to test it with. A, B and the stranger are three persons.
#[derive(Debug)]
pub struct FaceMatcherFixture {
    /// The matcher.
    pub matcher: Arc<dyn FaceMatcher>,
    /// Another instance upon the same store. `None`: the store is the instance's own.
    pub another_instance: Option<Arc<dyn FaceMatcher>>,
    /// The image store that the matcher was built with. `None`: it reads none.
    pub images: Option<Arc<dyn ImageStore>>,
    /// A portrait of A.
    pub a: Bytes,
    /// Another portrait of A.
    pub a_again: Bytes,
    /// A portrait of B.
    pub b: Bytes,
    /// A portrait of somebody who is neither. `None`: B stands in where only A is enrolled.
    pub stranger: Option<Bytes>,
    /// A and B in one picture.
    pub both: Option<TwoFaces>,
    /// A picture without a face.
    pub no_face: Option<Bytes>,
    /// Bytes that are no usable picture: truncated, text, too many pixels. The suite adds an empty one.
    pub broken: Vec<Bytes>,
}

impl FaceMatcherFixture {
    /// A matcher with the three pictures that no suite can do without.
    #[must_use]
    pub fn new(matcher: Arc<dyn FaceMatcher>, a: Bytes, a_again: Bytes, b: Bytes) -> Self {
        Self {
            matcher,
            another_instance: None,
            images: None,
            a,
            a_again,
            b,
            stranger: None,
            both: None,
            no_face: None,
            broken: Vec::new(),
        }
    }

    /// A new organization with room in the matcher.
    async fn provisioned(&self) -> OrganizationId {
        let organization = fresh_organization();
        self.matcher.provision(&organization).await.unwrap();
        organization
    }

    async fn try_enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        picture: &Bytes,
    ) -> Result<FaceId, FaceMatcherError> {
        let face = FaceId::derive(organization, attendee, picture);
        let image = ImageRef::Bytes(picture.clone());
        let enrolled = self.matcher.enrol(organization, attendee, face, &image, &QualityPolicy::ANY).await?;
        assert_eq!(enrolled.face, face, "the id that was asked for");
        Ok(face)
    }

    /// Enrols a picture for somebody new.
    async fn enrol(&self, organization: &OrganizationId, picture: &Bytes) -> AttendeeId {
        let attendee = AttendeeId::fresh();
        self.try_enrol(organization, attendee, picture).await.unwrap();
        attendee
    }

    /// As the services do: down to the policy's floor.
    fn options(&self, faces: Faces) -> IdentifyOptions {
        IdentifyOptions { faces, floor: self.matcher.default_policy().floor(), max_candidates: 10 }
    }

    async fn identify(&self, organization: &OrganizationId, picture: &Bytes, faces: Faces) -> Identification {
        let image = ImageRef::Bytes(picture.clone());
        self.matcher.identify(organization, &image, self.options(faces)).await.unwrap()
    }

    /// The candidates for the largest face.
    async fn candidates(&self, organization: &OrganizationId, picture: &Bytes) -> Vec<AttendeeId> {
        let found = self.identify(organization, picture, Faces::Largest).await;
        attendees(&found).remove(0)
    }

    /// Asserts that nobody has a face.
    async fn is_empty(&self, organization: &OrganizationId) {
        let page = self.matcher.enrolled(organization, &Default::default()).await.unwrap();
        assert!(page.items.is_empty(), "somebody has a face");
    }

    async fn clean_up(&self, organization: &OrganizationId) {
        self.matcher.remove(organization).await.unwrap();
    }
}

/// Each face's candidates.
fn attendees(found: &Identification) -> Vec<Vec<AttendeeId>> {
    found.faces.iter().map(|face| face.candidates.iter().map(|candidate| candidate.attendee).collect()).collect()
}
