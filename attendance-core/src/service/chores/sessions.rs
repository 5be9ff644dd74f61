use std::collections::HashSet;

use jiff::{Span, Timestamp};

use super::{Chore, Swept};
use crate::domain::group::Group;
use crate::domain::ids::OrganizationId;
use crate::domain::page::PageRequest;
use crate::domain::session::Session;
use crate::ports::attendance_repo::{AttendanceRepoExt, SessionQuery};
use crate::service::{Attendance, Error};

/// How many days back is looked for sessions that nobody closed: the sweep may have been off over a holiday.
const LOOK_BACK_DAYS: i64 = 14;

impl Attendance {
    /// Opens the sessions that mark the absent and closes those whose time is over, with the absent marked.
    pub async fn close_sessions(&self, organization: &OrganizationId) -> Swept {
        let now = self.now();
        let mut swept = Swept::default();
        if let Err(error) = self.open_sessions(organization, now, &mut swept).await {
            swept.note(Chore::Sessions, &error);
        }
        let result = self.close_due_sessions(organization, now, &mut swept).await;
        Swept::of(Chore::Sessions, swept, result)
    }

    /// Stores the sessions that opened and that mark the absent: nobody else may have stored them.
    async fn open_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let created_at = self.repo.existing_organization(organization).await?.created_at;
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let groups = self.repo.groups(organization, &page).await?;
            for group in groups.items.iter().filter(|group| group.timetable.iter().any(|slot| slot.marks_absent)) {
                if let Err(error) = self.open_sessions_of(organization, group, created_at, now).await {
                    swept.note(Chore::Sessions, &error);
                }
            }
            match groups.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }

    async fn open_sessions_of(
        &self,
        organization: &OrganizationId,
        group: &Group,
        created_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let today = group.zone.date_at(now);
        let from = today.saturating_sub(Span::new().days(LOOK_BACK_DAYS));
        let query = SessionQuery { group: Some(group.id.clone()), from, to: today };
        let stored: HashSet<_> =
            self.stored_sessions(organization, &query).await?.into_iter().map(|session| session.id).collect();
        let opened = |session: &Session| session.marks_absent && session.opens_at <= now;
        for date in from.series(Span::new().days(1)).take_while(|date| *date <= today) {
            for session in group.sessions_on(date) {
                if opened(&session) && session.closes_at > created_at && !stored.contains(&session.id) {
                    self.repo.ensure_session(organization, &session).await?;
                }
            }
        }
        Ok(())
    }

    /// A session that fails stays due, and those behind it have their turn.
    async fn close_due_sessions(
        &self,
        organization: &OrganizationId,
        now: Timestamp,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let mut failed = HashSet::new();
        loop {
            let due = self.repo.due_sessions(organization, now, 100 + failed.len()).await?;
            let due: Vec<_> = due.into_iter().filter(|session| !failed.contains(&session.id)).collect();
            if due.is_empty() {
                return Ok(());
            }
            for session in due {
                match self.close_due(organization, &session, now).await {
                    Ok(marked) => {
                        swept.marked_absent += marked;
                        swept.sessions_closed += 1;
                    }
                    Err(error) => {
                        swept.note(Chore::Sessions, &error);
                        failed.insert(session.id);
                    }
                }
            }
        }
    }

    async fn close_due(&self, organization: &OrganizationId, session: &Session, now: Timestamp) -> Result<u32, Error> {
        let marked = self.mark_absent(organization, session, now).await?;
        self.repo.close_session(organization, &session.id, session.closes_at, None).await?;
        Ok(marked)
    }
}
