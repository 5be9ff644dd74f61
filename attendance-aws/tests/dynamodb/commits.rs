//! What a commit writes, how often it asks, and what several transactions leave when they are cut off.

use std::collections::BTreeSet;

use attendance_core::domain::check_in::Decision;
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::{CheckInQuery, Commit, Committed, Recorded};
use attendance_core::ports::{Ledger, RepoError};
use serde_json::Value;

use crate::rig::{Rig, arrivals, candidate, check_in, event_of, monday, record};
use crate::support::Disturbance;

#[tokio::test]
async fn a_kiosks_check_in_is_one_write_request_and_no_read() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    rig.proxy.take();
    assert_eq!(rig.made(&arrivals(&rig.school, "c-1", &[ada])).await, [true]);
    let requests = rig.proxy.take();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].operation(), Some("TransactWriteItems"));
    let sent: Value = serde_json::from_slice(&requests[0].body).unwrap();
    let items = sent["TransactItems"].as_array().unwrap();
    assert_eq!(items.len(), 6, "{sent:#}");
    for item in items {
        let bytes = item["Put"]["Item"].to_string().len();
        assert!(bytes < 1100, "an item of about {bytes} bytes takes more than one write unit: {item:#}");
    }
}

#[tokio::test]
async fn a_record_that_stands_is_learned_from_the_refusal_and_not_read() {
    let Some(rig) = Rig::new().await else { return };
    let (ada, bob) = (rig.attendee().await, rig.attendee().await);
    assert_eq!(rig.made(&arrivals(&rig.school, "c-1", &[ada])).await, [true]);
    rig.proxy.take();
    let second = arrivals(&rig.school, "c-2", &[ada, bob]);
    let expected = vec![Recorded::Already(record(&monday(), ada, "c-1")), Recorded::New(record(&monday(), bob, "c-2"))];
    assert_eq!(rig.repo.commit(&rig.school, &second).await.unwrap(), Committed::Written(expected));
    assert_eq!(rig.operations(), ["TransactWriteItems", "TransactWriteItems"], "the refused one, and one without ada");
    let replayed = rig.repo.commit(&rig.school, &second).await.unwrap();
    assert_eq!(replayed, Committed::Replayed(second.check_in));
    assert_eq!(rig.operations(), ["TransactWriteItems"]);
}

#[tokio::test]
async fn an_organization_is_asked_for_once_and_one_that_does_not_exist_is_refused() {
    let Some(rig) = Rig::new().await else { return };
    let nowhere = "nowhere".parse().unwrap();
    let commit = arrivals(&nowhere, "c-1", &[]);
    for _ in 0..2 {
        let refused = rig.repo.commit(&nowhere, &commit).await;
        assert!(matches!(refused, Err(RepoError::UnknownOrganization)), "{refused:?}");
    }
    assert_eq!(rig.operations(), ["GetItem", "GetItem"], "it may be created at any time");
}

async fn attendees(rig: &Rig, count: usize) -> Vec<AttendeeId> {
    // A commit does not ask who they are.
    let ids: Vec<_> = (0..count).map(|_| AttendeeId::fresh()).collect();
    rig.proxy.take();
    ids
}

fn events_of(rig: &Rig, attendees: &[AttendeeId]) -> Vec<String> {
    let mut ids: Vec<_> = attendees.iter().map(|&attendee| event_of(&rig.school, attendee)).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn twenty_four_faces_are_one_transaction_and_more_are_several() {
    let Some(rig) = Rig::new().await else { return };
    for (faces, transactions) in [(24, 1), (25, 2)] {
        let class = attendees(&rig, faces).await;
        assert_eq!(rig.made(&arrivals(&rig.school, &format!("c-{faces}"), &class)).await, vec![true; faces]);
        assert_eq!(rig.operations(), vec!["TransactWriteItems"; transactions]);
    }
}

#[tokio::test]
async fn a_hundred_faces_are_recorded_beside_those_that_were_there() {
    let Some(rig) = Rig::new().await else { return };
    let hall = attendees(&rig, 100).await;
    assert_eq!(rig.made(&arrivals(&rig.school, "c-0", &hall[..7])).await, [true; 7]);
    let given = arrivals(&rig.school, "c-1", &hall);
    let made = rig.made(&given).await;
    assert!(made[..7].iter().all(|made| !made) && made[7..].iter().all(|made| *made), "{made:?}");
    assert_eq!(rig.pending().await, events_of(&rig, &hall));
    assert_eq!(rig.repo.check_in(&rig.school, &given.check_in.id).await.unwrap(), Some(given.check_in.clone()));
    let query = CheckInQuery { attendee: Some(hall[99]), ..CheckInQuery::default() };
    let naming = rig.repo.check_ins(&rig.school, &query, &PageRequest::default()).await.unwrap();
    assert!(naming.items.len() == 1 && naming.items[0] == given.check_in);
    assert_eq!(rig.repo.commit(&rig.school, &given).await.unwrap(), Committed::Replayed(given.check_in));
}

#[tokio::test]
async fn a_hundred_strangers_and_five_hundred_candidates_are_written() {
    let Some(rig) = Rig::new().await else { return };
    let likely = attendees(&rig, 500).await;
    let ambiguous = likely
        .chunks(5)
        .map(|five| Decision::Ambiguous { candidates: five.iter().map(|&attendee| candidate(attendee)).collect() });
    let check_in = check_in("c-1", ambiguous.chain(vec![Decision::Stranger; 100]));
    let events = (100..200).map(|face| Event::of_stranger(&rig.school, &check_in.id, face, check_in.decided_at));
    let targets = vec![Target::sink(), Target::notifier()];
    let given = Commit { records: Vec::new(), events: events.collect(), targets, check_in };
    assert!(rig.made(&given).await.is_empty());
    assert_eq!(rig.pending().await.len(), 100);
    let query = CheckInQuery { attendee: Some(likely[321]), strangers: true, ..CheckInQuery::default() };
    let naming = rig.repo.check_ins(&rig.school, &query, &PageRequest::default()).await.unwrap();
    assert_eq!(naming.items, [given.check_in]);
}

/// Whatever request a crash comes before: the same check-in again completes it, and nothing is there twice.
#[tokio::test]
async fn a_large_commit_that_was_cut_off_is_completed_by_the_same_check_in() {
    let Some(rig) = Rig::new().await else { return };
    let mut cut_off = 0;
    loop {
        let hall = attendees(&rig, 70).await;
        let given = arrivals(&rig.school, &format!("c-{cut_off}"), &hall);
        let before = rig.pending().await.len();
        rig.proxy.disturb(vec![Disturbance::Pass; cut_off]);
        rig.proxy.disturb([Disturbance::json(400, "AccessDeniedException")]);
        let first = rig.repo.commit(&rig.school, &given).await;
        if first.is_ok() {
            // The fault that is left over.
            assert!(rig.repo.check_in(&rig.school, &given.check_in.id).await.is_err());
            break;
        }
        assert_eq!(rig.repo.check_in(&rig.school, &given.check_in.id).await.unwrap(), None);
        let pending = rig.pending().await;
        let written = pending.len() - before;
        for attendee in &hall {
            let recorded = rig.repo.record(&rig.school, &monday(), *attendee).await.unwrap().is_some();
            let told = pending.contains(&event_of(&rig.school, *attendee));
            assert_eq!(recorded, told, "a record and its event become visible together");
        }
        let made = rig.made(&given).await;
        assert_eq!(made.iter().filter(|made| !**made).count(), written, "its own records are found");
        assert_eq!(rig.pending().await.len() - before, 70);
        assert_eq!(rig.repo.check_in(&rig.school, &given.check_in.id).await.unwrap(), Some(given.check_in));
        cut_off += 1;
    }
    assert!(cut_off >= 3, "it took {cut_off} requests");
}

#[tokio::test]
async fn large_commits_of_the_same_people_at_once_make_every_record_once() {
    let Some(rig) = Rig::new().await else { return };
    let hall = attendees(&rig, 60).await;
    let commits: Vec<_> = (0..4).map(|n| arrivals(&rig.school, &format!("c-{n}"), &hall)).collect();
    let made = futures_util::future::join_all(commits.iter().map(|commit| rig.made(commit))).await;
    for face in 0..60 {
        assert_eq!(made.iter().filter(|made| made[face]).count(), 1, "face {face}");
    }
    assert_eq!(rig.pending().await, events_of(&rig, &hall));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_check_ins_at_once_make_every_record_once() {
    let Some(rig) = Rig::new().await else { return };
    let class = attendees(&rig, 20).await;
    let rig = std::sync::Arc::new(rig);
    let runs: Vec<_> = (0..200)
        .map(|n| {
            let (rig, attendee) = (rig.clone(), class[n % 20]);
            tokio::spawn(async move {
                let made = rig.made(&arrivals(&rig.school, &format!("c-{n}"), &[attendee])).await;
                made[0].then_some(attendee)
            })
        })
        .collect();
    let mut made = Vec::new();
    for run in runs {
        made.extend(run.await.unwrap());
    }
    assert_eq!(made.len(), 20);
    assert_eq!(made.into_iter().collect::<BTreeSet<_>>(), class.iter().copied().collect());
    assert_eq!(rig.pending().await, events_of(&rig, &class));
    let listed = rig.repo.check_ins(&rig.school, &CheckInQuery::default(), &PageRequest::first(1000)).await.unwrap();
    assert_eq!(listed.items.len(), 200);
}

#[tokio::test]
async fn what_an_item_can_not_hold_is_refused_before_anything_is_written() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    let items = rig.all_items().await.len();
    let mut crowd = arrivals(&rig.school, "c-1", &[ada]);
    crowd.check_in = check_in("c-1", vec![Decision::Stranger; 3000]);
    let mut everywhere = arrivals(&rig.school, "c-2", &[ada]);
    everywhere.targets = (0..17).map(|n| Target::new(format!("target-{n}")).unwrap()).collect();
    for given in [crowd, everywhere] {
        let refused = rig.repo.commit(&rig.school, &given).await;
        assert!(matches!(refused, Err(RepoError::Failed { .. })), "{refused:?}");
    }
    assert_eq!(rig.all_items().await.len(), items);
}

#[tokio::test]
async fn a_record_that_a_commit_names_twice_is_made_once() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    assert_eq!(rig.made(&arrivals(&rig.school, "c-1", &[ada, ada])).await, [true, false]);
    assert_eq!(rig.pending().await, [event_of(&rig.school, ada)]);
}
