use async_trait::async_trait;
use jiff::Timestamp;

use super::RepoError;
use crate::domain::audit::AuditEntry;
use crate::domain::event::{Event, EventId, Target};
use crate::domain::ids::OrganizationId;

/// Events and where they go, and a line of the audit, to be stored together with what they tell of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outgoing {
    /// What happened.
    pub events: Vec<Event>,
    /// Where every one of them goes; nowhere: they are not stored.
    pub targets: Vec<Target>,
    /// Whose act it is, if it is somebody's.
    pub audit: Option<AuditEntry>,
}

/// One message to one recipient, identified so that it is sent once: `{event}:{channel}`, at most 300 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Delivery(pub String);

/// The answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Deliver it now, then complete the claim.
    Granted,
    /// Somebody else is delivering it, until their lease ends.
    Held,
    /// It was delivered.
    Done,
}

/// What is still to be told.
#[async_trait]
pub trait Outbox: std::fmt::Debug + Send + Sync + 'static {
    /// Up to `limit` events that a target has not acknowledged, the oldest first.
    ///
    /// # Behavior
    /// - An event is pending for every target of its commit, until that target acknowledges it.
    /// - An event that is stored again is pending once.
    async fn pending(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError>;

    /// Says that events reached a target.
    ///
    /// # Behavior
    /// - They are no longer pending for that target, and stay so for others.
    /// - Unknown events and repeated calls succeed.
    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError>;

    /// Claims a delivery until `lease_until`.
    ///
    /// # Behavior
    /// - Of many who claim at once, one is granted; the others are told `Held`.
    /// - A lease that ended at or before `now` can be claimed again.
    /// - A completed delivery is `Done` for ever.
    async fn claim_delivery(
        &self,
        organization: &OrganizationId,
        delivery: &Delivery,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, RepoError>;

    /// Says that a delivery was made.
    ///
    /// # Behavior
    /// - It can be repeated, also without a claim.
    async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError>;
}
