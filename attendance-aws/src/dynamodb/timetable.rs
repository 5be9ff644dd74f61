use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::session::{Session, SessionId};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Entity, SessionQuery, Timetable};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::DynamoAttendanceRepo;
use super::audit::entering;
use super::items::{Item, SK, body, holding, marker, text, unreadable};
use super::keys::{self, FIRST, LAST};
use super::ledger::next_of_group;
use super::listing::{List, Listing};
use super::transact::{Action, Condition, Transacted};

const SESSIONS: List = List("sessions");

/// The attribute that only a closed session has.
const CLOSED: &str = "closed";

fn session_item(organization: &OrganizationId, session: &Session) -> Result<Item, RepoError> {
    let mut item = holding(keys::session(organization, &session.id), session)?;
    if session.closed_at.is_some() {
        item.insert(CLOSED.to_owned(), AttributeValue::Bool(true));
    }
    Ok(item)
}

/// The session that stood in the way of another.
fn standing(transacted: Transacted, written: &Session) -> Result<Session, RepoError> {
    let refusals = match transacted {
        Transacted::Written => return Ok(written.clone()),
        Transacted::Refused(refusals) => refusals,
    };
    let stands = refusals.into_iter().find_map(|refusal| refusal.stands);
    body(&stands.ok_or_else(unreadable)?)
}

#[async_trait]
impl Timetable for DynamoAttendanceRepo {
    async fn ensure_session(&self, organization: &OrganizationId, session: &Session) -> Result<Session, RepoError> {
        if let Some(stored) = self.session(organization, &session.id).await? {
            return Ok(stored);
        }
        self.known(organization).await?;
        let mut actions = vec![Action::Put(session_item(organization, session)?, Some(Condition::absent()))];
        if session.closed_at.is_none() {
            actions.push(Action::Put(marker(keys::due_session(organization, session)), None));
        }
        standing(self.transact(actions).await?, session)
    }

    async fn session(&self, organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError> {
        self.get(keys::session(organization, session)).await?.as_ref().map(body).transpose()
    }

    async fn sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
        page: &PageRequest,
    ) -> Result<Page<Session>, RepoError> {
        let after: Option<SessionId> = SESSIONS.start(page, |text| text.parse().ok())?;
        let after = after.as_ref().map(keys::place);
        let first = keys::from_place(query.from, query.group.as_ref());
        let from = after.clone().map_or(first.clone(), |after| after.max(first));
        let partition = [keys::sessions(organization)];
        let mut listing = Listing::new(self, partition, from, keys::to_place(query.to), page.limit() + 1);
        let mut found: Vec<Session> = Vec::new();
        while found.len() <= page.limit() {
            let Some(item) = listing.next().await? else { break };
            let session: Session = body(&item)?;
            match next_of_group(&session.id, query.group.as_ref()) {
                Some(next) => listing.skip_to(next),
                None if after.as_deref() == Some(text(&item, SK)?) => {}
                None => found.push(session),
            }
        }
        Ok(SESSIONS.page(found, page, |session| session.id.to_string()))
    }

    async fn due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Session>, RepoError> {
        let to = format!("{}#{LAST}", keys::instant(now));
        let mut listing = Listing::new(self, [keys::due(organization)], FIRST, to, limit);
        let mut due: Vec<Session> = Vec::new();
        while due.len() < limit {
            let some = listing.some((limit - due.len()).min(100)).await?;
            if some.is_empty() {
                break;
            }
            let place =
                |item| text(item, SK).map(|sk| sk.split_once('#').and_then(|(_, place)| keys::session_at(place)));
            let ids = some.iter().map(|item| place(item)?.ok_or_else(unreadable)).collect::<Result<Vec<_>, _>>()?;
            let keys: Vec<_> = ids.iter().map(|id| keys::session(organization, id)).collect();
            let found = self.get_all(keys.clone()).await?;
            let sessions = keys.iter().filter_map(|key| found.get(key)).map(body);
            let sessions = sessions.collect::<Result<Vec<Session>, _>>()?;
            due.extend(sessions.into_iter().filter(|session| session.closed_at.is_none() && session.closes_at <= now));
        }
        Ok(due)
    }

    async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<Session, RepoError> {
        let stored = self.session(organization, session).await?.ok_or(RepoError::NotFound(Entity::Session))?;
        if stored.closed_at.is_some() {
            return Ok(stored);
        }
        let open = Condition { expression: "attribute_not_exists(closed)", values: Vec::new() };
        let closed = Session { closed_at: Some(at), ..stored };
        let mut actions = vec![
            Action::Put(session_item(organization, &closed)?, Some(open)),
            Action::Delete(keys::due_session(organization, &closed), None),
        ];
        if let Some(entry) = entry {
            actions.push(entering(organization, &entry)?);
        }
        standing(self.transact(actions).await?, &closed)
    }
}
