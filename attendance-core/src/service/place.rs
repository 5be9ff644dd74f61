//! Which session is meant.

use std::collections::{HashMap, HashSet};

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
    Nowhere(Refusal, Option<SessionId>),
}

/// The sessions around one instant, read once per group however many attendees are in it.
pub(super) struct OpenSessions<'a> {
    attendance: &'a Attendance,
    organization: &'a OrganizationId,
    captured_at: Timestamp,
    of_group: HashMap<GroupId, Around>,
}

/// A group's sessions of yesterday and today.
#[derive(Debug, Default)]
struct Around {
    /// Whether the group meets at all.
    meets: bool,
    sessions: Vec<Session>,
}

impl<'a> OpenSessions<'a> {
    pub(super) fn new(attendance: &'a Attendance, organization: &'a OrganizationId, captured_at: Timestamp) -> Self {
        Self { attendance, organization, captured_at, of_group: HashMap::new() }
    }

    /// Where the attendee's check-in counts; `named` is the session that the caller named.
    pub(super) async fn place(&mut self, attendee: &Attendee, named: Option<&Session>) -> Result<Place, Error> {
        if let Some(session) = named {
            let over = || Some(session.id.clone());
            return Ok(match session.phase_at(self.captured_at) {
                _ if !self.expects(attendee, session.id.group()).await? => Place::NotExpected,
                Phase::NotOpen => Place::Nowhere(Refusal::NotOpen, None),
                Phase::Closed => Place::Nowhere(Refusal::Closed, over()),
                Phase::InTime | Phase::Late => Place::At(session.clone()),
            });
        }
        let instant = self.captured_at;
        let mut sessions = Vec::new();
        for group in self.groups(attendee).await? {
            sessions.extend_from_slice(&self.around(&group).await?.sessions);
        }
        let mut open: Vec<_> = sessions.iter().filter(|session| session.is_open_at(instant)).cloned().collect();
        Ok(match (open.pop(), open.is_empty()) {
            (Some(session), true) => Place::At(session),
            (Some(session), false) => {
                let mut sessions: Vec<_> = open.into_iter().chain([session]).map(|session| session.id).collect();
                sessions.sort();
                Place::Several(sessions)
            }
            (None, _) => match nearest_over(&sessions, instant) {
                Some(over) => Place::Nowhere(Refusal::Closed, Some(over)),
                None => Place::Nowhere(Refusal::NotOpen, None),
            },
        })
    }

    /// Whether the attendee is on the roster of a group.
    async fn expects(&mut self, attendee: &Attendee, group: &GroupId) -> Result<bool, Error> {
        Ok(if group.is_everyone() { self.groups(attendee).await?.contains(group) } else { attendee.is_in(group) })
    }

    /// The groups in whose sessions the attendee's check-in can count: those of their own that meet, or the group of
    /// everybody, if none does.
    async fn groups(&mut self, attendee: &Attendee) -> Result<Vec<GroupId>, Error> {
        let mut groups = Vec::new();
        for group in &attendee.groups {
            if self.around(group).await?.meets {
                groups.push(group.clone());
            }
        }
        if groups.is_empty() {
            groups.push(GroupId::everyone());
        }
        Ok(groups)
    }

    async fn around(&mut self, id: &GroupId) -> Result<&Around, Error> {
        if !self.of_group.contains_key(id) {
            let around = match self.attendance.repo.group(self.organization, id).await? {
                Some(group) => {
                    let today = group.zone.date_at(self.captured_at);
                    // A night shift of yesterday is still open today.
                    let yesterday = today.saturating_sub(Span::new().days(1));
                    let sessions = self.attendance.sessions_of(self.organization, &group, yesterday, today).await?;
                    Around { meets: group.meets(), sessions }
                }
                None => Around::default(),
            };
            self.of_group.insert(id.clone(), around);
        }
        Ok(&self.of_group[id])
    }
}

/// The session that is over, if none comes that is nearer: who comes a minute before a night shift is not told of
/// yesterday's.
fn nearest_over(sessions: &[Session], instant: Timestamp) -> Option<SessionId> {
    let over = sessions.iter().filter(|session| session.phase_at(instant) == Phase::Closed);
    let over = over.max_by_key(|session| session.ended_at())?;
    let since = instant.duration_since(over.ended_at());
    let next = sessions.iter().map(|session| session.opens_at).filter(|opens_at| *opens_at > instant).min();
    next.is_none_or(|next| since <= next.duration_since(instant)).then(|| over.id.clone())
}

/// Who is expected by the group of everybody: whoever is in no group that meets.
#[derive(Debug, Default)]
pub(super) struct Elsewhere(HashSet<GroupId>);

impl Elsewhere {
    /// Whether an attendee is expected by another group.
    pub(super) fn has(&self, attendee: &Attendee) -> bool {
        attendee.groups.iter().any(|group| self.0.contains(group))
    }
}

impl Attendance {
    /// The groups whose attendees a session does not expect although it is of everybody's; none for any other session.
    pub(super) async fn elsewhere(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
    ) -> Result<Elsewhere, Error> {
        let mut elsewhere = Elsewhere::default();
        if !session.group().is_everyone() {
            return Ok(elsewhere);
        }
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let groups = self.repo.groups(organization, &page).await?;
            let meeting = groups.items.into_iter().filter(|group| !group.id.is_everyone() && group.meets());
            elsewhere.0.extend(meeting.map(|group| group.id));
            match groups.next {
                Some(next) => page = page.after(next),
                None => return Ok(elsewhere),
            }
        }
    }

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
        let mut sessions = self.stored_sessions(organization, &query).await?;
        let stored: HashSet<_> = sessions.iter().map(|session| session.id.clone()).collect();
        for date in from.series(Span::new().days(1)).take_while(|date| *date <= to) {
            let planned = group.sessions_on(date).into_iter();
            sessions.extend(planned.filter(|session| !stored.contains(&session.id)));
        }
        Ok(sessions)
    }

    /// All sessions that are stored of those that the query wants.
    pub(super) async fn stored_sessions(
        &self,
        organization: &OrganizationId,
        query: &SessionQuery,
    ) -> Result<Vec<Session>, Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut sessions = Vec::new();
        loop {
            let stored = self.repo.sessions(organization, query, &page).await?;
            sessions.extend(stored.items);
            match stored.next {
                Some(next) => page = page.after(next),
                None => return Ok(sessions),
            }
        }
    }
}
