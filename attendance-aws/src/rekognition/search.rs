//! Whom the largest face of an image resembles.

use std::collections::BTreeMap;

use attendance_core::domain::check_in::Candidate;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::ports::face_matcher::{FaceMatcherError, IdentifyOptions};
use aws_sdk_rekognition::types::{FaceDetail, QualityFilter};

use super::label::Label;
use super::picture::Picture;
use super::refusal::INVALID_PARAMETER;
use super::{MAX_FACES, RekognitionMatcher, SearchBy};
use crate::fault;

/// The most users that one search answers (`SearchUsersByImage`).
const MAX_USERS: usize = 500;

/// The most faces that one search answers (`SearchFacesByImage`).
const MAX_FOUND_FACES: usize = 4096;

/// The face that was searched for, and whom it resembles.
pub(super) struct Found {
    pub(super) face: FaceDetail,
    pub(super) candidates: Vec<Candidate>,
    /// How many other faces were seen, where the operation tells.
    pub(super) unsearched: usize,
}

impl RekognitionMatcher {
    /// Searches for the largest face of an image; `None` if there is no face in it. Costs one call.
    ///
    /// No quality filter is set: with one, another face might be searched for than the largest.
    pub(super) async fn search(
        &self,
        collection: &str,
        picture: &Picture,
        options: IdentifyOptions,
    ) -> Result<Option<Found>, FaceMatcherError> {
        match self.by {
            SearchBy::UserVectors => self.search_users(collection, picture, options).await,
            SearchBy::FaceVectors => self.search_faces(collection, picture, options).await,
        }
    }

    async fn search_users(
        &self,
        collection: &str,
        picture: &Picture,
        options: IdentifyOptions,
    ) -> Result<Option<Found>, FaceMatcherError> {
        let request = self.client.search_users_by_image().collection_id(collection).image(picture.image());
        let request = request
            .user_match_threshold(options.floor.percent())
            .max_users(count(options.max_candidates, MAX_USERS))
            .quality_filter(QualityFilter::None);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.refused(picture, &error).await),
        };
        let unsearched = answer.unsearched_faces().len();
        let matches = answer.user_matches.unwrap_or_default().into_iter().filter_map(|found| {
            let attendee = found.user?.user_id?.parse().ok()?;
            Some((attendee, found.similarity?))
        });
        let candidates = best_first(matches, options);
        let face = answer.searched_face.and_then(|searched| searched.face_detail);
        Ok(face.map(|face| Found { face, candidates, unsearched }))
    }

    async fn search_faces(
        &self,
        collection: &str,
        picture: &Picture,
        options: IdentifyOptions,
    ) -> Result<Option<Found>, FaceMatcherError> {
        let request = self.client.search_faces_by_image().collection_id(collection).image(picture.image());
        // The best faces may all be one attendee's.
        let wanted = options.max_candidates.saturating_mul(MAX_FACES);
        let request = request
            .face_match_threshold(options.floor.percent())
            .max_faces(count(wanted, MAX_FOUND_FACES))
            .quality_filter(QualityFilter::None);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let no_face = fault::code(&error) == Some(INVALID_PARAMETER);
                return match self.refused(picture, &error).await {
                    FaceMatcherError::Failed { .. } if no_face => Ok(None),
                    refused => Err(refused),
                };
            }
        };
        let matches = answer.face_matches.unwrap_or_default().into_iter().filter_map(|found| {
            let label = Label::parse(found.face?.external_image_id()?)?;
            Some((label.attendee, found.similarity?))
        });
        let candidates = best_first(matches, options);
        let face = FaceDetail::builder()
            .set_bounding_box(answer.searched_face_bounding_box)
            .set_confidence(answer.searched_face_confidence)
            .build();
        Ok(Some(Found { face, candidates, unsearched: 0 }))
    }
}

fn count(wanted: usize, most: usize) -> i32 {
    i32::try_from(wanted.clamp(1, most)).unwrap_or(1)
}

/// One candidate per attendee, the best first, none below the floor.
fn best_first(matches: impl Iterator<Item = (AttendeeId, f32)>, options: IdentifyOptions) -> Vec<Candidate> {
    let mut best = BTreeMap::new();
    for (attendee, percent) in matches {
        let best = best.entry(attendee).or_insert(percent);
        *best = best.max(percent);
    }
    let candidates = best.into_iter().map(|(attendee, percent)| {
        let similarity = Similarity::clamped(percent);
        Candidate { attendee, similarity }
    });
    let mut candidates: Vec<_> = candidates.filter(|candidate| candidate.similarity.reaches(options.floor)).collect();
    candidates.sort_by(|a, b| b.similarity.percent().total_cmp(&a.similarity.percent()));
    candidates.truncate(options.max_candidates);
    candidates
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::similarity::Threshold;
    use attendance_core::ports::face_matcher::Faces;

    use super::*;

    #[test]
    fn several_faces_of_one_attendee_are_one_candidate_at_the_best() {
        let (ada, bob) = (AttendeeId::fresh(), AttendeeId::fresh());
        let floor = Threshold::new(80.0).unwrap();
        let options = IdentifyOptions { faces: Faces::Largest, floor, max_candidates: 2 };
        let found = [(bob, 85.0), (ada, 81.0), (ada, 97.0), (ada, 90.0), (AttendeeId::fresh(), 79.9)];
        let candidates = best_first(found.into_iter(), options);
        let candidates: Vec<_> = candidates.iter().map(|each| (each.attendee, each.similarity.percent())).collect();
        assert_eq!(candidates, [(ada, 97.0), (bob, 85.0)]);
        let one = IdentifyOptions { max_candidates: 1, ..options };
        assert_eq!(best_first(found.into_iter(), one).len(), 1);
    }

    #[test]
    fn as_many_are_asked_for_as_rekognition_gives() {
        assert_eq!([0, 1, 500, 501].map(|wanted| count(wanted, MAX_USERS)), [1, 1, 500, 500]);
    }
}
