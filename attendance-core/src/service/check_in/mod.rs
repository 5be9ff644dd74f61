//! A picture comes in: who is in it ([`decide`]), what is written ([`record`]), what becomes of the picture ([`picture`]).

mod decide;
mod picture;
mod record;

use futures_util::future::join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::audit::Actor;
use crate::domain::check_in::{CheckIn, Liveness, Outcome};
use crate::domain::face::{BoundingBox, Quality};
use crate::domain::ids::{CheckInId, OrganizationId};
use crate::domain::session::SessionId;
use crate::ports::attendance_repo::AttendanceRepoExt;
use crate::ports::face_matcher::{Faces, IdentifyOptions, ImageRef};

/// An image offered.
#[derive(Debug, Clone)]
pub struct CheckInRequest {
    /// The picture.
    pub image: ImageRef,
    /// Which of its faces count.
    pub faces: Faces,
    /// The idempotency key; `None`: a stored image's place, or a new one.
    pub id: Option<CheckInId>,
    /// The session; `None`: the one that is open and has the attendee on its roster.
    pub session: Option<SessionId>,
    /// When the picture was taken; `None`: now. A host that takes it from a client must bound it.
    pub captured_at: Option<Timestamp>,
    /// The verdict of a liveness check, if there was one.
    pub liveness: Option<Liveness>,
    /// Who offers it.
    pub by: Actor,
}

impl CheckInRequest {
    /// The largest face of a picture, taken now.
    #[must_use]
    pub fn new(image: ImageRef, by: Actor) -> Self {
        Self { image, faces: Faces::Largest, id: None, session: None, captured_at: None, liveness: None, by }
    }
}

/// What became of one face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaceOutcome {
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Where it is in the picture.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// How well it shows.
    pub quality: Quality,
}

/// What became of a check-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckInAnswer {
    /// Which check-in.
    pub id: CheckInId,
    /// When the picture was taken.
    pub captured_at: Timestamp,
    /// The faces, the largest first.
    pub faces: Vec<FaceOutcome>,
    /// How many more faces were seen and not looked up.
    pub unsearched: u32,
}

impl Attendance {
    /// Recognises the faces of a picture and records who came. The same id again answers the same and records nothing.
    ///
    /// That a stored picture can't be used, or shows no face, is recorded too: whoever uploaded it is not there to be told,
    /// and finds it by [`Attendance::checked_in`].
    ///
    /// # Errors
    /// [`Error::UnknownSession`], what the matcher refuses (no face, an image that can't be used), and those of the
    /// ports. Whatever a face turns out to be is an [`Outcome`], no error.
    pub async fn check_in(
        &self,
        organization: &OrganizationId,
        request: CheckInRequest,
    ) -> Result<CheckInAnswer, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let now = self.now();
        let captured_at = request.captured_at.unwrap_or(now);
        let id = match (&request.id, &request.image) {
            (Some(id), _) => id.clone(),
            (None, ImageRef::Stored(key)) => {
                let image = self.images.get(organization, key).await?;
                CheckInId::of_image(key, &image.version)
            }
            (None, ImageRef::Bytes(_)) => CheckInId::fresh(),
        };
        if let Some(earlier) = self.repo.check_in(organization, &id).await? {
            self.settle_picture(&tenant, &earlier).await?;
            return self.answer_again(organization, earlier).await;
        }
        let named = match &request.session {
            Some(session) => Some(self.session(organization, session).await?),
            None => None,
        };

        let policy = self.match_policy(&tenant);
        let options = IdentifyOptions { faces: request.faces, floor: policy.floor(), max_candidates: 5 };
        let mut found = match self.matcher.identify(organization, &request.image, options).await {
            Ok(found) => found,
            Err(error) => return Err(self.refused(&tenant, id, request, captured_at, error).await),
        };
        let attendees = self.living_candidates(organization, &mut found.faces).await?;
        let judged = self.judge(organization, &tenant, found.faces, &attendees, named.as_ref(), captured_at).await?;

        let picture = self.picture_to_keep(&tenant, &request.image, &id, captured_at);
        let check_in = CheckIn {
            id,
            captured_at,
            decided_at: now,
            by: request.by,
            image: picture.as_ref().map(|picture| picture.key.clone()),
            faces: judged.faces,
            unsearched: found.unsearched,
            liveness: request.liveness,
            refused: None,
        };
        for session in judged.sessions.values() {
            self.repo.ensure_session(organization, session).await?;
        }
        // Both at once: neither waits for the other's disk.
        let (kept, answer) = join(
            self.keep_picture(organization, picture),
            self.commit(organization, check_in.clone(), &judged.sessions),
        )
        .await;
        let answer = answer?;
        if let Err(error) = kept {
            self.repo.detach_image(organization, &check_in.id).await?;
            return Err(error);
        }
        self.settle_picture(&tenant, &check_in).await?;
        Ok(answer)
    }

    /// What became of a check-in, with the records as they stand now; `None` if there is none of that id (yet).
    ///
    /// # Errors
    /// What the check-in itself was answered, where the picture was refused and that was recorded; and those of the
    /// repository.
    pub async fn checked_in(
        &self,
        organization: &OrganizationId,
        id: &CheckInId,
    ) -> Result<Option<CheckInAnswer>, Error> {
        match self.repo.check_in(organization, id).await? {
            Some(check_in) => self.answer_again(organization, check_in).await.map(Some),
            None => Ok(None),
        }
    }
}
