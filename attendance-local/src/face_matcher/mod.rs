//! The face matcher on the networks that this crate brings along, and on templates in a folder.

use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use attendance_core::domain::check_in::Candidate;
use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::domain::similarity::{Similarity, Threshold};
use attendance_core::ports::face_matcher::{
    AttendeeFaces, EnrolledFace, FaceMatcher, FaceMatcherError, Faces, Identification, IdentifiedFace, IdentifyOptions,
    ImageProblem, ImageRef,
};
use attendance_core::ports::image_store::{ImageStore, ImageStoreError};
use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::gallery::{Gallery, GalleryStore, InvalidTemplate, Match, Search, Snapshot};
use crate::vision::{self, Vision, VisionError, calibration};

mod errors;
mod policy;
mod sight;

use errors::{failed, of_store, of_task};
use sight::Sight;

/// A face matcher that needs nothing but this machine: two small networks, and templates in a folder that one instance
/// has to itself.
///
/// At most as many pictures are looked at together as there are cores; others wait, as bytes.
#[derive(Debug, Clone)]
pub struct LocalFaceMatcher {
    inner: Arc<Inner>,
    cores: Arc<Semaphore>,
    images: Option<Arc<dyn ImageStore>>,
}

#[derive(Debug)]
struct Inner {
    vision: Vision,
    galleries: GalleryStore,
}

/// Why a face matcher could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenMatcherError {
    /// The networks could not be loaded.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// The folder of the templates can't be made.
    #[error("the folder of face data can't be used")]
    Folder(#[from] io::Error),
}

impl LocalFaceMatcher {
    /// Loads the networks and opens the folder of the templates; [`ImageRef::Stored`] is read from `images`. Blocks.
    ///
    /// # Errors
    /// [`OpenMatcherError`].
    pub fn open(folder: impl AsRef<Path>, images: Option<Arc<dyn ImageStore>>) -> Result<Self, OpenMatcherError> {
        Ok(Self::new(Vision::load()?, folder, images)?)
    }

    /// As [`open`](Self::open), with networks that were loaded before: while a data folder's owner is waited for, say.
    ///
    /// # Errors
    /// What the file system says.
    pub fn new(vision: Vision, folder: impl AsRef<Path>, images: Option<Arc<dyn ImageStore>>) -> io::Result<Self> {
        let galleries = GalleryStore::open(folder.as_ref().to_owned(), vision::MODEL, vision::DIMENSIONS)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let inner = Arc::new(Inner { vision, galleries });
        Ok(Self { inner, cores: Arc::new(Semaphore::new(cores)), images })
    }

    /// The policy that fits the percentages of this matcher, and the measurement that it rests on.
    #[must_use]
    pub fn policy() -> MatchPolicy {
        policy::default()
    }

    /// Runs `work`, which looks at pictures, on a thread of its own once a core is free.
    async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, FaceMatcherError> + Send + 'static,
    ) -> Result<T, FaceMatcherError> {
        let core = Arc::clone(&self.cores).acquire_owned().await.map_err(failed)?;
        self.run(move |inner| {
            // The core is taken until the work ends, also if nobody waits for it any more.
            let _core = core;
            work(inner)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, FaceMatcherError> + Send + 'static,
    ) -> Result<T, FaceMatcherError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || work(&inner)).await.map_err(of_task)?
    }

    async fn bytes(&self, organization: &OrganizationId, image: &ImageRef) -> Result<Bytes, FaceMatcherError> {
        let key = match image {
            ImageRef::Bytes(bytes) => return Ok(bytes.clone()),
            ImageRef::Stored(key) => key,
        };
        let images = self.images.as_ref().ok_or_else(|| failed("the face matcher was built without an image store"))?;
        match images.get(organization, key).await {
            Ok(image) => Ok(image.bytes),
            Err(ImageStoreError::NotFound) => Err(ImageProblem::Missing.into()),
            Err(ImageStoreError::Throttled { source }) => Err(FaceMatcherError::Throttled { source }),
            Err(error @ ImageStoreError::Unavailable { .. }) => {
                Err(FaceMatcherError::Unavailable { source: error.into() })
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Before any work is done on a picture.
    async fn is_provisioned(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| inner.galleries.snapshot(&organization).map(drop).map_err(of_store)).await
    }
}

impl Inner {
    fn enrol(
        &self,
        organization: &OrganizationId,
        (attendee, face): (AttendeeId, FaceId),
        image: &[u8],
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        let seen = Sight::of_enrolment(&self.vision, image)?;
        let problems = quality.problems(&seen.quality);
        if !problems.is_empty() {
            return Err(FaceMatcherError::PoorQuality { problems });
        }
        self.galleries.put(organization, attendee, face, seen.template.as_slice()).map_err(of_store)?;
        Ok(EnrolledFace { face, quality: seen.quality })
    }

    fn identify(
        &self,
        organization: &OrganizationId,
        image: &[u8],
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let (seen, unsearched) = match options.faces {
            Faces::Largest => Sight::largest(&self.vision, image)?,
            Faces::All => (Sight::all(&self.vision, image)?, 0),
            Faces::Only => (vec![Sight::of_enrolment(&self.vision, image)?], 0),
        };
        let gallery = self.galleries.snapshot(organization).map_err(of_store)?;
        let faces = seen.iter().map(|seen| {
            Ok(IdentifiedFace {
                bounding_box: seen.bounding_box,
                quality: seen.quality,
                candidates: candidates(&gallery, seen.template.as_slice(), options).map_err(failed)?,
            })
        });
        Ok(Identification { faces: faces.collect::<Result<_, FaceMatcherError>>()?, unsearched })
    }
}

/// The nearest attendees in percent, none below the floor.
fn candidates(
    gallery: &Snapshot,
    template: &[f32],
    options: IdentifyOptions,
) -> Result<Vec<Candidate>, InvalidTemplate> {
    let IdentifyOptions { floor, max_candidates, .. } = options;
    // A hair lower, since cosine and percent are rounded on the way: the percentage decides.
    let search = Search::at_least(calibration::cosine(floor.percent()) - 1e-4).at_most(max_candidates);
    let candidates = gallery.search(template, search)?.matches.into_iter().map(|Match { attendee, cosine }| {
        let similarity = Similarity::clamped(calibration::percent(cosine));
        Candidate { attendee, similarity }
    });
    Ok(candidates.filter(|candidate| candidate.similarity.reaches(floor)).collect())
}

#[async_trait]
impl FaceMatcher for LocalFaceMatcher {
    fn default_policy(&self) -> MatchPolicy {
        policy::default()
    }

    async fn provision(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| inner.galleries.provision(&organization).map_err(of_store)).await
    }

    async fn remove(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| inner.galleries.remove(&organization).map_err(of_store)).await
    }

    async fn enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        self.is_provisioned(organization).await?;
        let bytes = self.bytes(organization, image).await?;
        let (organization, quality) = (organization.clone(), *quality);
        self.look(move |inner| inner.enrol(&organization, (attendee, face), &bytes, &quality)).await
    }

    async fn identify(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        self.is_provisioned(organization).await?;
        let bytes = self.bytes(organization, image).await?;
        let organization = organization.clone();
        self.look(move |inner| inner.identify(&organization, &bytes, options)).await
    }

    async fn faces(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<Vec<FaceId>, FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| inner.galleries.read(&organization, |gallery| gallery.faces(attendee)).map_err(of_store))
            .await
    }

    async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| inner.galleries.remove_face(&organization, attendee, face).map_err(of_store)).await
    }

    async fn forget(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError> {
        let organization = organization.clone();
        self.run(move |inner| {
            let removed = inner.galleries.remove_attendee(&organization, attendee).map_err(of_store)?;
            let left =
                inner.galleries.read(&organization, |gallery| gallery.faces(attendee).len()).map_err(of_store)?;
            // Only possible if somebody enrolled them again in between: asking again removes those too.
            if left > 0 {
                let source = "the attendee was enrolled again while they were forgotten".into();
                return Err(FaceMatcherError::Unavailable { source });
            }
            Ok(removed as u32)
        })
        .await
    }

    async fn enrolled(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError> {
        let after = page.after.as_ref().map(|cursor| cursor.0.parse()).transpose();
        let after = after.map_err(|_| FaceMatcherError::InvalidCursor)?;
        let (organization, limit) = (organization.clone(), page.limit());
        self.run(move |inner| {
            let list = |gallery: &Gallery| -> Vec<_> {
                let attendees = gallery.attendees(after).take(limit + 1);
                attendees.map(|attendee| AttendeeFaces { attendee, faces: gallery.faces(attendee) }).collect()
            };
            let items = inner.galleries.read(&organization, list).map_err(of_store)?;
            Ok(Page::of(items, limit, |last| last.attendee.to_string()))
        })
        .await
    }
}

/// A threshold that is known to be one.
fn threshold(percent: f32) -> Threshold {
    Threshold::new(percent).expect("a calibrated percentage")
}

#[cfg(test)]
mod tests;
