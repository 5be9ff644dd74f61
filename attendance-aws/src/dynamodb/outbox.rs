use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{Claim, Delivery, Outbox};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::DynamoAttendanceRepo;
use super::items::{Item, body, flag, holding, key, marker, optional_text, readable, unreadable};
use super::keys::{self, FIRST, Key, LAST};
use super::listing::Listing;
use super::read::Write;
use super::table::EXPIRES_AT;
use super::transact::Action;
use crate::fault::Fault;

/// The most targets of one commit.
const MAX_TARGETS: usize = 16;

/// For how long a delivery is remembered: longer than any stream keeps an event.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Each target once.
pub(crate) fn distinct(targets: &[Target]) -> Result<Vec<&Target>, RepoError> {
    let mut seen = HashSet::new();
    let distinct: Vec<_> = targets.iter().filter(|target| seen.insert(target.as_str())).collect();
    if distinct.len() > MAX_TARGETS {
        let why = format!("events go to at most {MAX_TARGETS} targets: nothing was written");
        return Err(Fault::unexpected(why).into());
    }
    Ok(distinct)
}

/// What makes events pending for every target: an item for each of both.
pub(crate) fn sending<'a>(
    organization: &OrganizationId,
    events: impl IntoIterator<Item = &'a Event>,
    targets: &[&Target],
) -> Result<Vec<Action>, RepoError> {
    let mut seen = HashSet::new();
    let mut actions = Vec::new();
    for event in events.into_iter().filter(|event| seen.insert(&event.id)) {
        for &target in targets {
            actions.push(Action::Put(holding(keys::pending(organization, target, event), event)?, None));
        }
    }
    Ok(actions)
}

/// How many pending events are remembered with their places.
const MAX_PLACES: usize = 20_000;

/// Where pending events were found: whoever acknowledges them names only their ids. Nothing rests on it: the place of an
/// event that is not remembered is looked for.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<(OrganizationId, Target, EventId), HashSet<Key>>>);

impl Places {
    fn remember(&self, organization: &OrganizationId, target: &Target, event: &EventId, place: Key) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MAX_PLACES {
            places.clear();
        }
        places.entry((organization.clone(), target.clone(), event.clone())).or_default().insert(place);
    }

    fn of(&self, organization: &OrganizationId, target: &Target, event: &EventId) -> Option<HashSet<Key>> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(&(organization.clone(), target.clone(), event.clone())).cloned()
    }
}

impl DynamoAttendanceRepo {
    /// Where an event is pending, from its shard of the queue: every place, if it has several.
    async fn search(
        &self,
        organization: &OrganizationId,
        target: &Target,
        event: &EventId,
    ) -> Result<HashSet<Key>, RepoError> {
        let shard = keys::queue_of(organization, target, event);
        let mut queue = Listing::new(self, [shard], FIRST, LAST, 1000);
        let mut places = HashSet::new();
        while let Some(item) = queue.next().await? {
            let place = key(&item)?;
            if place.sk.rsplit_once('#').is_some_and(|(_, id)| id == event.as_str()) {
                places.insert(place);
            }
        }
        Ok(places)
    }
}

const DONE: &str = "done";
const LEASE: &str = "lease_until";
const HOLDER: &str = "holder";

fn delivery_item(
    organization: &OrganizationId,
    delivery: &Delivery,
    lease_until: Timestamp,
    done: bool,
    holder: &str,
) -> Item {
    let expires_at = Timestamp::now().saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
    let mut item = marker(keys::delivery(organization, delivery));
    item.insert(DONE.to_owned(), AttributeValue::Bool(done));
    item.insert(LEASE.to_owned(), AttributeValue::N(lease_until.as_microsecond().to_string()));
    item.insert(HOLDER.to_owned(), AttributeValue::S(holder.to_owned()));
    item.insert(EXPIRES_AT.to_owned(), AttributeValue::N(expires_at.as_second().to_string()));
    item
}

#[async_trait]
impl Outbox for DynamoAttendanceRepo {
    async fn pending(
        &self,
        organization: &OrganizationId,
        target: &Target,
        limit: usize,
    ) -> Result<Vec<Event>, RepoError> {
        let (mut pending, mut given) = (Vec::new(), HashSet::new());
        let mut queue = Listing::new(self, keys::queues(organization, target), FIRST, LAST, limit);
        while pending.len() < limit {
            let Some(item) = queue.next().await? else { break };
            let event: Event = body(&item)?;
            self.places.remember(organization, target, &event.id, key(&item)?);
            if given.insert(event.id.clone()) {
                pending.push(event);
            }
        }
        Ok(pending)
    }

    async fn acknowledge(
        &self,
        organization: &OrganizationId,
        target: &Target,
        events: &[EventId],
    ) -> Result<(), RepoError> {
        let mut places = HashSet::new();
        for event in events {
            match self.places.of(organization, target, event) {
                Some(known) => places.extend(known),
                None => places.extend(self.search(organization, target, event).await?),
            }
        }
        self.write_all(places.into_iter().map(Write::Delete).collect::<Vec<_>>()).await
    }

    async fn claim_delivery(
        &self,
        organization: &OrganizationId,
        delivery: &Delivery,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Claim, RepoError> {
        self.known(organization).await?;
        let holder = Uuid::now_v7().to_string();
        let item = delivery_item(organization, delivery, lease_until, false, &holder);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at <= :today OR (done = :false AND lease_until <= :now)",
            )
            .expression_attribute_values(":today", AttributeValue::N(Timestamp::now().as_second().to_string()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_microsecond().to_string()))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Claim::Granted) };
        let stands = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
            _ => return Err(self.fault(&error)),
        };
        let stands = readable(stands.ok_or_else(unreadable)?)?;
        Ok(match flag(&stands, DONE) {
            true => Claim::Done,
            // An attempt of this very call went through, and its answer was lost.
            false if optional_text(&stands, HOLDER) == Some(&holder) => Claim::Granted,
            false => Claim::Held,
        })
    }

    async fn complete_delivery(&self, organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError> {
        self.known(organization).await?;
        let item = delivery_item(organization, delivery, Timestamp::UNIX_EPOCH, true, "");
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map_err(|error| self.fault(&error))?;
        Ok(())
    }
}
