use async_trait::async_trait;
use jiff::Timestamp;

use super::{InMemoryAttendanceRepo, key};
use crate::domain::audit::AuditEntry;
use crate::domain::ids::OrganizationId;
use crate::domain::page::{Page, PageRequest};
use crate::domain::session::{Session, SessionId};
use crate::memory::{nothing, page_of, start_after};
use crate::ports::RepoError;
use crate::ports::attendance_repo::{Entity, SessionQuery, Timetable};

#[async_trait]
impl Timetable for InMemoryAttendanceRepo {
    async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError> {
        self.write(organization, |tenant| {
            Ok(tenant.sessions.entry(key(&session.id)).or_insert_with(|| session.clone()).clone())
        })
    }

    async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError> {
        Ok(self.read(organization, None, |tenant| tenant.sessions.get(&key(session)).cloned()))
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, RepoError> {
        let after = start_after("sessions", page, |text| text.parse().ok().as_ref().map(key))?;
        let listed = |session: &&Session| {
            (query.from..=query.to).contains(&session.id.date())
                && query.group.as_ref().is_none_or(|group| session.id.group() == group)
                && after.as_ref().is_none_or(|after| key(&session.id) > *after)
        };
        Ok(self.read(organization, nothing(), |tenant| {
            page_of("sessions", page, tenant.sessions.values().filter(listed).cloned(), |each| each.id.to_string())
        }))
    }

    async fn due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Session>, RepoError> {
        Ok(self.read(organization, Vec::new(), |tenant| {
            let due = |session: &&Session| session.closed_at.is_none() && session.closes_at <= now;
            let mut sessions: Vec<_> = tenant.sessions.values().filter(due).cloned().collect();
            sessions.sort_by_key(|session| session.closes_at);
            sessions.truncate(limit);
            sessions
        }))
    }

    async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<Session, RepoError> {
        self.write(organization, |tenant| {
            let session = tenant.sessions.get_mut(&key(session)).ok_or(RepoError::NotFound(Entity::Session))?;
            let closes = session.closed_at.is_none();
            session.closed_at.get_or_insert(at);
            let session = session.clone();
            tenant.enter(entry.as_ref().filter(|_| closes));
            Ok(session)
        })
    }
}
