//! Pending events and claimed deliveries.

use crate::conformance::given::*;
use crate::domain::event::{Event, EventId, Target};
use crate::domain::ids::OrganizationId;
use crate::ports::AttendanceRepo;
use crate::ports::attendance_repo::{Claim, Delivery};
use futures_util::future::join_all;

fn stranger(organization: &OrganizationId, check_in: &str, face: u32) -> Event {
    Event::of_stranger(organization, &check_in_id(check_in), face, at(face.into()))
}

/// Stores events with a check-in of their own, for these targets.
async fn store(
    repo: &dyn AttendanceRepo,
    organization: &OrganizationId,
    check_in_id: &str,
    events: &[Event],
    targets: &[Target],
) {
    let mut given = commit(organization, check_in(check_in_id, []), []);
    given.events = events.to_vec();
    given.targets = targets.to_vec();
    repo.commit(organization, &given).await.unwrap();
}

async fn pending(repo: &dyn AttendanceRepo, organization: &OrganizationId, target: &Target) -> Vec<Event> {
    repo.pending(organization, target, 100).await.unwrap()
}

pub async fn an_event_is_pending_for_every_target_until_that_one_acknowledges_it(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let (sink, notifier) = (Target::sink(), Target::notifier());
    let [first, second] = [0, 1].map(|face| stranger(&organization, "c-1", face));
    let events = [first.clone(), second.clone()];
    store(repo, &organization, "c-1", &events, &[sink.clone(), notifier.clone()]).await;
    for target in [&sink, &notifier] {
        let mut found = pending(repo, &organization, target).await;
        found.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(found, events);
    }
    repo.acknowledge(&organization, &sink, &[first.id.clone()]).await.unwrap();
    assert_eq!(pending(repo, &organization, &sink).await, [second.clone()]);
    assert_eq!(pending(repo, &organization, &notifier).await.len(), 2, "it stays so for others");
    repo.acknowledge(&organization, &sink, &[first.id, second.id]).await.unwrap();
    assert!(pending(repo, &organization, &sink).await.is_empty());
    assert_eq!(pending(repo, &organization, &notifier).await.len(), 2, "they stay so for others");
}

pub async fn an_event_is_not_pending_for_a_target_it_was_not_meant_for(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let event = stranger(&organization, "c-1", 0);
    store(repo, &organization, "c-1", std::slice::from_ref(&event), &[Target::notifier()]).await;
    assert!(pending(repo, &organization, &Target::sink()).await.is_empty());
    assert_eq!(pending(repo, &organization, &Target::notifier()).await, [event.clone()]);
    store(repo, &organization, "c-2", &[stranger(&organization, "c-2", 0)], &[]).await;
    assert_eq!(pending(repo, &organization, &Target::notifier()).await, [event], "without a target nothing is stored");
}

pub async fn the_oldest_events_are_given_first_and_at_most_as_many_as_asked_for(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let events: Vec<_> = (0..5).map(|face| stranger(&organization, "c-1", face)).collect();
    for (index, event) in events.iter().enumerate() {
        store(repo, &organization, &format!("c-{index}"), std::slice::from_ref(event), &[Target::sink()]).await;
    }
    for limit in [1, 2, 5, 100] {
        let found = repo.pending(&organization, &Target::sink(), limit).await.unwrap();
        assert_eq!(found, events[..limit.min(5)]);
    }
    repo.acknowledge(&organization, &Target::sink(), &[events[0].id.clone(), events[2].id.clone()]).await.unwrap();
    let found = repo.pending(&organization, &Target::sink(), 2).await.unwrap();
    assert_eq!(found, [events[1].clone(), events[3].clone()]);
}

pub async fn an_event_that_is_stored_again_is_pending_once(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let event = stranger(&organization, "c-1", 0);
    store(repo, &organization, "c-1", std::slice::from_ref(&event), &[Target::sink()]).await;
    store(repo, &organization, "c-2", std::slice::from_ref(&event), &[Target::sink(), Target::notifier()]).await;
    assert_eq!(pending(repo, &organization, &Target::sink()).await, [event.clone()]);
    assert_eq!(pending(repo, &organization, &Target::notifier()).await, [event.clone()]);
    repo.acknowledge(&organization, &Target::sink(), &[event.id]).await.unwrap();
    assert!(pending(repo, &organization, &Target::sink()).await.is_empty());
}

pub async fn events_are_read_back_as_they_were_stored(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let record = record(&session("5b.1961-07-04.99"), attendee(repo, &organization).await, "c-1");
    let mut long_ago = Event::of_record(&organization, &record);
    long_ago.time = "1961-07-04T07:00:00.000001Z".parse().unwrap();
    store(repo, &organization, "c-1", std::slice::from_ref(&long_ago), &[Target::sink()]).await;
    assert_eq!(pending(repo, &organization, &Target::sink()).await, [long_ago]);
}

pub async fn acknowledging_unknown_events_and_acknowledging_again_succeeds(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let event = stranger(&organization, "c-1", 0);
    let ids = [event.id.clone(), EventId::new("never-stored").unwrap()];
    repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap();
    repo.acknowledge(&organization, &Target::sink(), &[]).await.unwrap();
    store(repo, &organization, "c-1", &[event], &[Target::sink()]).await;
    for _ in 0..2 {
        repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap();
        assert!(pending(repo, &organization, &Target::sink()).await.is_empty());
    }
}

pub async fn the_outbox_of_another_organization_is_another(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    // The same id in both.
    let (my_event, their_event) = (stranger(&mine, "c-1", 0), stranger(&other, "c-1", 0));
    store(repo, &mine, "c-1", std::slice::from_ref(&my_event), &[Target::sink()]).await;
    assert!(pending(repo, &other, &Target::sink()).await.is_empty());
    store(repo, &other, "c-1", std::slice::from_ref(&their_event), &[Target::sink()]).await;
    repo.acknowledge(&other, &Target::sink(), &[their_event.id]).await.unwrap();
    assert_eq!(pending(repo, &mine, &Target::sink()).await, [my_event]);
}

fn delivery() -> Delivery {
    Delivery(format!("5B.2026-11-21.0:{}:v1:email", "x".repeat(270)))
}

async fn claim(repo: &dyn AttendanceRepo, organization: &OrganizationId, now: i64, until: i64) -> Claim {
    repo.claim_delivery(organization, &delivery(), at(now), at(until)).await.unwrap()
}

pub async fn of_many_who_claim_a_delivery_at_once_one_is_granted(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    let claims = join_all((0..16).map(|_| claim(repo, &organization, 0, 100))).await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Granted).count(), 1, "{claims:?}");
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Held).count(), 15, "{claims:?}");
}

pub async fn a_lease_that_ended_can_be_claimed_again_by_one(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    assert_eq!(claim(repo, &organization, 0, 100).await, Claim::Granted);
    assert_eq!(claim(repo, &organization, 99, 199).await, Claim::Held);
    let claims = join_all((0..8).map(|_| claim(repo, &organization, 100, 200))).await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Granted).count(), 1, "{claims:?}");
    assert_eq!(claim(repo, &organization, 199, 299).await, Claim::Held);
    assert_eq!(claim(repo, &organization, 1000, 1100).await, Claim::Granted);
}

pub async fn a_completed_delivery_is_done_for_ever(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    assert_eq!(claim(repo, &organization, 0, 100).await, Claim::Granted);
    repo.complete_delivery(&organization, &delivery()).await.unwrap();
    for now in [50, 100, 1_000_000_000_000] {
        assert_eq!(claim(repo, &organization, now, now + 100).await, Claim::Done);
    }
}

pub async fn a_delivery_can_be_completed_again_and_without_a_claim(repo: &dyn AttendanceRepo) {
    let organization = organization(repo).await;
    for _ in 0..2 {
        repo.complete_delivery(&organization, &delivery()).await.unwrap();
        assert_eq!(claim(repo, &organization, 0, 100).await, Claim::Done);
    }
}

pub async fn deliveries_differ_by_case_and_end_at_the_wall(repo: &dyn AttendanceRepo) {
    let (mine, other) = two_organizations(repo).await;
    assert_eq!(claim(repo, &mine, 0, 100).await, Claim::Granted);
    let upper = Delivery(delivery().0.to_uppercase());
    assert_eq!(repo.claim_delivery(&mine, &upper, at(0), at(100)).await.unwrap(), Claim::Granted);
    assert_eq!(claim(repo, &other, 0, 100).await, Claim::Granted);
    repo.complete_delivery(&other, &delivery()).await.unwrap();
    assert_eq!(claim(repo, &mine, 50, 100).await, Claim::Held);
}
