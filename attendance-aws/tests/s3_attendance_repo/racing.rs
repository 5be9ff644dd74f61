//! Many at once, on several threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::attendee::{Attendee, EnrolmentState, Name};
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Committed, Outgoing, RecordDraft, RecordQuery, Recorded};
use attendance_core::ports::{AttendanceRepoExt as _, Directory as _, Ledger as _, Outbox as _, RepoError};
use futures_util::future::join_all;
use jiff::civil::date;

use crate::given::{World, ada, at, corrected, entry, monday, one_arrival, organization, record};
use crate::support::Disturbance;

async fn spawned<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let running: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    join_all(running).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stale_claim_is_taken_over_by_one_while_its_first_owner_comes_back() {
    let Some(world) = World::begin().await else { return };
    for _ in 0..6 {
        let repo = Arc::new(world.repo().await);
        let organization = organization(&repo).await;
        // Cut off between the claim and the attendee.
        let (dying, proxy) = world.watched().await;
        let first = ada();
        proxy.disturb([Disturbance::Pass, Disturbance::Pass, Disturbance::xml(403, "AccessDenied")]);
        dying.create_attendee(&organization, &first, &entry()).await.unwrap_err();
        assert_eq!(world.keys(&organization, "claims/").await.len(), 1);

        let all: Vec<Attendee> = (0..5).map(|_| ada()).chain([first]).collect();
        let registered = spawned(all.into_iter().map(|attendee| {
            let (repo, organization) = (Arc::clone(&repo), organization.clone());
            async move { repo.create_attendee(&organization, &attendee, &entry()).await }
        }))
        .await;
        let winners: Vec<_> = registered.iter().flatten().map(|attendee| attendee.id).collect();
        assert_eq!(winners.len(), 1, "{registered:?}");
        for refused in registered.iter().filter(|each| each.is_err()) {
            assert!(matches!(refused, Err(RepoError::ExternalIdTaken)), "{refused:?}");
        }
        let all = repo.attendees(&organization, &AttendeeQuery::default(), &PageRequest::default()).await.unwrap();
        assert_eq!(all.items.iter().map(|attendee| attendee.id).collect::<Vec<_>>(), winners);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_external_id_that_wanders_between_two_is_never_had_by_both() {
    let Some(world) = World::begin().await else { return };
    let repo = Arc::new(world.repo().await);
    let organization = organization(&repo).await;
    let external_id = ada().external_id;
    let mut two = Vec::new();
    for _ in 0..2 {
        let plain = Attendee { external_id: None, ..ada() };
        two.push(repo.create_attendee(&organization, &plain, &entry()).await.unwrap().id);
    }
    for round in 0..8 {
        spawned(two.iter().enumerate().map(|(index, id)| {
            let (repo, organization, id) = (Arc::clone(&repo), organization.clone(), *id);
            // Whoever has it gives it up; who does not takes it.
            let external_id = external_id.clone();
            async move {
                let attendee = repo.attendee(&organization, id).await.unwrap();
                let external_id = if attendee.external_id.is_some() { None } else { external_id };
                let name = Some(Name::new(format!("{round} {index}")).unwrap());
                let changed = Attendee { external_id, name, ..attendee };
                match repo.save_attendee(&organization, &changed, &Outgoing::default()).await {
                    Ok(_) | Err(RepoError::ExternalIdTaken) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        }))
        .await;
        let both = repo.attendees_by_id(&organization, &two).await.unwrap();
        let having: Vec<_> = both.iter().filter(|attendee| attendee.external_id.is_some()).collect();
        assert!(having.len() <= 1, "round {round}: both have it");
        let holder = repo.attendee_by_external_id(&organization, external_id.as_ref().unwrap()).await.unwrap();
        assert_eq!(holder.map(|holder| holder.id), having.first().map(|attendee| attendee.id), "round {round}");
    }
}

/// Looks what is pending as soon as a marker is there: nothing, as long as what it announces is not written.
async fn relay_meets_a_marker(world: &World, organization: &OrganizationId) {
    while world.keys(organization, "outbox/").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let pending = world.repo().await.pending(organization, &Target::sink(), 9).await.unwrap();
    assert_eq!(pending, [], "it was not written yet");
}

/// So many requests pass; the next one is held up until the relay has been there.
fn held_up_after(n: usize) -> impl Iterator<Item = Disturbance> {
    std::iter::repeat_n(Disturbance::Pass, n).chain([Disturbance::Silence(Duration::from_millis(900))])
}

#[tokio::test]
async fn a_mark_that_a_relay_meets_under_way_begins_again_and_its_event_is_told() {
    let Some(world) = World::begin().await else { return };
    let calm = world.repo().await;
    let organization = organization(&calm).await;
    let first = record(AttendeeId::fresh(), "c-1");
    let second = corrected(&first);
    // Before the record come the organization and the marker; for the second, its document and the reason's place too.
    for (version, requests) in [(first, 2), (second, 4)] {
        let (slow, proxy) = world.watched().await;
        proxy.disturb(held_up_after(requests));
        let draft = RecordDraft::new(&organization, version);
        let targets = [Target::sink()];
        let marking = slow.mark(&organization, &draft, &targets, None);
        let (marked, ()) = tokio::join!(marking, relay_meets_a_marker(&world, &organization));
        marked.unwrap();
        assert_eq!(calm.pending(&organization, &Target::sink(), 9).await.unwrap(), [draft.event.clone()]);
        calm.acknowledge(&organization, &Target::sink(), &[draft.event.id]).await.unwrap();
    }
}

#[tokio::test]
async fn a_save_that_a_relay_meets_under_way_begins_again_and_its_event_is_told() {
    let Some(world) = World::begin().await else { return };
    let calm = world.repo().await;
    let organization = organization(&calm).await;
    let ada = calm.create_attendee(&organization, &ada(), &entry()).await.unwrap();
    let (slow, proxy) = world.watched().await;
    // Before the attendee come what is there and the marker.
    proxy.disturb(held_up_after(2));
    let event = Event::of_enrolment(&organization, ada.id, EnrolmentState::Active, 2, at(5));
    let outgoing = Outgoing { events: vec![event], targets: vec![Target::sink()], audit: None };
    let saving = slow.save_attendee(&organization, &ada, &outgoing);
    let (saved, ()) = tokio::join!(saving, relay_meets_a_marker(&world, &organization));
    assert_eq!(saved.unwrap().version, 2);
    assert_eq!(calm.pending(&organization, &Target::sink(), 9).await.unwrap(), outgoing.events);
}

/// Brings what is pending to a list of what was told, and acknowledges it, until told to end.
async fn relay(repo: &S3AttendanceRepo, organization: &OrganizationId, told: &mut BTreeMap<EventId, u32>) -> usize {
    let events = repo.pending(organization, &Target::sink(), 100).await.unwrap();
    let ids: Vec<_> = events.iter().map(|event| event.id.clone()).collect();
    for id in &ids {
        *told.entry(id.clone()).or_default() += 1;
    }
    repo.acknowledge(organization, &Target::sink(), &ids).await.unwrap();
    ids.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn check_ins_and_marks_under_a_busy_relay_are_all_written_once_and_all_told() {
    let Some(world) = World::begin().await else { return };
    let repo = Arc::new(world.repo().await);
    let organization = organization(&repo).await;
    let attendees: Vec<_> = (0..12).map(|_| AttendeeId::fresh()).collect();
    // Each attendee comes three times at once, and is marked by the sweep at the same time; half are corrected.
    let committing = attendees.iter().flat_map(|attendee| (0..3).map(|n| (*attendee, n))).map(|(attendee, n)| {
        let (repo, organization) = (Arc::clone(&repo), organization.clone());
        async move {
            let commit = one_arrival(&organization, attendee, &format!("c-{attendee}-{n}"));
            match repo.commit(&organization, &commit).await.unwrap() {
                Committed::Written(recorded) => usize::from(matches!(recorded[..], [Recorded::New(_)])),
                replayed @ Committed::Replayed(_) => panic!("{replayed:?}"),
            }
        }
    });
    let marking = attendees.clone().into_iter().enumerate().map(|(index, attendee)| {
        let (repo, organization) = (Arc::clone(&repo), organization.clone());
        async move {
            let first = record(attendee, "c-sweep");
            let made = match repo
                .mark(&organization, &RecordDraft::new(&organization, first), &[Target::sink()], None)
                .await
            {
                Ok(()) => 1,
                Err(RepoError::Conflict) => 0,
                Err(error) => panic!("{error:?}"),
            };
            if index % 2 == 0 {
                let standing = repo.record(&organization, &monday(), attendee).await.unwrap().unwrap();
                let draft = RecordDraft::new(&organization, corrected(&standing));
                repo.mark(&organization, &draft, &[Target::sink()], None).await.unwrap();
            }
            made
        }
    });
    let relaying = tokio::spawn({
        let (repo, organization) = (Arc::new(world.repo().await), organization.clone());
        async move {
            let (mut told, mut idle) = (BTreeMap::new(), 0);
            while idle < 20 {
                idle = if relay(&repo, &organization, &mut told).await == 0 { idle + 1 } else { 0 };
            }
            told
        }
    });
    let (committed, marked) = tokio::join!(spawned(committing), spawned(marking));
    assert_eq!(committed.into_iter().chain(marked).sum::<usize>(), attendees.len(), "one of each made the record");
    let mut told = relaying.await.unwrap();
    while relay(&repo, &organization, &mut told).await > 0 {}

    let query = RecordQuery { from: date(2026, 11, 1), to: date(2026, 11, 30), group: None, attendee: None };
    let records = repo.records(&organization, &query, &PageRequest::default()).await.unwrap().items;
    assert_eq!(records.len(), attendees.len());
    let mut expected = BTreeSet::new();
    for attendee in &attendees {
        for version in repo.history(&organization, &monday(), *attendee).await.unwrap() {
            expected.insert(RecordDraft::new(&organization, version).event.id);
        }
    }
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), expected, "every event, and no other");
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    assert_eq!(world.keys(&organization, "outbox/").await, [""; 0]);
}
