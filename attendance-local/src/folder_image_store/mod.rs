//! Pictures as files below one folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::image_store::{
    ContentType, ImageStore, ImageStoreError, PresignedUpload, PutMode, StoredImage, UploadLimits,
};
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::durable;

mod listing;
mod place;
mod trailer;

/// Where a picture is written before it takes its place; no key leads here.
const UNFINISHED: &str = "@new";

/// An image store in a folder: `{folder}/{organization}/{key}@image`, each file the picture itself with a few bytes
/// behind it (which viewers skip) that hold its format, version and checksum.
///
/// A picture is durable when a call returns, and takes its place whole or not at all. Symbolic links below the folder
/// are not followed. There is nothing to presign.
#[derive(Debug, Clone)]
pub struct FolderImageStore {
    folder: Arc<Path>,
}

impl FolderImageStore {
    /// Opens the store, makes the folder if there is none, and clears away what a crash left unfinished. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder: PathBuf = folder.into();
        let unfinished = folder.join(UNFINISHED);
        durable::create_folder(&unfinished)?;
        for entry in fs::read_dir(&unfinished)? {
            let path = entry?.path();
            // Another instance's unfinished file is locked for as long as that lives.
            if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
                durable::remove(&path)?;
            }
        }
        Ok(Self { folder: folder.into() })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ImageStoreError> + Send + 'static,
    ) -> Result<T, ImageStoreError> {
        let store = self.clone();
        let result = tokio::task::spawn_blocking(move || work(&store)).await;
        result.map_err(|source| ImageStoreError::Failed { source: source.into() })?
    }

    fn put_now(
        &self,
        key: &Place<'_>,
        bytes: &[u8],
        format: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        let path = self.path(key)?;
        if mode == PutMode::Create && path.try_exists().map_err(unavailable)? {
            return Err(ImageStoreError::Exists);
        }
        let version = Uuid::now_v7();
        let unfinished = self.folder.join(UNFINISHED).join(version.to_string());
        let result = write(&unfinished, &[bytes, &trailer::of(bytes, format, version)])
            .map_err(unavailable)
            .and_then(|_locked| take_place(&unfinished, &path, mode));
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&unfinished);
        result.map(|()| version.to_string())
    }

    fn get_now(&self, key: &Place<'_>) -> Result<StoredImage, ImageStoreError> {
        let path = self.path(key)?;
        let mut bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ImageStoreError::NotFound,
            _ => unavailable(error),
        })?;
        let found = trailer::split(&bytes).ok_or_else(|| failed("the file of the image is damaged"))?;
        let (length, content_type, version) = (found.length, found.format, found.version.to_string());
        bytes.truncate(length);
        Ok(StoredImage { bytes: bytes.into(), content_type, version })
    }

    fn delete_now(&self, key: &Place<'_>) -> Result<(), ImageStoreError> {
        let path = self.path(key)?;
        match durable::remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(()),
            Err(error) => Err(unavailable(error)),
            Ok(()) => {
                let root = self.root(key.organization);
                for folder in path.ancestors().skip(1).take_while(|folder| folder.starts_with(&root)) {
                    if fs::remove_dir(folder).is_err() {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    fn root(&self, organization: &OrganizationId) -> PathBuf {
        self.folder.join(place::name_of_part(organization.as_str()))
    }

    /// Where a key leads, once nothing on the way is a symbolic link.
    fn path(&self, key: &Place<'_>) -> Result<PathBuf, ImageStoreError> {
        let mut path = self.root(key.organization);
        let steps = place::path_of(key.key);
        for step in std::iter::once(None).chain(steps.iter().map(Some)) {
            path.extend(step);
            if fs::symlink_metadata(&path).is_ok_and(|data| data.is_symlink()) {
                return Err(failed("there is a symbolic link in the image store's folder"));
            }
        }
        Ok(path)
    }
}

/// A key and whose it is.
struct Place<'a> {
    organization: &'a OrganizationId,
    key: &'a ImageKey,
}

/// Writes a file durably; it stays locked until the answer is dropped.
fn write(path: &Path, parts: &[&[u8]]) -> io::Result<File> {
    let mut file = durable::private().create_new(true).write(true).open(path)?;
    file.try_lock()?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    Ok(file)
}

fn take_place(unfinished: &Path, path: &Path, mode: PutMode) -> Result<(), ImageStoreError> {
    let folder = path.parent().ok_or_else(|| failed("the image store's folder is a root"))?;
    for _ in 0..100 {
        let placed = durable::create_folder(folder).and_then(|()| match mode {
            PutMode::Create => fs::hard_link(unfinished, path),
            PutMode::Replace => fs::rename(unfinished, path),
        });
        match placed {
            Ok(()) => return durable::sync_folder(folder).map_err(unavailable),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(ImageStoreError::Exists),
            // Somebody who deleted the last picture of a folder on the way took the folder away.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unavailable(error)),
        }
    }
    Err(ImageStoreError::Throttled { source: None })
}

fn unavailable(error: io::Error) -> ImageStoreError {
    ImageStoreError::Unavailable { source: error.into() }
}

fn failed(what: &'static str) -> ImageStoreError {
    ImageStoreError::Failed { source: what.into() }
}

#[async_trait]
impl ImageStore for FolderImageStore {
    async fn put(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        let (organization, key) = (organization.clone(), key.clone());
        self.blocking(move |store| {
            store.put_now(&Place { organization: &organization, key: &key }, &bytes, content_type, mode)
        })
        .await
    }

    async fn get(&self, organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError> {
        let (organization, key) = (organization.clone(), key.clone());
        self.blocking(move |store| store.get_now(&Place { organization: &organization, key: &key })).await
    }

    async fn delete(&self, organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError> {
        let (organization, key) = (organization.clone(), key.clone());
        self.blocking(move |store| store.delete_now(&Place { organization: &organization, key: &key })).await
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError> {
        let after = page.after.as_ref().map(|cursor| cursor.0.clone());
        if after.as_ref().is_some_and(|after| !after.starts_with(prefix) || ImageKey::new(after).is_err()) {
            return Err(ImageStoreError::InvalidCursor);
        }
        let (root, prefix, limit) = (self.root(organization), prefix.to_owned(), page.limit());
        self.blocking(move |_| {
            let keys = listing::keys(&root, &prefix, after.as_deref(), limit + 1).map_err(unavailable)?;
            Ok(Page::of(keys, limit, |key| key.as_str().to_owned()))
        })
        .await
    }

    async fn presign_upload(
        &self,
        _: &OrganizationId,
        _: &ImageKey,
        _: &UploadLimits,
        _: Timestamp,
    ) -> Result<PresignedUpload, ImageStoreError> {
        Err(ImageStoreError::CanNotPresign)
    }

    async fn presign_view(
        &self,
        _: &OrganizationId,
        _: &ImageKey,
        _: Duration,
        _: Timestamp,
    ) -> Result<String, ImageStoreError> {
        Err(ImageStoreError::CanNotPresign)
    }
}

#[cfg(test)]
mod tests;
