use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::session::{Session, SessionId};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Entity, SessionQuery, Timetable};
use jiff::Timestamp;

use crate::engine::Tx;
use crate::page::{List, parsed};
use crate::query::Query;
use crate::rows::{self, SESSION, micros, session_key, session_values};
use crate::{SqlAttendanceRepo, audit, repeated};

const SESSIONS: List = List("sessions");

/// Closes the session, unless it is closed or not there, together with the entry of whoever closed it.
async fn close_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    session: &SessionId,
    at: Timestamp,
    entry: Option<&AuditEntry>,
) -> Result<(), RepoError> {
    let query = Query::new(
        "UPDATE sessions SET closed_at = ? \
         WHERE organization = ? AND held_on = ? AND group_id = ? AND slot = ? AND closed_at IS NULL",
    )
    .bind(micros(at))
    .bind(organization.as_str())
    .bind_all(session_key(session));
    let closed = tx.execute(query).await? > 0;
    audit::enter(tx, organization, entry.filter(|_| closed)).await
}

impl SqlAttendanceRepo {
    async fn try_close(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<&AuditEntry>,
    ) -> Result<(), RepoError> {
        let mut tx = self.engine.begin().await?;
        let closed = close_within(&mut tx, organization, session, at, entry).await;
        tx.end(closed).await
    }
}

#[async_trait]
impl Timetable for SqlAttendanceRepo {
    async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError> {
        if let Some(stored) = self.session(organization, &session.id).await? {
            return Ok(stored);
        }
        let mut values = vec![organization.as_str().into()];
        values.extend(session_values(session));
        let insert = Query::insert(&format!("sessions (organization, {SESSION})"), [values]).or_ignore();
        self.engine.execute(insert).await?;
        self.session(organization, &session.id).await?.ok_or(RepoError::UnknownOrganization)
    }

    async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError> {
        let query = Query::new(format!(
            "SELECT {SESSION} FROM sessions WHERE organization = ? AND held_on = ? AND group_id = ? AND slot = ?"
        ))
        .bind(organization.as_str())
        .bind_all(session_key(session));
        self.engine.row(query).await?.as_ref().map(rows::session).transpose()
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, RepoError> {
        let after: Option<SessionId> = SESSIONS.start(page, parsed)?;
        // Not every engine finds the start of a range by a row value; each does by the date.
        let from = after.as_ref().map_or(query.from, |after| after.date().max(query.from));
        let mut select = Query::new(format!(
            "SELECT {SESSION} FROM sessions WHERE organization = ? AND held_on >= ? AND held_on <= ?"
        ))
        .bind(organization.as_str())
        .bind(from.to_string())
        .bind(query.to.to_string());
        if let Some(group) = &query.group {
            select = select.push(" AND group_id = ?").bind(group.as_str());
        }
        if let Some(after) = &after {
            select = select.push(" AND (held_on, group_id, slot) > (?, ?, ?)").bind_all(session_key(after));
        }
        let select = select.push(" ORDER BY held_on, group_id, slot").limit(page.limit() + 1);
        let rows = self.engine.rows(select).await?;
        SESSIONS.page(&rows, page, rows::session, |session| session.id.to_string())
    }

    async fn due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Session>, RepoError> {
        let query = Query::new(format!(
            "SELECT {SESSION} FROM sessions WHERE organization = ? AND closed_at IS NULL AND closes_at <= ? \
             ORDER BY closes_at, held_on, group_id, slot"
        ))
        .bind(organization.as_str())
        .bind(micros(now))
        .limit(limit);
        self.engine.rows(query).await?.iter().map(rows::session).collect()
    }

    async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<Session, RepoError> {
        repeated!(self.engine, self.try_close(organization, session, at, entry.as_ref()))?;
        self.session(organization, session).await?.ok_or(RepoError::NotFound(Entity::Session))
    }
}
