//! [`FaceMatcher`] on Amazon Rekognition.
//!
//! | fault | what the matcher does | test |
//! | --- | --- | --- |
//! | throttling (`ProvisionedThroughputExceededException`, `ThrottlingException`) | the SDK repeats the call; at last `Throttled` | `throttling_is_waited_out_and_told_if_it_lasts` |
//! | 500 (`InternalServerError`) | the SDK repeats the call; at last `Unavailable` | `an_internal_error_is_waited_out_and_told_if_it_lasts` |
//! | connection reset | the same | `a_reset_connection_is_made_again` |
//! | no answer in time | the same | `silence_is_not_waited_for` |
//! | an answer is lost | the repetition of each call of an enrolment comes to one face | `lost_answers_leave_one_face` |
//! | expired credentials, no rights, a signature that is not known | `Failed` at once, with what AWS said | `expired_credentials_and_missing_rights_are_not_tried_again` |
//! | no collection (`ResourceNotFoundException`) | `NotProvisioned`; `remove` succeeds | `a_missing_collection_is_told_by_every_method` |
//! | a collection more than the account may have, or one that is full (`ServiceQuotaExceededException`) | `Failed` | `provisioning_fails_where_there_is_no_room_for_a_collection` |
//! | no user in `AssociateFaces` | makes the user and associates again | `a_face_is_looked_at_indexed_and_added_to_a_user_that_is_made_for_it` |
//! | a user is being changed (`ConflictException`) | repeats up to six times within 6 s, then `Unavailable` | `a_user_that_is_being_changed_is_waited_for` |
//! | a user is still `UPDATING` after an association | waits for it to be found, up to 6 s; it is enrolled in any case | `an_attendee_is_enrolled_once_they_are_found` |
//! | partial association: `LOW_MATCH_CONFIDENCE` | `UnlikeOwnFaces`; what was indexed is deleted | `each_partial_failure_of_an_association_has_its_error_and_what_was_indexed_is_deleted` |
//! | partial association: `ASSOCIATED_TO_A_DIFFERENT_USER` | `Failed`; the face stays that user's | the same |
//! | partial association: `FACE_NOT_FOUND` | repeats, as for a conflict | `a_face_that_is_not_there_yet_is_asked_for_again` |
//! | partial association without a reason, or `ServiceQuotaExceededException` | `TooManyFaces`; what was indexed is deleted, unless the user has it | `a_user_with_a_hundred_faces_takes_no_more` |
//! | an enrolment is cut off after `IndexFaces` | its repetition completes it | `an_enrolment_that_was_cut_off_after_indexing_is_completed_by_its_repetition` |
//! | another image under the same face id | the later one stays alone | `another_image_under_the_same_id_replaces_the_first` |
//! | somebody removes the face meanwhile | enrols it again, up to six times, then `Unavailable` | `a_face_that_somebody_removes_meanwhile_is_enrolled_again` |
//! | `UnindexedFaces` | `PoorQuality` with its reasons | `what_rekognition_does_not_index_is_refused_with_its_reasons` |
//! | partial deletion: `ASSOCIATED_TO_AN_EXISTING_USER` | takes the face away from the user and deletes it again | `a_face_that_its_user_still_has_is_taken_away_from_it_and_deleted_again` |
//! | faces are listed after `forget` deleted them | deletes them again, up to six times, then `Unavailable` | `forgetting_goes_on_until_no_face_is_listed` |
//! | a list ends half-way (`InvalidPaginationTokenException`) | `Failed`; no half list is answered | `a_list_that_fails_half_way_is_no_list` |
//! | no face: an empty success of `SearchUsersByImage`, `InvalidParameterException` of `SearchFacesByImage` | `NoFace` | `no_face_is_an_empty_success_of_one_search_and_a_refusal_of_the_other` |
//! | several faces in an enrolment photo | `SeveralFaces`, before anything is stored | `several_faces_are_refused_before_anything_is_stored` |
//! | empty, no JPEG or PNG, above 5 MiB, below 80 x 80 pixels | the `ImageProblem`, without a call | `an_unusable_image_costs_nothing` |
//! | `InvalidImageFormatException`, `ImageTooLargeException` | `Damaged`, `TooManyPixels` | `what_rekognition_says_of_an_image_is_told` |
//! | the same, `InvalidS3ObjectException` or `InvalidParameterException` of an image in S3 | looks at its beginning and says what is wrong: `Missing`, `Empty`, `TooSmall` and so on; `Failed` if nothing is | `an_image_that_rekognition_can_not_read_is_looked_at` |
//! | Rekognition searches a crop for another face than was meant | the face has no candidates | `whom_another_face_of_a_crop_resembles_is_not_said_of_the_face` |

mod crops;
mod enrolment;
mod identify;
mod label;
mod listing;
mod picture;
mod policy;
mod refusal;
mod removal;
mod search;
mod seen;
mod stored;
mod users;

use std::fmt;

use async_trait::async_trait;
use attendance_core::domain::InvalidText;
use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::ports::FaceMatcher;
use attendance_core::ports::face_matcher::{
    AttendeeFaces, EnrolledFace, FaceMatcherError, Faces, Identification, IdentifyOptions, ImageRef,
};
use aws_sdk_rekognition::Client;

use crate::AwsConfig;
use crate::fault;
use crate::s3::S3ImageStore;
use label::Label;
use refusal::{NOT_FOUND, failure};

/// The most faces of one attendee: what Rekognition takes for one user (`AssociateFaces`).
const MAX_FACES: usize = 100;

/// What an attendee is found by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SearchBy {
    /// All their faces together: a Rekognition user each. More accurate, says Rekognition's guide, and a check-in is
    /// one call.
    #[default]
    UserVectors,
    /// Each of their faces: for collections that have no users. A check-in is two calls, and whatever asks for the
    /// faces of one attendee lists all of the collection.
    FaceVectors,
}

/// Finds faces with Amazon Rekognition.
///
/// # What is where
/// An organization has the collection `{prefix}-{organization}`, which only `provision` makes. An attendee is a user whose
/// id is the attendee's, and a face's `ExternalImageId` is `{attendee}:{face}`: opaque UUIDs. No prefix may be the
/// beginning of another one in the same account and region.
///
/// Images by key are read by Rekognition itself, out of the bucket of [`with_images`](Self::with_images), which must be
/// in the same region. `identify` with [`Faces::All`] downloads them, since faces are cut out of them; `enrol` reads up
/// to their first 256 KiB, since a policy counts pixels and Rekognition answers ratios.
///
/// # What it costs
/// | method | calls that are billed | others |
/// | --- | --- | --- |
/// | `identify`, the largest face | 1; with face vectors 2 | |
/// | `identify`, all faces | 1, and 1 for each face | 1 of S3 for a stored image |
/// | `enrol` | 3: `DetectFaces`, `IndexFaces`, `AssociateFaces`; while the user is being changed up to 6 `SearchUsers` | `ListFaces`; for the first face 2 more; 1 of S3 for a stored image |
/// | `faces` | | 1; with face vectors a listing |
/// | `remove_face` | at most 1 | a listing, and 1 or 2 |
/// | `forget` | | 2 listings, and 2 |
/// | `enrolled` | | a listing for each page: ask for long ones |
///
/// A listing is a call for each 4,096 faces of the organization: Rekognition filters faces by user only, and a face that
/// an interrupted enrolment left without a user has to be found as well.
///
/// # What a check-in does not know
/// The answer to a search has not all that `DetectFaces` tells: AWS's own examples show the box alone. What is missing of
/// a [`Quality`](attendance_core::domain::face::Quality) is taken as good. The size of a face in an image by key is told
/// in pixels of a picture of 1920 x 1080, for which Rekognition states its smallest face (40 x 40), whatever the picture
/// has. Rekognition's reference does not say which way positive angles look.
///
/// # Who asks whether a face is somebody else's
/// The service does, by `identify` with the policy's duplicate threshold before `enrol`, so that it is not asked twice.
/// What `AssociateFaces` refuses is the opposite: a face that is unlike those that the attendee has.
///
/// # Rights
/// `rekognition:` `CreateCollection`, `DeleteCollection`, `DescribeCollection`, `DetectFaces`, `IndexFaces`, `ListFaces`,
/// `DeleteFaces`; with user vectors `CreateUser`, `DeleteUser`, `AssociateFaces`, `DisassociateFaces`, `SearchUsers`,
/// `SearchUsersByImage`; with face vectors `SearchFacesByImage`; and `s3:GetObject` of the images.
///
/// # Faults
/// The module's documentation has a table of them.
#[derive(Clone)]
pub struct RekognitionMatcher {
    client: Client,
    prefix: String,
    by: SearchBy,
    images: Option<S3ImageStore>,
    policy: MatchPolicy,
}

impl RekognitionMatcher {
    /// One that finds attendees by user vectors, and takes images by their bytes only.
    ///
    /// # Errors
    /// [`InvalidText`] for a prefix that is not 1 to 200 of `A-Z`, `a-z`, `0-9`, `.`, `-` and `_`.
    pub fn new(aws: &AwsConfig, prefix: impl Into<String>) -> Result<Self, InvalidText> {
        let prefix = prefix.into();
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if prefix.is_empty() || prefix.len() > 200 || !prefix.bytes().all(valid) {
            let rule = "1 to 200 of A-Z, a-z, 0-9, '.', '-' and '_'";
            return Err(InvalidText { what: "the prefix of collections", rule });
        }
        let client = aws.rekognition();
        Ok(Self { client, prefix, by: SearchBy::default(), images: None, policy: policy::default() })
    }

    /// Takes images by their keys in that store, too. Rekognition must be allowed to read its bucket as the caller is.
    #[must_use]
    pub fn with_images(self, images: S3ImageStore) -> Self {
        Self { images: Some(images), ..self }
    }

    /// Finds attendees by that. An organization whose faces were enrolled with face vectors needs them enrolled again
    /// before it is searched by user vectors; the other way nothing is needed.
    #[must_use]
    pub fn search_by(self, by: SearchBy) -> Self {
        Self { by, ..self }
    }

    /// Has another default policy: one that somebody measured, or that fits percentages of an emulator.
    #[must_use]
    pub fn with_policy(self, policy: MatchPolicy) -> Self {
        Self { policy, ..self }
    }

    fn collection(&self, organization: &OrganizationId) -> String {
        format!("{}-{organization}", self.prefix)
    }
}

impl fmt::Debug for RekognitionMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RekognitionMatcher");
        shown.field("prefix", &self.prefix).field("by", &self.by).field("images", &self.images).finish_non_exhaustive()
    }
}

#[async_trait]
impl FaceMatcher for RekognitionMatcher {
    fn default_policy(&self) -> MatchPolicy {
        self.policy.clone()
    }

    async fn provision(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        let request = self.client.create_collection().collection_id(self.collection(organization));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if fault::code(&error) == Some("ResourceAlreadyExistsException") => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn remove(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        let request = self.client.delete_collection().collection_id(self.collection(organization));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if fault::code(&error) == Some(NOT_FOUND) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        self.enrol_one(organization, Label { attendee, face }, image, quality).await
    }

    async fn identify(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        match options.faces {
            Faces::Largest => self.largest(organization, image, options).await,
            Faces::All => self.all(organization, image, options).await,
            Faces::Only => self.only(organization, image, options).await,
        }
    }

    async fn faces(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<Vec<FaceId>, FaceMatcherError> {
        let listed = self.searchable(&self.collection(organization), attendee).await?;
        let mut faces: Vec<_> = listed.into_iter().map(|listed| listed.label.face).collect();
        faces.sort_unstable();
        faces.dedup();
        Ok(faces)
    }

    async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError> {
        self.delete_face(&self.collection(organization), attendee, face).await
    }

    async fn forget(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError> {
        self.forget_all(&self.collection(organization), attendee).await
    }

    async fn enrolled(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError> {
        self.page(organization, page).await
    }
}
