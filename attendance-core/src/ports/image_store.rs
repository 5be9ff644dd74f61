//! Where pictures are kept, for as long as a policy says.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{BoxError, Retry};
use crate::domain::ids::OrganizationId;
use crate::domain::image::ImageKey;
use crate::domain::page::{Page, PageRequest};

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
}

impl ContentType {
    /// The media type.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// What the first bytes say; `None` for anything but JPEG and PNG.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            _ => None,
        }
    }
}

/// What happens where an image is already stored at the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PutMode {
    /// It is kept and the put is refused.
    Create,
    /// It is replaced.
    Replace,
}

/// An image as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// The encoded image.
    pub bytes: Bytes,
    /// Its format.
    pub content_type: ContentType,
    /// Changes with every replacement.
    pub version: String,
}

/// What a presigned upload may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// The only format that is taken.
    pub content_type: ContentType,
    /// The fewest bytes.
    pub min_bytes: u64,
    /// The most bytes.
    pub max_bytes: u64,
    /// For how long.
    pub valid_for: Duration,
}

/// A form that somebody without an account can send, once signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedUpload {
    /// Where the form is sent by POST.
    pub url: String,
    /// Its fields in their order; the file comes last, as `file`.
    pub fields: Vec<(String, String)>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageStoreError {
    /// There is no image at the key.
    #[error("there is no image at that key")]
    NotFound,
    /// There is one already, and only a new one was to be made.
    #[error("there is already an image at that key")]
    Exists,
    /// The store has no addresses that a browser could reach.
    #[error("this image store can't presign: send the image to the API instead")]
    CanNotPresign,
    /// A cursor of another list.
    #[error("the cursor is not one of this list: start again without one")]
    InvalidCursor,
    /// The store is too busy.
    #[error("the image store is too busy")]
    Throttled {
        /// What it said.
        #[source]
        source: Option<BoxError>,
    },
    /// The store can't be reached, or failed in a way that may pass.
    #[error("the image store is unavailable")]
    Unavailable {
        /// What happened.
        #[source]
        source: BoxError,
    },
    /// The store failed in a way that will not pass by itself.
    #[error("the image store failed")]
    Failed {
        /// What happened.
        #[source]
        source: BoxError,
    },
}

impl ImageStoreError {
    /// Whether trying again can help.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } => Retry::Yes,
            _ => Retry::No,
        }
    }
}

/// Keeps images below an organization.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ImageStore: std::fmt::Debug + Send + Sync + 'static {
    /// Stores an image and answers its version.
    ///
    /// # Behavior
    /// - What was put is read back, byte for byte, with its content type.
    /// - `PutMode::Create` is refused as `Exists` where there is an image, also when many create at once: one wins.
    /// - `PutMode::Replace` replaces, and the version changes.
    async fn put(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        bytes: Bytes,
        content_type: ContentType,
        mode: PutMode,
    ) -> Result<String, ImageStoreError>;

    /// Reads an image.
    ///
    /// # Behavior
    /// - A key without an image is refused as `NotFound`, another organization's too.
    async fn get(&self, organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError>;

    /// Deletes an image in all its versions.
    ///
    /// # Behavior
    /// - It can't be read afterwards.
    /// - Deleting a key without an image succeeds; another organization's image at the same key stays.
    async fn delete(&self, organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError>;

    /// The keys that start with `prefix`, in byte order.
    ///
    /// # Behavior
    /// - Only keys that start with the prefix are listed, which may end within a part; an empty one lists all.
    /// - Following `next` yields every key exactly once.
    async fn list(
        &self,
        organization: &OrganizationId,
        prefix: &str,
        page: &PageRequest,
    ) -> Result<Page<ImageKey>, ImageStoreError>;

    /// Lets somebody upload one image, bounded in size and format, without passing through us.
    ///
    /// # Behavior
    /// - It expires at `now` plus the limits' `valid_for`, or the store answers `CanNotPresign`.
    async fn presign_upload(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        limits: &UploadLimits,
        now: Timestamp,
    ) -> Result<PresignedUpload, ImageStoreError>;

    /// An address at which somebody can see one image for a while.
    ///
    /// # Behavior
    /// - It is a URL, or the store answers `CanNotPresign`.
    async fn presign_view(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        valid_for: Duration,
        now: Timestamp,
    ) -> Result<String, ImageStoreError>;
}
