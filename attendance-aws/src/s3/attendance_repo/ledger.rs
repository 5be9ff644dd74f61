use async_trait::async_trait;
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{CheckInQuery, Commit, Committed, Ledger, RecordDraft, RecordQuery};
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::{CheckInFile, RecordFile};
use super::keys::{counting_down, read_audit_place, read_captured_place, read_record_place};
use super::list::{List, Place, Range};
use super::objects::{Found, Patience, Put};

const RECORDS: List = List("records");
const CHECK_INS: List = List("check-ins");
const AUDIT: List = List("audit");

impl S3AttendanceRepo {
    async fn record_file(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<RecordFile, RepoError> {
        let found = self.objects.get::<RecordFile>(&self.tenant(organization).record(session, attendee)).await?;
        Ok(found.map(|found| found.content).unwrap_or_default())
    }
}

#[async_trait]
impl Ledger for S3AttendanceRepo {
    async fn commit(&self, organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError> {
        self.commit_check_in(organization, commit).await
    }

    async fn mark(
        &self,
        organization: &OrganizationId,
        draft: &RecordDraft,
        targets: &[Target],
        entry: Option<AuditEntry>,
    ) -> Result<(), RepoError> {
        self.mark_record(organization, draft, targets, entry.as_ref()).await
    }

    async fn record(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Option<AttendanceRecord>, RepoError> {
        Ok(self.record_file(organization, session, attendee).await?.last().cloned())
    }

    async fn records(
        &self,
        organization: &OrganizationId,
        query: &RecordQuery,
        page: &PageRequest,
    ) -> Result<Page<AttendanceRecord>, RepoError> {
        let after = RECORDS.start(page, |place| read_record_place(place).is_some())?;
        let prefix = self.tenant(organization).records();
        // Filtered by the key, before anything is read.
        let look = |place: &str| match read_record_place(place) {
            Some((session, _)) if session.date() > query.to => Place::End,
            Some((session, attendee))
                if session.date() >= query.from
                    && query.group.as_ref().is_none_or(|group| session.group() == group)
                    && query.attendee.is_none_or(|wanted| attendee == wanted) =>
            {
                Place::Read(format!("{prefix}{place}"))
            }
            _ => Place::Skip,
        };
        // A date alone sorts before everything of that date.
        let after = after.max(Some(query.from.to_string()));
        let range = Range { prefix: prefix.clone(), after, wanted: page.limit() + 1 };
        let item = |_: &str, found: Found<RecordFile>| found.content.last().cloned();
        Ok(RECORDS.page(self.objects.collect(range, look, item).await?, page))
    }

    async fn history(
        &self,
        organization: &OrganizationId,
        session: &SessionId,
        attendee: AttendeeId,
    ) -> Result<Vec<AttendanceRecord>, RepoError> {
        let file = self.record_file(organization, session, attendee).await?;
        Ok(file.versions.into_iter().map(|version| version.record).collect())
    }

    async fn check_in(
        &self,
        organization: &OrganizationId,
        check_in: &CheckInId,
    ) -> Result<Option<CheckIn>, RepoError> {
        let found = self.objects.get::<CheckInFile>(&self.tenant(organization).check_in(check_in)).await?;
        let Some(found) = found else { return Ok(None) };
        // Whoever sees the check-in sees its records.
        self.finish(organization, &found.content).await?;
        Ok(Some(found.content.check_in))
    }

    async fn check_ins(
        &self,
        organization: &OrganizationId,
        query: &CheckInQuery,
        page: &PageRequest,
    ) -> Result<Page<CheckIn>, RepoError> {
        let after = CHECK_INS.start(page, |place| read_captured_place(place).is_some())?;
        let tenant = self.tenant(organization);
        // What was captured at `to` itself ends in a full stop and its id, which sorts before a slash.
        let after = after.max(query.to.map(|to| format!("{}/", counting_down(to))));
        let last = query.from.map(counting_down);
        let look = |place: &str| match read_captured_place(place) {
            Some(_) if last.as_deref().is_some_and(|last| place.get(..last.len()).is_some_and(|at| at > last)) => {
                Place::End
            }
            Some(id) => Place::Read(tenant.check_in(&id)),
            None => Place::Skip,
        };
        let item = |_: &str, found: Found<CheckInFile>| {
            Some(found.content.check_in).filter(|check_in| is_listed(check_in, query))
        };
        let prefix = query.attendee.map_or_else(|| tenant.captured(), |attendee| tenant.naming(attendee));
        let range = Range { prefix, after, wanted: page.limit() + 1 };
        Ok(CHECK_INS.page(self.objects.collect(range, look, item).await?, page))
    }

    async fn detach_image(&self, organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError> {
        let key = self.tenant(organization).check_in(check_in);
        let mut patience = Patience::new();
        loop {
            let Some(Found { mut content, version }) = self.objects.get::<CheckInFile>(&key).await? else {
                return Ok(());
            };
            if content.check_in.image.take().is_none() {
                return Ok(());
            }
            match self.objects.replace(&key, &version, &content, Uuid::now_v7()).await? {
                Put::Done => return Ok(()),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    async fn append_audit(&self, organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError> {
        self.require(organization).await?;
        self.enter(organization, entry).await
    }

    async fn audit(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError> {
        let after = AUDIT.start(page, read_audit_place)?;
        if after.is_none() {
            self.settle_acts(organization).await?;
        }
        let prefix = self.tenant(organization).audit();
        let read = |place: &str| Place::Read(format!("{prefix}{place}"));
        let range = Range { prefix: prefix.clone(), after, wanted: page.limit() + 1 };
        let item = |_: &str, found: Found<AuditEntry>| Some(found.content);
        Ok(AUDIT.page(self.objects.collect(range, read, item).await?, page))
    }
}

fn is_listed(check_in: &CheckIn, query: &CheckInQuery) -> bool {
    query.from.is_none_or(|from| check_in.captured_at >= from)
        && query.to.is_none_or(|to| check_in.captured_at < to)
        && (!query.strangers || check_in.has_stranger())
        && (!query.with_image || check_in.image.is_some())
        && query.attendee.is_none_or(|attendee| check_in.attendees().contains(&attendee))
}
