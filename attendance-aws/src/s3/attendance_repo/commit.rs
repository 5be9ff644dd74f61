//! A check-in with its records and events: see the folder's page for the order of writes and why it is right.

use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Commit, Committed, RecordDraft, Recorded};
use futures_util::future::try_join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::{CapturedFile, Change, CheckInFile, Draft, Marker, RecordFile, RecordVersion};
use super::objects::{AT_ONCE, Patience, Put, contended};

/// What became of one record of a commit.
pub(super) struct Written {
    recorded: Recorded,
    /// Whether the commit itself made it, so that its marker has the event.
    pub(super) made: bool,
}

impl S3AttendanceRepo {
    /// Writes the marker that a change begins with.
    pub(super) async fn write_marker(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        change: Change,
        targets: &[Target],
    ) -> Result<(), RepoError> {
        let marker = Marker { change, targets: targets.to_vec(), acknowledged: Default::default() };
        // Nobody else uses the attempt's id: what is there already is this very marker.
        self.objects.create(&self.tenant(organization).marker(attempt), &marker, attempt).await.map(drop)
    }

    pub(super) async fn commit_check_in(
        &self,
        organization: &OrganizationId,
        commit: &Commit,
    ) -> Result<Committed, RepoError> {
        self.require(organization).await?;
        let attempt = Uuid::now_v7();
        let drafts: Vec<_> = commit
            .records
            .iter()
            .map(|draft| Draft { record: draft.record.clone(), event: draft.event.clone() })
            .collect();
        let check_in = &commit.check_in;
        let change = Change::Commit {
            check_in: Box::new(check_in.clone()),
            drafts: drafts.clone(),
            events: commit.events.clone(),
        };
        self.write_marker(organization, attempt, change, &commit.targets).await?;
        if let Some(earlier) = self.win_check_in(organization, attempt, check_in).await? {
            self.finish(organization, &earlier).await?;
            self.objects.delete(&self.tenant(organization).marker(attempt)).await?;
            return Ok(Committed::Replayed(earlier.check_in));
        }
        let written = self.write_all(organization, attempt, check_in, &drafts, &commit.targets).await?;
        let made_any = written.iter().any(|each| each.made);
        if commit.targets.is_empty() || (commit.events.is_empty() && !made_any) {
            self.objects.delete(&self.tenant(organization).marker(attempt)).await?;
        }
        Ok(Committed::Written(written.into_iter().map(|each| each.recorded).collect()))
    }

    /// Makes the attempt the one that has the check-in's id, or answers the one that has it.
    pub(super) async fn win_check_in(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        check_in: &CheckIn,
    ) -> Result<Option<CheckInFile>, RepoError> {
        let key = self.tenant(organization).check_in(&check_in.id);
        let file = CheckInFile { check_in: check_in.clone(), attempt };
        match self.objects.create(&key, &file, attempt).await? {
            Put::Done => Ok(None),
            Put::Lost(Some(found)) if found.content.attempt == attempt => Ok(None),
            Put::Lost(Some(found)) => Ok(Some(found.content)),
            Put::Lost(None) => Err(contended()),
        }
    }

    /// Writes what the commit that won writes, whoever does so and however often.
    pub(super) async fn write_all(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        check_in: &CheckIn,
        drafts: &[Draft],
        targets: &[Target],
    ) -> Result<Vec<Written>, RepoError> {
        let tenant = self.tenant(organization);
        let naming = check_in.attendees().into_iter();
        let naming = naming.map(|attendee| tenant.naming_at(attendee, check_in.captured_at, &check_in.id)).collect();
        let drafts: Vec<Draft> = drafts.to_vec();
        let records = stream::iter(
            drafts.into_iter().map(|draft| async move { self.write_one(organization, attempt, draft, targets).await }),
        );
        let (written, ()) =
            try_join(records.buffered(AT_ONCE).try_collect::<Vec<_>>(), self.objects.put_empty(naming)).await?;
        let made = written.iter().map(|each| each.made).collect();
        let captured = tenant.captured_at(check_in.captured_at, &check_in.id);
        self.objects.put(&captured, &CapturedFile { attempt, made }).await?;
        Ok(written)
    }

    /// Makes a record, or supersedes what a chore marked: that is a mark of its own, with a marker of its own, which
    /// whoever finishes the commit finds done.
    async fn write_one(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        draft: Draft,
        targets: &[Target],
    ) -> Result<Written, RepoError> {
        let mut recorded = self.make_record(organization, attempt, draft.clone()).await?;
        let made = matches!(recorded, Recorded::New(_));
        let draft = RecordDraft { record: draft.record, event: draft.event };
        while let Recorded::Already(standing) = &recorded {
            let Some(next) = draft.superseding(organization, standing) else { break };
            recorded = match self.mark_record(organization, &next, targets, None).await {
                Ok(()) => Recorded::New(next.record),
                Err(RepoError::Conflict) => {
                    let key = self.tenant(organization).record(&draft.record.session, draft.record.attendee);
                    let found = self.objects.get::<RecordFile>(&key).await?;
                    let standing = found.and_then(|found| found.content.last().cloned());
                    Recorded::Already(standing.ok_or_else(contended)?)
                }
                Err(error) => return Err(error),
            };
        }
        Ok(Written { recorded, made })
    }

    /// Makes a record unless there is one.
    async fn make_record(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        draft: Draft,
    ) -> Result<Recorded, RepoError> {
        let record = draft.record;
        let key = self.tenant(organization).record(&record.session, record.attendee);
        let file = RecordFile { versions: vec![RecordVersion { record: record.clone(), attempt }] };
        let mut before = None;
        let mut patience = Patience::new();
        loop {
            let found = match self.objects.put_upon(&key, before.as_ref(), &file, Uuid::now_v7()).await? {
                Put::Done => return Ok(Recorded::New(record)),
                Put::Lost(found) => found,
            };
            if let Some(found) = &found {
                // Somebody else may have finished this commit.
                if found.content.attempt(1) == Some(attempt) {
                    return Ok(Recorded::New(record));
                }
                if let Some(standing) = found.content.last() {
                    return Ok(Recorded::Already(standing.clone()));
                }
            }
            before = found.map(|found| found.version);
            patience.wait().await?;
        }
    }

    /// Finishes the commit that won a check-in's id, where a crash cut it off or it is still under way.
    pub(super) async fn finish(&self, organization: &OrganizationId, file: &CheckInFile) -> Result<(), RepoError> {
        let tenant = self.tenant(organization);
        let captured = tenant.captured_at(file.check_in.captured_at, &file.check_in.id);
        if self.objects.get::<CapturedFile>(&captured).await?.is_some() {
            return Ok(());
        }
        // Without a marker it was finished meanwhile: a marker is deleted only afterwards.
        let Some(marker) = self.objects.get::<Marker>(&tenant.marker(file.attempt)).await? else { return Ok(()) };
        if let Change::Commit { check_in, drafts, .. } = &marker.content.change {
            self.write_all(organization, file.attempt, check_in, drafts, &marker.content.targets).await?;
        }
        Ok(())
    }
}
