//! Enrolment: looked at first, then indexed, then added to the attendee's user.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::policy::{QualityPolicy, QualityProblem};
use attendance_core::ports::Retry;
use attendance_core::ports::face_matcher::{EnrolledFace, FaceMatcherError, ImageRef};
use aws_sdk_rekognition::operation::index_faces::IndexFacesOutput;
use aws_sdk_rekognition::types::{QualityFilter, Reason, UnindexedFace};

use super::label::Label;
use super::picture::Picture;
use super::seen::{problem, quality};
use super::{MAX_FACES, RekognitionMatcher, SearchBy};
use crate::fault::Fault;
use crate::pauses::pauses;

impl RekognitionMatcher {
    /// Enrols the one face of an image.
    ///
    /// A repetition begins anew and comes to the same: `IndexFaces` answers the face that it made of the same image
    /// and label before, a user that has a face keeps it, and what else has the label is deleted.
    pub(super) async fn enrol_one(
        &self,
        organization: &OrganizationId,
        label: Label,
        image: &ImageRef,
        policy: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        let collection = self.collection(organization);
        let picture = self.measured(organization, image).await?;
        let seen = self.detect(&picture).await?;
        let [seen] = seen.as_slice() else {
            return Err(FaceMatcherError::SeveralFaces { faces: seen.len().try_into().unwrap_or(u32::MAX) });
        };
        let quality = quality(seen, picture.pixels);
        let problems = policy.problems(&quality);
        if !problems.is_empty() {
            return Err(FaceMatcherError::PoorQuality { problems });
        }
        let mut pauses = pauses();
        loop {
            let face = self.index(&collection, label, &picture).await?;
            if self.by == SearchBy::UserVectors {
                self.associate_or_withdraw(&collection, label, &face).await?;
            }
            if self.is_the_only_one(&collection, label, &face).await? {
                return Ok(EnrolledFace { face: label.face, quality });
            }
            // Removed in between, by whoever enrolled another image under the same label at the same time.
            let source = "the face is removed as often as it is enrolled";
            let pause = pauses.next().ok_or_else(|| FaceMatcherError::Unavailable { source: source.into() })?;
            tokio::time::sleep(pause).await;
        }
    }

    /// Stores the face's vector, and answers Rekognition's id of it.
    async fn index(&self, collection: &str, label: Label, picture: &Picture) -> Result<String, FaceMatcherError> {
        let request = self.client.index_faces().collection_id(collection).image(picture.image());
        let request = request.external_image_id(label.to_string()).max_faces(1).quality_filter(QualityFilter::Auto);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.refused(picture, &error).await),
        };
        let indexed = answer.face_records().first().and_then(|record| record.face()?.face_id());
        let Some(face) = indexed else { return Err(not_indexed(&answer)) };
        let others = answer.unindexed_faces().iter();
        let others = others.filter(|face| face.reasons().contains(&Reason::ExceedsMaxFaces)).count();
        if others > 0 {
            // The image was replaced after it was looked at.
            self.withdraw(collection, label, face).await?;
            return Err(FaceMatcherError::SeveralFaces { faces: (others + 1).try_into().unwrap_or(u32::MAX) });
        }
        Ok(face.to_owned())
    }

    /// Adds a face to the attendee's user. If it is refused there, it is deleted again; after a fault it stays, found by
    /// nobody, for a repetition.
    async fn associate_or_withdraw(&self, collection: &str, label: Label, face: &str) -> Result<(), FaceMatcherError> {
        let refused = match self.associate(collection, label.attendee, face).await {
            Err(refused) if refused.retry() == Retry::No => refused,
            done => return done,
        };
        // A user that is full may refuse a face that it has.
        if self.withdraw(collection, label, face).await? { Err(refused) } else { Ok(()) }
    }

    /// Deletes a face that was indexed, unless the attendee's user has it, and says whether it did.
    async fn withdraw(&self, collection: &str, label: Label, face: &str) -> Result<bool, FaceMatcherError> {
        let kept = self.delete_once(collection, &[face.to_owned()]).await?;
        let attendee = label.attendee.to_string();
        Ok(!kept.into_iter().any(|(_, user)| user.is_none_or(|user| user == attendee)))
    }

    /// Deletes what else has the label, and says whether the face itself is there.
    async fn is_the_only_one(&self, collection: &str, label: Label, face: &str) -> Result<bool, FaceMatcherError> {
        let own = self.searchable(collection, label.attendee).await?;
        if own.len() > MAX_FACES && self.by == SearchBy::FaceVectors {
            self.delete(collection, own.into_iter().filter(|own| own.id == face).collect()).await?;
            return Err(FaceMatcherError::TooManyFaces { limit: MAX_FACES });
        }
        let is_there = own.iter().any(|own| own.id == face);
        let others: Vec<_> = own.into_iter().filter(|own| own.label == label && own.id != face).collect();
        if others.is_empty() {
            return Ok(is_there);
        }
        self.delete(collection, others).await?;
        let own = self.searchable(collection, label.attendee).await?;
        Ok(own.iter().any(|own| own.id == face))
    }
}

/// Why nothing was indexed of an image that shows a face.
fn not_indexed(answer: &IndexFacesOutput) -> FaceMatcherError {
    let reasons = answer.unindexed_faces().iter().flat_map(UnindexedFace::reasons);
    let mut problems: Vec<QualityProblem> = Vec::new();
    for problem in reasons.filter_map(problem) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    if !problems.is_empty() {
        FaceMatcherError::PoorQuality { problems }
    } else if answer.unindexed_faces().is_empty() {
        FaceMatcherError::NoFace
    } else {
        Fault::unexpected("the face was not indexed, and no reason given").into()
    }
}
