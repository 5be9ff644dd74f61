//! Photos as files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use attendance_core::ports::face_matcher::ImageProblem;
use bytes::Bytes;

use crate::failure::Failure;

/// As the matcher takes at most.
const MAX_BYTES: u64 = 15_000_000;

/// Reads a photo, and no more of it than a photo may have.
pub(crate) fn read(path: &Path) -> Result<Bytes, Failure> {
    let fail = |code: &'static str, why: String| Failure::Photo { path: path.to_owned(), code: code.into(), why };
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => fail("no-such-file", "there is no such file".to_owned()),
        _ => fail("unreadable", format!("the file can't be read: {error}")),
    };
    let metadata = path.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(fail("not-a-file", "this is not a file: name JPEG or PNG files".to_owned()));
    }
    let too_large = |bytes| fail("image-too-large", ImageProblem::TooManyBytes { bytes, limit: MAX_BYTES }.to_string());
    if metadata.len() > MAX_BYTES {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes.into())
}
