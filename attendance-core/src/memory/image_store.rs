use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{lock, page_of, start_after};
use crate::domain::ids::OrganizationId;
use crate::domain::image::ImageKey;
use crate::domain::page::{Page, PageRequest};
use crate::ports::image_store::{ContentType, PresignedUpload, PutMode, StoredImage, UploadLimits};
use crate::ports::{ImageStore, ImageStoreError};

/// Keeps images in memory. It has no address, hence can't presign. `Debug` shows only how many images there are.
#[derive(Default)]
pub struct InMemoryImageStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    images: BTreeMap<(OrganizationId, ImageKey), StoredImage>,
    puts: u64,
}

impl InMemoryImageStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many images there are, of all organizations.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.state).images.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl std::fmt::Debug for InMemoryImageStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryImageStore").field("images", &self.len()).finish()
    }
}

#[async_trait]
impl ImageStore for InMemoryImageStore {
    async fn put(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError> {
        let mut state = lock(&self.state);
        let place = (organization.clone(), key.clone());
        if mode == PutMode::Create && state.images.contains_key(&place) {
            return Err(ImageStoreError::Exists);
        }
        state.puts += 1;
        let version = state.puts.to_string();
        state.images.insert(place, StoredImage { bytes, content_type, version: version.clone() });
        Ok(version)
    }

    async fn get(&self, organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError> {
        let place = (organization.clone(), key.clone());
        lock(&self.state).images.get(&place).cloned().ok_or(ImageStoreError::NotFound)
    }

    async fn delete(&self, organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError> {
        lock(&self.state).images.remove(&(organization.clone(), key.clone()));
        Ok(())
    }

    async fn list(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError> {
        let after = start_after("images", page, |text| ImageKey::new(text).ok())?;
        let state = lock(&self.state);
        let keys = state.images.keys().filter(|(owner, key)| {
            owner == organization && key.as_str().starts_with(prefix) && after.as_ref().is_none_or(|after| key > after)
        });
        Ok(page_of("images", page, keys.map(|(_, key)| key.clone()), ToString::to_string))
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
