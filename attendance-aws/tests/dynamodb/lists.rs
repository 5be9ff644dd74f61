//! Lists that do not fit into one answer of DynamoDB, and queues.

use std::collections::BTreeSet;

use attendance_aws::dynamodb::DynamoAttendanceRepo;
use attendance_core::domain::attendee::{Attendee, Tombstone};
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::group::{Day, Group, Slot};
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::{
    AttendeeQuery, CheckInQuery, Outgoing, RecordDraft, RecordQuery, SessionQuery, Subject,
};
use attendance_core::ports::{Directory, Ledger, Outbox, RepoError, Timetable};
use futures_util::{StreamExt as _, stream};
use jiff::civil::date;
use serde_json::Value;

use crate::rig::{Rig, arrivals, at, check_in, entry, monday, record, somebody};

/// Everything that a list has, by pages of at most `limit`.
async fn every<T>(limit: u16, list: impl AsyncFn(PageRequest) -> Result<Page<T>, RepoError>) -> Vec<T> {
    let (mut request, mut items) = (PageRequest::first(limit), Vec::new());
    loop {
        let page = list(request).await.unwrap();
        assert!(page.items.len() == usize::from(limit) || page.next.is_none(), "only the last page is not full");
        items.extend(page.items);
        match page.next {
            Some(cursor) => request = PageRequest::first(limit).after(cursor),
            None => return items,
        }
    }
}

fn large_group(n: u8) -> Group {
    let slot = |number| Slot { number, days: Day::ALL.to_vec(), ..Slot::whole_day() };
    let id = GroupId::new(format!("group-{n:03}")).unwrap();
    Group { timetable: (0..100).map(slot).collect(), ..Group::new(id, Zone::utc()) }
}

#[tokio::test]
async fn a_list_goes_on_where_dynamodb_ends_a_page_at_1_mb() {
    let Some(rig) = Rig::new().await else { return };
    let groups: Vec<_> = (0..150).map(large_group).collect();
    let bytes: usize = groups.iter().map(|group| serde_json::to_string(group).unwrap().len()).sum();
    assert!(bytes > 2 * 1024 * 1024, "{bytes} bytes are too few to show it");
    let by = entry();
    let saves = groups.iter().map(|group| rig.repo.save_group(&rig.school, group, &by));
    stream::iter(saves).buffered(8).for_each(|saved| async { drop(saved.unwrap()) }).await;
    rig.proxy.take();
    let page = rig.repo.groups(&rig.school, &PageRequest::first(1000)).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|group| group.id.as_str()).collect();
    assert_eq!((ids.len(), ids.is_sorted(), page.next), (151, true, None));
    assert!(rig.operations().len() >= 3, "more than 2 MB are three answers");
}

#[tokio::test]
async fn a_page_is_full_although_most_of_what_is_read_is_not_listed() {
    let Some(rig) = Rig::new().await else { return };
    let mut left = Vec::new();
    for n in 0..60 {
        let attendee = Attendee { groups: [GroupId::new("5B").unwrap()].into(), ..somebody() };
        let stored = rig.repo.create_attendee(&rig.school, &attendee, &entry()).await.unwrap();
        if n % 6 == 5 {
            left.push(stored.id);
        } else {
            let tombstone = Some(Tombstone { requested_at: at(0), completed_at: None });
            let buried = Attendee { tombstone, ..stored };
            rig.repo.save_attendee(&rig.school, &buried, &Outgoing::default()).await.unwrap();
        }
    }
    for group in [None, Some(GroupId::new("5B").unwrap())] {
        let query = AttendeeQuery { group, erasing: false };
        let listed = every(3, async |page| rig.repo.attendees(&rig.school, &query, &page).await).await;
        assert_eq!(listed.into_iter().map(|attendee| attendee.id).collect::<Vec<_>>(), left);
    }
    let query = AttendeeQuery { group: None, erasing: true };
    let erasing = every(7, async |page| rig.repo.attendees(&rig.school, &query, &page).await).await;
    assert_eq!(erasing.len(), 50);
}

#[tokio::test]
async fn records_of_one_group_are_found_among_those_of_many_days_and_groups() {
    let Some(rig) = Rig::new().await else { return };
    let class: Vec<_> = (0..6).map(|_| AttendeeId::fresh()).collect();
    let mut all: Vec<AttendanceRecord> = Vec::new();
    for day in 1..=9 {
        for group in ["5", "5-B", "5B", "5b", "a"] {
            // Not every group meets on every day.
            if (day + group.len()) % 3 != 0 {
                let session = format!("{group}.2026-11-0{day}.0").parse().unwrap();
                all.extend(class.iter().map(|&attendee| record(&session, attendee, "c-1")));
            }
        }
    }
    let drafts: Vec<_> = all.iter().map(|record| RecordDraft::new(&rig.school, record.clone())).collect();
    let marks = drafts.iter().map(|draft| rig.repo.mark(&rig.school, draft, &[], None));
    stream::iter(marks).buffered(8).for_each(|marked| async { marked.unwrap() }).await;
    all.sort_by_key(|record| {
        let session = &record.session;
        (session.date(), session.group().clone(), session.slot(), record.attendee)
    });
    for group in [None, Some("5"), Some("5-B"), Some("5B"), Some("5b"), Some("a"), Some("5A"), Some("z")] {
        for attendee in [None, Some(class[2])] {
            let group: Option<GroupId> = group.map(|group| group.parse().unwrap());
            let query = RecordQuery { from: date(2026, 11, 2), to: date(2026, 11, 8), group, attendee };
            let expected: Vec<_> = all
                .iter()
                .filter(|record| (query.from..=query.to).contains(&record.session.date()))
                .filter(|record| query.group.as_ref().is_none_or(|group| record.session.group() == group))
                .filter(|record| attendee.is_none_or(|attendee| record.attendee == attendee))
                .cloned()
                .collect();
            for limit in [1, 4, 1000] {
                let listed = every(limit, async |page| rig.repo.records(&rig.school, &query, &page).await).await;
                assert_eq!(listed, expected, "{query:?} by pages of {limit}");
            }
        }
    }
}

fn strangers(rig: &Rig, count: u32) -> Vec<Event> {
    let check_in = check_in("c-1", []);
    (0..count).map(|n| Event::of_stranger(&rig.school, &check_in.id, n, at(n.into()))).collect()
}

#[tokio::test]
async fn a_queue_gives_the_oldest_first_and_is_empty_when_all_is_acknowledged() {
    let Some(rig) = Rig::new().await else { return };
    let events = strangers(&rig, 150);
    for (n, event) in events.iter().enumerate().rev() {
        let mut commit = arrivals(&rig.school, &format!("c-{n}"), &[]);
        commit.events = vec![event.clone()];
        rig.repo.commit(&rig.school, &commit).await.unwrap();
    }
    let sink = Target::sink();
    let first = rig.repo.pending(&rig.school, &sink, 120).await.unwrap();
    assert_eq!(first, events[..120]);
    let ids: Vec<EventId> = first.into_iter().map(|event| event.id).collect();
    rig.proxy.take();
    rig.repo.acknowledge(&rig.school, &sink, &ids).await.unwrap();
    assert_eq!(rig.operations(), vec!["BatchWriteItem"; 5], "25 to a batch");
    assert_eq!(rig.repo.pending(&rig.school, &sink, 120).await.unwrap(), events[120..]);
    let rest: Vec<EventId> = events[120..].iter().map(|event| event.id.clone()).collect();
    rig.repo.acknowledge(&rig.school, &sink, &rest).await.unwrap();
    assert!(rig.repo.pending(&rig.school, &sink, 120).await.unwrap().is_empty());
    let left = rig.all_items().await;
    let queued = |item: &&crate::rig::Item| item["pk"].as_s().unwrap().contains("#outbox#");
    assert_eq!(left.iter().filter(queued).count(), 0, "nothing is left of what was acknowledged");
}

#[tokio::test]
async fn whoever_did_not_list_an_event_can_acknowledge_it() {
    let Some(rig) = Rig::new().await else { return };
    let events = strangers(&rig, 5);
    for (n, event) in events.iter().enumerate() {
        let mut commit = arrivals(&rig.school, &format!("c-{n}"), &[]);
        commit.events = vec![event.clone()];
        rig.repo.commit(&rig.school, &commit).await.unwrap();
    }
    // The same event once more, and of another instant: it has two places.
    let mut commit = arrivals(&rig.school, "c-9", &[]);
    commit.events = vec![Event { time: at(77), ..events[0].clone() }];
    rig.repo.commit(&rig.school, &commit).await.unwrap();
    let ids = [events[0].id.clone(), EventId::new("never-stored").unwrap(), events[3].id.clone()];
    for _ in 0..2 {
        let stranger = DynamoAttendanceRepo::new(&rig.aws, &rig.table);
        stranger.acknowledge(&rig.school, &Target::sink(), &ids).await.unwrap();
        let left = [&events[1], &events[2], &events[4]].map(Clone::clone);
        assert_eq!(rig.repo.pending(&rig.school, &Target::sink(), 9).await.unwrap(), left);
    }
}

#[tokio::test]
async fn whoever_changes_all_of_64_groups_is_on_the_new_rosters_only() {
    let Some(rig) = Rig::new().await else { return };
    let group = |prefix: &str, n: usize| GroupId::new(format!("{prefix}{n}")).unwrap();
    let groups = |prefix: &str| (0..64).map(|n| group(prefix, n)).collect();
    let first = Attendee { groups: groups("a"), ..somebody() };
    let mut stored = rig.repo.create_attendee(&rig.school, &first, &entry()).await.unwrap();
    for (joined, left) in [("b", "a"), ("c", "b"), ("a", "c")] {
        stored.groups = groups(joined);
        stored = rig.repo.save_attendee(&rig.school, &stored, &Outgoing::default()).await.unwrap();
        for n in [0, 31, 63] {
            for (prefix, expected) in [(joined, vec![stored.id]), (left, vec![])] {
                let query = AttendeeQuery { group: Some(group(prefix, n)), erasing: false };
                let listed = rig.repo.attendees(&rig.school, &query, &PageRequest::default()).await.unwrap();
                assert_eq!(listed.items.iter().map(|attendee| attendee.id).collect::<Vec<_>>(), expected);
            }
        }
    }
    stored.tombstone = Some(Tombstone { requested_at: at(0), completed_at: None });
    rig.repo.save_attendee(&rig.school, &stored, &Outgoing::default()).await.unwrap();
    rig.repo.erase_attendee(&rig.school, stored.id, at(20), &entry()).await.unwrap();
    let items = rig.all_items().await;
    let lines = items.iter().filter(|item| item["pk"].as_s().unwrap().contains("#roster#"));
    assert_eq!(lines.count(), 0, "no line of a group that was left is forgotten");
}

/// An emulator answers both kinds of reads alike; DynamoDB does not.
#[tokio::test]
async fn every_read_is_consistent_and_none_asks_an_index() {
    let Some(rig) = Rig::new().await else { return };
    let (school, page) = (&rig.school, PageRequest::default());
    let ada = rig.attendee().await;
    rig.made(&arrivals(school, "c-1", &[ada])).await;
    rig.proxy.take();
    let days = (date(2026, 11, 1), date(2026, 11, 30));
    let subject = Subject { issuer: "https://idp.example".to_owned(), subject: "ada".to_owned() };
    let session = monday();
    for group in [None, Some(GroupId::new("5B").unwrap())] {
        for attendee in [None, Some(ada)] {
            let query = RecordQuery { from: days.0, to: days.1, group: group.clone(), attendee };
            rig.repo.records(school, &query, &page).await.unwrap();
            let query = CheckInQuery { attendee, ..CheckInQuery::default() };
            rig.repo.check_ins(school, &query, &page).await.unwrap();
        }
        let query = AttendeeQuery { group: group.clone(), erasing: group.is_some() };
        rig.repo.attendees(school, &query, &page).await.unwrap();
        rig.repo.sessions(school, &SessionQuery { group, from: days.0, to: days.1 }, &page).await.unwrap();
    }
    rig.repo
        .attendees(school, &AttendeeQuery { group: Some(session.group().clone()), erasing: false }, &page)
        .await
        .unwrap();
    rig.repo.organizations(&page).await.unwrap();
    rig.repo.groups(school, &page).await.unwrap();
    rig.repo.audit(school, &page).await.unwrap();
    rig.repo.due_sessions(school, at(0), 9).await.unwrap();
    rig.repo.pending(school, &Target::sink(), 9).await.unwrap();
    rig.repo.acknowledge(school, &Target::sink(), &[EventId::new("never-stored").unwrap()]).await.unwrap();
    rig.repo.session(school, &session).await.unwrap();
    rig.repo.record(school, &session, ada).await.unwrap();
    rig.repo.history(school, &session, ada).await.unwrap();
    rig.repo.attendee_of_subject(school, &subject).await.unwrap();
    rig.repo.attendee_by_external_id(school, &"R-1".parse().unwrap()).await.unwrap();
    let requests = rig.proxy.take();
    let mut kinds = BTreeSet::new();
    for request in &requests {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let operation = request.operation().unwrap().to_owned();
        let read = if operation == "BatchGetItem" { &body["RequestItems"][&rig.table] } else { &body };
        assert_eq!(read["ConsistentRead"], true, "{operation}: {body:#}");
        assert!(body.get("IndexName").is_none(), "{body:#}");
        kinds.insert(operation);
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["BatchGetItem", "GetItem", "Query"]);
}
