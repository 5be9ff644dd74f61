//! What is written behind a picture: format, version, checksum. Viewers of JPEG and PNG stop at the picture's own end.
//!
//! ```text
//! format u8 (1 JPEG, 2 PNG)  version [16]  crc32 of everything before u32  "ATTNDIMG"
//! ```

use attendance_core::ports::image_store::ContentType;
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"ATTNDIMG";
const LENGTH: usize = 29;

pub(super) struct Found {
    /// Bytes of the picture.
    pub(super) length: usize,
    pub(super) format: ContentType,
    pub(super) version: Uuid,
}

pub(super) fn of(picture: &[u8], format: ContentType, version: Uuid) -> Vec<u8> {
    let format = match format {
        ContentType::Jpeg => 1,
        ContentType::Png => 2,
    };
    let mut trailer = vec![format];
    trailer.extend(version.as_bytes());
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(picture);
    checksum.update(&trailer);
    trailer.extend(checksum.finalize().to_le_bytes());
    trailer.extend(MAGIC);
    trailer
}

/// `None` where the file is damaged.
pub(super) fn split(file: &[u8]) -> Option<Found> {
    let length = file.len().checked_sub(LENGTH)?;
    let (picture, trailer) = file.split_at(length);
    let format = match trailer.first() {
        Some(1) => ContentType::Jpeg,
        Some(2) => ContentType::Png,
        _ => return None,
    };
    let version = Uuid::from_slice(trailer.get(1..17)?).ok()?;
    (of(picture, format, version) == trailer).then_some(Found { length, format, version })
}
