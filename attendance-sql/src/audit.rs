//! The audit: a line is written in the transaction of the act that it tells of.

use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;
use uuid::Uuid;

use crate::SqlAttendanceRepo;
use crate::engine::Tx;
use crate::page::{List, pair};
use crate::query::Query;
use crate::rows::{self, AUDIT_ENTRY, micros, text, word};

const AUDIT: List = List("audit");

/// A line that is there already is left alone.
fn line(organization: &OrganizationId, entry: &AuditEntry) -> Result<Query, RepoError> {
    let values = vec![
        organization.as_str().into(),
        entry.id.to_string().into(),
        micros(entry.at).into(),
        entry.by.as_str().into(),
        word(&entry.action)?.into(),
        entry.attendee.map(|attendee| attendee.to_string()).into(),
        text(entry.about.as_ref()),
    ];
    Ok(Query::insert(&format!("audit_entries (organization, {AUDIT_ENTRY})"), [values]).or_ignore())
}

/// Adds a line to the audit, if there is one, for an organization that exists.
pub(crate) async fn enter(
    tx: &mut Tx,
    organization: &OrganizationId,
    entry: Option<&AuditEntry>,
) -> Result<(), RepoError> {
    match entry {
        Some(entry) => tx.execute(line(organization, entry)?).await.map(drop),
        None => Ok(()),
    }
}

impl SqlAttendanceRepo {
    pub(crate) async fn append(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        if self.engine.execute(line(organization, entry)?).await? > 0 {
            return Ok(());
        }
        let query = Query::new("SELECT id FROM organizations WHERE id = ?").bind(organization.as_str());
        self.engine.row(query).await?.map(drop).ok_or(RepoError::UnknownOrganization)
    }

    pub(crate) async fn list_audit(
        &self,
        organization: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<AuditEntry>, RepoError> {
        let after: Option<(i64, Uuid)> = AUDIT.start(page, pair)?;
        let mut query = Query::new(format!("SELECT {AUDIT_ENTRY} FROM audit_entries WHERE organization = ?"))
            .bind(organization.as_str());
        if let Some((at, id)) = after {
            query = query
                .push(" AND happened_at <= ? AND (happened_at, id) < (?, ?)")
                .bind(at)
                .bind(at)
                .bind(id.to_string());
        }
        let query = query.push(" ORDER BY happened_at DESC, id DESC").limit(page.limit() + 1);
        let rows = self.engine.rows(query).await?;
        AUDIT.page(&rows, page, rows::audit_entry, |entry: &AuditEntry| format!("{}/{}", micros(entry.at), entry.id))
    }
}
