use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{
    CheckInQuery, Commit, Committed, Ledger, RecordDraft, RecordQuery, Recorded,
};

use crate::directory::refusal;
use crate::engine::Tx;
use crate::page::{List, pair};
use crate::query::{Query, Value};
use crate::rows::{self, CHECK_IN, RECORD, check_in_values, micros, record_values, session_key};
use crate::{SqlAttendanceRepo, audit, outbox, repeated};

const RECORDS: List = List("records");
const CHECK_INS: List = List("check-ins");

const OF_ONE: &str = "WHERE organization = ? AND held_on = ? AND group_id = ? AND slot = ? AND attendee = ?";

fn record_key(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> [Value; 5] {
    let [date, group, slot] = session_key(session);
    [organization.as_str().into(), date, group, slot, attendee.to_string().into()]
}

fn insert_record(table: &str, organization: &OrganizationId, record: &AttendanceRecord) -> Result<Query, RepoError> {
    let mut values = vec![organization.as_str().into()];
    values.extend(record_values(record)?);
    Ok(Query::insert(&format!("{table} (organization, {RECORD})"), [values]))
}

fn select_record(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> Query {
    Query::new(format!("SELECT {RECORD} FROM records {OF_ONE}")).bind_all(record_key(organization, session, attendee))
}

fn select_check_in(organization: &OrganizationId, check_in: &CheckInId) -> Query {
    Query::new(format!("SELECT {CHECK_IN} FROM check_ins AS c WHERE c.organization = ? AND c.id = ?"))
        .bind(organization.as_str())
        .bind(check_in.as_str())
}

/// Writes the check-in and whom it names; `false` if it was there before.
async fn write_check_in(tx: &mut Tx, organization: &OrganizationId, check_in: &CheckIn) -> Result<bool, RepoError> {
    let mut values = vec![organization.as_str().into()];
    values.extend(check_in_values(check_in)?);
    let insert = Query::insert("check_ins (organization, id, captured_at, stranger, image, document)", [values]);
    if tx.execute(insert.or_ignore()).await? == 0 {
        return Ok(false);
    }
    let rows: Vec<Vec<Value>> = check_in
        .attendees()
        .into_iter()
        .map(|attendee| {
            vec![
                organization.as_str().into(),
                attendee.to_string().into(),
                micros(check_in.captured_at).into(),
                check_in.id.as_str().into(),
            ]
        })
        .collect();
    for some in rows.chunks(100) {
        let links = "check_in_attendees (organization, attendee, captured_at, check_in)";
        tx.execute(Query::insert(links, some.iter().cloned())).await?;
    }
    Ok(true)
}

/// Makes the record, or finds the one that stands, and supersedes it if a chore marked it.
async fn write_record(
    tx: &mut Tx,
    organization: &OrganizationId,
    draft: &RecordDraft,
) -> Result<(Recorded, Option<Event>), RepoError> {
    let record = &draft.record;
    if tx.execute(insert_record("records", organization, record)?.or_ignore()).await? > 0 {
        return Ok((Recorded::New(record.clone()), Some(draft.event.clone())));
    }
    loop {
        let row = tx.row(select_record(organization, &record.session, record.attendee).after_insert()).await?;
        let standing = row.as_ref().map(rows::record).transpose()?.ok_or(RepoError::Conflict)?;
        let Some(next) = draft.superseding(organization, &standing) else {
            return Ok((Recorded::Already(standing), None));
        };
        // The update first: of two who supersede the same, the second waits here, and finds another version.
        let update = update_record(organization, &next.record)?.push(" AND version = ?").bind(standing.version);
        if tx.execute(update).await? > 0 {
            tx.execute(insert_record("record_history", organization, &standing)?).await?;
            return Ok((Recorded::New(next.record), Some(next.event)));
        }
    }
}

fn update_record(organization: &OrganizationId, record: &AttendanceRecord) -> Result<Query, RepoError> {
    Ok(Query::new(format!(
        "UPDATE records SET status = ?, method = ?, reason = ?, happened_at = ?, recorded_at = ?, check_in = ?, \
         version = ? {OF_ONE}"
    ))
    .bind_all(record_values(record)?.into_iter().skip(4))
    .bind_all(record_key(organization, &record.session, record.attendee)))
}

async fn commit_within(tx: &mut Tx, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
    if !write_check_in(tx, organization, &commit.check_in).await? {
        let row = tx.row(select_check_in(organization, &commit.check_in.id).after_insert()).await?;
        let earlier = row.as_ref().map(rows::check_in).transpose()?;
        return earlier.map(Committed::Replayed).ok_or(RepoError::UnknownOrganization);
    }
    // All in the same order: two commits that both wait for the other's record would be a deadlock.
    let mut order: Vec<usize> = (0..commit.records.len()).collect();
    order.sort_by_key(|&index| {
        let record = &commit.records[index].record;
        (&record.session, record.attendee)
    });
    let mut recorded = Vec::with_capacity(order.len());
    for index in order {
        recorded.push((index, write_record(tx, organization, &commit.records[index]).await?));
    }
    recorded.sort_by_key(|(index, _)| *index);
    let (recorded, told): (Vec<_>, Vec<_>) = recorded.into_iter().map(|(_, recorded)| recorded).unzip();
    let events = told.iter().flatten().chain(&commit.events);
    outbox::send(tx, organization, events, &commit.targets).await?;
    Ok(Committed::Written(recorded))
}

async fn mark_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    draft: &RecordDraft,
    targets: &[Target],
    entry: Option<&AuditEntry>,
) -> Result<(), RepoError> {
    let record = &draft.record;
    if record.version == 1 {
        if tx.execute(insert_record("records", organization, record)?.or_ignore()).await? == 0 {
            return Err(refusal(tx, organization, RepoError::Conflict).await?);
        }
    } else {
        let row = tx.row(select_record(organization, &record.session, record.attendee).for_update()).await?;
        let before = match row.as_ref().map(rows::record).transpose()? {
            Some(before) if before.version.checked_add(1) == Some(record.version) => before,
            _ => return Err(refusal(tx, organization, RepoError::Conflict).await?),
        };
        tx.execute(insert_record("record_history", organization, &before)?).await?;
        tx.execute(update_record(organization, record)?).await?;
    }
    outbox::send(tx, organization, [&draft.event], targets).await?;
    audit::enter(tx, organization, entry).await
}

impl SqlAttendanceRepo {
    async fn try_commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
        let mut tx = self.engine.begin().await?;
        let committed = commit_within(&mut tx, organization, commit).await;
        tx.end(committed).await
    }

    async fn try_mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<&AuditEntry>,
    ) -> Result<(), RepoError> {
        let mut tx = self.engine.begin().await?;
        let marked = mark_within(&mut tx, organization, draft, targets, entry).await;
        tx.end(marked).await
    }
}

#[async_trait]
impl Ledger for SqlAttendanceRepo {
    async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
        repeated!(self.engine, self.try_commit(organization, commit))
    }

    async fn mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<AuditEntry>,
    ) -> Result<(), RepoError> {
        repeated!(self.engine, self.try_mark(organization, draft, targets, entry.as_ref()))
    }

    async fn record(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Option<AttendanceRecord>, RepoError> {
        let row = self.engine.row(select_record(organization, session, attendee)).await?;
        row.as_ref().map(rows::record).transpose()
    }

    async fn records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<AttendanceRecord>, RepoError> {
        let after: Option<(SessionId, AttendeeId)> = RECORDS.start(page, pair)?;
        // Not every engine finds the start of a range by a row value; each does by the date.
        let from = after.as_ref().map_or(query.from, |(session, _)| session.date().max(query.from));
        let mut select = Query::new(format!(
            "SELECT {RECORD} FROM records WHERE organization = ? AND held_on >= ? AND held_on <= ?"
        ))
        .bind(organization.as_str())
        .bind(from.to_string())
        .bind(query.to.to_string());
        if let Some(group) = &query.group {
            select = select.push(" AND group_id = ?").bind(group.as_str());
        }
        if let Some(attendee) = query.attendee {
            select = select.push(" AND attendee = ?").bind(attendee.to_string());
        }
        if let Some((session, attendee)) = &after {
            select = select
                .push(" AND (held_on, group_id, slot, attendee) > (?, ?, ?, ?)")
                .bind_all(session_key(session))
                .bind(attendee.to_string());
        }
        let select = select.push(" ORDER BY held_on, group_id, slot, attendee").limit(page.limit() + 1);
        let rows = self.engine.rows(select).await?;
        RECORDS.page(&rows, page, rows::record, |record| format!("{}/{}", record.session, record.attendee))
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        let query = Query::new(format!(
            "SELECT {RECORD} FROM record_history {OF_ONE} UNION ALL SELECT {RECORD} FROM records {OF_ONE} \
             ORDER BY version"
        ))
        .bind_all(record_key(organization, session, attendee))
        .bind_all(record_key(organization, session, attendee));
        self.engine.rows(query).await?.iter().map(rows::record).collect()
    }

    async fn check_in(
        &self,
        organization: &OrganizationId,
        check_in: &CheckInId,
    ) -> Result<Option<CheckIn>, RepoError> {
        let row = self.engine.row(select_check_in(organization, check_in)).await?;
        row.as_ref().map(rows::check_in).transpose()
    }

    async fn check_ins(
        &self,
        organization: &OrganizationId,
        query: &CheckInQuery,
        page: &PageRequest,
    ) -> Result<Page<CheckIn>, RepoError> {
        let after: Option<(i64, CheckInId)> = CHECK_INS.start(page, pair)?;
        let (mut select, at, id) = if let Some(attendee) = query.attendee {
            let select = Query::new(format!(
                "SELECT {CHECK_IN} FROM check_in_attendees AS a JOIN check_ins AS c \
                 ON c.organization = a.organization AND c.id = a.check_in \
                 WHERE a.organization = ? AND a.attendee = ?"
            ));
            (select.bind(organization.as_str()).bind(attendee.to_string()), "a.captured_at", "a.check_in")
        } else {
            let select = Query::new(format!("SELECT {CHECK_IN} FROM check_ins AS c WHERE c.organization = ?"));
            (select.bind(organization.as_str()), "c.captured_at", "c.id")
        };
        if query.strangers {
            select = select.push(" AND c.stranger = 1");
        }
        if query.with_image {
            select = select.push(" AND c.image IS NOT NULL");
        }
        if let Some(from) = query.from {
            select = select.push(&format!(" AND {at} >= ?")).bind(micros(from));
        }
        if let Some(to) = query.to {
            select = select.push(&format!(" AND {at} < ?")).bind(micros(to));
        }
        if let Some((captured_at, check_in)) = &after {
            select = select
                .push(&format!(" AND {at} <= ? AND ({at}, {id}) < (?, ?)"))
                .bind(*captured_at)
                .bind(*captured_at)
                .bind(check_in.as_str());
        }
        let select = select.push(&format!(" ORDER BY {at} DESC, {id} DESC")).limit(page.limit() + 1);
        let rows = self.engine.rows(select).await?;
        CHECK_INS.page(&rows, page, rows::check_in, |each| format!("{}/{}", micros(each.captured_at), each.id))
    }

    async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError> {
        let query = Query::new("UPDATE check_ins SET image = NULL WHERE organization = ? AND id = ?")
            .bind(organization.as_str())
            .bind(check_in.as_str());
        self.engine.execute(query).await?;
        Ok(())
    }

    async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        self.append(organization, entry).await
    }

    async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError> {
        self.list_audit(organization, page).await
    }
}
