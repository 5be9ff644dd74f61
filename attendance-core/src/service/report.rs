use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::attendee::{Attendee, ExternalId, Name};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::{AttendanceRecord, Status};
use crate::ports::attendance_repo::RecordQuery;

/// One record and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportRow {
    /// The record.
    #[serde(flatten)]
    pub record: AttendanceRecord,
    /// What they are called; `None` once erased.
    pub name: Option<Name>,
    /// The organization's own id of them.
    pub external_id: Option<ExternalId>,
}

/// How many were what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// In time.
    pub present: u64,
    /// Late.
    pub late: u64,
    /// Absent without leave.
    pub absent: u64,
    /// Absent with leave.
    pub excused: u64,
}

impl Summary {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        *match status {
            Status::Present => &mut self.present,
            Status::Late => &mut self.late,
            Status::Absent => &mut self.absent,
            Status::Excused => &mut self.excused,
        } += 1;
    }

    /// The share of those who were expected without leave and came, late or not: 0 to 1; `None` if nobody was.
    #[must_use]
    pub fn attendance_rate(&self) -> Option<f64> {
        let came = self.present + self.late;
        let expected = came + self.absent;
        #[allow(clippy::cast_precision_loss, reason = "counts of people")]
        (expected > 0).then(|| came as f64 / expected as f64)
    }
}

impl Extend<Status> for Summary {
    fn extend<I: IntoIterator<Item = Status>>(&mut self, statuses: I) {
        statuses.into_iter().for_each(|status| self.add(status));
    }
}

impl Attendance {
    /// One page of the records of a range of dates, both ends included, ordered by date, group, slot and attendee.
    ///
    /// # Errors
    /// [`Error::RangeReversed`], [`Error::UnknownGroup`], [`Error::UnknownAttendee`], and those of the repository.
    pub async fn report(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<ReportRow>, Error> {
        if query.to < query.from {
            return Err(Error::RangeReversed { from: query.from, to: query.to });
        }
        self.repo_knows(organization, query).await?;
        let records = self.repo.records(organization, query, page).await?;
        let mut ids: Vec<_> = records.items.iter().map(|record| record.attendee).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut attendees: HashMap<AttendeeId, Attendee> = HashMap::new();
        for ids in ids.chunks(100) {
            let known = self.repo.attendees_by_id(organization, ids).await?;
            attendees.extend(known.into_iter().map(|attendee| (attendee.id, attendee)));
        }
        let row = |record: AttendanceRecord| {
            let attendee = attendees.get(&record.attendee);
            ReportRow {
                name: attendee.and_then(|attendee| attendee.name.clone()),
                external_id: attendee.and_then(|attendee| attendee.external_id.clone()),
                record,
            }
        };
        Ok(Page { items: records.items.into_iter().map(row).collect(), next: records.next })
    }

    /// All pages of [`Attendance::report`].
    ///
    /// # Errors
    /// As [`Attendance::report`].
    pub async fn report_all(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
    ) -> Result<Vec<ReportRow>, Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        let mut rows = Vec::new();
        loop {
            let found = self.report(organization, query, &page).await?;
            rows.extend(found.items);
            match found.next {
                Some(next) => page = page.after(next),
                None => return Ok(rows),
            }
        }
    }

    async fn repo_knows(&self, organization: &OrganizationId, query: &RecordQuery) -> Result<(), Error> {
        if let Some(group) = &query.group {
            self.repo.group(organization, group).await?.ok_or(Error::UnknownGroup)?;
        }
        if let Some(attendee) = query.attendee {
            self.any_attendee(organization, attendee).await?;
        }
        Ok(())
    }
}
