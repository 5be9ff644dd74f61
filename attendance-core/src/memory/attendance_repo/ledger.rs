use std::cmp::Reverse;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::{InMemoryAttendanceRepo, SessionKey, Tenant, key};
use crate::domain::audit::AuditEntry;
use crate::domain::check_in::CheckIn;
use crate::domain::event::Target;
use crate::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::record::AttendanceRecord;
use crate::domain::session::SessionId;
use crate::memory::{nothing, page_of, start_after};
use crate::ports::RepoError;
use crate::ports::attendance_repo::{CheckInQuery, Commit, Committed, Ledger, RecordDraft, RecordQuery, Recorded};

impl Tenant {
    fn versions(&self, session: &SessionId, attendee: AttendeeId) -> &[AttendanceRecord] {
        self.records.get(&(key(session), attendee)).map_or(&[], Vec::as_slice)
    }

    fn add_version(&mut self, draft: &RecordDraft, targets: &[Target]) {
        let place = (key(&draft.record.session), draft.record.attendee);
        self.records.entry(place).or_default().push(draft.record.clone());
        self.send([&draft.event], targets);
    }

    fn commit(&mut self, organization: &OrganizationId, commit: &Commit) -> Committed {
        if let Some(earlier) = self.check_ins.get(&commit.check_in.id) {
            return Committed::Replayed(earlier.clone());
        }
        self.check_ins.insert(commit.check_in.id.clone(), commit.check_in.clone());
        let mut recorded = Vec::with_capacity(commit.records.len());
        for draft in &commit.records {
            let standing = self.versions(&draft.record.session, draft.record.attendee).last().cloned();
            let next = match standing {
                None => draft.clone(),
                Some(standing) => match draft.superseding(organization, &standing) {
                    Some(next) => next,
                    None => {
                        recorded.push(Recorded::Already(standing));
                        continue;
                    }
                },
            };
            self.add_version(&next, &commit.targets);
            recorded.push(Recorded::New(next.record));
        }
        self.send(&commit.events, &commit.targets);
        Committed::Written(recorded)
    }
}

/// A check-in's place in the list: the latest capture first.
type Place = Reverse<(Timestamp, CheckInId)>;

fn place(check_in: &CheckIn) -> Place {
    Reverse((check_in.captured_at, check_in.id.clone()))
}

fn read_place(text: &str) -> Option<Place> {
    let (captured_at, id) = text.split_once('/')?;
    Some(Reverse((captured_at.parse().ok()?, id.parse().ok()?)))
}

fn read_record_place(text: &str) -> Option<(SessionKey, AttendeeId)> {
    let (session, attendee) = text.split_once('/')?;
    Some((key(&session.parse().ok()?), attendee.parse().ok()?))
}

fn read_audit_place(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once('/')?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

fn is_listed(check_in: &CheckIn, query: &CheckInQuery) -> bool {
    query.from.is_none_or(|from| check_in.captured_at >= from)
        && query.to.is_none_or(|to| check_in.captured_at < to)
        && (!query.strangers || check_in.has_stranger())
        && (!query.with_image || check_in.image.is_some())
        && query.attendee.is_none_or(|attendee| check_in.attendees().contains(&attendee))
}

#[async_trait]
impl Ledger for InMemoryAttendanceRepo {
    async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
        self.write(organization, |tenant| Ok(tenant.commit(organization, commit)))
    }

    async fn mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<AuditEntry>,
    ) -> Result<(), RepoError> {
        self.write(organization, |tenant| {
            let versions = tenant.versions(&draft.record.session, draft.record.attendee);
            if draft.record.version != versions.last().map_or(0, |last| last.version) + 1 {
                return Err(RepoError::Conflict);
            }
            tenant.add_version(draft, targets);
            tenant.enter(entry.as_ref());
            Ok(())
        })
    }

    async fn record(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Option<AttendanceRecord>, RepoError> {
        Ok(self.read(organization, None, |tenant| tenant.versions(session, attendee).last().cloned()))
    }

    async fn records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<AttendanceRecord>, RepoError> {
        let after = start_after("records", page, read_record_place)?;
        Ok(self.read(organization, nothing(), |tenant| {
            let listed = tenant.records.iter().filter(|(place, _)| {
                let ((date, group, _), attendee) = place;
                (query.from..=query.to).contains(date)
                    && query.group.as_ref().is_none_or(|wanted| group == wanted)
                    && query.attendee.is_none_or(|wanted| *attendee == wanted)
                    && after.as_ref().is_none_or(|after| *place > after)
            });
            let standing = listed.filter_map(|(_, versions)| versions.last().cloned());
            page_of("records", page, standing, |each| format!("{}/{}", each.session, each.attendee))
        }))
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        Ok(self.read(organization, Vec::new(), |tenant| tenant.versions(session, attendee).to_vec()))
    }

    async fn check_in(
        &self,
        organization: &OrganizationId,
        check_in: &CheckInId,
    ) -> Result<Option<CheckIn>, RepoError> {
        Ok(self.read(organization, None, |tenant| tenant.check_ins.get(check_in).cloned()))
    }

    async fn check_ins(
        &self,
        organization: &OrganizationId,
        query: &CheckInQuery,
        page: &PageRequest,
    ) -> Result<Page<CheckIn>, RepoError> {
        let after = start_after("check-ins", page, read_place)?;
        Ok(self.read(organization, nothing(), |tenant| {
            let listed = tenant.check_ins.values().filter(|check_in| is_listed(check_in, query));
            let mut rest: Vec<_> =
                listed.filter(|each| after.as_ref().is_none_or(|after| place(each) > *after)).collect();
            rest.sort_by_key(|check_in| place(check_in));
            page_of("check-ins", page, rest.into_iter().cloned(), |each| format!("{}/{}", each.captured_at, each.id))
        }))
    }

    async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError> {
        let mut tenants = self.tenants();
        if let Some(stored) = tenants.get_mut(organization).and_then(|tenant| tenant.check_ins.get_mut(check_in)) {
            stored.image = None;
        }
        Ok(())
    }

    async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        self.write(organization, |tenant| {
            tenant.enter(Some(entry));
            Ok(())
        })
    }

    async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError> {
        let after = start_after("audit", page, read_audit_place)?;
        Ok(self.read(organization, nothing(), |tenant| {
            let rest = tenant.audit.iter().rev().filter(|(place, _)| after.is_none_or(|after| **place < after));
            page_of("audit", page, rest.map(|(_, entry)| entry.clone()), |each| format!("{}/{}", each.at, each.id))
        }))
    }
}
