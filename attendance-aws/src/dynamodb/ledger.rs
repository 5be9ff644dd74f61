use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{CheckInQuery, Commit, Committed, Ledger, RecordDraft, RecordQuery};

use super::DynamoAttendanceRepo;
use super::audit::entering;
use super::commit::{IMAGE, STRANGER, check_in_of, making};
use super::items::{SK, body, flag, holding, text, unreadable};
use super::keys::{self, FIRST, LAST};
use super::listing::{List, Listing};
use super::outbox::{distinct, sending};
use super::transact::{Action, Condition, Transacted};

const RECORDS: List = List("records");
const CHECK_INS: List = List("check-ins");

/// Where to go on from a session of another group than the one that is wanted; `None` if it is of that group.
pub(crate) fn next_of_group(session: &SessionId, wanted: Option<&GroupId>) -> Option<String> {
    let wanted = wanted.filter(|wanted| *wanted != session.group())?;
    Some(if session.group() < wanted {
        keys::from_place(session.date(), Some(wanted))
    } else {
        session.date().tomorrow().map_or_else(|_| LAST.to_owned(), |next| keys::from_place(next, Some(wanted)))
    })
}

fn is_listed(check_in: &CheckIn, query: &CheckInQuery) -> bool {
    query.from.is_none_or(|from| check_in.captured_at >= from)
        && query.to.is_none_or(|to| check_in.captured_at < to)
        && (!query.strangers || check_in.has_stranger())
        && (!query.with_image || check_in.image.is_some())
        && query.attendee.is_none_or(|attendee| check_in.attendees().contains(&attendee))
}

/// The place of a check-in in the list, if a cursor holds one.
fn read_check_in_place(place: &str) -> Option<String> {
    let (captured_at, id) = place.split_once('#')?;
    let known = keys::is_instant(captured_at) && id.parse::<CheckInId>().is_ok();
    known.then(|| place.to_owned())
}

fn read_record_place(place: &str) -> Option<String> {
    let (session, attendee) = place.split_once('/')?;
    Some(keys::record_place(&session.parse().ok()?, attendee.parse().ok()?))
}

impl DynamoAttendanceRepo {
    /// One attendee's records: few enough to be read by their lines.
    async fn records_of(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        query: &RecordQuery,
        after: Option<String>,
        wanted: usize,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        let first = keys::from_place(query.from, None);
        // The place of a record is that of its line and the attendee.
        let from =
            after.as_ref().and_then(|after| after.rsplit_once('#')).map_or(&*first, |(place, _)| place.max(&first));
        let (from, to) = (format!("{}{from}", keys::RECORDS), format!("{}{}", keys::RECORDS, keys::to_place(query.to)));
        let mut lines = Listing::new(self, [keys::of_attendee(organization, attendee)], from, to, wanted);
        let mut found = Vec::new();
        while found.len() < wanted {
            let some = lines.some((wanted - found.len()).min(100)).await?;
            if some.is_empty() {
                break;
            }
            let mut wanted_keys = Vec::with_capacity(some.len());
            for line in &some {
                let place = text(line, SK)?.strip_prefix(keys::RECORDS).and_then(keys::session_at);
                let session = place.ok_or_else(unreadable)?;
                let is_wanted = query.group.as_ref().is_none_or(|group| session.group() == group);
                let key = keys::record(organization, &session, attendee);
                if is_wanted && after.as_ref().is_none_or(|after| key.sk > *after) {
                    wanted_keys.push(key);
                }
            }
            let records = self.get_all(wanted_keys.clone()).await?;
            for item in wanted_keys.iter().filter_map(|key| records.get(key)) {
                found.push(body(item)?);
            }
        }
        Ok(found)
    }

    async fn all_records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        after: Option<String>,
        wanted: usize,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        let first = keys::from_place(query.from, query.group.as_ref());
        let from = after.clone().map_or(first.clone(), |after| after.max(first));
        let shards = keys::record_lists(organization);
        let mut listing = Listing::new(self, shards, from, keys::to_place(query.to), wanted);
        let mut found = Vec::new();
        while found.len() < wanted {
            let Some(item) = listing.next().await? else { break };
            let record: AttendanceRecord = body(&item)?;
            match next_of_group(&record.session, query.group.as_ref()) {
                Some(next) => listing.skip_to(next),
                None if after.as_deref() == Some(text(&item, SK)?) => {}
                None => found.push(record),
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Ledger for DynamoAttendanceRepo {
    async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
        self.known(organization).await?;
        self.write_commit(organization, commit).await
    }

    async fn mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<AuditEntry>,
    ) -> Result<(), RepoError> {
        self.known(organization).await?;
        let record = &draft.record;
        let mut actions = if record.version == 1 {
            making(organization, record)?.to_vec()
        } else {
            let key = keys::record(organization, &record.session, record.attendee);
            let item = self.get(key.clone()).await?.ok_or(RepoError::Conflict)?;
            let before: AttendanceRecord = body(&item)?;
            if before.version.checked_add(1) != Some(record.version) {
                return Err(RepoError::Conflict);
            }
            let earlier = keys::earlier_version(organization, &before.session, before.attendee, before.version);
            vec![
                // Not only of that version: an erasure may have taken its reason away.
                Action::Put(holding(key, record)?, Some(Condition::unchanged(&item))),
                Action::Put(holding(earlier, &before)?, None),
            ]
        };
        actions.extend(sending(organization, [&draft.event], &distinct(targets)?)?);
        if let Some(entry) = entry {
            actions.push(entering(organization, &entry)?);
        }
        match self.transact(actions).await? {
            Transacted::Written => Ok(()),
            Transacted::Refused(_) => Err(RepoError::Conflict),
        }
    }

    async fn record(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Option<AttendanceRecord>, RepoError> {
        self.get(keys::record(organization, session, attendee)).await?.as_ref().map(body).transpose()
    }

    async fn records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<AttendanceRecord>, RepoError> {
        let after = RECORDS.start(page, read_record_place)?;
        let wanted = page.limit() + 1;
        let found = match query.attendee {
            Some(attendee) => self.records_of(organization, attendee, query, after, wanted).await?,
            None => self.all_records(organization, query, after, wanted).await?,
        };
        Ok(RECORDS.page(found, page, |record| format!("{}/{}", record.session, record.attendee)))
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        // The standing one first: what is corrected meanwhile is then in the history once, and not missing.
        let Some(standing) = self.record(organization, session, attendee).await? else { return Ok(Vec::new()) };
        let from = keys::history(session);
        let to = format!("{from}{LAST}");
        let earlier = standing.version as usize;
        let mut listing = Listing::new(self, [keys::of_attendee(organization, attendee)], from, to, earlier);
        let mut versions: Vec<AttendanceRecord> = Vec::new();
        while let Some(item) = listing.next().await? {
            let version: AttendanceRecord = body(&item)?;
            if version.version < standing.version {
                versions.push(version);
            }
        }
        versions.push(standing);
        Ok(versions)
    }

    async fn check_in(
        &self,
        organization: &OrganizationId,
        check_in: &CheckInId,
    ) -> Result<Option<CheckIn>, RepoError> {
        self.get(keys::check_in(organization, check_in)).await?.as_ref().map(check_in_of).transpose()
    }

    async fn check_ins(
        &self,
        organization: &OrganizationId,
        query: &CheckInQuery,
        page: &PageRequest,
    ) -> Result<Page<CheckIn>, RepoError> {
        let after = CHECK_INS.start(page, read_check_in_place)?;
        let (partitions, prefix) = match query.attendee {
            Some(attendee) => (vec![keys::of_attendee(organization, attendee)], keys::CHECK_INS),
            None => (keys::check_in_lists(organization), ""),
        };
        let from = query.from.map_or(FIRST.to_owned(), keys::instant);
        let last = query.to.map_or(LAST.to_owned(), |to| format!("{}#{LAST}", keys::instant(to)));
        let to = after.clone().map_or(last.clone(), |after| after.min(last));
        let (from, to) = (format!("{prefix}{from}"), format!("{prefix}{to}"));
        let mut listing = Listing::new(self, partitions, from, to, page.limit() + 1).backwards();
        let mut found = Vec::new();
        while found.len() <= page.limit() {
            let some = listing.some((page.limit() + 1 - found.len()).min(100)).await?;
            if some.is_empty() {
                break;
            }
            let mut wanted = Vec::with_capacity(some.len());
            for line in &some {
                let place = text(line, SK)?.strip_prefix(prefix).ok_or_else(unreadable)?;
                // An attendee's line does not say it.
                let may_have = !query.strangers || query.attendee.is_some() || flag(line, STRANGER);
                if may_have && after.as_deref() != Some(place) {
                    let id = place.split_once('#').and_then(|(_, id)| id.parse().ok()).ok_or_else(unreadable)?;
                    wanted.push(keys::check_in(organization, &id));
                }
            }
            let check_ins = self.get_all(wanted.clone()).await?;
            for item in wanted.iter().filter_map(|key| check_ins.get(key)) {
                let check_in = check_in_of(item)?;
                if is_listed(&check_in, query) {
                    found.push(check_in);
                }
            }
        }
        Ok(CHECK_INS.page(found, page, keys::check_in_place))
    }

    async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError> {
        let there = Condition { expression: "attribute_exists(pk)", values: Vec::new() };
        // Refused, there is no such check-in.
        self.transact(vec![Action::Remove(keys::check_in(organization, check_in), IMAGE, there)]).await?;
        Ok(())
    }

    async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        self.append(organization, entry).await
    }

    async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError> {
        self.list_audit(organization, page).await
    }
}
