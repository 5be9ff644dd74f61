//! The galleries of all organizations, each in a file of its own below one folder.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};

use super::log::{Log, LogError, Model, PutError, Stamp};
use super::{Gallery, InvalidTemplate, Snapshot};
use crate::durable;

/// Reads and changes galleries. Everything blocks; changes are durable when they return.
#[derive(Debug)]
pub(crate) struct GalleryStore {
    folder: PathBuf,
    model: &'static str,
    dimension: usize,
    organizations: Mutex<HashMap<OrganizationId, Arc<Slot>>>,
}

/// What is in memory of an organization.
#[derive(Debug, Default)]
struct Slot {
    /// Its log, or `None` while it has to be read first; locked while it changes.
    log: Mutex<Option<Log>>,
    /// What searches go over; never locked for longer than it takes to copy or to replace a pointer.
    published: RwLock<Option<Published>>,
}

/// A gallery as it was when the last change was durable.
#[derive(Debug, Clone)]
struct Published {
    snapshot: Snapshot,
    stamp: Stamp,
    /// Whether a change of ours is on its way to the file, which nobody was told of yet.
    changing: bool,
}

impl Slot {
    fn log(&self) -> MutexGuard<'_, Option<Log>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, log: Option<&Log>, changing: bool) {
        let published = log.map(|log| Published { snapshot: log.gallery().snapshot(), stamp: log.stamp(), changing });
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = published;
    }

    fn published(&self) -> Option<Published> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A change that is going on. When it ends, however that is, what was published before it is out of date.
struct Change<'a>(&'a Slot);

impl<'a> Change<'a> {
    fn begin(slot: &'a Slot, log: &Log) -> Self {
        slot.publish(Some(log), true);
        Self(slot)
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.0.publish(None, false);
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the organization has no gallery")]
    NotProvisioned,
    #[error("at most {limit} faces can be enrolled for one attendee")]
    TooManyFaces { limit: usize },
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
    #[error(transparent)]
    Log(#[from] LogError),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Log(LogError::Io(error))
    }
}

impl From<PutError> for StoreError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Template(error) => Self::Template(error),
            PutError::Log(error) => Self::Log(error),
        }
    }
}

impl GalleryStore {
    /// The most faces of one attendee: as many as an Amazon Rekognition user takes.
    pub(crate) const MAX_FACES: usize = 100;

    pub(crate) fn open(folder: PathBuf, model: &'static str, dimension: usize) -> io::Result<Self> {
        durable::create_folder(&folder)?;
        Ok(Self { folder, model, dimension, organizations: Mutex::default() })
    }

    pub(crate) fn provision(&self, organization: &OrganizationId) -> Result<(), StoreError> {
        let slot = self.slot(organization);
        let _alone = slot.log();
        let path = self.path(organization);
        if !path.try_exists()? {
            Log::create(&path, self.model())?;
        }
        Ok(())
    }

    pub(crate) fn remove(&self, organization: &OrganizationId) -> Result<(), StoreError> {
        let slot = self.slot(organization);
        let mut log = slot.log();
        *log = None;
        slot.publish(None, false);
        let path = self.path(organization);
        durable::remove(&durable::replacement(&path))?;
        Ok(durable::remove(&path)?)
    }

    /// The gallery to search in: as the last change left it that was durable. Does not wait for one that is going on.
    pub(crate) fn snapshot(&self, organization: &OrganizationId) -> Result<Snapshot, StoreError> {
        if let Some(published) = self.slot(organization).published() {
            let is_current = || Stamp::of(&self.path(organization)).is_ok_and(|stamp| stamp == published.stamp);
            if published.changing || is_current() {
                return Ok(published.snapshot);
            }
        }
        self.read(organization, Gallery::snapshot)
    }

    /// Looks into the gallery, when no change is going on.
    pub(crate) fn read<T>(
        &self,
        organization: &OrganizationId,
        look: impl FnOnce(&Gallery) -> T,
    ) -> Result<T, StoreError> {
        let slot = self.slot(organization);
        let mut held = slot.log();
        let log = self.current(organization, &mut held)?;
        slot.publish(Some(&log), false);
        Ok(look(held.insert(log).gallery()))
    }

    pub(crate) fn put(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
        template: &[f32],
    ) -> Result<(), StoreError> {
        self.change(organization, |log| {
            let faces = log.gallery().faces(attendee);
            if faces.len() >= Self::MAX_FACES && !faces.contains(&face) {
                return Err(StoreError::TooManyFaces { limit: Self::MAX_FACES });
            }
            Ok(log.put(attendee, face, template)?)
        })
    }

    pub(crate) fn remove_face(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        face: FaceId,
    ) -> Result<(), StoreError> {
        self.change(organization, |log| Ok(log.remove_face(attendee, face)?))
    }

    pub(crate) fn remove_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
    ) -> Result<usize, StoreError> {
        self.change(organization, |log| Ok(log.remove_attendee(attendee)?))
    }

    /// Runs `change` alone, on what is in the file now. After an error of the file it is read again next time.
    fn change<T>(
        &self,
        organization: &OrganizationId,
        change: impl FnOnce(&mut Log) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let slot = self.slot(organization);
        let mut held = slot.log();
        let mut log = self.current(organization, &mut held)?;
        let going_on = Change::begin(&slot, &log);
        let result = change(&mut log);
        drop(going_on);
        if !matches!(result, Err(StoreError::Log(_))) {
            slot.publish(Some(&log), false);
            *held = Some(log);
        }
        result
    }

    /// Takes the log out, so that a panic leaves nothing, or reads it again if the file is another one.
    fn current(&self, organization: &OrganizationId, held: &mut Option<Log>) -> Result<Log, StoreError> {
        match held.take() {
            Some(log) if log.is_current() => Ok(log),
            _ => self.load(organization),
        }
    }

    fn load(&self, organization: &OrganizationId) -> Result<Log, StoreError> {
        Log::open(&self.path(organization), self.model()).map_err(|error| match error {
            LogError::Io(error) if error.kind() == io::ErrorKind::NotFound => StoreError::NotProvisioned,
            error => StoreError::Log(error),
        })
    }

    fn slot(&self, organization: &OrganizationId) -> Arc<Slot> {
        let mut organizations = self.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(organizations.entry(organization.clone()).or_default())
    }

    fn path(&self, organization: &OrganizationId) -> PathBuf {
        self.folder.join(format!("{organization}.log"))
    }

    fn model(&self) -> Model<'static> {
        Model { name: self.model, dimension: self.dimension }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn store(folder: &tempfile::TempDir) -> GalleryStore {
        GalleryStore::open(folder.path().join("gallery"), "test/1", 2).unwrap()
    }

    fn ids(n: u128) -> (AttendeeId, FaceId) {
        (Uuid::from_u128(n).into(), Uuid::from_u128(n).into())
    }

    #[test]
    fn an_organization_is_there_from_provision_to_remove() {
        let folder = tempfile::tempdir().unwrap();
        let (store, organization) = (store(&folder), OrganizationId::new("a").unwrap());
        let (attendee, face) = ids(1);
        let refused = store.put(&organization, attendee, face, &[1.0, 0.0]);
        assert!(matches!(refused, Err(StoreError::NotProvisioned)));
        store.provision(&organization).unwrap();
        store.put(&organization, attendee, face, &[1.0, 0.0]).unwrap();
        store.provision(&organization).unwrap();
        assert_eq!(store.read(&organization, Gallery::len).unwrap(), 1);
        store.remove(&organization).unwrap();
        store.remove(&organization).unwrap();
        assert!(matches!(store.read(&organization, Gallery::len), Err(StoreError::NotProvisioned)));
        assert_eq!(std::fs::read_dir(folder.path().join("gallery")).unwrap().count(), 0);
    }

    #[test]
    fn a_search_does_not_wait_for_a_change_that_is_going_on() {
        let folder = tempfile::tempdir().unwrap();
        let (store, organization) = (store(&folder), OrganizationId::new("a").unwrap());
        store.provision(&organization).unwrap();
        let (attendee, face) = ids(1);
        let during = store.change(&organization, |log| {
            log.put(attendee, face, &[1.0, 0.0])?;
            // The lock is held by this very thread: waiting for it would never end.
            Ok(store.snapshot(&organization)?.len())
        });
        assert_eq!(during.unwrap(), 0, "nobody was told yet");
        assert_eq!(store.snapshot(&organization).unwrap().len(), 1);
    }

    #[test]
    fn after_a_change_that_failed_the_file_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let (store, organization) = (store(&folder), OrganizationId::new("a").unwrap());
        store.provision(&organization).unwrap();
        let (attendee, face) = ids(1);
        let failed: Result<(), _> = store.change(&organization, |log| {
            log.put(attendee, face, &[1.0, 0.0])?;
            Err(io::Error::other("the disk is full").into())
        });
        assert!(failed.is_err());
        assert_eq!(store.snapshot(&organization).unwrap().len(), 1, "it had reached the file");
        let panicked = std::thread::scope(|scope| {
            let change = || store.change(&organization, |_| -> Result<(), StoreError> { panic!("in the middle") });
            scope.spawn(change).join()
        });
        assert!(panicked.is_err());
        assert_eq!(store.snapshot(&organization).unwrap().len(), 1);
        assert!(!store.slot(&organization).published().unwrap().changing);
    }

    #[test]
    fn what_another_instance_changed_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two, organization) = (store(&folder), store(&folder), OrganizationId::new("a").unwrap());
        one.provision(&organization).unwrap();
        assert_eq!(two.read(&organization, Gallery::len).unwrap(), 0);
        for n in 0..4 {
            let (writer, reader) = if n % 2 == 0 { (&one, &two) } else { (&two, &one) };
            let (attendee, face) = ids(n);
            writer.put(&organization, attendee, face, &[0.0, 1.0]).unwrap();
            assert_eq!(reader.read(&organization, Gallery::len).unwrap(), n as usize + 1);
        }
        assert_eq!(one.remove_attendee(&organization, ids(3).0).unwrap(), 1);
        assert_eq!(two.read(&organization, Gallery::len).unwrap(), 3);
    }

    #[test]
    fn an_attendee_has_at_most_as_many_faces_as_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (store, organization) = (store(&folder), OrganizationId::new("a").unwrap());
        store.provision(&organization).unwrap();
        let attendee = ids(1).0;
        for n in 0..GalleryStore::MAX_FACES {
            store.put(&organization, attendee, ids(n as u128).1, &[0.0, 1.0]).unwrap();
        }
        let refused = store.put(&organization, attendee, ids(1000).1, &[0.0, 1.0]);
        assert!(matches!(refused, Err(StoreError::TooManyFaces { limit: 100 })));
        store.put(&organization, attendee, ids(0).1, &[0.0, 1.0]).unwrap();
    }

    #[test]
    fn many_who_enrol_at_once_are_all_enrolled() {
        let folder = tempfile::tempdir().unwrap();
        let (store, organization) = (store(&folder), OrganizationId::new("a").unwrap());
        store.provision(&organization).unwrap();
        std::thread::scope(|scope| {
            for n in 0..16 {
                let (store, organization) = (&store, &organization);
                scope.spawn(move || store.put(organization, ids(n).0, ids(n).1, &[0.6, 0.8]).unwrap());
            }
        });
        let again = GalleryStore::open(folder.path().join("gallery"), "test/1", 2).unwrap();
        assert_eq!(again.read(&organization, Gallery::len).unwrap(), 16);
    }
}
