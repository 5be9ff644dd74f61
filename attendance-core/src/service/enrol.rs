use jiff::Timestamp;

use super::{Attendance, Error};
use crate::domain::attendee::{Attendee, EnrolmentState};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::policy::MatchPolicy;
use crate::ports::attendance_repo::AttendanceRepoExt;
use crate::ports::face_matcher::{EnrolledFace, Faces, Identification, IdentifyOptions, ImageProblem, ImageRef};
use crate::ports::image_store::{ContentType, PutMode};
use crate::ports::{FaceMatcherError, ImageStoreError};

/// A photo of exactly one face, and whose it is.
#[derive(Debug, Clone)]
pub struct EnrolRequest {
    /// Whose face it is.
    pub attendee: AttendeeId,
    /// The photo.
    pub image: ImageRef,
    /// Enrols the face even if it is very much like another attendee's: for twins, after somebody looked.
    pub allow_lookalike: bool,
    /// Who asks.
    pub by: Actor,
}

/// What an enrolment did.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolled {
    /// The face.
    pub face: EnrolledFace,
    /// How many faces the attendee has now.
    pub faces: usize,
}

impl Attendance {
    /// Links the one face of a photo to an attendee. Enrolling the same photo again changes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], [`Error::ConsentMissing`], [`Error::EnrolledAsAnother`], what
    /// the matcher refuses (no face, several, poor quality, an image that can't be used), and those of the ports.
    pub async fn enrol(&self, organization: &OrganizationId, request: EnrolRequest) -> Result<Enrolled, Error> {
        let id = request.attendee;
        let tenant = self.repo.existing_organization(organization).await?;
        let attendee = self.attendee(organization, id).await?;
        if tenant.policy.consent_required && attendee.consent.is_none() {
            return Err(Error::ConsentMissing);
        }
        let policy = self.match_policy(&tenant);
        if !request.allow_lookalike {
            let options = IdentifyOptions { faces: Faces::Largest, floor: policy.duplicate, max_candidates: 5 };
            let found = self.matcher.identify(organization, &request.image, options).await?;
            self.refuse_another(organization, Some(id), &found).await?;
        }
        let content = match &request.image {
            ImageRef::Bytes(bytes) => bytes.as_ref(),
            ImageRef::Stored(key) => key.as_str().as_bytes(),
        };
        let face = FaceId::derive(organization, id, content);

        // Pending first: what a crash leaves behind, the sweep can then tell from what nobody asked for.
        let before = attendee.enrolment;
        if before != EnrolmentState::Active {
            self.set_enrolment(organization, id, EnrolmentState::Pending, None).await?;
        }
        let enrolled = self.matcher.enrol(organization, id, face, &request.image, &policy.enrolment_quality).await;
        let enrolled = match enrolled {
            Ok(enrolled) => enrolled,
            Err(error) => {
                if before != EnrolmentState::Active {
                    self.set_enrolment(organization, id, before, None).await?;
                }
                return Err(error.into());
            }
        };
        if tenant.policy.keep_enrolment_images {
            self.keep_enrolment_image(organization, id, face, &request.image).await?;
        }
        match self.confirm(organization, id, &tenant, &request.by).await {
            Ok(()) => {}
            Err(gone @ (Error::Erased | Error::ConsentMissing)) => {
                // Erased, or the consent withdrawn, while the face was being enrolled: undone before anybody sees it.
                self.matcher.forget(organization, id).await?;
                self.images.delete(organization, &ImageKey::of_enrolment(id, face)).await?;
                return Err(gone);
            }
            Err(error) => return Err(error),
        }
        let faces = self.matcher.faces(organization, id).await?.len();
        Ok(Enrolled { face: enrolled, faces })
    }

    /// The faces of an attendee.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the ports.
    pub async fn faces(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<Vec<FaceId>, Error> {
        self.attendee(organization, attendee).await?;
        Ok(self.matcher.faces(organization, attendee).await?)
    }

    /// Removes one face of an attendee.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the ports.
    pub async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        by: &Actor,
    ) -> Result<(), Error> {
        if self.faces(organization, attendee).await?.contains(&face) {
            // First: a face that is gone without a trace can't be told of afterwards.
            let entry = self.entry(by, AuditAction::RemoveFace, Some(attendee));
            self.repo.append_audit(organization, &entry).await?;
        }
        self.matcher.remove_face(organization, attendee, face).await?;
        self.images.delete(organization, &ImageKey::of_enrolment(attendee, face)).await?;
        if self.matcher.faces(organization, attendee).await?.is_empty() {
            self.set_enrolment(organization, attendee, EnrolmentState::Removed, None).await?;
        }
        Ok(())
    }

    /// The policy in force: the organization's own, or the matcher's default.
    pub(super) fn match_policy(&self, tenant: &Organization) -> MatchPolicy {
        tenant.policy.matching.clone().unwrap_or_else(|| self.matcher.default_policy())
    }

    /// Sets how far an attendee's faces are known, and tells of it unless nothing is decided yet.
    pub(super) async fn set_enrolment(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        state: EnrolmentState,
        entry: Option<AuditEntry>,
    ) -> Result<(), Error> {
        let now = self.now();
        let set = |attendee: &mut Attendee| set(organization, attendee, state, now);
        self.change_attendee(organization, attendee, entry, set).await.map(drop)
    }

    /// Makes the enrolment active, unless the ground for it went away meanwhile. What takes the ground away later finds
    /// the face in the matcher, and removes it.
    async fn confirm(
        &self,
        organization: &OrganizationId,
        id: AttendeeId,
        tenant: &Organization,
        by: &Actor,
    ) -> Result<(), Error> {
        let now = self.now();
        let entry = self.entry(by, AuditAction::Enrol, Some(id));
        // Saved even if it is active: the version check finds an erasure or a withdrawal that came in between.
        self.try_change(organization, id, Some(entry), |attendee| {
            if tenant.policy.consent_required && attendee.consent.is_none() {
                return Err(Error::ConsentMissing);
            }
            Ok(set(organization, attendee, EnrolmentState::Active, now))
        })
        .await
        .map(drop)
    }

    /// Refuses what [`Attendance::enrol`] would refuse of a photo, and stores nothing: for a host that registers an
    /// attendee only together with their photos. `attendee` is whose photo it is, if they are registered already.
    ///
    /// # Errors
    /// As [`Attendance::enrol`].
    pub async fn check_enrolment(
        &self,
        organization: &OrganizationId,
        attendee: Option<AttendeeId>,
        image: &ImageRef,
        allow_lookalike: bool,
    ) -> Result<(), Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let policy = self.match_policy(&tenant);
        let options = IdentifyOptions { faces: Faces::All, floor: policy.duplicate, max_candidates: 5 };
        let found = self.matcher.identify(organization, image, options).await?;
        let faces = u32::try_from(found.faces.len()).unwrap_or(u32::MAX).saturating_add(found.unsearched);
        if faces > 1 {
            return Err(FaceMatcherError::SeveralFaces { faces }.into());
        }
        let problems: Vec<_> =
            found.faces.iter().flat_map(|face| policy.enrolment_quality.problems(&face.quality)).collect();
        if !problems.is_empty() {
            return Err(FaceMatcherError::PoorQuality { problems }.into());
        }
        if allow_lookalike { Ok(()) } else { self.refuse_another(organization, attendee, &found).await }
    }

    /// Refuses a face that is somebody else's.
    async fn refuse_another(
        &self,
        organization: &OrganizationId,
        attendee: Option<AttendeeId>,
        found: &Identification,
    ) -> Result<(), Error> {
        let others: Vec<_> = found
            .faces
            .iter()
            .flat_map(|face| &face.candidates)
            .map(|candidate| candidate.attendee)
            .filter(|candidate| Some(*candidate) != attendee)
            .collect();
        if others.is_empty() {
            return Ok(());
        }
        let known = self.repo.attendees_by_id(organization, &others).await?;
        match known.iter().find(|attendee| !attendee.is_erased()) {
            Some(attendee) => Err(Error::EnrolledAsAnother { attendee: attendee.id }),
            None => Ok(()),
        }
    }

    async fn keep_enrolment_image(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
    ) -> Result<(), Error> {
        let bytes = match image {
            ImageRef::Bytes(bytes) => bytes.clone(),
            ImageRef::Stored(key) => self.images.get(organization, key).await?.bytes,
        };
        let content_type = ContentType::sniff(&bytes).ok_or(FaceMatcherError::Image(ImageProblem::Unsupported))?;
        let key = ImageKey::of_enrolment(attendee, face);
        match self.images.put(organization, &key, bytes, content_type, PutMode::Create).await {
            Ok(_) | Err(ImageStoreError::Exists) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Sets how far an attendee's faces are known, and answers the event that tells of it unless nothing is decided yet.
fn set(organization: &OrganizationId, attendee: &mut Attendee, state: EnrolmentState, now: Timestamp) -> Vec<Event> {
    let told = matches!(state, EnrolmentState::Active | EnrolmentState::Removed) && attendee.enrolment != state;
    attendee.enrolment = state;
    let event = || Event::of_enrolment(organization, attendee.id, state, attendee.version + 1, now);
    told.then(event).into_iter().collect()
}
