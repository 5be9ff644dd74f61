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

/// What stands where somebody marks, as far as they know: nothing else is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is no record.
    None,
    /// The record has this version.
    Version(u32),
}

impl Expected {
    fn is(self, standing: Option<&AttendanceRecord>) -> bool {
        standing.map(|record| record.version) == self.version()
    }

    fn version(self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Version(version) => Some(version),
        }
    }
}

/// What somebody was, said by hand.
#[derive(Debug, Clone)]
pub struct MarkRequest {
    /// Who.
    pub attendee: AttendeeId,
    /// Where.
    pub when: When,
    /// What whoever marks knows to stand there.
    pub expected: Expected,
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
    /// Marks or corrects one record by hand, if what stands is what was expected. The version before stays in the
    /// history. The same again, after an answer that got lost, changes nothing and answers the record.
    ///
    /// # Errors
    /// [`Error::Outdated`] with the record that stands, [`Error::UnknownAttendee`], [`Error::Erased`],
    /// [`Error::UnknownSession`], [`Error::NoSession`], [`Error::ChooseSession`], [`Error::NotOnRoster`],
    /// [`Error::NotOpenYet`], and those of the repository.
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
        let before = self.repo.record(organization, &session.id, attendee.id).await?;
        let record = AttendanceRecord {
            session: session.id,
            attendee: attendee.id,
            status: request.status,
            method: Method::Hand { actor: request.by.clone(), reason: Some(request.reason) },
            at: before.as_ref().map_or(now, |before| before.at),
            recorded_at: now,
            check_in: before.as_ref().and_then(|before| before.check_in.clone()),
            version: request.expected.version().map_or(1, |version| version.saturating_add(1)),
        };
        let written = if request.expected.is(before.as_ref()) {
            self.write(organization, &record, &request.by).await
        } else {
            Err(Error::Outdated(before.map(Box::new)))
        };
        match written {
            Err(Error::Outdated(Some(standing))) if is_repeated(&standing, &record) => return Ok(*standing),
            written => written?,
        }
        if self.any_attendee(organization, attendee.id).await?.is_erased() {
            self.erase_reasons(organization, attendee.id, now).await?;
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
        let elsewhere = self.elsewhere(organization, session).await?;
        let attendees = self.repo.attendees(organization, &query, page).await?;
        let mut items = Vec::with_capacity(attendees.items.len());
        for attendee in attendees.items {
            let record = self.repo.record(organization, session, attendee.id).await?;
            // Who has a record is shown with it, whoever expects them now.
            if record.is_some() || !elsewhere.has(&attendee) {
                items.push(RosterEntry { attendee, record });
            }
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
        if !session.marks_absent || session.closes_at <= session.opens_at {
            return Ok(0);
        }
        let elsewhere = self.elsewhere(organization, &session.id).await?;
        let query = AttendeeQuery { group: Some(session.id.group().clone()), erasing: false };
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut marked = 0;
        loop {
            let expected = self.repo.attendees(organization, &query, &page).await?;
            let expects = |attendee: &&Attendee| attendee.registered_at < session.closes_at && !elsewhere.has(attendee);
            for attendee in expected.items.iter().filter(expects) {
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

    /// Writes a version of a record by hand, with its line in the audit; [`Error::Outdated`] if it does not follow what
    /// stands.
    pub(super) async fn write(
        &self,
        organization: &OrganizationId,
        record: &AttendanceRecord,
        by: &Actor,
    ) -> Result<(), Error> {
        let draft = RecordDraft::new(organization, record.clone());
        let entry = self.entry(by, AuditAction::Mark, Some(record.attendee)).about(&record.session);
        match self.repo.mark(organization, &draft, &self.targets, Some(entry)).await {
            Ok(()) => Ok(()),
            Err(RepoError::Conflict) => {
                let standing = self.repo.record(organization, &record.session, record.attendee).await?;
                // An attempt whose answer got lost went through after all.
                if standing.as_ref() == Some(record) { Ok(()) } else { Err(Error::Outdated(standing.map(Box::new))) }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Erases somebody again who was erased while they were marked: the reason must not outlive the rest.
    pub(super) async fn erase_reasons(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let entry = self.entry(&Actor::system(), AuditAction::CompleteErasure, Some(attendee));
        Ok(self.repo.erase_attendee(organization, attendee, now, &entry).await?)
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
        // Who is in a group that meets is not expected by the group of everybody, as at a check-in.
        let mut meets = false;
        for groups in [attendee.groups.iter().collect::<Vec<_>>(), vec![&everyone]] {
            if meets {
                break;
            }
            for id in groups {
                if let Some(group) = self.repo.group(organization, id).await? {
                    meets |= group.meets();
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

/// Whether what stands is the wanted version, from an earlier request.
fn is_repeated(standing: &AttendanceRecord, wanted: &AttendanceRecord) -> bool {
    let said = |record: &AttendanceRecord| (record.version, record.status, record.method.clone());
    said(standing) == said(wanted)
}
