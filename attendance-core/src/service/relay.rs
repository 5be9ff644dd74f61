use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::event::{Event, EventData, EventId, Target};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::organization::OrganizationPolicy;
use crate::domain::record::Status;
use crate::ports::NotifierError;
use crate::ports::attendance_repo::{AttendanceRepoExt, Claim, Delivery};
use crate::ports::event_sink::EventSinkError;
use crate::ports::notifier::{Message, Recipient};

/// What a relay moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relayed {
    /// Events that reached the sink.
    pub published: u32,
    /// Messages that were sent.
    pub notified: u32,
    /// Events that are still pending because a target failed in a way that may pass.
    pub pending: u32,
}

const BATCH: usize = 100;

/// For how long a claimed delivery is ours: longer than any notifier takes.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

impl Attendance {
    /// Brings every pending event to every target, once through. Whatever a crash or a failing target left is still
    /// pending afterwards: call it again. Any number may run at once.
    ///
    /// # Errors
    /// Those of the repository. A failing target is no error: see [`Relayed::pending`].
    pub async fn relay(&self, organization: &OrganizationId) -> Result<Relayed, Error> {
        let mut relayed = Relayed::default();
        for target in &self.targets {
            loop {
                let events = self.repo.pending(organization, target, BATCH).await?;
                if events.is_empty() {
                    break;
                }
                let (through, messages) = if *target == Target::notifier() {
                    self.tell_all(organization, &events).await?
                } else {
                    (self.publish(organization, &events).await, 0)
                };
                relayed.notified += messages;
                if *target == Target::sink() {
                    relayed.published += count(through.len());
                }
                for event in events.iter().filter(|event| through.contains(&event.id)) {
                    let correlation = event.correlation.as_ref().map(tracing::field::display);
                    tracing::info!(event = %event.id, correlation, %target, "relayed");
                }
                if !through.is_empty() {
                    self.repo.acknowledge(organization, target, &through).await?;
                }
                if through.len() < events.len() {
                    relayed.pending += count(events.len() - through.len());
                    break;
                }
            }
        }
        Ok(relayed)
    }

    /// Publishes a batch and answers what got through.
    async fn publish(&self, organization: &OrganizationId, events: &[Event]) -> Vec<EventId> {
        let all = || events.iter().map(|event| event.id.clone());
        match self.sink.publish(organization, events).await {
            Ok(()) => all().collect(),
            Err(EventSinkError::Partial { failed }) => all().filter(|id| !failed.contains(id)).collect(),
            Err(error) => {
                tracing::warn!(%error, "the event sink failed; its events stay pending");
                Vec::new()
            }
        }
    }

    /// Tells whom each event concerns, and answers the events that are done with and how many messages were sent.
    async fn tell_all(&self, organization: &OrganizationId, events: &[Event]) -> Result<(Vec<EventId>, u32), Error> {
        let policy = self.repo.existing_organization(organization).await?.policy;
        let (mut done, mut sent) = (Vec::new(), 0);
        for event in events {
            match self.tell_of(organization, &policy, event).await? {
                Told::Sent => {
                    sent += 1;
                    done.push(event.id.clone());
                }
                Told::Nobody => done.push(event.id.clone()),
                Told::Later => {}
            }
        }
        Ok((done, sent))
    }

    /// Tells whom one event concerns, unless that was done before: for a host whose events come back from a stream.
    /// Whoever calls it names only the sink to [`AttendanceBuilder::targets`](super::AttendanceBuilder::targets).
    ///
    /// # Errors
    /// Those of the repository. A failing notifier is no error: see [`Told::Later`].
    pub async fn tell(&self, event: &Event) -> Result<Told, Error> {
        let policy = self.repo.existing_organization(&event.organization).await?.policy;
        self.tell_of(&event.organization, &policy, event).await
    }

    async fn tell_of(
        &self,
        organization: &OrganizationId,
        policy: &OrganizationPolicy,
        event: &Event,
    ) -> Result<Told, Error> {
        let (delivery, recipient) = match &event.data {
            EventData::Record { attendee, .. } if policy.notify_attendees => {
                let Some(recipient) = self.recipient(organization, *attendee).await? else { return Ok(Told::Nobody) };
                (Delivery(format!("{}:attendee", event.id)), Some(recipient))
            }
            EventData::Stranger { .. } if policy.alert_strangers => (Delivery(format!("{}:operators", event.id)), None),
            _ => return Ok(Told::Nobody),
        };
        let now = self.now();
        let lease_until = now.saturating_add(LEASE).unwrap_or(jiff::Timestamp::MAX);
        match self.repo.claim_delivery(organization, &delivery, now, lease_until).await? {
            Claim::Done => return Ok(Told::Nobody),
            Claim::Held => return Ok(Told::Later),
            Claim::Granted => {}
        }
        let message = message(&delivery, event);
        let sent = match &recipient {
            Some(recipient) => self.notifier.notify(organization, recipient, &message).await,
            None => self.notifier.alert(organization, &message).await,
        };
        let told = match sent {
            Ok(()) => Told::Sent,
            Err(NotifierError::NoAddress) => Told::Nobody,
            Err(error @ NotifierError::Refused { .. }) => {
                tracing::warn!(%error, "a message was given up");
                Told::Nobody
            }
            // Whatever else it is, a wrong password too, is the notifier's own fault, and none of the message.
            Err(error) => {
                tracing::warn!(%error, "the notifier failed; the message stays pending");
                // The claim ends at once, so that the next relay need not wait for the lease.
                self.repo.claim_delivery(organization, &delivery, lease_until, now).await?;
                return Ok(Told::Later);
            }
        };
        self.repo.complete_delivery(organization, &delivery).await?;
        Ok(told)
    }

    /// How to reach an attendee; `None` if there is no way, or they were erased.
    async fn recipient(&self, organization: &OrganizationId, id: AttendeeId) -> Result<Option<Recipient>, Error> {
        let attendees = self.repo.attendees_by_id(organization, &[id]).await?;
        let recipient = attendees.iter().find(|attendee| !attendee.is_erased()).map(Recipient::of);
        Ok(recipient.filter(Recipient::is_reachable))
    }
}

/// What became of telling one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A message was sent.
    Sent,
    /// Nobody is to be told, or they were told before, or can't be reached for good.
    Nobody,
    /// The notifier failed, or somebody else is telling it now: try again.
    Later,
}

fn message(delivery: &Delivery, event: &Event) -> Message {
    let (subject, body) = match &event.data {
        EventData::Record { session, status, at, version, .. } => {
            let what = match status {
                Status::Present => "present",
                Status::Late => "late",
                Status::Absent => "absent",
                Status::Excused => "excused",
            };
            let verb = if *version == 1 { "recorded" } else { "corrected" };
            (
                format!("Attendance {verb}: {what}"),
                format!("You were {verb} as {what} at {} on {} ({at}).", session.group(), session.date()),
            )
        }
        EventData::Stranger { check_in, .. } => (
            "A stranger at a check-in".to_owned(),
            format!("A face that matches nobody was seen at {} (check-in {check_in}).", event.time),
        ),
        EventData::Enrolment { .. } => ("Enrolment changed".to_owned(), String::new()),
    };
    Message { id: delivery.0.clone(), subject, body }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
