//! Deletion of an object in all its versions, with its delete markers.

use attendance_core::ports::ImageStoreError;
use aws_sdk_s3::types::{Delete, Error as Undeleted, ObjectIdentifier};

use super::S3ImageStore;
use crate::fault::Fault;
use crate::pauses::pauses;

impl S3ImageStore {
    /// Deletes what S3 lists of an object until it lists nothing any more.
    pub(super) async fn delete_all_versions(&self, object: &str) -> Result<(), ImageStoreError> {
        let (mut pauses, mut before) = (pauses(), Vec::new());
        loop {
            let versions = self.versions(object).await?;
            if versions.is_empty() {
                return Ok(());
            }
            let fault = match self.delete_versions(object, &versions).await? {
                Some(left) => Fault::of_part("a version was not deleted", left.code().unwrap_or("no code")),
                None if versions == before => Fault::Unavailable("S3 still lists versions that it deleted".into()),
                None => {
                    before = versions;
                    continue;
                }
            };
            match pauses.next() {
                Some(pause) if !matches!(fault, Fault::Failed(_)) => tokio::time::sleep(pause).await,
                _ => return Err(fault.into()),
            }
        }
    }

    /// The first versions and delete markers of an object, up to 1,000. Its key may be the beginning of others, which
    /// S3 lists after it.
    async fn versions(&self, object: &str) -> Result<Vec<String>, Fault> {
        let request = self.client.list_object_versions().bucket(&self.bucket).prefix(object);
        let page = request.send().await.map_err(|error| Fault::of(&error))?;
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let of_object = versions.chain(markers).filter(|(key, _)| *key == Some(object));
        Ok(of_object.map(|(_, id)| id.unwrap_or("null").to_owned()).collect())
    }

    /// Deletes versions, and answers one that was not deleted, if there is any. S3 tells of those in an answer that
    /// says success.
    async fn delete_versions(&self, object: &str, versions: &[String]) -> Result<Option<Undeleted>, Fault> {
        let identify = |version| ObjectIdentifier::builder().key(object).version_id(version).build();
        let objects = versions.iter().map(identify).collect::<Result<Vec<_>, _>>();
        let delete = objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
        let delete = delete.map_err(|error| Fault::unexpected(error.to_string()))?;
        let request = self.client.delete_objects().bucket(&self.bucket).delete(delete);
        let answer = request.send().await.map_err(|error| Fault::of(&error))?;
        Ok(answer.errors.unwrap_or_default().into_iter().next())
    }
}
