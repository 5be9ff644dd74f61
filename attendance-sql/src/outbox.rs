use async_trait::async_trait;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Claim, Delivery, Outbox};
use jiff::Timestamp;

use crate::engine::Tx;
use crate::error::failed;
use crate::query::Query;
use crate::rows::{document, micros};
use crate::{SqlAttendanceRepo, repeated};

/// Puts every event into the outbox for every target, in the order given.
pub(crate) async fn send<'a>(
    tx: &mut Tx,
    organization: &OrganizationId,
    events: impl IntoIterator<Item = &'a Event>,
    targets: &[Target],
) -> Result<(), RepoError> {
    let mut rows = Vec::new();
    for event in events {
        let document = document(event)?;
        rows.extend(targets.iter().map(|target| {
            vec![
                organization.as_str().into(),
                target.as_str().into(),
                event.id.as_str().into(),
                document.as_str().into(),
            ]
        }));
    }
    for some in rows.chunks(100) {
        let insert = Query::insert("outbox (organization, target, event, document)", some.iter().cloned());
        tx.execute(insert.or_ignore()).await?;
    }
    Ok(())
}

/// A longer one would be cut by an engine that ignores what it can't insert.
fn key(delivery: &Delivery) -> Result<&str, RepoError> {
    if delivery.0.chars().count() <= 300 {
        Ok(&delivery.0)
    } else {
        Err(failed("a delivery's id has more than 300 characters"))
    }
}

fn new_delivery(organization: &OrganizationId, key: &str, lease_until: Timestamp, done: bool) -> Query {
    let values = vec![organization.as_str().into(), key.into(), micros(lease_until).into(), done.into()];
    Query::insert("deliveries (organization, delivery, lease_until, done)", [values]).or_ignore()
}

#[async_trait]
impl Outbox for SqlAttendanceRepo {
    async fn pending(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError> {
        let query = Query::new("SELECT document FROM outbox WHERE organization = ? AND target = ? ORDER BY sequence")
            .bind(organization.as_str())
            .bind(target.as_str())
            .limit(limit);
        self.engine.rows(query).await?.iter().map(|row| row.json("document")).collect()
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError> {
        for some in events.chunks(100) {
            let query = || {
                Query::new("DELETE FROM outbox WHERE organization = ? AND target = ? AND event IN ")
                    .bind(organization.as_str())
                    .bind(target.as_str())
                    .one_of(some.iter().map(|event| event.as_str().into()))
            };
            repeated!(self.engine, self.engine.execute(query()))?;
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
        let key = key(delivery)?;
        if self.engine.execute(new_delivery(organization, key, lease_until, false)).await? > 0 {
            return Ok(Claim::Granted);
        }
        let take_over = Query::new(
            "UPDATE deliveries SET lease_until = ? \
             WHERE organization = ? AND delivery = ? AND done = 0 AND lease_until <= ?",
        )
        .bind(micros(lease_until))
        .bind(organization.as_str())
        .bind(key)
        .bind(micros(now));
        if self.engine.execute(take_over).await? > 0 {
            return Ok(Claim::Granted);
        }
        let query = Query::new("SELECT done FROM deliveries WHERE organization = ? AND delivery = ?")
            .bind(organization.as_str())
            .bind(key);
        let row = self.engine.row(query).await?.ok_or(RepoError::UnknownOrganization)?;
        Ok(if row.int("done")? == 0 { Claim::Held } else { Claim::Done })
    }

    async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError> {
        let key = key(delivery)?;
        let complete = || {
            Query::new("UPDATE deliveries SET done = 1 WHERE organization = ? AND delivery = ?")
                .bind(organization.as_str())
                .bind(key)
        };
        let completed = self.engine.execute(complete()).await? > 0
            || self.engine.execute(new_delivery(organization, key, Timestamp::UNIX_EPOCH, true)).await? > 0
            // Somebody else claimed it in between.
            || self.engine.execute(complete()).await? > 0;
        if completed { Ok(()) } else { Err(RepoError::UnknownOrganization) }
    }
}
