//! The database and what faces look like belong together: one without the other is no data to go on with.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use attendance_core::domain::ids::OrganizationId;
use uuid::Uuid;

use super::{DataFolder, DataFolderError};
use crate::durable;

/// In the gallery's folder: the id that its database has too.
const ID: &str = "ID";

impl DataFolder {
    /// Refuses a folder that has everything but its database. To be asked before the database is opened, which would make
    /// an empty one; and to that one nobody's face is known. Blocks.
    ///
    /// # Errors
    /// [`DataFolderError::NoDatabase`], or that the folder can't be read.
    pub fn check_database(&self) -> Result<(), DataFolderError> {
        let found = match fs::metadata(self.database()) {
            Ok(file) => file.len() > 0,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(self.unusable(error)),
        };
        let left = || Ok::<_, io::Error>(has_any(&self.gallery())? || has_any(&self.images())?);
        if !found && (self.token_key().exists() || left().map_err(|error| self.unusable(error))?) {
            return Err(DataFolderError::NoDatabase { path: self.root().to_owned() });
        }
        Ok(())
    }

    /// Refuses a database that knows no organization (`organizations` are all that it knows) beside faces: it is not the
    /// one that was here. Otherwise answers the id that the database must have from now on: its own, if the gallery has
    /// it too. A folder from before there were ids gets one; the gallery has it first. Blocks.
    ///
    /// # Errors
    /// [`DataFolderError::NoDatabase`], [`DataFolderError::NotTogether`], or that the folder can't be used.
    pub fn join(&self, database: Option<u32>, organizations: &[OrganizationId]) -> Result<u32, DataFolderError> {
        let unusable = |error| self.unusable(error);
        if organizations.is_empty() && has_faces(&self.gallery()).map_err(unusable)? {
            return Err(DataFolderError::NoDatabase { path: self.root().to_owned() });
        }
        let file = self.gallery().join(ID);
        let gallery: Option<u32> = match fs::read_to_string(&file) {
            // One that can't be read is one that no database has.
            Ok(text) => Some(text.trim().parse().unwrap_or(0)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(error)),
        };
        match (database, gallery) {
            (Some(database), Some(gallery)) if database != gallery => {
                Err(DataFolderError::NotTogether { path: self.root().to_owned() })
            }
            (None, Some(0)) => Err(DataFolderError::NotTogether { path: self.root().to_owned() }),
            (_, Some(id)) => Ok(id),
            (database, None) => {
                let id = database.unwrap_or_else(fresh);
                durable::create_folder(&self.gallery()).map_err(unusable)?;
                durable::replace(&file, |file| writeln!(file, "{id}")).map_err(unusable)?;
                Ok(id)
            }
        }
    }

    /// Refuses a folder without the gallery of an organization that has people with a face. Blocks.
    ///
    /// # Errors
    /// [`DataFolderError::NoGallery`], or that the folder can't be read.
    pub fn check_gallery(&self, organization: &OrganizationId) -> Result<(), DataFolderError> {
        if self.has_gallery(organization)? {
            return Ok(());
        }
        Err(DataFolderError::NoGallery { path: self.root().to_owned(), file: format!("gallery/{organization}.log") })
    }

    /// Whether the gallery of an organization is there. Blocks.
    ///
    /// # Errors
    /// That the folder can't be read.
    pub fn has_gallery(&self, organization: &OrganizationId) -> Result<bool, DataFolderError> {
        self.gallery().join(format!("{organization}.log")).try_exists().map_err(|error| self.unusable(error))
    }

    fn unusable(&self, source: io::Error) -> DataFolderError {
        DataFolderError::Unusable { path: self.root().to_owned(), source }
    }
}

/// From 1 to the most that SQLite's header takes.
fn fresh() -> u32 {
    let (_, random) = Uuid::now_v7().as_u64_pair();
    let random = u32::try_from(random & 0x7FFF_FFFF).unwrap_or(1);
    random.max(1)
}

fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn has_any(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().transpose()?.is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn has_faces(gallery: &Path) -> io::Result<bool> {
    Ok(names(gallery)?.iter().any(|name| Path::new(name).extension().is_some_and(|extension| extension == "log")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn organization() -> OrganizationId {
        OrganizationId::new("school").unwrap()
    }

    fn folder(place: &tempfile::TempDir) -> DataFolder {
        DataFolder::open(place.path(), Duration::ZERO).unwrap()
    }

    /// A folder as it is once somebody was enrolled, from before there were ids.
    fn used(place: &tempfile::TempDir) -> DataFolder {
        let folder = folder(place);
        for (path, bytes) in [("gallery/school.log", "faces"), ("images/school/a", "picture"), ("attendance.db", "x")] {
            let path = place.path().join(path);
            durable::create_folder(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_new_folder_gets_one_id_for_both() {
        let place = tempfile::tempdir().unwrap();
        let folder = folder(&place);
        folder.check_database().unwrap();
        let id = folder.join(None, &[]).unwrap();
        assert!((1..=0x7FFF_FFFF).contains(&id));
        // The process died before the database had it.
        assert_eq!(folder.join(None, &[]).unwrap(), id);
        assert_eq!(folder.join(Some(id), &[organization()]).unwrap(), id);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(self::folder(&other).join(None, &[]).unwrap(), id);
    }

    #[test]
    fn a_folder_from_before_there_were_ids_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let folder = used(&place);
        folder.check_database().unwrap();
        let id = folder.join(None, &[organization()]).unwrap();
        folder.check_gallery(&organization()).unwrap();
        assert_eq!(folder.join(Some(id), &[organization()]).unwrap(), id);
    }

    #[test]
    fn a_folder_without_its_database_does_not_start() {
        for left in ["gallery/school.log", "gallery/ID", "images/school/a", "TOKEN_KEY"] {
            for empty in [false, true] {
                let place = tempfile::tempdir().unwrap();
                let folder = folder(&place);
                let path = place.path().join(left);
                durable::create_folder(path.parent().unwrap()).unwrap();
                fs::write(&path, "x").unwrap();
                if empty {
                    fs::write(folder.database(), "").unwrap();
                }
                let error = folder.check_database().unwrap_err();
                assert!(matches!(error, DataFolderError::NoDatabase { .. }), "{left}: {error}");
                assert!(error.to_string().contains("attendance.db"), "{error}");
            }
        }
    }

    #[test]
    fn a_new_database_beside_faces_is_not_the_one_that_was_there() {
        let place = tempfile::tempdir().unwrap();
        let folder = used(&place);
        assert!(matches!(folder.join(None, &[]), Err(DataFolderError::NoDatabase { .. })));
        assert!(!folder.gallery().join(ID).exists(), "nothing was touched");
    }

    #[test]
    fn what_comes_from_two_folders_does_not_start() {
        let place = tempfile::tempdir().unwrap();
        let folder = used(&place);
        let id = folder.join(None, &[organization()]).unwrap();
        let refused = folder.join(Some(id ^ 1), &[organization()]);
        assert!(matches!(refused, Err(DataFolderError::NotTogether { .. })));
        fs::write(folder.gallery().join(ID), "").unwrap();
        for database in [None, Some(id)] {
            let refused = folder.join(database, &[organization()]);
            assert!(matches!(refused, Err(DataFolderError::NotTogether { .. })), "{database:?}");
        }
    }

    #[test]
    fn a_gallery_that_is_gone_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = used(&place);
        fs::remove_file(folder.gallery().join("school.log")).unwrap();
        let error = folder.check_gallery(&organization()).unwrap_err();
        assert!(error.to_string().contains("gallery/school.log"), "{error}");
        fs::remove_dir_all(folder.gallery()).unwrap();
        assert!(matches!(folder.check_gallery(&organization()), Err(DataFolderError::NoGallery { .. })));
    }
}
