use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{Attendance, Error};
use crate::domain::audit::Actor;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::page::PageRequest;
use crate::domain::record::{AttendanceRecord, Method, Reason, Status};
use crate::domain::session::{Session, SessionId};
use crate::ports::attendance_repo::{AttendeeQuery, RecordQuery};

/// What everybody was of whom nothing is known yet, said by hand.
#[derive(Debug, Clone)]
pub struct RestRequest {
    /// Where.
    pub session: SessionId,
    /// What they were.
    pub status: Status,
    /// Why.
    pub reason: Reason,
    /// Who says so.
    pub by: Actor,
}

/// How many records are written at a time.
const AT_ONCE: usize = 8;

/// Of how many attendees one can ask by their ids.
const IDS: usize = 100;

impl Attendance {
    /// Marks everybody on a session's roster who has no record, and answers how many they were. Whoever has one by
    /// then keeps it, so it can be repeated, and whoever comes meanwhile is not touched.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], [`Error::NotOpenYet`], and those of the repository; what was written by then stands.
    pub async fn mark_rest(&self, organization: &OrganizationId, request: RestRequest) -> Result<u32, Error> {
        let session = self.session(organization, &request.session).await?;
        let now = self.now();
        if now < session.opens_at && request.status != Status::Excused {
            return Err(Error::NotOpenYet);
        }
        let session = self.repo.ensure_session(organization, &session).await?;
        let recorded = self.recorded(organization, &session).await?;
        let elsewhere = self.elsewhere(organization, &session.id).await?;
        let query = AttendeeQuery { group: Some(session.id.group().clone()), erasing: false };
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut marked = 0;
        loop {
            let expected = self.repo.attendees(organization, &query, &page).await?;
            let rest = expected
                .items
                .iter()
                .filter(|attendee| !elsewhere.has(attendee) && !recorded.contains(&attendee.id))
                .map(|attendee| self.mark_first(organization, &request, attendee.id, now));
            let marks: Vec<_> = rest.collect();
            let written: Vec<_> = stream::iter(marks).buffer_unordered(AT_ONCE).try_collect().await?;
            let written: Vec<AttendeeId> = written.into_iter().flatten().collect();
            marked += u32::try_from(written.len()).unwrap_or(u32::MAX);
            self.erase_again(organization, &written, now).await?;
            match expected.next {
                Some(next) => page = page.after(next),
                None => return Ok(marked),
            }
        }
    }

    /// Who has a record of a session.
    async fn recorded(&self, organization: &OrganizationId, session: &Session) -> Result<HashSet<AttendeeId>, Error> {
        let (group, date) = (session.id.group().clone(), session.id.date());
        let query = RecordQuery { from: date, to: date, group: Some(group), attendee: None };
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut recorded = HashSet::new();
        loop {
            let records = self.repo.records(organization, &query, &page).await?;
            let of_session = records.items.into_iter().filter(|record| record.session == session.id);
            recorded.extend(of_session.map(|record| record.attendee));
            match records.next {
                Some(next) => page = page.after(next),
                None => return Ok(recorded),
            }
        }
    }

    /// Makes somebody's first record; nobody's, if there is one by now.
    async fn mark_first(
        &self,
        organization: &OrganizationId,
        request: &RestRequest,
        attendee: AttendeeId,
        now: Timestamp,
    ) -> Result<Option<AttendeeId>, Error> {
        let record = AttendanceRecord {
            session: request.session.clone(),
            attendee,
            status: request.status,
            method: Method::Hand { actor: request.by.clone(), reason: Some(request.reason.clone()) },
            at: now,
            recorded_at: now,
            check_in: None,
            version: 1,
        };
        match self.write(organization, &record, &request.by).await {
            Ok(()) => Ok(Some(attendee)),
            Err(Error::Outdated(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Erases again whoever was erased while they were marked: the reason must not outlive the rest.
    async fn erase_again(
        &self,
        organization: &OrganizationId,
        marked: &[AttendeeId],
        now: Timestamp,
    ) -> Result<(), Error> {
        for ids in marked.chunks(IDS) {
            let attendees = self.repo.attendees_by_id(organization, ids).await?;
            for erased in attendees.iter().filter(|attendee| attendee.is_erased()) {
                self.erase_reasons(organization, erased.id, now).await?;
            }
        }
        Ok(())
    }
}
