//! A bucket may keep what was overwritten or deleted. What was personal must not stay there.

use attendance_core::ports::RepoError;
use aws_sdk_s3::types::ObjectIdentifier;

use super::objects::{Objects, failure};
use crate::fault::Fault;

/// What is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purge {
    /// All but what is read now.
    Overwritten,
    /// All, deletion markers too: the object was deleted. What somebody wrote there since stays.
    Deleted,
}

impl Objects {
    /// Deletes the versions of an object for good, and looks until none is left. In a bucket without versions there is
    /// nothing to do.
    pub(super) async fn purge(&self, key: &str, purge: Purge) -> Result<(), RepoError> {
        loop {
            let gone = self.versions_to_purge(key, purge).await?;
            if gone.is_empty() {
                return Ok(());
            }
            self.delete_many(gone).await?;
        }
    }

    async fn versions_to_purge(&self, key: &str, purge: Purge) -> Result<Vec<ObjectIdentifier>, RepoError> {
        // Versions first: without the deletion marker upon it, an old version would be read again.
        let (mut gone, mut markers_gone) = (Vec::new(), Vec::new());
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let list = self.client.list_object_versions().bucket(&self.bucket).prefix(key);
            let list = list.set_key_marker(key_marker.take()).set_version_id_marker(version_marker.take());
            let listed = list.send().await.map_err(|error| failure(&error))?;
            let mut past = false;
            for version in listed.versions.unwrap_or_default() {
                past |= version.key.as_deref().is_some_and(|found| found > key);
                if !version.is_latest.unwrap_or(false) {
                    gone.extend(identifier(key, version.key, version.version_id)?);
                }
            }
            for marker in listed.delete_markers.unwrap_or_default() {
                past |= marker.key.as_deref().is_some_and(|found| found > key);
                if purge == Purge::Deleted || !marker.is_latest.unwrap_or(false) {
                    markers_gone.extend(identifier(key, marker.key, marker.version_id)?);
                }
            }
            // Keys come in order: behind the first longer one there is nothing more of this one.
            if past || !listed.is_truncated.unwrap_or(false) {
                return Ok(if gone.is_empty() { markers_gone } else { gone });
            }
            (key_marker, version_marker) = (listed.next_key_marker, listed.next_version_id_marker);
        }
    }
}

/// The version, if it is one of that very key: keys that only begin so are listed too.
fn identifier(
    key: &str,
    found: Option<String>,
    version: Option<String>,
) -> Result<Option<ObjectIdentifier>, RepoError> {
    let (Some(found), Some(version)) = (found.filter(|found| found == key), version) else { return Ok(None) };
    let object = ObjectIdentifier::builder().key(found).version_id(version).build();
    Ok(Some(object.map_err(|_| Fault::unexpected("a request could not be built"))?))
}
