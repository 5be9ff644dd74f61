use async_trait::async_trait;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Claim, Delivery, Outbox};
use jiff::Timestamp;
use uuid::Uuid;

use super::S3AttendanceRepo;
use super::files::DeliveryFile;
use super::objects::{Found, Patience, Put};

#[async_trait]
impl Outbox for S3AttendanceRepo {
    async fn pending(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError> {
        self.pending_events(organization, target, limit).await
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError> {
        if events.is_empty() { Ok(()) } else { self.acknowledge_events(organization, target, events).await }
    }

    async fn claim_delivery(
        &self,
        organization: &OrganizationId,
        delivery: &Delivery,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, RepoError> {
        self.require(organization).await?;
        let key = self.tenant(organization).delivery(delivery);
        let claim = DeliveryFile::Claimed { lease_until };
        let mut before = None;
        let mut patience = Patience::new();
        loop {
            let found = match self.objects.put_upon(&key, before.as_ref(), &claim, Uuid::now_v7()).await? {
                Put::Done => return Ok(Claim::Granted),
                Put::Lost(found) => found,
            };
            let first = before.is_none();
            before = match found {
                Some(Found { content: DeliveryFile::Done, .. }) => return Ok(Claim::Done),
                Some(Found { content: DeliveryFile::Claimed { lease_until }, .. }) if lease_until > now => {
                    return Ok(Claim::Held);
                }
                found => found.map(|found| found.version),
            };
            if !first {
                patience.wait().await?;
            }
        }
    }

    async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError> {
        self.require(organization).await?;
        self.objects.put(&self.tenant(organization).delivery(delivery), &DeliveryFile::Done).await
    }
}
