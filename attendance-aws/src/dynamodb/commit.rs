//! One check-in with its records and events: one transaction while it fits, several when it does not.

use std::collections::{HashMap, HashSet};

use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Commit, Committed, RecordDraft, Recorded};
use aws_sdk_dynamodb::types::AttributeValue;

use super::DynamoAttendanceRepo;
use super::items::{Item, body, holding, marker, optional_text, parsed, unreadable};
use super::keys;
use super::outbox::{distinct, sending};
use super::read::Write;
use super::transact::{Action, Condition, MAX_ACTIONS, Refusal, Transacted};

/// Above so many named attendees their lines are written before the transaction: a line that leads to no check-in, or to
/// one that does not name the attendee, is passed over.
const MAX_LINES: usize = 50;

pub(crate) const IMAGE: &str = "image";
pub(crate) const STRANGER: &str = "stranger";

/// The picture's key stands apart, so that it can be removed alone.
fn check_in_item(organization: &OrganizationId, check_in: &CheckIn) -> Result<Item, RepoError> {
    let detached = CheckIn { image: None, ..check_in.clone() };
    let mut item = holding(keys::check_in(organization, &check_in.id), &detached)?;
    if let Some(image) = &check_in.image {
        item.insert(IMAGE.to_owned(), AttributeValue::S(image.as_str().to_owned()));
    }
    Ok(item)
}

pub(crate) fn check_in_of(item: &Item) -> Result<CheckIn, RepoError> {
    let image = optional_text(item, IMAGE).map(|_| parsed(item, IMAGE)).transpose()?;
    Ok(CheckIn { image, ..body(item)? })
}

/// The check-in's line in the list: what can be told from it need not be read.
fn line(organization: &OrganizationId, check_in: &CheckIn) -> Item {
    let mut line = marker(keys::listed_check_in(organization, check_in));
    line.insert(STRANGER.to_owned(), AttributeValue::Bool(check_in.has_stranger()));
    line
}

/// A record that is not there yet, and the attendee's line of it.
pub(crate) fn making(organization: &OrganizationId, record: &AttendanceRecord) -> Result<[Action; 2], RepoError> {
    let key = keys::record(organization, &record.session, record.attendee);
    let line = marker(keys::attendees_record(organization, &record.session, record.attendee));
    Ok([Action::Put(holding(key, record)?, Some(Condition::absent())), Action::Put(line, None)])
}

/// A record that follows one that a chore marked, and that one among the earlier versions.
fn superseding(
    organization: &OrganizationId,
    record: &AttendanceRecord,
    upon: &Item,
) -> Result<[Action; 2], RepoError> {
    let before: AttendanceRecord = body(upon)?;
    let key = keys::record(organization, &record.session, record.attendee);
    let earlier = keys::earlier_version(organization, &before.session, before.attendee, before.version);
    Ok([
        Action::Put(holding(key, record)?, Some(Condition::unchanged(upon))),
        Action::Put(holding(earlier, &before)?, None),
    ])
}

/// What is written together or not at all: a record with its event, or an event alone.
struct Parcel {
    record: Option<AttendanceRecord>,
    event: Event,
    /// What the record supersedes.
    upon: Option<Item>,
}

impl Parcel {
    fn of(draft: RecordDraft, upon: Option<Item>) -> Self {
        Self { record: Some(draft.record), event: draft.event, upon }
    }

    fn alone(event: Event) -> Self {
        Self { record: None, event, upon: None }
    }
}

/// A transaction, and where the record of each of its parcels is in it.
struct Sending {
    actions: Vec<Action>,
    records: Vec<Option<usize>>,
}

/// A commit on its way.
struct Writing<'a> {
    organization: &'a OrganizationId,
    targets: Vec<&'a Target>,
    /// What makes the check-in.
    head: Vec<Action>,
    /// What is still to be written.
    parcels: Vec<Parcel>,
    /// What became of each record.
    recorded: HashMap<(String, AttendeeId), Recorded>,
}

fn name(record: &AttendanceRecord) -> (String, AttendeeId) {
    (record.session.to_string(), record.attendee)
}

impl<'a> Writing<'a> {
    fn new(organization: &'a OrganizationId, commit: &'a Commit) -> Result<Self, RepoError> {
        let check_in = check_in_item(organization, &commit.check_in)?;
        let head = vec![
            Action::Put(check_in, Some(Condition::absent())),
            Action::Put(line(organization, &commit.check_in), None),
        ];
        let mut seen = HashSet::new();
        let records = commit.records.iter().filter(|draft| seen.insert(name(&draft.record)));
        let alone = commit.events.iter().cloned().map(Parcel::alone);
        let parcels = records.cloned().map(|draft| Parcel::of(draft, None)).chain(alone).collect();
        Ok(Self { organization, targets: distinct(&commit.targets)?, head, parcels, recorded: HashMap::new() })
    }

    /// How many of the next parcels fit into that many actions.
    fn fitting(&self, room: usize) -> usize {
        let mut used = 0;
        let fits = |parcel: &&Parcel| {
            used += self.targets.len() + if parcel.record.is_some() { 2 } else { 0 };
            used <= room
        };
        self.parcels.iter().take_while(fits).count()
    }

    /// The transaction of the next parcels, after those actions.
    fn sending(&self, first: Vec<Action>, parcels: usize) -> Result<Sending, RepoError> {
        let (mut actions, mut records) = (first, Vec::with_capacity(parcels));
        let parcels = &self.parcels[..parcels];
        for parcel in parcels {
            records.push(parcel.record.as_ref().map(|_| actions.len()));
            if let Some(record) = &parcel.record {
                actions.extend(match &parcel.upon {
                    Some(upon) => superseding(self.organization, record, upon)?,
                    None => making(self.organization, record)?,
                });
            }
        }
        actions.extend(sending(self.organization, parcels.iter().map(|parcel| &parcel.event), &self.targets)?);
        Ok(Sending { actions, records })
    }

    /// The first parcels were written.
    fn written(&mut self, parcels: usize) {
        for record in self.parcels.drain(..parcels).filter_map(|parcel| parcel.record) {
            self.recorded.insert(name(&record), Recorded::New(record));
        }
    }

    /// These parcels' records were there before: nothing is to be written of them, unless a chore marked them.
    fn refused(&mut self, refusals: Vec<Refusal>, records: &[Option<usize>]) -> Result<(), RepoError> {
        let mut there = HashSet::new();
        for refusal in refusals {
            let parcel = records.iter().position(|action| *action == Some(refusal.action)).ok_or_else(unreadable)?;
            let item = refusal.stands.ok_or_else(unreadable)?;
            let standing: AttendanceRecord = body(&item)?;
            let record = self.parcels[parcel].record.clone().ok_or_else(unreadable)?;
            if let Some(next) = RecordDraft::new(self.organization, record).superseding(self.organization, &standing) {
                self.parcels[parcel] = Parcel::of(next, Some(item));
            } else {
                self.recorded.insert(name(&standing), Recorded::Already(standing));
                there.insert(parcel);
            }
        }
        let mut parcel = 0..;
        self.parcels.retain(|_| parcel.next().is_none_or(|parcel| !there.contains(&parcel)));
        Ok(())
    }

    /// What became of the commit's records, in their order.
    fn into_answer(mut self, commit: &Commit) -> Result<Committed, RepoError> {
        let mut answer = Vec::with_capacity(commit.records.len());
        for draft in &commit.records {
            let recorded = self.recorded.get(&name(&draft.record)).cloned().ok_or_else(unreadable)?;
            // Named twice in one commit, it was there the second time.
            let again = Recorded::Already(recorded.clone().into_record());
            self.recorded.insert(name(&draft.record), again);
            answer.push(recorded);
        }
        Ok(Committed::Written(answer))
    }
}

impl DynamoAttendanceRepo {
    pub(crate) async fn write_commit(
        &self,
        organization: &OrganizationId,
        commit: &Commit,
    ) -> Result<Committed, RepoError> {
        let mut writing = Writing::new(organization, commit)?;
        let named = commit.check_in.attendees().into_iter();
        let lines: Vec<_> =
            named.map(|attendee| marker(keys::check_in_naming(organization, attendee, &commit.check_in))).collect();
        if lines.len() > MAX_LINES {
            self.write_all(lines.into_iter().map(Write::Put)).await?;
        } else {
            writing.head.extend(lines.into_iter().map(|line| Action::Put(line, None)));
        }
        loop {
            let mut parcels = writing.fitting(MAX_ACTIONS - writing.head.len());
            let last = parcels == writing.parcels.len();
            let first = if last {
                writing.head.clone()
            } else {
                parcels = writing.fitting(MAX_ACTIONS - 1);
                vec![Action::Check(keys::check_in(organization, &commit.check_in.id), Condition::absent())]
            };
            let Sending { actions, records } = writing.sending(first, parcels)?;
            match self.transact(actions).await? {
                Transacted::Written => writing.written(parcels),
                Transacted::Refused(mut refusals) => {
                    if let Some(earlier) = refusals.iter().position(|refusal| refusal.action == 0) {
                        let earlier = refusals.swap_remove(earlier).stands.ok_or_else(unreadable)?;
                        return Ok(Committed::Replayed(check_in_of(&earlier)?));
                    }
                    writing.refused(refusals, &records)?;
                    continue;
                }
            }
            if last {
                return writing.into_answer(commit);
            }
        }
    }
}
