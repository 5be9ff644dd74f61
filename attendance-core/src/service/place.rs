//! Which session is meant.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::{Attendance, Error};
use crate::domain::attendee::Attendee;
use crate::domain::check_in::Refusal;
use crate::domain::group::Group;
use crate::domain::ids::{GroupId, OrganizationId};
use crate::domain::page::PageRequest;
use crate::domain::session::{Phase, Session, SessionId};
use crate::ports::attendance_repo::SessionQuery;

/// Where an attendee's check-in counts.
pub(super) enum Place {
    At(Session),
    NotExpected,
    Several(Vec<SessionId>),
    Nowhere(Refusal),
}

/// The sessions around one instant, read once per group however many attendees are in it.
pub(super) struct OpenSessions<'a> {
    attendance: &'a Attendance,
    organization: &'a OrganizationId,
    captured_at: Timestamp,
    of_group: HashMap<GroupId, Vec<Session>>,
}

impl<'a> OpenSessions<'a> {
    pub(super) fn new(attendance: &'a Attendance, organization: &'a OrganizationId, captured_at: Timestamp) -> Self {
        Self { attendance, organization, captured_at, of_group: HashMap::new() }
    }

    /// Where the attendee's check-in counts; `named` is the session that the caller named.
    pub(super) async fn place(&mut self, attendee: &Attendee, named: Option<&Session>) -> Result<Place, Error> {
        if let Some(session) = named {
            return Ok(match session.phase_at(self.captured_at) {
                _ if !attendee.is_in(session.id.group()) => Place::NotExpected,
                Phase::NotOpen => Place::Nowhere(Refusal::NotOpen),
                Phase::Closed => Place::Nowhere(Refusal::Closed),
                Phase::InTime | Phase::Late => Place::At(session.clone()),
            });
        }
        // A group of one's own comes before the day of everybody, which is always open.
        let instant = self.captured_at;
        let mut open = Vec::new();
        let mut closed = false;
        for group in &attendee.groups {
            let sessions = self.around(group).await?;
            open.extend(sessions.iter().filter(|session| session.is_open_at(instant)).cloned());
        }
        if open.is_empty() {
            let everyone = self.around(&GroupId::everyone()).await?;
            open.extend(everyone.iter().filter(|session| session.is_open_at(instant)).cloned());
            closed = everyone.iter().any(|session| session.closed_at.is_some_and(|closed| closed <= instant));
        }
        Ok(match (open.pop(), open.is_empty()) {
            (Some(session), true) => Place::At(session),
            (Some(session), false) => {
                let mut sessions: Vec<_> = open.into_iter().chain([session]).map(|session| session.id).collect();
                sessions.sort();
                Place::Several(sessions)
            }
            (None, _) => Place::Nowhere(if closed { Refusal::Closed } else { Refusal::NotOpen }),
        })
    }

    async fn around(&mut self, id: &GroupId) -> Result<&[Session], Error> {
        if !self.of_group.contains_key(id) {
            let sessions = match self.attendance.repo.group(self.organization, id).await? {
                Some(group) => {
                    let today = group.zone.date_at(self.captured_at);
                    // A night shift of yesterday is still open today.
                    let yesterday = today.saturating_sub(Span::new().days(1));
                    self.attendance.sessions_of(self.organization, &group, yesterday, today).await?
                }
                None => Vec::new(),
            };
            self.of_group.insert(id.clone(), sessions);
        }
        Ok(&self.of_group[id])
    }
}

impl Attendance {
    /// One session: the stored one, or the one that its group's timetable has.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], and those of the repository.
    pub async fn session(&self, organization: &OrganizationId, id: &SessionId) -> Result<Session, Error> {
        if let Some(session) = self.repo.session(organization, id).await? {
            return Ok(session);
        }
        let group = self.repo.group(organization, id.group()).await?.ok_or(Error::UnknownSession)?;
        let mut sessions = group.sessions_on(id.date()).into_iter();
        sessions.find(|session| session.id == *id).ok_or(Error::UnknownSession)
    }

    /// The sessions of a group on its local dates from `from` to `to`, both included, by date and slot: the stored
    /// ones, and those that only the timetable knows. All of them at once: a host bounds the range.
    ///
    /// # Errors
    /// [`Error::UnknownGroup`], [`Error::RangeReversed`], and those of the repository.
    pub async fn sessions(
        &self,
        organization: &OrganizationId,
        group: &GroupId,
        from: Date,
        to: Date,
    ) -> Result<Vec<Session>, Error> {
        if to < from {
            return Err(Error::RangeReversed { from, to });
        }
        let group = self.existing_group(organization, group).await?;
        let mut sessions = self.sessions_of(organization, &group, from, to).await?;
        sessions.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(sessions)
    }

    /// As [`Attendance::sessions`], in any order.
    pub(super) async fn sessions_of(
        &self,
        organization: &OrganizationId,
        group: &Group,
        from: Date,
        to: Date,
    ) -> Result<Vec<Session>, Error> {
        let query = SessionQuery { group: Some(group.id.clone()), from, to };
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut sessions = Vec::new();
        loop {
            let stored = self.repo.sessions(organization, &query, &page).await?;
            sessions.extend(stored.items);
            match stored.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        for date in from.series(Span::new().days(1)).take_while(|date| *date <= to) {
            for planned in group.sessions_on(date) {
                if sessions.iter().all(|session| session.id != planned.id) {
                    sessions.push(planned);
                }
            }
        }
        Ok(sessions)
    }
}
