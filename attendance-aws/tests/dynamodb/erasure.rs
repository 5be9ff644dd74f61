//! Nothing personal is in a key, ever, and nothing personal is anywhere after an erasure, however often it was cut off.

use attendance_core::domain::attendee::{Attendee, Consent, ConsentWording, Tombstone};
use attendance_core::domain::event::Target;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::attendance_repo::{
    AttendeeQuery, CheckInQuery, Outgoing, RecordDraft, RecordQuery, Subject,
};
use attendance_core::ports::{Directory, Ledger, RepoError};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::rig::{Item, Rig, arrivals, at, correction, entry, record, somebody};
use crate::support::{Disturbance, Request};

/// What stands in the attributes of the person of [`register`].
const PERSONAL: [&str; 12] = [
    "Grace",
    "Hopper",
    "grace.hopper@example.org",
    "+4930123456",
    "R-1906-X",
    "branch-of-hers",
    "Navy-reserve",
    "I agree",
    "auth0|grace",
    "google|hopper",
    "was with the dentist",
    "was there after all",
];

fn subject(text: &str) -> Subject {
    Subject { issuer: "https://idp.example".to_owned(), subject: text.to_owned() }
}

fn session(day: usize) -> SessionId {
    format!("5B.2026-11-{:02}.0", day + 1).parse().unwrap()
}

/// Somebody of whom everything is known, with ten records, each corrected twice.
async fn register(rig: &Rig) -> AttendeeId {
    let mut grace = somebody();
    grace.name = Some("Grace Hopper".parse().unwrap());
    grace.email = Some("grace.hopper@example.org".parse().unwrap());
    grace.phone = Some("+4930123456".parse().unwrap());
    grace.external_id = Some("R-1906-X".parse().unwrap());
    grace.attributes.insert("branch-of-hers".to_owned(), "Navy-reserve".to_owned());
    grace.groups = ["5B", "choir"].map(|id| id.parse().unwrap()).into();
    grace.consent = Some(Consent { wording: ConsentWording::new("I agree").unwrap(), at: at(0) });
    let id = rig.repo.create_attendee(&rig.school, &grace, &entry()).await.unwrap().id;
    for text in ["auth0|grace", "google|hopper"] {
        rig.repo.link_subject(&rig.school, &subject(text), id, &entry()).await.unwrap();
    }
    for day in 0..10 {
        let first = record(&session(day), id, "c-1");
        let second = correction(&first, "was with the dentist");
        let third = correction(&second, "was there after all");
        for version in [first, second, third] {
            let draft = RecordDraft::new(&rig.school, version);
            rig.repo.mark(&rig.school, &draft, &[Target::sink()], None).await.unwrap();
        }
    }
    rig.repo.commit(&rig.school, &arrivals(&rig.school, &format!("c-{id}"), &[id])).await.unwrap();
    id
}

async fn bury(rig: &Rig, id: AttendeeId) {
    let stored = rig.repo.attendees_by_id(&rig.school, &[id]).await.unwrap().remove(0);
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
    let buried = Attendee { tombstone, ..stored };
    rig.repo.save_attendee(&rig.school, &buried, &Outgoing::default()).await.unwrap();
}

fn personal_in(text: &str) -> Vec<&'static str> {
    PERSONAL.into_iter().filter(|personal| text.contains(personal)).collect()
}

fn personal_items(items: &[Item]) -> Vec<String> {
    let shown = items.iter().map(|item| format!("{item:?}"));
    shown.filter(|shown| !personal_in(shown).is_empty()).collect()
}

/// The primary keys in a request, wherever they stand: the values of `pk` and `sk`, and those of key conditions.
fn keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if matches!(&**name, "pk" | "sk" | ":pk" | ":from" | ":to" | "ExclusiveStartKey" | "TableName") {
                    found.push(value.to_string());
                }
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn keys_of(requests: &[Request]) -> Vec<String> {
    let mut found = Vec::new();
    for request in requests {
        keys(&serde_json::from_slice(&request.body).unwrap(), &mut found);
        found.push(format!("{} {:?}", request.uri, request.headers));
    }
    found
}

#[tokio::test]
async fn nothing_personal_is_in_a_key_nor_beside_the_items_of_a_request() {
    let Some(rig) = Rig::new().await else { return };
    let id = register(&rig).await;
    let page = PageRequest::first(2);
    rig.repo.attendee_by_external_id(&rig.school, &"R-1906-X".parse().unwrap()).await.unwrap().unwrap();
    rig.repo.attendee_of_subject(&rig.school, &subject("auth0|grace")).await.unwrap().unwrap();
    rig.repo.attendees(&rig.school, &AttendeeQuery::default(), &page).await.unwrap();
    let query = RecordQuery { from: date(2026, 11, 1), to: date(2026, 11, 30), group: None, attendee: Some(id) };
    rig.repo.records(&rig.school, &query, &page).await.unwrap();
    let query = CheckInQuery { attendee: Some(id), ..CheckInQuery::default() };
    rig.repo.check_ins(&rig.school, &query, &page).await.unwrap();
    bury(&rig, id).await;
    let items = rig.all_items().await;
    assert!(personal_items(&items).len() > 10, "what is looked for is there");
    for item in &items {
        let key = format!("{:?} {:?}", item["pk"], item["sk"]);
        assert_eq!(personal_in(&key), [""; 0], "{key}");
    }
    rig.repo.erase_attendee(&rig.school, id, at(20), &entry()).await.unwrap();
    let sent = keys_of(&rig.proxy.take());
    assert!(sent.len() > 200, "{}", sent.len());
    for key in sent {
        assert_eq!(personal_in(&key), [""; 0], "{key}");
        // Not even a hash that anybody could look up: the organization is hashed with it.
        assert!(!key.contains("904b0714"), "{key}");
    }
}

#[tokio::test]
async fn nothing_personal_is_left_in_the_table_after_an_erasure() {
    let Some(rig) = Rig::new().await else { return };
    let id = register(&rig).await;
    let pending = rig.pending().await;
    bury(&rig, id).await;
    rig.repo.erase_attendee(&rig.school, id, at(20), &entry()).await.unwrap();
    let items = rig.all_items().await;
    assert_eq!(personal_items(&items), [""; 0]);
    for item in &items {
        let pk = item["pk"].as_s().unwrap();
        let gone = ["#roster#", "#erasing", "#external-id#", "#subject#"];
        assert!(!gone.iter().any(|kind| pk.contains(kind)), "{item:?}");
    }
    for day in 0..10 {
        assert_eq!(rig.repo.history(&rig.school, &session(day), id).await.unwrap().len(), 3, "the records stay");
    }
    assert_eq!(rig.pending().await, pending, "and their events");
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_anywhere_goes_on() {
    let Some(rig) = Rig::new().await else { return };
    let erasing = AttendeeQuery { group: None, erasing: true };
    let mut cut_off = 0;
    loop {
        let id = register(&rig).await;
        bury(&rig, id).await;
        rig.proxy.disturb(vec![Disturbance::Pass; cut_off]);
        rig.proxy.disturb([Disturbance::json(400, "ExpiredTokenException")]);
        let erased = rig.repo.erase_attendee(&rig.school, id, at(20), &entry()).await;
        if erased.is_ok() {
            // The fault that is left over.
            assert!(rig.repo.record(&rig.school, &session(0), id).await.is_err());
            break;
        }
        let listed = rig.repo.attendees(&rig.school, &erasing, &PageRequest::default()).await.unwrap();
        let listed: Vec<_> = listed.items.into_iter().map(|attendee| attendee.id).collect();
        assert_eq!(listed, [id], "cut off before request {cut_off}, the sweep comes back to it");
        rig.repo.erase_attendee(&rig.school, id, at(30), &entry()).await.unwrap();
        assert_eq!(personal_items(&rig.all_items().await), [""; 0], "cut off before request {cut_off}");
        let stored = rig.repo.attendees_by_id(&rig.school, &[id]).await.unwrap().remove(0);
        assert_eq!(stored.tombstone.unwrap().completed_at, Some(at(30)));
        cut_off += 1;
    }
    assert!(cut_off > 15, "it took {cut_off} requests");
}

/// An item as DynamoDB answers it; ours have texts and numbers only.
fn answer_of(item: &Item) -> Disturbance {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        other => panic!("{other:?}"),
    };
    let item: serde_json::Map<_, _> = item.iter().map(|(name, field)| (name.clone(), value(field))).collect();
    Disturbance::Answer(200, json!({ "Item": item }).to_string())
}

#[tokio::test]
async fn a_correction_that_read_a_reason_before_the_erasure_can_not_bring_it_back() {
    let Some(rig) = Rig::new().await else { return };
    let id = register(&rig).await;
    bury(&rig, id).await;
    let standing = rig.repo.record(&rig.school, &session(3), id).await.unwrap().unwrap();
    let items = rig.all_items().await;
    let is_it = |item: &&Item| item["sk"].as_s().unwrap() == &format!("2026-11-04#5B#00#{id}");
    let read_before = items.iter().find(is_it).unwrap();
    rig.repo.erase_attendee(&rig.school, id, at(20), &entry()).await.unwrap();
    // It would put what it read into the history.
    rig.proxy.disturb([answer_of(read_before)]);
    let draft = RecordDraft::new(&rig.school, correction(&standing, "on leave"));
    let refused = rig.repo.mark(&rig.school, &draft, &[], None).await;
    assert!(matches!(refused, Err(RepoError::Conflict)), "{refused:?}");
    assert_eq!(personal_items(&rig.all_items().await), [""; 0]);
}
