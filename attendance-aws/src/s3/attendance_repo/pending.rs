//! What the markers say: which events have come of them and still have to reach somebody.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attendance_core::domain::check_in::CheckIn;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::session::SessionId;
use attendance_core::ports::RepoError;
use aws_sdk_s3::types::ObjectIdentifier;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::{AttendeeFile, CapturedFile, Change, Draft, Marker, RecordFile};
use super::objects::{AT_ONCE, Found, Patience, Put};
use crate::fault::Fault;

/// How many markers are remembered at most.
const REMEMBERED: usize = 20_000;

/// Which markers were read lately: an acknowledgement names events, not markers. Only a hint: what is not remembered is
/// looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    by_event: Arc<Mutex<ByEvent>>,
}

type ByEvent = HashMap<(OrganizationId, EventId), Vec<SeenMarker>>;

/// A marker, and what never changes about it once its change is done.
#[derive(Debug, Clone)]
struct SeenMarker {
    attempt: Uuid,
    only_target: bool,
    events: Arc<Vec<EventId>>,
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, ByEvent> {
        self.by_event.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, organization: &OrganizationId, attempt: Uuid, marker: &Marker, events: &[Event]) {
        let ids = Arc::new(events.iter().map(|event| event.id.clone()).collect::<Vec<_>>());
        let seen = SeenMarker { attempt, only_target: marker.targets.len() == 1, events: Arc::clone(&ids) };
        let mut by_event = self.lock();
        if by_event.len() > REMEMBERED {
            by_event.clear();
        }
        for id in ids.iter() {
            let markers = by_event.entry((organization.clone(), id.clone())).or_default();
            if markers.iter().all(|each| each.attempt != attempt) {
                markers.push(seen.clone());
            }
        }
    }

    fn of(&self, organization: &OrganizationId, event: &EventId) -> Vec<SeenMarker> {
        self.lock().get(&(organization.clone(), event.clone())).cloned().unwrap_or_default()
    }

    fn forget(&self, organization: &OrganizationId, events: &[EventId]) {
        let mut by_event = self.lock();
        for event in events {
            by_event.remove(&(organization.clone(), event.clone()));
        }
    }
}

/// A marker that was read, with the events that came of it.
struct Settled {
    attempt: Uuid,
    found: Found<Marker>,
    events: Vec<Event>,
}

impl S3AttendanceRepo {
    /// The events that came of a marker; what a crash cut off is finished first. `None`: nothing came of it, nor will.
    async fn settle(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        marker: &Marker,
    ) -> Result<Option<Vec<Event>>, RepoError> {
        match &marker.change {
            Change::Commit { check_in, drafts, events } => {
                let made = self.made_by(organization, attempt, check_in, drafts, &marker.targets).await?;
                Ok(made.map(|made| {
                    let told = drafts.iter().zip(made).filter(|(_, made)| *made).map(|(draft, _)| &draft.event);
                    told.chain(events).cloned().collect()
                }))
            }
            Change::Mark { session, attendee, version, event } => {
                let stands = self.is_marked(organization, attempt, session, *attendee, *version).await?;
                Ok(stands.then(|| vec![event.clone()]))
            }
            Change::Save { attendee, version, events } => {
                let stands = self.is_saved(organization, attempt, *attendee, *version).await?;
                Ok(stands.then(|| events.clone()))
            }
        }
    }

    /// Which of its records a commit made; `None` if another commit has the check-in's id.
    async fn made_by(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        check_in: &CheckIn,
        drafts: &[Draft],
        targets: &[Target],
    ) -> Result<Option<Vec<bool>>, RepoError> {
        let key = self.tenant(organization).captured_at(check_in.captured_at, &check_in.id);
        if let Some(captured) = self.objects.get::<CapturedFile>(&key).await? {
            return Ok((captured.content.attempt == attempt).then_some(captured.content.made));
        }
        if self.win_check_in(organization, attempt, check_in).await?.is_some() {
            return Ok(None);
        }
        let written = self.write_all(organization, attempt, check_in, drafts, targets).await?;
        Ok(Some(written.iter().map(|each| each.made).collect()))
    }

    async fn is_marked(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        session: &SessionId,
        attendee: AttendeeId,
        version: u32,
    ) -> Result<bool, RepoError> {
        let key = self.tenant(organization).record(session, attendee);
        let mut patience = Patience::new();
        loop {
            let found = self.objects.get::<RecordFile>(&key).await?;
            let (content, before) = match found {
                Some(Found { content, version }) => (content, Some(version)),
                None => (RecordFile::default(), None),
            };
            if content.version() >= version {
                return Ok(content.attempt(version) == Some(attempt));
            }
            match self.objects.put_upon(&key, before.as_ref(), &content, Uuid::now_v7()).await? {
                Put::Done => return Ok(false),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    async fn is_saved(
        &self,
        organization: &OrganizationId,
        attempt: Uuid,
        attendee: AttendeeId,
        version: u32,
    ) -> Result<bool, RepoError> {
        let key = self.tenant(organization).attendee(attendee);
        let mut patience = Patience::new();
        loop {
            // Attendees are never deleted.
            let Some(Found { content, version: before }) = self.objects.get::<AttendeeFile>(&key).await? else {
                return Ok(false);
            };
            if content.attendee.as_ref().is_some_and(|attendee| attendee.version >= version) {
                return Ok(content.told.get(&version) == Some(&attempt));
            }
            match self.objects.replace(&key, &before, &content, Uuid::now_v7()).await? {
                Put::Done => return Ok(false),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }

    /// Reads a marker, and deletes it if nothing came of it that anybody has to be told.
    async fn read_marker(
        &self,
        organization: &OrganizationId,
        key: String,
        concerns: impl Fn(&Marker) -> bool + Send,
    ) -> Result<Option<Settled>, RepoError> {
        let attempt = key.rsplit('/').next().and_then(|id| Uuid::try_parse(id).ok());
        let attempt = attempt.ok_or_else(|| Fault::unexpected("an object in the outbox is no marker"))?;
        let found = self.objects.get::<Marker>(&key).await?.filter(|found| concerns(&found.content));
        let Some(found) = found else { return Ok(None) };
        match self.settle(organization, attempt, &found.content).await? {
            Some(events) if !events.is_empty() && !found.content.targets.is_empty() => {
                Ok(Some(Settled { attempt, found, events }))
            }
            _ => {
                self.objects.delete(&key).await?;
                Ok(None)
            }
        }
    }

    /// The markers of these keys that concern somebody, in their order.
    async fn read_markers(
        &self,
        organization: &OrganizationId,
        keys: Vec<String>,
        concerns: impl Fn(&Marker) -> bool + Send + Sync,
    ) -> Result<Vec<Settled>, RepoError> {
        let concerns = &concerns;
        let read = keys.into_iter().map(|key| self.read_marker(organization, key, concerns));
        let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    pub(super) async fn pending_events(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError> {
        let prefix = self.tenant(organization).outbox();
        let (mut events, mut listed) = (Vec::new(), HashSet::new());
        let mut after: Option<String> = None;
        loop {
            let (keys, more) = self.objects.list(&prefix, after.as_deref(), 1000).await?;
            after = keys.last().cloned();
            let mut keys = keys.into_iter();
            loop {
                let missing = limit.saturating_sub(events.len());
                let some: Vec<_> = keys.by_ref().take(missing.min(4 * AT_ONCE)).collect();
                if some.is_empty() {
                    break;
                }
                for settled in self.read_markers(organization, some, |marker| concerns(marker, target)).await? {
                    let marker = &settled.found.content;
                    self.seen.remember(organization, settled.attempt, marker, &settled.events);
                    let open = settled.events.iter().filter(|event| !marker.has_reached(target, &event.id));
                    events.extend(open.filter(|event| listed.insert(event.id.clone())).cloned());
                }
            }
            if !more || after.is_none() || events.len() >= limit {
                events.truncate(limit);
                return Ok(events);
            }
        }
    }

    pub(super) async fn acknowledge_events(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError> {
        let reached: HashSet<&EventId> = events.iter().collect();
        let mut markers: HashMap<Uuid, SeenMarker> = HashMap::new();
        let mut unseen = false;
        for event in &reached {
            let seen = self.seen.of(organization, event);
            unseen |= seen.is_empty();
            markers.extend(seen.into_iter().map(|marker| (marker.attempt, marker)));
        }
        let tenant = self.tenant(organization);
        // All that ever came of them has reached all whom it was for.
        let (over, rest): (Vec<_>, Vec<_>) = markers
            .into_values()
            .partition(|marker| marker.only_target && marker.events.iter().all(|event| reached.contains(event)));
        let over = over.iter().map(|marker| ObjectIdentifier::builder().key(tenant.marker(marker.attempt)).build());
        let over = over.collect::<Result<Vec<_>, _>>();
        self.objects.delete_many(over.map_err(|_| Fault::unexpected("a request could not be built"))?).await?;

        let mut keys: Vec<String> = rest.iter().map(|marker| tenant.marker(marker.attempt)).collect();
        if unseen {
            keys = self.objects.list_all(&tenant.outbox()).await?;
        }
        let reached = &reached;
        let acknowledged = keys.into_iter().map(|key| self.acknowledge_in(organization, key, target, reached));
        stream::iter(acknowledged).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.seen.forget(organization, events);
        Ok(())
    }

    /// Notes in one marker what has reached a target, and deletes it once all has reached everybody.
    async fn acknowledge_in(
        &self,
        organization: &OrganizationId,
        key: String,
        target: &Target,
        reached: &HashSet<&EventId>,
    ) -> Result<(), RepoError> {
        let concerns = |marker: &Marker| {
            waits(marker, target)
                && marker
                    .events()
                    .iter()
                    .any(|event| reached.contains(&event.id) && !marker.has_reached(target, &event.id))
        };
        let mut patience = Patience::new();
        loop {
            let read = self.read_marker(organization, key.clone(), concerns).await?;
            let Some(Settled { found: Found { content: mut marker, version }, events, .. }) = read else {
                return Ok(());
            };
            let ids = events.iter().map(|event| &event.id).filter(|id| reached.contains(id)).cloned();
            marker.acknowledged.entry(target.clone()).or_default().extend(ids);
            let told = |target: &Target| events.iter().all(|event| marker.has_reached(target, &event.id));
            if marker.targets.iter().all(told) {
                return self.objects.delete(&key).await;
            }
            match self.objects.replace(&key, &version, &marker, Uuid::now_v7()).await? {
                Put::Done => return Ok(()),
                Put::Lost(_) => patience.wait().await?,
            }
        }
    }
}

/// Whether the marker has to be looked at for the target. One that tells nobody anything is there to be finished.
fn concerns(marker: &Marker, target: &Target) -> bool {
    marker.targets.is_empty() || marker.events().is_empty() || waits(marker, target)
}

/// Whether something of the marker may still have to reach the target.
fn waits(marker: &Marker, target: &Target) -> bool {
    marker.targets.contains(target) && marker.events().iter().any(|event| !marker.has_reached(target, &event.id))
}
