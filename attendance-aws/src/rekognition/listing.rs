//! The faces of a collection. Rekognition filters them by user only, and lists them in an order of its own: whatever
//! else is wanted has to read all of them, 4,096 in a call.

use std::collections::{BTreeMap, BTreeSet};

use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::face_matcher::{AttendeeFaces, FaceMatcherError};

use super::label::Label;
use super::refusal::{NOT_FOUND, failure};
use super::{RekognitionMatcher, SearchBy};
use crate::fault;

/// The most faces in one answer (`ListFaces`).
const PAGE: i32 = 4096;

/// A face as Rekognition lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Rekognition's own id.
    pub(super) id: String,
    pub(super) label: Label,
    /// The user that it is associated with.
    pub(super) user: Option<String>,
}

impl RekognitionMatcher {
    /// The faces in a collection for which `keep` holds, of one user or of all. Faces of others' making are left out.
    pub(super) async fn list(
        &self,
        collection: &str,
        user: Option<AttendeeId>,
        mut keep: impl FnMut(&Listed) -> bool,
    ) -> Result<Vec<Listed>, FaceMatcherError> {
        let mut listed = Vec::new();
        let mut token = None;
        loop {
            let request = self.client.list_faces().collection_id(collection).max_results(PAGE);
            let request = request.set_user_id(user.map(|user| user.to_string())).set_next_token(token);
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) if user.is_some() && fault::code(&error) == Some(NOT_FOUND) => {
                    // The user or the collection.
                    self.is_provisioned(collection).await?;
                    return Ok(Vec::new());
                }
                Err(error) => return Err(failure(&error)),
            };
            let faces = answer.faces.unwrap_or_default().into_iter().filter_map(|face| {
                let label = Label::parse(face.external_image_id.as_deref()?)?;
                Some(Listed { id: face.face_id?, label, user: face.user_id })
            });
            listed.extend(faces.filter(&mut keep));
            token = answer.next_token;
            if token.is_none() {
                return Ok(listed);
            }
        }
    }

    /// The faces by which an attendee is found. With user vectors it takes one call; with face vectors the whole
    /// collection is listed.
    pub(super) async fn searchable(
        &self,
        collection: &str,
        attendee: AttendeeId,
    ) -> Result<Vec<Listed>, FaceMatcherError> {
        let user = (self.by == SearchBy::UserVectors).then_some(attendee);
        self.list(collection, user, |face| face.label.attendee == attendee).await
    }

    /// A page of everybody who has a face. Each page lists the whole collection: ask for few and long ones.
    pub(super) async fn page(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AttendeeFaces>, FaceMatcherError> {
        let after = page.after.as_ref().map(|cursor| cursor.0.parse::<AttendeeId>()).transpose();
        let after = after.map_err(|_| FaceMatcherError::InvalidCursor)?;
        let mut first = First::new(after, page.limit() + 1);
        self.list(&self.collection(organization), None, |face| {
            first.see(face.label);
            false
        })
        .await?;
        let items = first.attendees.into_iter().map(|(attendee, faces)| {
            let faces = faces.into_iter().collect();
            AttendeeFaces { attendee, faces }
        });
        Ok(Page::of(items.collect(), page.limit(), |last| last.attendee.to_string()))
    }

    async fn is_provisioned(&self, collection: &str) -> Result<(), FaceMatcherError> {
        let request = self.client.describe_collection().collection_id(collection);
        request.send().await.map(drop).map_err(|error| failure(&error))
    }
}

/// The first few attendees after another one, out of faces in any order. Holds no more than are wanted.
struct First {
    after: Option<AttendeeId>,
    most: usize,
    attendees: BTreeMap<AttendeeId, BTreeSet<FaceId>>,
}

impl First {
    fn new(after: Option<AttendeeId>, most: usize) -> Self {
        Self { after, most, attendees: BTreeMap::new() }
    }

    fn see(&mut self, Label { attendee, face }: Label) {
        if self.after.is_none_or(|after| attendee > after) {
            self.attendees.entry(attendee).or_default().insert(face);
            // Whoever is dropped comes after all that are kept, and does so for good.
            if self.attendees.len() > self.most {
                self.attendees.pop_last();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attendees_are_found_whatever_the_order_and_with_all_their_faces() {
        let organization = OrganizationId::new("school").unwrap();
        let attendees: Vec<_> = (0..5).map(|_| AttendeeId::fresh()).collect();
        let face =
            |attendee, content: &[u8]| Label { attendee, face: FaceId::derive(&organization, attendee, content) };
        let faces: Vec<_> = attendees.iter().flat_map(|each| [face(*each, b"1"), face(*each, b"2")]).collect();
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 4, 1, 2]] {
            let mut first = First::new(Some(attendees[0]), 2);
            for second in [0, 1] {
                for index in order {
                    first.see(faces[2 * index + second]);
                    assert!(first.attendees.len() <= 2);
                }
            }
            let found: Vec<_> = first.attendees.iter().map(|(attendee, faces)| (*attendee, faces.len())).collect();
            assert_eq!(found, [(attendees[1], 2), (attendees[2], 2)]);
        }
    }
}
