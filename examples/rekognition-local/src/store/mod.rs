//! Collections, with their faces and users: in memory, and in a data folder if there is one.

mod change;
mod collection;
mod faces;
mod journal;
mod users;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attendance_local::{DataFolder, durable};
use uuid::Uuid;

pub(crate) use change::Change;
pub(crate) use collection::{Collection, Request};
pub(crate) use faces::{FaceMatch, NewFace, Undeleted};
pub(crate) use users::{Association, Status, Unassociated, UserMatch};

use crate::fault::Fault;
use crate::page::Range;

/// All collections. Everything blocks; a change is durable when it returns.
#[derive(Debug)]
pub(crate) struct Store {
    folder: Option<DataFolder>,
    user_update_delay: Duration,
    collections: Mutex<BTreeMap<String, Arc<Mutex<Collection>>>>,
}

impl Store {
    /// Reads what is in a data folder, and has it to itself from then on; nothing is kept without one.
    ///
    /// # Errors
    /// What says why the folder can't be used.
    pub(crate) fn open(folder: Option<&Path>, user_update_delay: Duration) -> anyhow::Result<Self> {
        let folder = folder.map(|folder| DataFolder::open(folder, DataFolder::WAIT)).transpose()?;
        let store = Self { folder, user_update_delay, collections: Mutex::default() };
        if let Some(path) = store.path() {
            durable::create_folder(&path)?;
            for file in journal::files(&path)? {
                let collection = Collection::open(&file, user_update_delay)?;
                store.collections().insert(collection.name().to_owned(), Arc::new(Mutex::new(collection)));
            }
        }
        Ok(store)
    }

    /// Where collections are kept.
    fn path(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.root().join("collections"))
    }

    fn collections(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Mutex<Collection>>>> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn create(&self, name: &str) -> Result<(), Fault> {
        let mut collections = self.collections();
        if collections.contains_key(name) {
            return Err(Fault::collection_exists(name));
        }
        let collection = Collection::create(name, self.path().as_deref(), self.user_update_delay)?;
        collections.insert(name.to_owned(), Arc::new(Mutex::new(collection)));
        Ok(())
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), Fault> {
        let mut collections = self.collections();
        let collection = collections.get(name).ok_or_else(|| Fault::no_collection(name))?;
        lock(collection).delete()?;
        collections.remove(name);
        Ok(())
    }

    /// The names of collections, in the order of their creation.
    pub(crate) fn list(&self, range: &Range) -> (Vec<String>, Option<String>) {
        let mut names: Vec<_> =
            self.collections().values().map(|c| lock(c)).map(|c| (c.key(), c.name().to_owned())).collect();
        names.sort();
        range.take(names.into_iter())
    }

    /// Looks at a collection, or changes it, alone.
    pub(crate) fn with<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Collection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let missing = || Fault::no_collection(name);
        let collection = self.collections().get(name).map(Arc::clone).ok_or_else(missing)?;
        let mut collection = lock(&collection);
        if collection.is_deleted() {
            return Err(missing());
        }
        collection.settle_users();
        work(&mut collection)
    }
}

/// Poisoned by a panic in the midst of a change of what is in memory: nothing of it is lost or half done that matters
/// more than to go on.
fn lock(collection: &Mutex<Collection>) -> MutexGuard<'_, Collection> {
    collection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An id that sorts by the time of its making.
fn ordered_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests;
