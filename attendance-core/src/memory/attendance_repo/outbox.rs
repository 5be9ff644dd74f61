use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{InMemoryAttendanceRepo, Tenant};
use crate::domain::event::{Event, EventId, Target};
use crate::domain::ids::OrganizationId;
use crate::ports::RepoError;
use crate::ports::attendance_repo::{Claim, Delivery, Outbox};

/// What one target has not acknowledged, in the order of storing.
#[derive(Default)]
pub(super) struct Queue {
    stored: u64,
    pending: BTreeMap<u64, Event>,
    places: HashMap<EventId, u64>,
}

impl Queue {
    fn push(&mut self, event: &Event) {
        if !self.places.contains_key(&event.id) {
            self.stored += 1;
            self.places.insert(event.id.clone(), self.stored);
            self.pending.insert(self.stored, event.clone());
        }
    }

    fn remove(&mut self, event: &EventId) {
        if let Some(place) = self.places.remove(event) {
            self.pending.remove(&place);
        }
    }
}

impl Tenant {
    /// Puts every event into the outbox for every target.
    pub(super) fn send<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>, targets: &[Target]) {
        for event in events {
            for target in targets {
                self.outbox.entry(target.clone()).or_default().push(event);
            }
        }
    }
}

#[async_trait]
impl Outbox for InMemoryAttendanceRepo {
    async fn pending(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError> {
        Ok(self.read(organization, Vec::new(), |tenant| {
            let queue = tenant.outbox.get(target);
            queue.into_iter().flat_map(|queue| queue.pending.values()).take(limit).cloned().collect()
        }))
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError> {
        if let Some(queue) = self.tenants().get_mut(organization).and_then(|tenant| tenant.outbox.get_mut(target)) {
            events.iter().for_each(|event| queue.remove(event));
        }
        Ok(())
    }

    async fn claim_delivery(
        &self,
        organization: &OrganizationId,
        delivery: &Delivery,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, RepoError> {
        self.write(organization, |tenant| match tenant.deliveries.get(delivery) {
            Some(None) => Ok(Claim::Done),
            Some(Some(held_until)) if *held_until > now => Ok(Claim::Held),
            Some(Some(_)) | None => {
                tenant.deliveries.insert(delivery.clone(), Some(lease_until));
                Ok(Claim::Granted)
            }
        })
    }

    async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError> {
        self.write(organization, |tenant| {
            tenant.deliveries.insert(delivery.clone(), None);
            Ok(())
        })
    }
}
