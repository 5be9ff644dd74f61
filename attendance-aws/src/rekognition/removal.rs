//! How faces go: one, or all of an attendee.

use std::collections::{BTreeMap, BTreeSet};

use attendance_core::domain::ids::{AttendeeId, FaceId};
use attendance_core::ports::face_matcher::FaceMatcherError;
use aws_sdk_rekognition::types::UnsuccessfulFaceDeletionReason as Reason;

use super::label::Label;
use super::listing::Listed;
use super::refusal::failure;
use super::{RekognitionMatcher, SearchBy};
use crate::fault::Fault;
use crate::pauses::pauses;

/// The most faces in one request (`DeleteFaces`).
const AT_ONCE: usize = 4096;

impl RekognitionMatcher {
    /// Deletes a face of an attendee, also one that an interrupted enrolment left without a user. Lists the whole
    /// collection.
    pub(super) async fn delete_face(
        &self,
        collection: &str,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError> {
        let label = Label { attendee, face };
        let all = self.list(collection, None, |listed| listed.label.attendee == attendee).await?;
        let (mut faces, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|listed| listed.label == label);
        let has_user = |faces: &[Listed]| faces.iter().any(|face| face.user.is_some());
        if has_user(&faces) && !has_user(&others) {
            // Without a user nobody is found at once; a user that loses its last face is changed some time later.
            self.delete_user(collection, attendee).await?;
            faces.iter_mut().for_each(|face| face.user = None);
        }
        self.delete(collection, faces).await
    }

    /// Deletes an attendee's user and faces until none is listed, and answers how many faces there were.
    pub(super) async fn forget_all(&self, collection: &str, attendee: AttendeeId) -> Result<u32, FaceMatcherError> {
        let mut gone = BTreeSet::new();
        let mut pauses = pauses();
        let mut user_may_be = self.by == SearchBy::UserVectors;
        loop {
            let faces = self.list(collection, None, |listed| listed.label.attendee == attendee).await?;
            if user_may_be || faces.iter().any(|face| face.user.is_some()) {
                // Before the faces, since without a user nobody is found any more.
                self.delete_user(collection, attendee).await?;
                user_may_be = false;
            }
            if faces.is_empty() {
                return Ok(gone.len().try_into().unwrap_or(u32::MAX));
            }
            if !gone.is_empty() {
                // Listed although they were deleted, or enrolled again in between.
                let source = "faces are listed although they were deleted";
                let pause = pauses.next().ok_or_else(|| FaceMatcherError::Unavailable { source: source.into() })?;
                tokio::time::sleep(pause).await;
            }
            gone.extend(faces.iter().map(|face| face.label.face));
            self.delete(collection, faces.into_iter().map(|face| Listed { user: None, ..face }).collect()).await?;
        }
    }

    /// Deletes faces, and takes them away from their users before. Those that are gone already need nothing.
    pub(super) async fn delete(&self, collection: &str, faces: Vec<Listed>) -> Result<(), FaceMatcherError> {
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut left = Vec::new();
        for Listed { id, user, .. } in faces {
            if let Some(user) = user {
                users.entry(user).or_default().push(id.clone());
            }
            left.push(id);
        }
        let mut pauses = pauses();
        while !left.is_empty() {
            for (user, faces) in std::mem::take(&mut users) {
                self.disassociate(collection, &user, &faces).await?;
            }
            for (id, user) in self.delete_once(collection, &std::mem::take(&mut left)).await? {
                if let Some(user) = user {
                    users.entry(user).or_default().push(id.clone());
                }
                left.push(id);
            }
            if !left.is_empty() {
                let source = "faces can't be deleted as long as a user has them";
                let pause = pauses.next().ok_or_else(|| FaceMatcherError::Unavailable { source: source.into() })?;
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    /// Answers the faces that still belong to a user, and to which: Rekognition tells of them in an answer that says
    /// success.
    pub(super) async fn delete_once(
        &self,
        collection: &str,
        faces: &[String],
    ) -> Result<Vec<(String, Option<String>)>, FaceMatcherError> {
        let mut left = Vec::new();
        for faces in faces.chunks(AT_ONCE) {
            let request = self.client.delete_faces().collection_id(collection).set_face_ids(Some(faces.to_vec()));
            let answer = request.send().await.map_err(|error| failure(&error))?;
            for undeleted in answer.unsuccessful_face_deletions.unwrap_or_default() {
                let reasons = undeleted.reasons();
                if reasons.contains(&Reason::AssociatedToAnExistingUser) {
                    let nameless = || Fault::unexpected("a face without an id was not deleted");
                    left.push((undeleted.face_id.ok_or_else(nameless)?, undeleted.user_id));
                } else if !reasons.contains(&Reason::FaceNotFound) {
                    let reason = reasons.first().map_or("no reason", |reason| reason.as_str());
                    return Err(Fault::unexpected(format!("a face was not deleted: {reason}")).into());
                }
            }
        }
        Ok(left)
    }
}
