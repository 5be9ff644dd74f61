use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use super::RepoError;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::{GroupId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::session::{Session, SessionId};

/// Which sessions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionQuery {
    /// Only that group's.
    pub group: Option<GroupId>,
    /// The first local date.
    pub from: Date,
    /// The last local date.
    pub to: Date,
}

/// The sessions that came to be: a session that only the group's timetable knows is not here yet.
#[async_trait]
pub trait Timetable: std::fmt::Debug + Send + Sync + 'static {
    /// Stores a session unless it is there, and answers the stored one.
    ///
    /// # Behavior
    /// - The first one stays, also when many ensure the same at once.
    async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError>;

    /// One session, or `None`.
    ///
    /// # Behavior
    /// - Another organization's session of the same id is not found.
    async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError>;

    /// Sessions, ordered by date, then by group, then by slot.
    ///
    /// # Behavior
    /// - Both ends of the range are included. Following `next` yields each exactly once.
    async fn sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, RepoError>;

    /// Up to `limit` sessions that are not closed although their `closes_at` is at or before `now`; the earliest first.
    ///
    /// # Behavior
    /// - A session that was closed is not due.
    async fn due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Session>, RepoError>;

    /// Closes a session and answers it.
    ///
    /// # Behavior
    /// - A session that is closed stays as it is; the first instant stays.
    /// - The entry of the audit, where it is somebody's act, is stored with the instant: none where it was closed before.
    /// - One that does not exist is refused as `NotFound`.
    async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<Session, RepoError>;
}
