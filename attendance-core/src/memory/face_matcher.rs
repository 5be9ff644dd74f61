use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::fake_picture::{FakeFace, FakePicture};
use super::{lock, page_of, start_after};
use crate::domain::check_in::Candidate;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::{MatchPolicy, QualityPolicy};
use crate::domain::similarity::{Similarity, Threshold};
use crate::ports::face_matcher::{
    AttendeeFaces, EnrolledFace, Faces, Identification, IdentifiedFace, IdentifyOptions, ImageProblem, ImageRef,
};
use crate::ports::{FaceMatcher, FaceMatcherError, ImageStore, ImageStoreError};

/// Reads who is in a picture from a [`FakePicture`]; every other picture is refused as unsupported. `Debug` shows only
/// how many organizations there are.
#[derive(Default)]
pub struct InMemoryFaceMatcher {
    images: Option<Arc<dyn ImageStore>>,
    galleries: Mutex<BTreeMap<OrganizationId, Gallery>>,
}

/// No attendee has an empty map here.
type Gallery = BTreeMap<AttendeeId, BTreeMap<FaceId, FakeFace>>;

impl InMemoryFaceMatcher {
    /// The most faces of one attendee.
    pub const MAX_FACES: usize = 100;

    /// One that takes pictures by their bytes only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes pictures by their keys in that store, too.
    #[must_use]
    pub fn with_images(self, images: Arc<dyn ImageStore>) -> Self {
        Self { images: Some(images), ..self }
    }

    /// The faces of a picture; at least one.
    async fn read(&self, organization: &OrganizationId, image: &ImageRef) -> Result<FakePicture, FaceMatcherError> {
        let bytes = match (image, &self.images) {
            (ImageRef::Bytes(bytes), _) => bytes.clone(),
            (ImageRef::Stored(key), Some(images)) => match images.get(organization, key).await {
                Ok(image) => image.bytes,
                Err(ImageStoreError::NotFound) => return Err(ImageProblem::Missing.into()),
                Err(source) => return Err(FaceMatcherError::Unavailable { source: source.into() }),
            },
            (ImageRef::Stored(_), None) => {
                return Err(FaceMatcherError::Failed { source: "built without an image store".into() });
            }
        };
        let picture = FakePicture::read(&bytes)?;
        if picture.faces.is_empty() { Err(FaceMatcherError::NoFace) } else { Ok(picture) }
    }

    /// Runs `with` on what an organization has; where it has nothing, on nothing.
    fn gallery<T>(&self, organization: &OrganizationId, with: impl FnOnce(&mut Gallery) -> T) -> T {
        with(lock(&self.galleries).get_mut(organization).unwrap_or(&mut Gallery::new()))
    }
}

impl std::fmt::Debug for InMemoryFaceMatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryFaceMatcher")
            .field("organizations", &lock(&self.galleries).len())
            .finish_non_exhaustive()
    }
}

fn candidates(gallery: &Gallery, probe: &FakeFace, options: IdentifyOptions) -> Vec<Candidate> {
    let mut candidates: Vec<_> = gallery
        .iter()
        .map(|(&attendee, faces)| {
            let best = faces.values().map(|face| face.similarity(probe)).fold(0.0, f32::max);
            Candidate { attendee, similarity: Similarity::clamped(best) }
        })
        .filter(|candidate| candidate.similarity.percent() > 0.0 && candidate.similarity.reaches(options.floor))
        .collect();
    candidates.sort_by(|a, b| b.similarity.percent().total_cmp(&a.similarity.percent()));
    candidates.truncate(options.max_candidates);
    candidates
}

fn several(faces: usize) -> FaceMatcherError {
    FaceMatcherError::SeveralFaces { faces: faces.try_into().unwrap_or(u32::MAX) }
}

#[async_trait]
impl FaceMatcher for InMemoryFaceMatcher {
    /// Threshold 90, margin 3, duplicate 97; a face needs 40 pixels to be named and 80 to be enrolled.
    fn default_policy(&self) -> MatchPolicy {
        let percent = |percent| Threshold::new(percent).expect("a percentage");
        let check_in_quality = QualityPolicy {
            min_size: 40,
            min_sharpness: 20.0,
            min_brightness: 10.0,
            max_brightness: 95.0,
            max_yaw: 60.0,
            max_pitch: 45.0,
            min_confidence: 50.0,
        };
        MatchPolicy {
            threshold: percent(90.0),
            margin: 3.0,
            duplicate: percent(97.0),
            check_in_quality,
            enrolment_quality: QualityPolicy { min_size: 80, max_yaw: 35.0, max_pitch: 30.0, ..check_in_quality },
            measurement: None,
        }
    }

    async fn provision(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        lock(&self.galleries).entry(organization.clone()).or_default();
        Ok(())
    }

    async fn remove(&self, organization: &OrganizationId) -> Result<(), FaceMatcherError> {
        lock(&self.galleries).remove(organization);
        Ok(())
    }

    async fn enrol(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        image: &ImageRef,
        quality: &QualityPolicy,
    ) -> Result<EnrolledFace, FaceMatcherError> {
        let mut found = self.read(organization, image).await?.faces;
        let faces = found.len();
        let Some(shown) = found.pop().filter(|_| faces == 1) else {
            return Err(several(faces));
        };
        let problems = quality.problems(&shown.quality);
        if !problems.is_empty() {
            return Err(FaceMatcherError::PoorQuality { problems });
        }
        let enrolled = EnrolledFace { face, quality: shown.quality };
        let mut galleries = lock(&self.galleries);
        let gallery = galleries.get_mut(organization).ok_or(FaceMatcherError::NotProvisioned)?;
        let known = gallery.get(&attendee);
        if known.is_some_and(|known| known.len() >= Self::MAX_FACES && !known.contains_key(&face)) {
            return Err(FaceMatcherError::TooManyFaces { limit: Self::MAX_FACES });
        }
        gallery.entry(attendee).or_default().insert(face, shown);
        Ok(enrolled)
    }

    async fn identify(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let picture = self.read(organization, image).await?;
        let mut located = picture.located();
        let seen = located.len();
        match options.faces {
            Faces::Largest => located.truncate(1),
            Faces::Only if seen > 1 => return Err(several(seen)),
            Faces::Only | Faces::All => {}
        }
        let unsearched = (seen - located.len()).try_into().unwrap_or(u32::MAX);
        let galleries = lock(&self.galleries);
        let gallery = galleries.get(organization).ok_or(FaceMatcherError::NotProvisioned)?;
        let faces = located
            .into_iter()
            .map(|(face, bounding_box)| IdentifiedFace {
                bounding_box,
                quality: face.quality,
                candidates: candidates(gallery, face, options),
            })
            .collect();
        Ok(Identification { faces, unsearched })
    }

    async fn faces(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<Vec<FaceId>, FaceMatcherError> {
        Ok(self.gallery(organization, |gallery| {
            gallery.get(&attendee).into_iter().flat_map(BTreeMap::keys).copied().collect()
        }))
    }

    async fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), FaceMatcherError> {
        self.gallery(organization, |gallery| {
            if let Some(faces) = gallery.get_mut(&attendee) {
                faces.remove(&face);
            }
            gallery.retain(|_, faces| !faces.is_empty());
        });
        Ok(())
    }

    async fn forget(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError> {
        let faces = self.gallery(organization, |gallery| gallery.remove(&attendee)).unwrap_or_default();
        Ok(faces.len().try_into().unwrap_or(u32::MAX))
    }

    async fn enrolled(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError> {
        let after: Option<AttendeeId> = start_after("enrolled", page, |text| text.parse().ok())?;
        Ok(self.gallery(organization, |gallery| {
            let rest = gallery.iter().filter(|(attendee, _)| after.is_none_or(|after| **attendee > after));
            let rest =
                rest.map(|(&attendee, faces)| AttendeeFaces { attendee, faces: faces.keys().copied().collect() });
            page_of("enrolled", page, rest, |each| each.attendee.to_string())
        }))
    }
}
