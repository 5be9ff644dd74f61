//! The faces of a collection.

use attendance_core::domain::face::BoundingBox;
use attendance_local::gallery::Search;
use attendance_local::vision::{Template, calibration};
use uuid::Uuid;

use super::change::{Change, Face};
use super::collection::Collection;
use crate::fault::Fault;
use crate::page::Range;

/// A face that is to be indexed.
#[derive(Debug, Clone)]
pub(crate) struct NewFace {
    /// The image that it was found in.
    pub(crate) image: Uuid,
    pub(crate) external_image_id: Option<String>,
    pub(crate) bounding_box: BoundingBox,
    pub(crate) confidence: f32,
    pub(crate) template: Template,
}

impl NewFace {
    /// The same face in the same image, indexed again under the same external id in the same collection, is the same.
    pub(super) fn id(&self, collection: Uuid) -> Uuid {
        let BoundingBox { left, top, width, height } = self.bounding_box;
        let place = [left, top, width, height].map(f32::to_bits);
        let name = format!("{}\n{place:?}\n{}", self.image, self.external_image_id.as_deref().unwrap_or_default());
        Uuid::new_v5(&collection, name.as_bytes())
    }

    fn with_id(self, id: Uuid) -> Face {
        let Self { image, external_image_id, bounding_box, confidence, template } = self;
        Face { id, image, external_image_id, bounding_box, confidence, template }
    }
}

/// A face of the collection that is alike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaceMatch {
    pub(crate) face: Uuid,
    /// 0 to 100 percent.
    pub(crate) similarity: f32,
}

/// What became of faces that were to be deleted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deletion {
    pub(crate) deleted: Vec<Uuid>,
    pub(crate) others: Vec<(Uuid, Undeleted)>,
}

/// Why a face was not deleted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Undeleted {
    NotFound,
    /// It belongs to this user.
    Associated(String),
}

impl Collection {
    pub(crate) fn face(&self, face: Uuid) -> Option<&Face> {
        self.faces.get(&face)
    }

    /// The id of the user that a face belongs to.
    pub(crate) fn owner(&self, face: Uuid) -> Option<&str> {
        Some(self.users.get(self.owners.get(&face)?)?.id.as_str())
    }

    /// A page of faces: all, or those of a user, or those with certain ids.
    pub(crate) fn list_faces(
        &self,
        range: &Range,
        user: Option<&str>,
        among: Option<&[Uuid]>,
    ) -> (Vec<Uuid>, Option<String>) {
        let wanted = |face: &Uuid| {
            user.is_none_or(|user| self.owner(*face) == Some(user)) && among.is_none_or(|among| among.contains(face))
        };
        range.take(self.faces.keys().copied().filter(wanted).map(|face| (face, face)))
    }

    /// Adds faces, and answers with their ids. Those that were there already stay as they are.
    pub(crate) fn add_faces(&mut self, faces: Vec<NewFace>) -> Result<Vec<Uuid>, Fault> {
        let ids: Vec<_> = faces.iter().map(|face| face.id(self.key())).collect();
        let new = faces.into_iter().zip(&ids).filter(|(_, id)| !self.faces.contains_key(*id));
        let added = new.map(|(face, &id)| Change::FaceAdded(Box::new(face.with_id(id)))).collect();
        self.commit(added)?;
        Ok(ids)
    }

    /// Deletes faces that belong to nobody, and says why the others were not deleted.
    pub(crate) fn delete_faces(&mut self, faces: &[Uuid]) -> Result<Deletion, Fault> {
        let (mut deleted, mut others) = (Vec::new(), Vec::new());
        for &face in faces {
            match self.owner(face) {
                Some(user) => others.push((face, Undeleted::Associated(user.to_owned()))),
                None if self.faces.contains_key(&face) => deleted.push(face),
                None => others.push((face, Undeleted::NotFound)),
            }
        }
        self.commit(deleted.iter().copied().map(Change::FaceDeleted).collect())?;
        Ok(Deletion { deleted, others })
    }

    /// The faces that are at least so alike in percent, the most alike first.
    pub(crate) fn search_faces(
        &self,
        template: &Template,
        threshold: f32,
        most: usize,
    ) -> Result<Vec<FaceMatch>, Fault> {
        let found = self.face_gallery.search(template.as_slice(), search(threshold).at_most(most));
        let found = found.map_err(Fault::internal)?.matches.into_iter();
        let matches = found
            .map(|found| FaceMatch { face: found.attendee.as_uuid(), similarity: calibration::percent(found.cosine) });
        Ok(matches.filter(|found| found.similarity >= threshold).collect())
    }

    /// The faces that are at least as alike to one of the collection; without itself.
    pub(crate) fn search_faces_like(&self, face: Uuid, threshold: f32, most: usize) -> Result<Vec<FaceMatch>, Fault> {
        let searched = self.face(face).ok_or_else(|| Fault::face_not_found(face))?;
        let mut found = self.search_faces(&searched.template, threshold, most.saturating_add(1))?;
        found.retain(|found| found.face != face);
        found.truncate(most);
        Ok(found)
    }

    pub(super) fn put_face(&mut self, face: Face) {
        // Templates have the gallery's dimension and unit length, so that it takes every one.
        if let Err(error) = self.face_gallery.insert(face.id.into(), face.id.into(), face.template.as_slice()) {
            tracing::error!("a face can't be found by a search: {error}");
        }
        self.faces.insert(face.id, face);
    }

    pub(super) fn take_face(&mut self, face: Uuid) {
        self.faces.remove(&face);
        self.face_gallery.remove_attendee(face.into());
        if let Some(user) = self.owners.remove(&face).and_then(|user| self.users.get_mut(&user)) {
            user.faces.remove(&face);
        }
    }
}

/// A search down to a percentage: a hair lower, since cosine and percent are rounded on the way.
pub(super) fn search(threshold: f32) -> Search {
    Search::at_least(calibration::cosine(threshold) - 1e-4)
}
