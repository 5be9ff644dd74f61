//! What DynamoDB, and the way there, does on a bad day: a test for each line of the table in the module's docs.

use std::time::Duration;

use attendance_aws::dynamodb::DynamoAttendanceRepo;
use attendance_core::domain::event::{Event, EventId, Target};
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::{
    AttendeeQuery, CheckInQuery, Claim, Committed, Delivery, Outgoing, RecordDraft, Recorded,
};
use attendance_core::ports::{Directory, Ledger, Outbox, RepoError, Retry};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::rig::{Rig, arrivals, at, correction, entry, event_of, monday, organization, quick, record, somebody};
use crate::support::{Disturbance, EMULATOR, Request, endpoint};
use Disturbance::{Answer, Lost, Pass, Reset, Silence};

/// An error, and what it says that led to it.
fn told(error: &RepoError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

fn cancelled(codes: &[&str]) -> Disturbance {
    let reasons: Vec<_> = codes.iter().map(|code| json!({ "Code": code, "Message": "made by a test" })).collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer to cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    Answer(400, body.to_string())
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

type Kind = fn(&RepoError) -> bool;

/// Every fault that may pass, and what remains of it when it does not.
fn passing() -> Vec<(Disturbance, Kind)> {
    let throttled: Kind = |error| matches!(error, RepoError::Throttled { .. });
    let unavailable: Kind = |error| matches!(error, RepoError::Unavailable { .. });
    vec![
        (Disturbance::json(400, "ProvisionedThroughputExceededException"), throttled),
        (Disturbance::json(400, "ThrottlingException"), throttled),
        (Disturbance::json(400, "RequestLimitExceeded"), throttled),
        (Disturbance::json(500, "InternalServerError"), unavailable),
        (Answer(503, String::new()), unavailable),
        (Reset, unavailable),
        (Silence(Duration::from_millis(600)), unavailable),
    ]
}

#[tokio::test]
async fn a_fault_that_passes_is_not_seen_by_whoever_commits_claims_reads_or_lists() {
    let Some(rig) = Rig::with_attempts_of(Duration::from_millis(500)).await else { return };
    for (n, (fault, _)) in passing().into_iter().enumerate() {
        let ada = AttendeeId::fresh();
        let given = arrivals(&rig.school, &format!("c-{n}"), &[ada]);
        rig.proxy.disturb([fault.clone(), fault.clone()]);
        assert_eq!(rig.made(&given).await, [true], "{fault:?}");
        rig.proxy.disturb([fault.clone()]);
        let claimed = rig.repo.claim_delivery(&rig.school, &Delivery(format!("d-{n}")), at(0), at(9)).await;
        assert_eq!(claimed.unwrap(), Claim::Granted, "{fault:?}");
        rig.proxy.disturb([fault.clone()]);
        assert!(rig.repo.record(&rig.school, &monday(), ada).await.unwrap().is_some(), "{fault:?}");
        rig.proxy.disturb([fault.clone()]);
        let listed = rig.repo.check_ins(&rig.school, &CheckInQuery::default(), &PageRequest::default()).await;
        assert_eq!(listed.unwrap().items.len(), n + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_throttled_or_unavailable_after_four_attempts_and_nothing_is_written() {
    let Some(rig) = Rig::with_attempts_of(Duration::from_millis(500)).await else { return };
    let ada = rig.attendee().await;
    let given = arrivals(&rig.school, "c-1", &[ada]);
    for (fault, is_expected) in passing() {
        rig.proxy.take();
        rig.proxy.disturb(vec![fault.clone(); 4]);
        let error = rig.repo.commit(&rig.school, &given).await.unwrap_err();
        assert!(is_expected(&error), "{fault:?}: {error:?}");
        assert_eq!(error.retry(), Retry::Yes);
        assert_eq!(rig.proxy.take().len(), 4, "{fault:?}");
        assert_eq!(rig.repo.check_in(&rig.school, &given.check_in.id).await.unwrap(), None, "{fault:?}");
    }
    assert_eq!(rig.made(&given).await, [true]);
}

#[tokio::test]
async fn credentials_that_expired_or_have_no_rights_fail_at_once_and_are_named() {
    let Some(rig) = Rig::new().await else { return };
    for code in ["ExpiredTokenException", "UnrecognizedClientException", "AccessDeniedException"] {
        rig.proxy.disturb([Disturbance::json(400, code)]);
        let error = rig.repo.commit(&rig.school, &arrivals(&rig.school, "c-1", &[])).await.unwrap_err();
        assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
        assert!(told(&error).contains(code), "{}", told(&error));
        assert_eq!(rig.proxy.take().len(), 1);
    }
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_named_with_what_to_do() {
    let Some(endpoint) = endpoint(EMULATOR) else { return };
    let repo = DynamoAttendanceRepo::new(&quick(&endpoint, Duration::from_secs(20)), "no-such-table");
    let school = organization("school");
    let (one, page) = (&[AttendeeId::fresh()], PageRequest::default());
    let events = [EventId::new("event").unwrap()];
    let errors = [
        repo.create_organization(&school, &entry()).await.unwrap_err(),
        repo.organization(&school.id).await.unwrap_err(),
        repo.organizations(&page).await.unwrap_err(),
        repo.attendees_by_id(&school.id, one).await.unwrap_err(),
        repo.attendees(&school.id, &AttendeeQuery::default(), &page).await.unwrap_err(),
        repo.commit(&school.id, &arrivals(&school.id, "c-1", one)).await.unwrap_err(),
        repo.pending(&school.id, &Target::sink(), 1).await.unwrap_err(),
        repo.acknowledge(&school.id, &Target::sink(), &events).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
        let told = told(&error);
        assert!(told.contains("no-such-table") && told.contains("create_table"), "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_is_the_first_one() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    let first = record(&monday(), ada, "c-1");
    for _ in 0..3 {
        rig.proxy.disturb([Lost]);
    }
    rig.proxy.take();
    assert_eq!(rig.made(&arrivals(&rig.school, "c-1", &[ada])).await, [true]);
    let requests = rig.proxy.take();
    assert_eq!(requests.len(), 4);
    let tokens: Vec<_> = requests.iter().map(|request| body(request)["ClientRequestToken"].clone()).collect();
    assert!(tokens[0].is_string() && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");

    rig.proxy.disturb([Lost]);
    let corrected = RecordDraft::new(&rig.school, correction(&first, "was there after all"));
    rig.repo.mark(&rig.school, &corrected, &[Target::sink()], None).await.unwrap();
    assert_eq!(rig.repo.history(&rig.school, &monday(), ada).await.unwrap(), [first, corrected.record]);
    assert_eq!(rig.pending().await.len(), 2);

    rig.proxy.disturb([Lost]);
    let bob = rig.repo.create_attendee(&rig.school, &somebody(), &entry()).await.unwrap();
    rig.proxy.disturb([Pass, Lost]);
    assert_eq!(rig.repo.save_attendee(&rig.school, &bob, &Outgoing::default()).await.unwrap().version, 2);
    rig.proxy.disturb([Lost]);
    rig.repo.create_organization(&organization("another"), &entry()).await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_every_answer_was_lost_is_replayed_when_it_is_offered_again() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    let given = arrivals(&rig.school, "c-1", &[ada]);
    rig.proxy.disturb(vec![Lost; 4]);
    let error = rig.repo.commit(&rig.school, &given).await.unwrap_err();
    assert!(matches!(error, RepoError::Unavailable { .. }), "{error:?}");
    let again = rig.repo.commit(&rig.school, &given).await.unwrap();
    assert_eq!(again, Committed::Replayed(given.check_in.clone()));
    // What stands says that this check-in made it.
    let standing = rig.repo.record(&rig.school, &monday(), ada).await.unwrap();
    assert_eq!(standing, Some(given.records[0].record.clone()));
    assert_eq!(rig.pending().await, [event_of(&rig.school, ada)]);
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_granted_to_whoever_made_it() {
    let Some(rig) = Rig::new().await else { return };
    let delivery = Delivery("event:email".to_owned());
    rig.proxy.disturb([Lost, Lost]);
    let claimed = rig.repo.claim_delivery(&rig.school, &delivery, at(0), at(60)).await.unwrap();
    assert_eq!(claimed, Claim::Granted);
    let other = rig.repo.claim_delivery(&rig.school, &delivery, at(0), at(60)).await.unwrap();
    assert_eq!(other, Claim::Held);
}

#[tokio::test]
async fn a_transaction_in_the_way_is_waited_for_with_the_same_token() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    rig.proxy.take();
    rig.proxy.disturb([
        cancelled(&["TransactionConflict", "None"]),
        cancelled(&["None", "ThrottlingError"]),
        cancelled(&["ProvisionedThroughputExceeded"]),
    ]);
    assert_eq!(rig.made(&arrivals(&rig.school, "c-1", &[ada])).await, [true]);
    let requests = rig.proxy.take();
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| body(request) == body(&requests[0])));
}

#[tokio::test]
async fn a_transaction_that_stays_in_the_way_is_throttled_in_the_end() {
    let Some(rig) = Rig::new().await else { return };
    rig.proxy.disturb(vec![cancelled(&["TransactionConflict"]); 7]);
    let begun = std::time::Instant::now();
    let error = rig.repo.commit(&rig.school, &arrivals(&rig.school, "c-1", &[])).await.unwrap_err();
    assert!(matches!(error, RepoError::Throttled { .. }), "{error:?}");
    assert_eq!(rig.proxy.take().len(), 7, "bounded");
    assert!(begun.elapsed() > Duration::from_secs(3), "with growing pauses");
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_for_good_fails_and_says_by_which_code() {
    let Some(rig) = Rig::new().await else { return };
    rig.proxy.disturb([cancelled(&["None", "ValidationError"])]);
    let error = rig.repo.commit(&rig.school, &arrivals(&rig.school, "c-1", &[])).await.unwrap_err();
    assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
    assert!(told(&error).contains("ValidationError"), "{}", told(&error));
    assert_eq!(rig.proxy.take().len(), 1);
}

#[tokio::test]
async fn keys_that_a_batch_left_out_are_asked_for_again_and_no_others() {
    let Some(rig) = Rig::new().await else { return };
    let ids = [rig.attendee().await, rig.attendee().await, rig.attendee().await];
    let key = json!({ "pk": { "S": "school#attendees" }, "sk": { "S": ids[1].to_string() } });
    let table = rig.table.clone();
    let left = json!({ "Responses": {}, "UnprocessedKeys": { table: { "Keys": [key], "ConsistentRead": true } } });
    rig.proxy.take();
    rig.proxy.disturb([Answer(200, left.to_string()), Answer(200, left.to_string())]);
    let found = rig.repo.attendees_by_id(&rig.school, &ids).await.unwrap();
    assert_eq!(found.iter().map(|attendee| attendee.id).collect::<Vec<_>>(), [ids[1]]);
    let requests = rig.proxy.take();
    let asked: Vec<_> = requests.iter().map(|request| body(request)["RequestItems"][&rig.table].clone()).collect();
    let counts: Vec<_> = asked.iter().map(|asked| asked["Keys"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [3, 1, 1]);
    assert!(asked.iter().all(|asked| asked["ConsistentRead"] == true), "{asked:?}");

    rig.proxy.disturb(vec![Answer(200, left.to_string()); 7]);
    let error = rig.repo.attendees_by_id(&rig.school, &ids).await.unwrap_err();
    assert!(matches!(error, RepoError::Throttled { .. }), "{error:?}");
}

#[tokio::test]
async fn writes_that_a_batch_left_out_are_sent_again_and_no_others() {
    let Some(rig) = Rig::new().await else { return };
    let ids = [rig.attendee().await, rig.attendee().await];
    rig.made(&arrivals(&rig.school, "c-1", &ids)).await;
    let events = ids.map(|id| Event::of_record(&rig.school, &record(&monday(), id, "c-1")).id);
    assert_eq!(rig.pending().await.len(), 2);
    let items = rig.all_items().await;
    let texts = |item: &crate::rig::Item| ["pk", "sk"].map(|name| item[name].as_s().unwrap().clone());
    let is_first = |[pk, sk]: &[String; 2]| pk.contains("#outbox#") && sk.ends_with(events[0].as_str());
    let [pk, sk] = items.iter().map(texts).find(is_first).unwrap();
    let key = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
    let table = rig.table.clone();
    let left = json!({ "UnprocessedItems": { table: [{ "DeleteRequest": { "Key": key } }] } });
    rig.proxy.take();
    rig.proxy.disturb([Answer(200, left.to_string()), Disturbance::json(400, "TransactionConflictException")]);
    rig.repo.acknowledge(&rig.school, &Target::sink(), &events).await.unwrap();
    let sent = rig.proxy.take();
    let counts: Vec<_> =
        sent.iter().map(|request| body(request)["RequestItems"][&rig.table].as_array().unwrap().len()).collect();
    assert_eq!(counts, [2, 1, 1]);
    assert_eq!(rig.pending().await, [events[1].to_string()], "the made-up answer called it done");

    rig.proxy.disturb(vec![Answer(200, left.to_string()); 7]);
    let error = rig.repo.acknowledge(&rig.school, &Target::sink(), &events).await.unwrap_err();
    assert!(matches!(error, RepoError::Throttled { .. }), "{error:?}");
}

#[tokio::test]
async fn an_item_that_a_newer_version_wrote_is_refused_wherever_it_is_met() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    rig.made(&arrivals(&rig.school, "c-1", &[ada])).await;
    for mut item in rig.all_items().await {
        if item["pk"].as_s().unwrap().starts_with("school#records#") {
            item.insert("schema".to_owned(), AttributeValue::N("2".to_owned()));
            rig.client.put_item().table_name(&rig.table).set_item(Some(item)).send().await.unwrap();
        }
    }
    let query = attendance_core::ports::attendance_repo::RecordQuery {
        from: monday().date(),
        to: monday().date(),
        group: None,
        attendee: None,
    };
    let mut of_ada = query.clone();
    of_ada.attendee = Some(ada);
    let page = PageRequest::default();
    for refused in [
        rig.repo.record(&rig.school, &monday(), ada).await.map(drop),
        rig.repo.records(&rig.school, &query, &page).await.map(drop),
        rig.repo.records(&rig.school, &of_ada, &page).await.map(drop),
        rig.repo.commit(&rig.school, &arrivals(&rig.school, "c-2", &[ada])).await.map(drop),
    ] {
        assert!(matches!(refused, Err(RepoError::TooNew)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_is_over_counts_as_gone_before_dynamodb_deletes_it() {
    let Some(rig) = Rig::new().await else { return };
    let delivery = Delivery("event:email".to_owned());
    rig.repo.complete_delivery(&rig.school, &delivery).await.unwrap();
    assert_eq!(rig.repo.claim_delivery(&rig.school, &delivery, at(0), at(60)).await.unwrap(), Claim::Done);
    let items = rig.all_items().await;
    let mut item = items.into_iter().find(|item| item["sk"].as_s().unwrap() == "delivery").unwrap();
    let now = jiff::Timestamp::now().as_second();
    let expires_at: i64 = item["expires_at"].as_n().unwrap().parse().unwrap();
    assert!((expires_at - now - 400 * 86_400).abs() < 60, "{expires_at}");
    item.insert("expires_at".to_owned(), AttributeValue::N((now - 1).to_string()));
    rig.client.put_item().table_name(&rig.table).set_item(Some(item)).send().await.unwrap();
    assert_eq!(rig.repo.claim_delivery(&rig.school, &delivery, at(0), at(60)).await.unwrap(), Claim::Granted);
}

#[tokio::test]
async fn errors_repeat_nothing_of_what_was_sent() {
    let Some(rig) = Rig::new().await else { return };
    let mut attendee = somebody();
    attendee.external_id = Some("R-1815".parse().unwrap());
    let faults = [
        Disturbance::json(400, "ValidationException"),
        Answer(400, json!({ "__type": "ValidationException", "message": "Ada Lovelace R-1815" }).to_string()),
        Answer(200, "{ Ada Lovelace R-1815".to_owned()),
        cancelled(&["ValidationError"]),
    ];
    for fault in faults {
        rig.proxy.disturb([fault.clone()]);
        let error = rig.repo.create_attendee(&rig.school, &attendee, &entry()).await;
        // A success that can't be read is one all the same.
        let Err(error) = error else { continue };
        let shown = format!("{} {error:?}", told(&error));
        assert!(!shown.contains("Lovelace") && !shown.contains("R-1815"), "{fault:?}: {shown}");
    }
}

#[tokio::test]
async fn a_record_that_was_made_is_new_and_not_already_there_for_whoever_made_it() {
    let Some(rig) = Rig::new().await else { return };
    let ada = rig.attendee().await;
    rig.proxy.disturb([cancelled(&["TransactionConflict"]), Lost]);
    let committed = rig.repo.commit(&rig.school, &arrivals(&rig.school, "c-1", &[ada])).await.unwrap();
    assert_eq!(committed, Committed::Written(vec![Recorded::New(record(&monday(), ada, "c-1"))]));
}
