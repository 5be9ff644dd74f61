//! The galleries of all organizations, each in a file of its own below one folder.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};

use super::log::{Log, LogError, Model, PutError};
use super::{Gallery, InvalidTemplate};
use crate::durable;

/// Reads and changes galleries. Everything blocks; changes are durable when they return.
#[derive(Debug)]
pub(crate) struct GalleryStore {
    folder: PathBuf,
    model: &'static str,
    dimension: usize,
    organizations: Mutex<HashMap<OrganizationId, Slot>>,
}

/// An organization's log, or `None` while it has to be read first.
type Slot = Arc<RwLock<Option<Log>>>;

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
        let _alone = slot.write().unwrap_or_else(PoisonError::into_inner);
        let path = self.path(organization);
        if !path.try_exists()? {
            Log::create(&path, self.model())?;
        }
        Ok(())
    }

    pub(crate) fn remove(&self, organization: &OrganizationId) -> Result<(), StoreError> {
        let slot = self.slot(organization);
        let mut log = slot.write().unwrap_or_else(PoisonError::into_inner);
        *log = None;
        let path = self.path(organization);
        durable::remove(&durable::replacement(&path))?;
        Ok(durable::remove(&path)?)
    }

    /// Looks into the gallery, together with others who only look.
    pub(crate) fn read<T>(
        &self,
        organization: &OrganizationId,
        look: impl FnOnce(&Gallery) -> T,
    ) -> Result<T, StoreError> {
        let slot = self.slot(organization);
        if let Some(log) = &*slot.read().unwrap_or_else(PoisonError::into_inner)
            && log.is_current()
        {
            return Ok(look(log.gallery()));
        }
        self.change(organization, |log| Ok(look(log.gallery())))
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
        let mut slot = slot.write().unwrap_or_else(PoisonError::into_inner);
        // Out of the slot, so that a panic leaves it empty as well.
        let mut log = match slot.take() {
            Some(log) if log.is_current() => log,
            _ => self.load(organization)?,
        };
        let result = change(&mut log);
        if !matches!(result, Err(StoreError::Log(_))) {
            *slot = Some(log);
        }
        result
    }

    fn load(&self, organization: &OrganizationId) -> Result<Log, StoreError> {
        Log::open(&self.path(organization), self.model()).map_err(|error| match error {
            LogError::Io(error) if error.kind() == io::ErrorKind::NotFound => StoreError::NotProvisioned,
            error => StoreError::Log(error),
        })
    }

    fn slot(&self, organization: &OrganizationId) -> Slot {
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
