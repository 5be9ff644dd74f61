use jiff::Timestamp;

use super::change::ATTEMPTS;
use super::{Attendance, Error};
use crate::domain::attendee::{Attendee, EnrolmentState};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::event::Event;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::policy::MatchPolicy;
use crate::ports::attendance_repo::{AttendanceRepoExt, Outgoing};
use crate::ports::face_matcher::{EnrolledFace, Faces, Identification, IdentifyOptions, ImageProblem, ImageRef};
use crate::ports::image_store::{ContentType, PutMode};
use crate::ports::{FaceMatcherError, ImageStoreError, RepoError};

/// A photo of exactly one face, and whose it is.
#[derive(Debug, Clone)]
pub struct EnrolRequest {
    /// Whose face it is.
    pub attendee: AttendeeId,
    /// The photo.
    pub image: ImageRef,
    /// Enrols the face even if it is very much like another attendee's: for twins, after somebody looked.
    pub allow_lookalike: bool,
    /// Enrols the face even if it is unlike those that the attendee has: after somebody looked.
    pub allow_unlike: bool,
    /// Who asks.
    pub by: Actor,
}

impl EnrolRequest {
    /// A photo of somebody's, which is refused if it looks like somebody else's.
    #[must_use]
    pub fn new(attendee: AttendeeId, image: ImageRef, by: Actor) -> Self {
        Self { attendee, image, allow_lookalike: false, allow_unlike: false, by }
    }
}

/// A photo that may be enrolled later.
#[derive(Debug, Clone)]
pub struct EnrolCheck {
    /// Whose photo it is, if they are registered already.
    pub attendee: Option<AttendeeId>,
    /// The photo.
    pub image: ImageRef,
    /// As [`EnrolRequest::allow_lookalike`].
    pub allow_lookalike: bool,
    /// As [`EnrolRequest::allow_unlike`].
    pub allow_unlike: bool,
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
    /// the matcher refuses (no face, several, poor quality, unlike the attendee's own, an image that can't be used), and
    /// those of the ports.
    pub async fn enrol(&self, organization: &OrganizationId, request: EnrolRequest) -> Result<Enrolled, Error> {
        let id = request.attendee;
        let tenant = self.repo.existing_organization(organization).await?;
        let attendee = self.attendee(organization, id).await?;
        if tenant.policy.consent_required && attendee.consent.is_none() {
            return Err(Error::ConsentMissing);
        }
        let policy = self.match_policy(&tenant);
        self.look_at(organization, &policy, &request).await?;
        let content = match &request.image {
            ImageRef::Bytes(bytes) => bytes.as_ref(),
            ImageRef::Stored(key) => key.as_str().as_bytes(),
        };
        let face = FaceId::derive(organization, id, content);

        // Pending first: what a crash leaves behind, the sweep can then tell from what nobody asked for.
        let before = attendee.enrolment;
        self.begin_enrolment(organization, id).await?;
        let enrolled = self.matcher.enrol(organization, id, face, &request.image, &policy.enrolment_quality).await;
        let enrolled = match enrolled {
            Ok(enrolled) => enrolled,
            Err(error) => {
                self.give_up_enrolment(organization, id, before).await;
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
        self.note_that_none_is_left(organization, attendee).await
    }

    /// Calls an enrolment removed if the attendee has no face. An enrolment that comes in between changes the attendee,
    /// and is then seen.
    async fn note_that_none_is_left(&self, organization: &OrganizationId, id: AttendeeId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let mut attendee = self.attendee(organization, id).await?;
            if attendee.enrolment == EnrolmentState::Removed || !self.matcher.faces(organization, id).await?.is_empty()
            {
                return Ok(());
            }
            let events = set(organization, &mut attendee, EnrolmentState::Removed, self.now());
            let outgoing = Outgoing { events, targets: self.targets.clone(), audit: None };
            match self.repo.save_attendee(organization, &attendee, &outgoing).await {
                Err(RepoError::Conflict) => {}
                saved => return Ok(saved.map(drop)?),
            }
        }
        Err(RepoError::Conflict.into())
    }

    /// Says that an enrolment began, unless a face is known already.
    async fn begin_enrolment(&self, organization: &OrganizationId, id: AttendeeId) -> Result<(), Error> {
        if self.attendee(organization, id).await?.enrolment == EnrolmentState::Active {
            return Ok(());
        }
        let now = self.now();
        let begin = |attendee: &mut Attendee| match attendee.enrolment {
            EnrolmentState::Active => Vec::new(),
            _ => set(organization, attendee, EnrolmentState::Pending, now),
        };
        self.change_attendee(organization, id, None, begin).await.map(drop)
    }

    /// Takes back that an enrolment began, unless a face is there: of another enrolment at the same time, or of this one
    /// after all. What can't be taken back now the sweep finds.
    async fn give_up_enrolment(&self, organization: &OrganizationId, id: AttendeeId, before: EnrolmentState) {
        if before == EnrolmentState::Active {
            return;
        }
        let give_back = |attendee: &mut Attendee| {
            if attendee.enrolment == EnrolmentState::Pending {
                attendee.enrolment = before;
            }
            Vec::new()
        };
        let given_back = match self.matcher.faces(organization, id).await {
            Ok(faces) if faces.is_empty() => self.change_attendee(organization, id, None, give_back).await.map(drop),
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = given_back {
            tracing::warn!(attendee = %id, %error, "an enrolment that failed is still called pending");
        }
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
    /// attendee only together with their photos.
    ///
    /// # Errors
    /// As [`Attendance::enrol`].
    pub async fn check_enrolment(&self, organization: &OrganizationId, check: EnrolCheck) -> Result<(), Error> {
        let EnrolCheck { attendee, image, allow_lookalike, allow_unlike } = check;
        let tenant = self.repo.existing_organization(organization).await?;
        let policy = self.match_policy(&tenant);
        let found = self.only_face(organization, &policy, &image).await?;
        let problems: Vec<_> =
            found.faces.iter().flat_map(|face| policy.enrolment_quality.problems(&face.quality)).collect();
        if !problems.is_empty() {
            return Err(FaceMatcherError::PoorQuality { problems }.into());
        }
        if !allow_lookalike {
            self.refuse_another(organization, attendee, &policy, &found).await?;
        }
        match attendee {
            Some(attendee) if !allow_unlike => self.refuse_unlike(organization, attendee, &found).await,
            _ => Ok(()),
        }
    }

    /// Looks at a photo that is to be enrolled: whether it is somebody else's, or unlike the attendee's own.
    async fn look_at(
        &self,
        organization: &OrganizationId,
        policy: &MatchPolicy,
        request: &EnrolRequest,
    ) -> Result<(), Error> {
        if request.allow_lookalike && request.allow_unlike {
            return Ok(());
        }
        let found = self.only_face(organization, policy, &request.image).await?;
        if !request.allow_lookalike {
            self.refuse_another(organization, Some(request.attendee), policy, &found).await?;
        }
        if request.allow_unlike { Ok(()) } else { self.refuse_unlike(organization, request.attendee, &found).await }
    }

    /// The one face of a photo, and whom it resembles, down to the floor of the policy.
    async fn only_face(
        &self,
        organization: &OrganizationId,
        policy: &MatchPolicy,
        image: &ImageRef,
    ) -> Result<Identification, Error> {
        let options = IdentifyOptions { faces: Faces::Only, floor: policy.floor(), max_candidates: 5 };
        Ok(self.matcher.identify(organization, image, options).await?)
    }

    /// Refuses a face that is somebody else's.
    async fn refuse_another(
        &self,
        organization: &OrganizationId,
        attendee: Option<AttendeeId>,
        policy: &MatchPolicy,
        found: &Identification,
    ) -> Result<(), Error> {
        let others: Vec<_> = found
            .faces
            .iter()
            .flat_map(|face| &face.candidates)
            .filter(|candidate| candidate.similarity.reaches(policy.duplicate))
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

    /// Refuses a face by which nobody would take the attendee for who they are, if others of theirs are known.
    async fn refuse_unlike(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        found: &Identification,
    ) -> Result<(), Error> {
        let mut candidates = found.faces.iter().flat_map(|face| &face.candidates);
        if candidates.any(|candidate| candidate.attendee == attendee)
            || self.matcher.faces(organization, attendee).await?.is_empty()
        {
            return Ok(());
        }
        Err(FaceMatcherError::UnlikeOwnFaces.into())
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
