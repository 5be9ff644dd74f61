use std::time::Duration;

use jiff::Timestamp;

use super::{Attendance, CheckInRequest, Error};
use crate::domain::audit::Actor;
use crate::domain::ids::{CheckInId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::session::SessionId;
use crate::ports::attendance_repo::AttendanceRepoExt;
use crate::ports::face_matcher::{Faces, ImageRef};
use crate::ports::image_store::{ContentType, PresignedUpload, UploadLimits};

/// The largest picture that can be uploaded, in bytes: what Amazon Rekognition reads from S3 (its guide, Guidelines and
/// quotas).
const MAX_BYTES: u64 = 15_000_000;

/// For how long an upload can be begun.
const VALID_FOR: Duration = Duration::from_secs(5 * 60);

/// A picture that is going to be uploaded past us, and what is to be done with it then.
#[derive(Debug, Clone)]
pub struct UploadRequest {
    /// The idempotency key; `None`: a new one.
    pub id: Option<CheckInId>,
    /// The picture's format.
    pub content_type: ContentType,
    /// As [`CheckInRequest::faces`].
    pub faces: Faces,
    /// As [`CheckInRequest::session`].
    pub session: Option<SessionId>,
    /// When the picture was taken, to the millisecond; `None`: when it arrives.
    pub captured_at: Option<Timestamp>,
}

/// A form by which one picture can be uploaded, and the check-in that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// To ask for with [`Attendance::checked_in`].
    pub check_in: CheckInId,
    /// The form.
    pub form: PresignedUpload,
}

impl Attendance {
    /// Lets somebody upload one picture straight into the image store, as a check-in: the form can be begun within 5
    /// minutes and takes at most 15 MB. Whoever is told by the store that the picture is there, gives it to
    /// [`Attendance::check_in`] with [`CheckInRequest::of_stored`].
    ///
    /// # Errors
    /// [`Error::UnknownSession`], `CanNotPresign` of a store that has no addresses, and those of the ports.
    pub async fn offer_upload(&self, organization: &OrganizationId, request: UploadRequest) -> Result<Upload, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        if let Some(session) = &request.session {
            self.session(organization, session).await?;
        }
        let now = self.now();
        let check_in = request.id.unwrap_or_else(CheckInId::fresh);
        let date = tenant.zone.date_at(request.captured_at.unwrap_or(now));
        let place = ImageKey::of_check_in(date, &check_in);
        let wish = Wish { faces: request.faces, captured_at: request.captured_at, session: request.session };
        let key = ImageKey::new(format!("{place}/{}", wish.written(request.content_type)))?;
        let limits = UploadLimits {
            content_type: request.content_type,
            min_bytes: 1,
            max_bytes: MAX_BYTES,
            valid_for: VALID_FOR,
        };
        let form = self.images.presign_upload(organization, &key, &limits, now).await?;
        Ok(Upload { check_in, form })
    }
}

impl CheckInRequest {
    /// The check-in of a picture that the image store tells of, `version` of it, stored at `stored_at`. What somebody
    /// wished who was given a form by [`Attendance::offer_upload`] stands in the key; the largest face counts in any
    /// other picture, and its check-in's id is made of the key and the version.
    #[must_use]
    pub fn of_stored(key: ImageKey, version: &str, stored_at: Timestamp, by: Actor) -> Self {
        let wish = key.as_str().rsplit('/').next().and_then(Wish::read);
        let (id, wish) = match (key.check_in_id(), wish) {
            (Some(id), Some(wish)) if key.as_str().split('/').count() == 4 => (id, wish),
            _ => (CheckInId::of_image(&key, version), Wish::default()),
        };
        let captured_at = wish.captured_at.unwrap_or(stored_at);
        Self {
            faces: wish.faces,
            id: Some(id),
            session: wish.session,
            captured_at: Some(captured_at),
            ..Self::new(ImageRef::Stored(key), by)
        }
    }
}

/// What is to be done with a picture, as the last part of its key: `largest.1763712000000.5B.2026-11-21.0.jpg`. The key
/// is signed with the form, so that nobody else can change it.
#[derive(Debug, Default, PartialEq)]
struct Wish {
    faces: Faces,
    captured_at: Option<Timestamp>,
    session: Option<SessionId>,
}

const LARGEST: &str = "largest";
const ALL: &str = "all";

/// Instead of an instant: when the picture arrives.
const ARRIVAL: &str = "arrival";

impl Wish {
    fn written(&self, content_type: ContentType) -> String {
        let faces = match self.faces {
            Faces::Largest | Faces::Only => LARGEST,
            Faces::All => ALL,
        };
        let captured_at = self.captured_at.map_or(ARRIVAL.to_owned(), |at| at.as_millisecond().to_string());
        let session = self.session.as_ref().map(|session| format!(".{session}")).unwrap_or_default();
        let extension = match content_type {
            ContentType::Jpeg => "jpg",
            ContentType::Png => "png",
        };
        format!("{faces}.{captured_at}{session}.{extension}")
    }

    fn read(text: &str) -> Option<Self> {
        let (text, "jpg" | "png") = text.rsplit_once('.')? else { return None };
        let mut parts = text.splitn(3, '.');
        let faces = match parts.next()? {
            LARGEST => Faces::Largest,
            ALL => Faces::All,
            _ => return None,
        };
        let captured_at = match parts.next()? {
            ARRIVAL => None,
            millisecond => Some(Timestamp::from_millisecond(millisecond.parse().ok()?).ok()?),
        };
        let session = parts.next().map(str::parse).transpose().ok()?;
        Some(Self { faces, captured_at, session })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(key: &str) -> CheckInRequest {
        let key = ImageKey::new(key).unwrap();
        CheckInRequest::of_stored(key, "v1", Timestamp::from_second(7).unwrap(), Actor::new("upload").unwrap())
    }

    #[test]
    fn what_was_wished_is_read_from_the_key_again() {
        for faces in [Faces::Largest, Faces::All] {
            for captured_at in [None, Some(Timestamp::from_millisecond(-1).unwrap()), Some(Timestamp::UNIX_EPOCH)] {
                for session in [None, Some("5B.2026-11-21.0".parse().unwrap())] {
                    let wish = Wish { faces, captured_at, session };
                    for content_type in [ContentType::Jpeg, ContentType::Png] {
                        let written = wish.written(content_type);
                        assert_eq!(Wish::read(&written).as_ref(), Some(&wish), "{written}");
                        let request = stored(&format!("checkins/2026-11-21/c-1/{written}"));
                        assert_eq!(request.id, Some(CheckInId::new("c-1").unwrap()));
                        assert_eq!((request.faces, &request.session), (wish.faces, &wish.session));
                        let arrived = Timestamp::from_second(7).unwrap();
                        assert_eq!(request.captured_at, Some(wish.captured_at.unwrap_or(arrived)));
                    }
                }
            }
        }
    }

    #[test]
    fn any_other_picture_is_a_check_in_of_its_own_for_each_version() {
        for key in [
            "checkins/2026-11-21/door-1.jpg",
            "checkins/2026-11-21/c-1/some.name.jpg",
            "checkins/2026-11-21/c-1/largest.0.5B.jpg",
            "checkins/2026-11-21/c-1/largest.soon.jpg",
            "checkins/2026-11-21/c-1/largest.arrival.gif",
            "checkins/2026-11-21/c-1/x/largest.arrival.jpg",
            "checkins/door/c-1/largest.arrival.jpg",
        ] {
            let request = stored(key);
            assert_eq!(request.id, Some(CheckInId::of_image(&ImageKey::new(key).unwrap(), "v1")), "{key}");
            assert_eq!((request.faces, request.session), (Faces::Largest, None), "{key}");
            assert_eq!(request.captured_at, Some(Timestamp::from_second(7).unwrap()), "{key}");
        }
    }
}
