use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::attendee::Attendee;
use crate::domain::audit::{Actor, AuditAction};
use crate::domain::ids::{AttendeeId, GroupId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::{AttendanceRecord, Method, Reason, Status};
use crate::domain::session::{Session, SessionId};
use crate::domain::zone::Zone;
use crate::ports::RepoError;
use crate::ports::attendance_repo::{AttendeeQuery, RecordDraft};

/// Which session is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// This one.
    Session(SessionId),
    /// The attendee's one session of that local date.
    Date(Date),
    /// The attendee's one session of today.
    Today,
}

/// What somebody was, said by hand.
#[derive(Debug, Clone)]
pub struct MarkRequest {
    /// Who.
    pub attendee: AttendeeId,
    /// Where.
    pub when: When,
    /// What they were.
    pub status: Status,
    /// Why.
    pub reason: Reason,
    /// Who says so.
    pub by: Actor,
}

/// Somebody on a roster, and what they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Who.
    pub attendee: Attendee,
    /// What they were; `None`: nothing is known yet.
    pub record: Option<AttendanceRecord>,
}

impl Attendance {
    /// Marks or corrects one record by hand. The version before stays in the history.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], [`Error::UnknownSession`], [`Error::NoSession`],
    /// [`Error::ChooseSession`], [`Error::NotOnRoster`], [`Error::NotOpenYet`], and those of the repository.
    pub async fn mark(&self, organization: &OrganizationId, request: MarkRequest) -> Result<AttendanceRecord, Error> {
        let attendee = self.attendee(organization, request.attendee).await?;
        let session = self.session_meant(organization, &attendee, &request.when).await?;
        let now = self.now();
        if !attendee.is_in(session.id.group()) {
            return Err(Error::NotOnRoster);
        }
        if now < session.opens_at && request.status != Status::Excused {
            return Err(Error::NotOpenYet);
        }
        self.repo.ensure_session(organization, &session).await?;
        let record = self.write(organization, &session.id, &request, now).await?;
        if self.any_attendee(organization, attendee.id).await?.is_erased() {
            // Erased while this was written: the reason must not outlive the rest.
            let entry = self.entry(&Actor::system(), AuditAction::CompleteErasure, Some(attendee.id));
            self.repo.erase_attendee(organization, attendee.id, now, &entry).await?;
            return Err(Error::Erased);
        }
        Ok(record)
    }

    /// Who is expected at a session, ordered by attendee, and what they were.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], and those of the repository.
    pub async fn roster(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        page: &PageRequest,
    ) -> Result<Page<RosterEntry>, Error> {
        self.session(organization, session).await?;
        let query = AttendeeQuery { group: Some(session.group().clone()), erasing: false };
        let attendees = self.repo.attendees(organization, &query, page).await?;
        let mut items = Vec::with_capacity(attendees.items.len());
        for attendee in attendees.items {
            let record = self.repo.record(organization, session, attendee.id).await?;
            items.push(RosterEntry { attendee, record });
        }
        Ok(Page { items, next: attendees.next })
    }

    /// Closes a session now: who has not come, and is expected, is absent if the session marks the absent.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], [`Error::NotOpenYet`], and those of the repository.
    pub async fn close_session(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        by: &Actor,
    ) -> Result<Session, Error> {
        let session = self.session(organization, session).await?;
        let now = self.now();
        if now < session.opens_at {
            return Err(Error::NotOpenYet);
        }
        let session = self.repo.ensure_session(organization, &session).await?;
        self.mark_absent(organization, &session, now).await?;
        let entry = self.entry(by, AuditAction::CloseSession, None).about(&session.id);
        let closed_at = now.min(session.closes_at);
        Ok(self.repo.close_session(organization, &session.id, closed_at, Some(entry)).await?)
    }

    /// Marks everybody on the roster who has no record absent, if the session does so, and answers how many they were.
    pub(super) async fn mark_absent(
        &self,
        organization: &OrganizationId,
        session: &Session,
        now: Timestamp,
    ) -> Result<u32, Error> {
        if !session.marks_absent {
            return Ok(0);
        }
        let query = AttendeeQuery { group: Some(session.id.group().clone()), erasing: false };
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut marked = 0;
        loop {
            let expected = self.repo.attendees(organization, &query, &page).await?;
            for attendee in expected.items.iter().filter(|attendee| attendee.registered_at < session.closes_at) {
                if self.repo.record(organization, &session.id, attendee.id).await?.is_some() {
                    continue;
                }
                let record = AttendanceRecord {
                    session: session.id.clone(),
                    attendee: attendee.id,
                    status: Status::Absent,
                    method: Method::Sweep,
                    at: now,
                    recorded_at: now,
                    check_in: None,
                    version: 1,
                };
                let draft = RecordDraft::new(organization, record);
                match self.repo.mark(organization, &draft, &self.targets, None).await {
                    Ok(()) => marked += 1,
                    // Came, or was marked, a moment ago.
                    Err(RepoError::Conflict) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match expected.next {
                Some(next) => page = page.after(next),
                None => return Ok(marked),
            }
        }
    }

    /// Writes the next version of a record, upon whatever stands when it is written.
    async fn write(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        request: &MarkRequest,
        now: Timestamp,
    ) -> Result<AttendanceRecord, Error> {
        let attendee = request.attendee;
        let method = Method::Hand { actor: request.by.clone(), reason: Some(request.reason.clone()) };
        let entry = self.entry(&request.by, AuditAction::Mark, Some(attendee)).about(session);
        let mut before = self.repo.record(organization, session, attendee).await?;
        for _ in 0..16 {
            let record = AttendanceRecord {
                session: session.clone(),
                attendee,
                status: request.status,
                method: method.clone(),
                at: before.as_ref().map_or(now, |before| before.at),
                recorded_at: now,
                check_in: before.as_ref().and_then(|before| before.check_in.clone()),
                version: before.as_ref().map_or(1, |before| before.version + 1),
            };
            let draft = RecordDraft::new(organization, record.clone());
            match self.repo.mark(organization, &draft, &self.targets, Some(entry.clone())).await {
                Ok(()) => return Ok(record),
                Err(RepoError::Conflict) => before = self.repo.record(organization, session, attendee).await?,
                Err(error) => return Err(error.into()),
            }
            // An attempt whose answer got lost went through after all.
            if before.as_ref() == Some(&record) {
                return Ok(record);
            }
        }
        Err(RepoError::Conflict.into())
    }

    async fn session_meant(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        when: &When,
    ) -> Result<Session, Error> {
        let date = match when {
            When::Session(id) => return self.session(organization, id).await,
            When::Date(date) => Some(*date),
            When::Today => None,
        };
        let everyone = GroupId::everyone();
        let now = self.now();
        let mut sessions = Vec::new();
        let mut day = date.unwrap_or(Zone::utc().date_at(now));
        // A group of one's own comes before the day of everybody, as at a check-in.
        for groups in [attendee.groups.iter().collect::<Vec<_>>(), vec![&everyone]] {
            for id in groups {
                if let Some(group) = self.repo.group(organization, id).await? {
                    day = date.unwrap_or(group.zone.date_at(now));
                    sessions.extend(self.sessions_of(organization, &group, day, day).await?);
                }
            }
            if sessions.len() > 1 {
                let mut ids: Vec<_> = sessions.into_iter().map(|session| session.id).collect();
                ids.sort();
                return Err(Error::ChooseSession(ids));
            }
            if let Some(session) = sessions.pop() {
                return Ok(session);
            }
        }
        Err(Error::NoSession(day))
    }
}
