//! Identification: of the largest face in one call, or of each face by a call of its own.

use attendance_core::domain::check_in::Candidate;
use attendance_core::domain::face::BoundingBox;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::face_matcher::{
    FaceMatcherError, Identification, IdentifiedFace, IdentifyOptions, ImageRef,
};
use aws_sdk_rekognition::types::FaceDetail;
use bytes::Bytes;
use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::crops::{Crop, crops};
use super::picture::{Picture, Source};
use super::search::Found;
use super::seen::{bounding_box, largest_first, overlap, quality};
use super::{RekognitionMatcher, SearchBy};

/// How many faces of a picture are searched for at once: an account may make five such calls a second where it may make
/// the fewest (Service Quotas).
const AT_ONCE: usize = 4;

impl RekognitionMatcher {
    /// The largest face. With user vectors it costs one call; with face vectors two at once, since that search tells
    /// neither how a face shows nor what else is in the picture.
    pub(super) async fn largest(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let collection = self.collection(organization);
        let picture = self.picture(organization, image)?;
        let search = async {
            let found = self.search(&collection, &picture, options).await?;
            found.ok_or(FaceMatcherError::NoFace)
        };
        let (face, candidates, unsearched) = match self.by {
            SearchBy::UserVectors => {
                let Found { face, candidates, unsearched } = search.await?;
                (face, candidates, unsearched)
            }
            SearchBy::FaceVectors => {
                let (found, seen) = try_join(search, self.detect(&picture)).await?;
                let unsearched = seen.len() - 1;
                (described(found.face, seen), found.candidates, unsearched)
            }
        };
        let faces = vec![identified(&face, &picture, candidates)];
        Ok(Identification { faces, unsearched: unsearched.try_into().unwrap_or(u32::MAX) })
    }

    /// The one face of a picture, judged as an enrolment judges. Costs two calls.
    pub(super) async fn only(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let collection = self.collection(organization);
        let picture = self.measured(organization, image).await?;
        let mut seen = self.detect(&picture).await?;
        if seen.len() > 1 {
            return Err(FaceMatcherError::SeveralFaces { faces: seen.len().try_into().unwrap_or(u32::MAX) });
        }
        let found = self.search(&collection, &picture, options).await?.ok_or(FaceMatcherError::NoFace)?;
        let face = seen.pop().unwrap_or(found.face);
        Ok(Identification { faces: vec![identified(&face, &picture, found.candidates)], unsearched: 0 })
    }

    /// Every face, up to the 100 largest. Costs one call and one more for each face; an image in S3 is downloaded, as
    /// faces are cut out of it.
    pub(super) async fn all(
        &self,
        organization: &OrganizationId,
        image: &ImageRef,
        options: IdentifyOptions,
    ) -> Result<Identification, FaceMatcherError> {
        let collection = self.collection(organization);
        let (picture, bytes) = self.whole(organization, image).await?;
        let seen = self.detect(&picture).await?;
        let candidates = if seen.len() == 1 {
            // Nothing has to be cut out.
            let found = self.search(&collection, &picture, options).await?;
            vec![found.map(|found| found.candidates).unwrap_or_default()]
        } else {
            let searches = cut_out(bytes, &seen).await?.into_iter().map(|crop| {
                let (matcher, collection) = (self.clone(), collection.clone());
                async move { matcher.search_crop(&collection, crop, options).await }
            });
            stream::iter(searches).buffered(AT_ONCE).try_collect().await?
        };
        let faces = seen.iter().zip(candidates).map(|(face, candidates)| identified(face, &picture, candidates));
        Ok(Identification { faces: faces.collect(), unsearched: 0 })
    }

    /// The faces of an image, the largest first; at least one.
    pub(super) async fn detect(&self, picture: &Picture) -> Result<Vec<FaceDetail>, FaceMatcherError> {
        let answer = match self.client.detect_faces().image(picture.image()).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.refused(picture, &error).await),
        };
        let mut faces = answer.face_details.unwrap_or_default();
        largest_first(&mut faces);
        if faces.is_empty() { Err(FaceMatcherError::NoFace) } else { Ok(faces) }
    }

    /// Whom the face of a crop resembles: nobody, if it is too small or Rekognition searched for something else.
    async fn search_crop(
        &self,
        collection: &str,
        crop: Option<Crop>,
        options: IdentifyOptions,
    ) -> Result<Vec<Candidate>, FaceMatcherError> {
        let Some(crop) = crop else { return Ok(Vec::new()) };
        let picture = Picture { source: Source::Bytes(crop.bytes.into()), pixels: Some(crop.pixels) };
        let found = self.search(collection, &picture, options).await?;
        let meant = found.filter(|found| is_within(bounding_box(found.face.bounding_box()), crop.face));
        Ok(meant.map(|found| found.candidates).unwrap_or_default())
    }
}

async fn cut_out(bytes: Bytes, seen: &[FaceDetail]) -> Result<Vec<Option<Crop>>, FaceMatcherError> {
    let places: Vec<_> = seen.iter().map(|face| bounding_box(face.bounding_box())).collect();
    let cut = tokio::task::spawn_blocking(move || crops(&bytes, &places)).await;
    Ok(cut.map_err(|error| FaceMatcherError::Failed { source: error.into() })??)
}

fn identified(face: &FaceDetail, picture: &Picture, candidates: Vec<Candidate>) -> IdentifiedFace {
    let bounding_box = bounding_box(face.bounding_box());
    IdentifiedFace { bounding_box, quality: quality(face, picture.pixels), candidates }
}

/// The detected face that is the searched one; the searched one as it is, where none lies there.
fn described(searched: FaceDetail, seen: Vec<FaceDetail>) -> FaceDetail {
    let place = bounding_box(searched.bounding_box());
    let alike = |face: &FaceDetail| overlap(bounding_box(face.bounding_box()), place);
    let nearest = seen.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b)));
    nearest.filter(|face| alike(face) > 0.0).unwrap_or(searched)
}

/// Whether the middle of a face lies in a box.
fn is_within(face: BoundingBox, place: BoundingBox) -> bool {
    let (x, y) = (face.left + face.width / 2.0, face.top + face.height / 2.0);
    (place.left..=place.left + place.width).contains(&x) && (place.top..=place.top + place.height).contains(&y)
}
