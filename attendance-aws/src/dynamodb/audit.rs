//! The audit: a line is an action of the transaction of the act that it tells of.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;

use super::DynamoAttendanceRepo;
use super::items::{Item, SK, body, holding, text};
use super::keys::{self, FIRST, LAST};
use super::listing::{List, Listing};
use super::transact::Action;

const AUDIT: List = List("audit");

/// A line that is there already is stored again: its place says which it is.
fn line(organization: &OrganizationId, entry: &AuditEntry) -> Result<Item, RepoError> {
    holding(keys::audited(organization, entry.at, &entry.id.to_string()), entry)
}

/// What adds a line to the audit.
pub(crate) fn entering(organization: &OrganizationId, entry: &AuditEntry) -> Result<Action, RepoError> {
    Ok(Action::Put(line(organization, entry)?, None))
}

fn read_place(place: &str) -> Option<String> {
    let (at, id) = place.split_once('#')?;
    (keys::is_instant(at) && uuid::Uuid::try_parse(id).is_ok()).then(|| place.to_owned())
}

impl DynamoAttendanceRepo {
    pub(crate) async fn append(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        self.known(organization).await?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(line(organization, entry)?));
        put.send().await.map_err(|error| self.fault(&error))?;
        Ok(())
    }

    pub(crate) async fn list_audit(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, RepoError> {
        let after = AUDIT.start(page, read_place)?;
        let to = after.clone().unwrap_or(LAST.to_owned());
        let shards = keys::audits(organization);
        let mut listing = Listing::new(self, shards, FIRST, to, page.limit() + 1).backwards();
        let mut found: Vec<AuditEntry> = Vec::new();
        while found.len() <= page.limit() {
            let Some(item) = listing.next().await? else { break };
            if after.as_deref() != Some(text(&item, SK)?) {
                found.push(body(&item)?);
            }
        }
        Ok(AUDIT.page(found, page, |entry| format!("{}#{}", keys::instant(entry.at), entry.id)))
    }
}
