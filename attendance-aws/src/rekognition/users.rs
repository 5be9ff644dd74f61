//! Rekognition's users: the faces of an attendee together. Each change of one takes a moment, in which others are
//! refused.

use attendance_core::domain::ids::AttendeeId;
use attendance_core::ports::face_matcher::FaceMatcherError;
use aws_sdk_rekognition::types::{
    UnsuccessfulFaceAssociation, UnsuccessfulFaceAssociationReason as Reason, UserStatus,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::refusal::{CONFLICT, NOT_FOUND, failure};
use super::{MAX_FACES, RekognitionMatcher};
use crate::fault::{self, Fault};
use crate::pauses::pauses;

/// How alike a face must be to those that an attendee has already, in percent: Rekognition's own default, said here
/// since it guards an attendee against somebody else's face.
const OWN_FACES: f32 = 75.0;

/// The most faces in one request (`DisassociateFaces`).
const AT_ONCE: usize = 100;

const QUOTA: &str = "ServiceQuotaExceededException";

impl RekognitionMatcher {
    /// Adds a face to an attendee's user, which is made if there is none. Adding it again changes nothing.
    pub(super) async fn associate(
        &self,
        collection: &str,
        attendee: AttendeeId,
        face: &str,
    ) -> Result<(), FaceMatcherError> {
        let (mut pauses, mut made) = (pauses(), false);
        let status = loop {
            let request = self.client.associate_faces().collection_id(collection).user_id(attendee.to_string());
            let busy = match request.face_ids(face).user_match_threshold(OWN_FACES).send().await {
                Ok(answer) => match answer.unsuccessful_face_associations().first() {
                    None => break answer.user_status,
                    Some(unsuccessful) => not_associated(unsuccessful)?,
                },
                Err(error) => match fault::code(&error) {
                    Some(NOT_FOUND) => {
                        self.create_user(collection, attendee).await?;
                        if !std::mem::replace(&mut made, true) {
                            continue;
                        }
                        "the user is removed as often as it is made"
                    }
                    Some(CONFLICT) => "the attendee's user is still being changed",
                    Some(QUOTA) => return Err(FaceMatcherError::TooManyFaces { limit: MAX_FACES }),
                    _ => return Err(failure(&error)),
                },
            };
            wait(&mut pauses, busy).await?;
        };
        if status != Some(UserStatus::Active) {
            self.until_searchable(collection, attendee, face).await;
        }
        Ok(())
    }

    /// Makes an attendee's user; one that is there already stays.
    async fn create_user(&self, collection: &str, attendee: AttendeeId) -> Result<(), FaceMatcherError> {
        let request = self.client.create_user().collection_id(collection).user_id(attendee.to_string());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if fault::code(&error) == Some(CONFLICT) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Waits until an attendee is found by a face that was just added, some seconds at most. The face is enrolled all
    /// the same: an attendee who is not found by then will be soon.
    async fn until_searchable(&self, collection: &str, attendee: AttendeeId, face: &str) {
        let attendee = attendee.to_string();
        for pause in pauses() {
            let request = self.client.search_users().collection_id(collection).face_id(face);
            match request.user_match_threshold(OWN_FACES).send().await {
                Ok(answer) => {
                    let users = answer.user_matches().iter().filter_map(|found| found.user()?.user_id());
                    if users.into_iter().any(|user| user == attendee) {
                        return;
                    }
                }
                Err(_) => return,
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes faces away from a user. Those that are not its own, and a user that is not there, need nothing.
    pub(super) async fn disassociate(
        &self,
        collection: &str,
        user: &str,
        faces: &[String],
    ) -> Result<(), FaceMatcherError> {
        for faces in faces.chunks(AT_ONCE) {
            let request = self.client.disassociate_faces().collection_id(collection).user_id(user);
            let request = request.set_face_ids(Some(faces.to_vec()));
            unless_gone(unless_busy(|| request.clone().send()).await)?;
        }
        Ok(())
    }

    /// Deletes an attendee's user, if there is one; its faces stay, and nobody is found by them.
    pub(super) async fn delete_user(&self, collection: &str, attendee: AttendeeId) -> Result<(), FaceMatcherError> {
        let request = self.client.delete_user().collection_id(collection).user_id(attendee.to_string());
        unless_gone(unless_busy(|| request.clone().send()).await)
    }
}

/// Why a face was not added to a user; `Ok` for what may pass.
fn not_associated(unsuccessful: &UnsuccessfulFaceAssociation) -> Result<&'static str, FaceMatcherError> {
    let reasons = unsuccessful.reasons();
    if reasons.contains(&Reason::LowMatchConfidence) {
        Err(FaceMatcherError::UnlikeOwnFaces)
    } else if reasons.contains(&Reason::AssociatedToADifferentUser) {
        Err(Fault::unexpected("the face belongs to another user").into())
    } else if reasons.contains(&Reason::FaceNotFound) {
        // Not seen yet by that operation, or removed meanwhile.
        Ok("the face was not found after it was indexed")
    } else {
        // The one case for which the reference names no reason: "there are already 100 faces associated".
        Err(FaceMatcherError::TooManyFaces { limit: MAX_FACES })
    }
}

/// Waits before another try, or says that there is none.
async fn wait(pauses: &mut impl Iterator<Item = std::time::Duration>, what: &str) -> Result<(), FaceMatcherError> {
    match pauses.next() {
        Some(pause) => {
            tokio::time::sleep(pause).await;
            Ok(())
        }
        None => Err(FaceMatcherError::Unavailable { source: what.into() }),
    }
}

/// Sends a request again while the user is being changed.
async fn unless_busy<T, E, F>(mut send: impl FnMut() -> F) -> Result<T, SdkError<E, HttpResponse>>
where
    F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    E: ProvideErrorMetadata,
{
    let mut pauses = pauses();
    loop {
        match send().await {
            Err(error) if fault::code(&error) == Some(CONFLICT) => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
            answer => return answer,
        }
    }
}

/// What is not there need not be removed.
fn unless_gone<T, E>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<(), FaceMatcherError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match answer {
        Ok(_) => Ok(()),
        Err(error) if fault::code(&error) == Some(NOT_FOUND) => Ok(()),
        Err(error) => Err(failure(&error)),
    }
}
