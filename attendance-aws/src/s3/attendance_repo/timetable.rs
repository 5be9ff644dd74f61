//! Sessions. Which of them may be due is listed by empty objects at the instant at which they close: written before the
//! session, deleted once it is closed, and believed only as far as the session itself agrees.

use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::session::{Session, SessionId};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Entity, SessionQuery, Timetable};
use jiff::Timestamp;
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::keys::{counting_up, read_session_place};
use super::list::{List, Place, Range};
use super::objects::{Found, Patience, Put, contended};

const SESSIONS: List = List("sessions");

#[async_trait]
impl Timetable for S3AttendanceRepo {
    async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError> {
        let tenant = self.tenant(organization);
        let key = tenant.session(&session.id);
        if let Some(found) = self.objects.get::<Session>(&key).await? {
            return Ok(found.content);
        }
        self.require(organization).await?;
        if session.closed_at.is_none() {
            self.objects.put_empty(vec![tenant.due_at(session.closes_at, &session.id)]).await?;
        }
        match self.objects.create(&key, session, Uuid::now_v7()).await? {
            Put::Done => Ok(session.clone()),
            Put::Lost(found) => found.map(|found| found.content).ok_or_else(contended),
        }
    }

    async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError> {
        let found = self.objects.get::<Session>(&self.tenant(organization).session(session)).await?;
        Ok(found.map(|found| found.content))
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, RepoError> {
        let after = SESSIONS.start(page, |place| read_session_place(place).is_some())?;
        let prefix = self.tenant(organization).sessions();
        let look = |place: &str| match read_session_place(place) {
            Some(id) if id.date() > query.to => Place::End,
            Some(id) if id.date() >= query.from && query.group.as_ref().is_none_or(|group| id.group() == group) => {
                Place::Read(format!("{prefix}{place}"))
            }
            _ => Place::Skip,
        };
        // A date alone sorts before everything of that date.
        let after = after.max(Some(query.from.to_string()));
        let range = Range { prefix: prefix.clone(), after, wanted: page.limit() + 1 };
        let items = self.objects.collect(range, look, |_: &str, found: Found<Session>| Some(found.content)).await?;
        Ok(SESSIONS.page(items, page))
    }

    async fn due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Session>, RepoError> {
        let tenant = self.tenant(organization);
        let last = counting_up(now);
        let place_of = |session: &Session| format!("{}/{}", counting_up(session.closes_at), session.id);
        let look = |place: &str| match place.split_once('/') {
            Some((closes_at, _)) if closes_at > last.as_str() => Place::End,
            Some((_, id)) => id.parse().map_or(Place::Skip, |id| Place::Read(tenant.session(&id))),
            None => Place::Skip,
        };
        let item = |place: &str, found: Found<Session>| {
            let session = found.content;
            (session.closed_at.is_none() && place_of(&session) == place).then_some(session)
        };
        let range = Range { prefix: tenant.due(), after: None, wanted: limit };
        let due = self.objects.collect(range, look, item).await?;
        Ok(due.into_iter().map(|(_, session)| session).collect())
    }

    async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<Session, RepoError> {
        let tenant = self.tenant(organization);
        let key = tenant.session(session);
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<Session>(&key).await?.ok_or(RepoError::NotFound(Entity::Session))?;
            let closed = Session { closed_at: Some(found.content.closed_at.unwrap_or(at)), ..found.content.clone() };
            if closed != found.content {
                let before = Some(&found.version);
                let put = self.act_upon(organization, &key, before, &closed, Uuid::now_v7(), entry.as_ref());
                if let Put::Lost(_) = put.await? {
                    patience.wait().await?;
                    continue;
                }
            }
            self.objects.delete(&tenant.due_at(closed.closes_at, session)).await?;
            return Ok(closed);
        }
    }
}
