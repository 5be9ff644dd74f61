//! What becomes of the picture itself.

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::attendee::Attendee;
use crate::domain::check_in::CheckIn;
use crate::domain::ids::{CheckInId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::ports::ImageStoreError;
use crate::ports::face_matcher::ImageRef;
use crate::ports::image_store::{ContentType, PutMode};
use crate::service::{Attendance, Error};

/// A picture that is kept, and what has to be stored for it.
pub(super) struct Picture {
    pub(super) key: ImageKey,
    upload: Option<(Bytes, ContentType)>,
}

impl Attendance {
    /// Where the picture is, or is to be, if the organization keeps check-in pictures.
    pub(super) fn picture_to_keep(
        &self,
        tenant: &Organization,
        image: &ImageRef,
        id: &CheckInId,
        captured_at: Timestamp,
    ) -> Option<Picture> {
        match image {
            ImageRef::Stored(key) => Some(Picture { key: key.clone(), upload: None }),
            ImageRef::Bytes(_) if tenant.policy.check_in_image_days == 0 => None,
            ImageRef::Bytes(bytes) => {
                let upload = Some((bytes.clone(), ContentType::sniff(bytes)?));
                Some(Picture { key: ImageKey::of_check_in(tenant.zone.date_at(captured_at), id), upload })
            }
        }
    }

    /// Stores the picture, unless it is stored already.
    pub(super) async fn keep_picture(
        &self,
        organization: &OrganizationId,
        picture: Option<Picture>,
    ) -> Result<(), Error> {
        let Some(Picture { key, upload: Some((bytes, content_type)) }) = picture else { return Ok(()) };
        match self.images.put(organization, &key, bytes, content_type, PutMode::Create).await {
            Ok(_) | Err(ImageStoreError::Exists) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes the picture of a check-in that was written, if the organization keeps none, or if somebody in it was erased
    /// while it was decided.
    pub(super) async fn settle_picture(&self, tenant: &Organization, check_in: &CheckIn) -> Result<(), Error> {
        let Some(key) = &check_in.image else { return Ok(()) };
        if tenant.policy.check_in_image_days == 0 || self.names_the_erased(&tenant.id, check_in).await? {
            self.delete_picture(&tenant.id, key, Some(&check_in.id)).await?;
        }
        Ok(())
    }

    async fn names_the_erased(&self, organization: &OrganizationId, check_in: &CheckIn) -> Result<bool, Error> {
        for ids in check_in.attendees().chunks(100) {
            if self.repo.attendees_by_id(organization, ids).await?.iter().any(Attendee::is_erased) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
