//! The users of a collection, and which faces belong to them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use attendance_local::vision::{Template, calibration};
use serde::Serialize;
use uuid::Uuid;

use super::change::Change;
use super::collection::Collection;
use super::faces::search;
use super::ordered_id;
use crate::fault::Fault;
use crate::page::Range;

/// The most faces of one user.
const MAX_FACES: usize = 100;

/// A user: several faces of one person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct User {
    /// The id that the caller gave.
    pub(super) id: String,
    pub(super) faces: BTreeSet<Uuid>,
    /// Until when searches still find the faces that the user had before.
    updating: Option<Instant>,
}

/// How far a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// Without a face.
    Created,
    /// Faces were associated or disassociated, and searches do not know it yet.
    Updating,
    Active,
}

/// A user who is alike.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserMatch {
    pub(crate) user: String,
    pub(crate) status: Status,
    /// 0 to 100 percent: that of the most alike of their faces.
    pub(crate) similarity: f32,
}

/// What became of faces that were to be associated with a user, or taken from them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Association {
    pub(crate) done: Vec<Uuid>,
    pub(crate) others: Vec<(Uuid, Unassociated)>,
    pub(crate) status: Status,
}

/// Why a face was not associated, or not disassociated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unassociated {
    NotFound,
    /// It belongs to another user.
    Other(String),
    /// It is less alike to the user's faces than was asked for, in percent.
    Unlike(f32),
    /// The user has as many faces as a user can have.
    Full,
}

impl User {
    fn status(&self) -> Status {
        match self.updating {
            Some(_) => Status::Updating,
            None if self.faces.is_empty() => Status::Created,
            None => Status::Active,
        }
    }
}

impl Collection {
    /// A page of users, in the order of their creation.
    pub(crate) fn list_users(&self, range: &Range) -> (Vec<(String, Status)>, Option<String>) {
        range.take(self.users.iter().map(|(&key, user)| (key, (user.id.clone(), user.status()))))
    }

    /// What creates a user.
    pub(crate) fn creation_of_user(&self, id: &str) -> Result<Change, Fault> {
        if self.user_ids.contains_key(id) {
            return Err(Fault::conflict("A user with this id exists already in the collection"));
        }
        Ok(Change::UserCreated { user: ordered_id(), id: id.to_owned() })
    }

    /// What deletes a user; the faces stay, and belong to nobody.
    pub(crate) fn deletion_of_user(&self, id: &str) -> Result<Change, Fault> {
        self.settled_user(id).map(|(key, _)| Change::UserDeleted(key))
    }

    /// What associates faces with a user. Those are refused which are less alike than the threshold to every face that
    /// the user has already.
    pub(crate) fn association(
        &self,
        id: &str,
        faces: &[Uuid],
        threshold: f32,
    ) -> Result<(Association, Option<Change>), Fault> {
        let (key, user) = self.settled_user(id)?;
        if user.faces.len() >= MAX_FACES {
            return Err(Fault::user_is_full(MAX_FACES));
        }
        let (mut done, mut others) = (Vec::new(), Vec::new());
        for &face in faces.iter().filter(|face| !user.faces.contains(face)) {
            match self.obstacle(face, user, threshold) {
                Some(why) => others.push((face, why)),
                None if user.faces.len() + done.len() >= MAX_FACES => others.push((face, Unassociated::Full)),
                None => done.push(face),
            }
        }
        let change = (!done.is_empty()).then(|| Change::Associated { user: key, faces: done.clone() });
        let status = if done.is_empty() { user.status() } else { self.status_after_change(true) };
        Ok((Association { done, others, status }, change))
    }

    /// Why a face can't become a user's.
    fn obstacle(&self, face: Uuid, user: &User, threshold: f32) -> Option<Unassociated> {
        let Some(found) = self.face(face) else { return Some(Unassociated::NotFound) };
        if let Some(other) = self.owner(face) {
            return Some(Unassociated::Other(other.to_owned()));
        }
        let own = user.faces.iter().filter_map(|face| self.face(*face));
        let alike = own.map(|own| calibration::percent(own.template.cosine(&found.template)));
        alike.reduce(f32::max).filter(|&best| best < threshold).map(Unassociated::Unlike)
    }

    /// What takes faces from a user.
    pub(crate) fn disassociation(&self, id: &str, faces: &[Uuid]) -> Result<(Association, Option<Change>), Fault> {
        let (key, user) = self.settled_user(id)?;
        let (mut done, mut others) = (Vec::new(), Vec::new());
        for &face in faces {
            match self.owner(face) {
                Some(owner) if owner == id => done.push(face),
                Some(other) => others.push((face, Unassociated::Other(other.to_owned()))),
                None if self.face(face).is_none() => others.push((face, Unassociated::NotFound)),
                // It is disassociated already.
                None => {}
            }
        }
        let change = (!done.is_empty()).then(|| Change::Disassociated { user: key, faces: done.clone() });
        let left = user.faces.len() > done.len();
        let status = if done.is_empty() { user.status() } else { self.status_after_change(left) };
        Ok((Association { done, others, status }, change))
    }

    fn status_after_change(&self, has_faces: bool) -> Status {
        match (self.user_update_delay.is_zero(), has_faces) {
            (false, _) => Status::Updating,
            (true, true) => Status::Active,
            (true, false) => Status::Created,
        }
    }

    /// A user who may be changed.
    fn settled_user(&self, id: &str) -> Result<(Uuid, &User), Fault> {
        let (key, user) = self.user(id)?;
        match user.status() {
            Status::Updating => Err(Fault::conflict("The user is being updated. Try again later.")),
            _ => Ok((key, user)),
        }
    }

    fn user(&self, id: &str) -> Result<(Uuid, &User), Fault> {
        let found = self.user_ids.get(id).and_then(|key| Some((*key, self.users.get(key)?)));
        found.ok_or_else(|| Fault::no_user(id))
    }

    /// The users who are at least so alike in percent, the most alike first.
    pub(crate) fn search_users(
        &self,
        template: &Template,
        threshold: f32,
        most: usize,
    ) -> Result<Vec<UserMatch>, Fault> {
        let found = self.user_gallery.search(template.as_slice(), search(threshold).at_most(most));
        let found = found.map_err(Fault::internal)?.matches.into_iter();
        let alike = found.map(|found| (found.attendee.as_uuid(), calibration::percent(found.cosine)));
        Ok(alike.filter(|(_, percent)| *percent >= threshold).filter_map(|found| self.user_match(found)).collect())
    }

    /// The users who are at least so alike to one of them; without that one.
    pub(crate) fn search_users_like(&self, id: &str, threshold: f32, most: usize) -> Result<Vec<UserMatch>, Fault> {
        let (key, user) = self.user(id)?;
        let mut best = BTreeMap::<Uuid, f32>::new();
        for face in user.faces.iter().filter_map(|face| self.face(*face)) {
            let found = self.user_gallery.search(face.template.as_slice(), search(threshold));
            for found in found.map_err(Fault::internal)?.matches {
                let percent = calibration::percent(found.cosine);
                let best = best.entry(found.attendee.as_uuid()).or_default();
                *best = best.max(percent);
            }
        }
        best.remove(&key);
        let mut found: Vec<_> = best.into_iter().filter(|(_, percent)| *percent >= threshold).collect();
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        found.truncate(most);
        Ok(found.into_iter().filter_map(|found| self.user_match(found)).collect())
    }

    fn user_match(&self, (key, similarity): (Uuid, f32)) -> Option<UserMatch> {
        let user = self.users.get(&key)?;
        Some(UserMatch { user: user.id.clone(), status: user.status(), similarity })
    }

    pub(super) fn put_user(&mut self, key: Uuid, id: String) {
        self.user_ids.insert(id.clone(), key);
        self.users.insert(key, User { id, faces: BTreeSet::new(), updating: None });
    }

    pub(super) fn take_user(&mut self, key: Uuid) {
        self.user_gallery.remove_attendee(key.into());
        let Some(user) = self.users.remove(&key) else { return };
        self.user_ids.remove(&user.id);
        for face in user.faces {
            self.owners.remove(&face);
        }
    }

    pub(super) fn connect(&mut self, key: Uuid, faces: Vec<Uuid>) {
        if let Some(user) = self.users.get_mut(&key) {
            self.owners.extend(faces.iter().map(|&face| (face, key)));
            user.faces.extend(faces);
            self.begin_update(key);
        }
    }

    pub(super) fn disconnect(&mut self, key: Uuid, faces: &[Uuid]) {
        if let Some(user) = self.users.get_mut(&key) {
            user.faces.retain(|face| !faces.contains(face));
            for face in faces {
                self.owners.remove(face);
            }
            self.begin_update(key);
        }
    }

    fn begin_update(&mut self, key: Uuid) {
        if let Some(user) = self.users.get_mut(&key) {
            user.updating = Some(Instant::now() + self.user_update_delay);
        }
        if self.user_update_delay.is_zero() {
            self.settle_user(key);
        }
    }

    /// Ends the updates whose time has come.
    pub(super) fn settle_users(&mut self) {
        let now = Instant::now();
        let due = |user: &User| user.updating.is_some_and(|until| until <= now);
        let due: Vec<_> = self.users.iter().filter(|(_, user)| due(user)).map(|(&key, _)| key).collect();
        due.into_iter().for_each(|key| self.settle_user(key));
    }

    /// Ends all updates: those that a restart found under way.
    pub(super) fn settle_all_users(&mut self) {
        let all: Vec<_> = self.users.keys().copied().collect();
        all.into_iter().for_each(|key| self.settle_user(key));
    }

    /// From now on searches find the faces that the user has.
    fn settle_user(&mut self, key: Uuid) {
        self.user_gallery.remove_attendee(key.into());
        let Some(user) = self.users.get_mut(&key) else { return };
        user.updating = None;
        for face in user.faces.iter().filter_map(|face| self.faces.get(face)) {
            // As in `put_face`: the gallery takes every template.
            if let Err(error) = self.user_gallery.insert(key.into(), face.id.into(), face.template.as_slice()) {
                tracing::error!("a user's face can't be found by a search: {error}");
            }
        }
    }
}
