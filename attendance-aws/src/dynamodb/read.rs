//! Single reads and batches, with what DynamoDB left undone of them.

use std::collections::{HashMap, HashSet};

use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};

use super::DynamoAttendanceRepo;
use super::items::{Item, key, key_of, readable};
use super::keys::{self, Key};
use super::transact::{contended, is_contention};
use crate::fault::{Fault, code};
use crate::pauses::pauses;

/// The most keys of a `BatchGetItem`.
const READS: usize = 100;

/// The most requests of a `BatchWriteItem`.
const WRITES: usize = 25;

/// A request of a `BatchWriteItem`: no condition, and no two of one item in a batch.
pub(crate) enum Write {
    Put(Item),
    Delete(Key),
}

impl Write {
    fn into_request(self) -> Result<WriteRequest, RepoError> {
        let incomplete = |_| Fault::unexpected("a request lacks what it needs");
        let request = WriteRequest::builder();
        Ok(match self {
            Self::Put(item) => {
                request.put_request(PutRequest::builder().set_item(Some(item)).build().map_err(incomplete)?)
            }
            Self::Delete(key) => {
                let delete = DeleteRequest::builder().set_key(Some(key_of(key))).build();
                request.delete_request(delete.map_err(incomplete)?)
            }
        }
        .build())
    }
}

impl DynamoAttendanceRepo {
    /// One item as it is now.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, RepoError> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key_of(key))).consistent_read(true);
        let answer = get.send().await.map_err(|error| self.fault(&error))?;
        answer.item.map(readable).transpose()
    }

    /// Those items that are there, as they are now.
    pub(crate) async fn get_all(
        &self,
        keys: impl IntoIterator<Item = Key> + Send,
    ) -> Result<HashMap<Key, Item>, RepoError> {
        let keys: Vec<_> = keys.into_iter().collect::<HashSet<_>>().into_iter().collect();
        let mut found = HashMap::with_capacity(keys.len());
        for some in keys.chunks(READS) {
            let mut wanted: Vec<_> = some.iter().cloned().map(key_of).collect();
            let mut pauses = pauses();
            while !wanted.is_empty() {
                let wants = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut wanted)));
                let wants = wants.consistent_read(true).build();
                let wants = wants.map_err(|_| Fault::unexpected("a request lacks what it needs"))?;
                let get = self.client.batch_get_item().request_items(&self.table, wants);
                let answer = get.send().await.map_err(|error| self.fault(&error))?;
                for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                    let item = readable(item)?;
                    found.insert(key(&item)?, item);
                }
                wanted = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
                if !wanted.is_empty() {
                    tokio::time::sleep(pauses.next().ok_or_else(contended)?).await;
                }
            }
        }
        Ok(found)
    }

    /// Writes without conditions, in batches: cut off, some are written and some are not.
    pub(crate) async fn write_all(&self, writes: impl IntoIterator<Item = Write> + Send) -> Result<(), RepoError> {
        let requests: Result<Vec<_>, _> = writes.into_iter().map(Write::into_request).collect();
        for some in requests?.chunks(WRITES) {
            let mut left = some.to_vec();
            let mut pauses = pauses();
            while !left.is_empty() {
                let write = self.client.batch_write_item().request_items(&self.table, left.clone());
                match write.send().await {
                    Ok(answer) => {
                        left = answer.unprocessed_items.into_iter().flat_map(HashMap::into_values).flatten().collect();
                    }
                    Err(error) if code(&error).is_some_and(is_contention) => {}
                    Err(error) => return Err(self.fault(&error)),
                }
                if !left.is_empty() {
                    tokio::time::sleep(pauses.next().ok_or_else(contended)?).await;
                }
            }
        }
        Ok(())
    }

    /// Refuses an organization that does not exist. One that does is asked for once: none is ever deleted.
    pub(crate) async fn known(&self, organization: &OrganizationId) -> Result<(), RepoError> {
        if self.remembers(organization) {
            return Ok(());
        }
        let found = self.get(keys::organization(organization)).await?;
        found.ok_or(RepoError::UnknownOrganization)?;
        self.remember(organization);
        Ok(())
    }

    /// `otherwise`, unless the reason is that there is no such organization.
    pub(crate) async fn refusal(&self, organization: &OrganizationId, otherwise: RepoError) -> RepoError {
        match self.known(organization).await {
            Ok(()) => otherwise,
            Err(error) => error,
        }
    }
}
