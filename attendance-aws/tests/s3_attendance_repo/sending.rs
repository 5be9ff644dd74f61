//! What is sent: nothing personal where it can be read without opening a document, and no more requests than promised.

use attendance_core::domain::attendee::{Attendee, EnrolmentState, Tombstone};
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::{AttendeeId, GroupId};
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Delivery, Outgoing, RecordDraft, Subject};
use attendance_core::ports::{Directory as _, Ledger as _, Outbox as _};
use hyper::Method;

use crate::given::{PERSONAL, World, ada, at, corrected, entry, one_arrival, organization, record};
use crate::support::Request;

fn without_body(request: &Request) -> String {
    format!("{} {} {:?}", request.method, request.uri, request.headers)
}

#[tokio::test]
async fn nothing_personal_is_in_keys_headers_or_markers() {
    let Some(world) = World::begin().await else { return };
    let calm = world.repo().await;
    let organization = organization(&calm).await;
    let (repo, proxy) = world.watched().await;

    let mut ada = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
    ada.groups.insert(GroupId::new("5B").unwrap());
    let event = Event::of_enrolment(&organization, ada.id, EnrolmentState::Active, 2, at(5));
    let outgoing = Outgoing { events: vec![event], targets: vec![Target::sink()], audit: None };
    let ada = repo.save_attendee(&organization, &ada, &outgoing).await.unwrap();
    let subject = Subject { issuer: "https://idp".to_owned(), subject: "subject-of-ada".to_owned() };
    repo.link_subject(&organization, &subject, ada.id, &entry()).await.unwrap();
    repo.attendee_of_subject(&organization, &subject).await.unwrap();
    repo.attendee_by_external_id(&organization, ada.external_id.as_ref().unwrap()).await.unwrap();
    repo.attendees(&organization, &AttendeeQuery::default(), &PageRequest::default()).await.unwrap();
    let first = record(ada.id, "c-1");
    for version in [first.clone(), corrected(&first)] {
        repo.mark(&organization, &RecordDraft::new(&organization, version), &[Target::sink()], None).await.unwrap();
    }
    let delivery = Delivery("v1:countess@example.org".to_owned());
    repo.claim_delivery(&organization, &delivery, at(0), at(9)).await.unwrap();
    repo.complete_delivery(&organization, &delivery).await.unwrap();
    let pending = repo.pending(&organization, &Target::sink(), 9).await.unwrap();
    assert_eq!(pending.len(), 3);
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
    repo.save_attendee(&organization, &Attendee { tombstone, ..ada.clone() }, &Outgoing::default()).await.unwrap();
    repo.erase_attendee(&organization, ada.id, at(20), &entry()).await.unwrap();

    let requests = proxy.take();
    assert!(requests.len() > 30, "{}", requests.len());
    assert!(requests.iter().any(|request| request.text().contains("Lovelace")), "the documents hold it");
    for request in &requests {
        let open = without_body(request);
        let is_document = ["/attendees/", "/attendance/"].iter().any(|place| request.uri.path().contains(place));
        let read = if is_document { open } else { format!("{open} {}", request.text()) };
        for personal in PERSONAL {
            assert!(!read.contains(personal), "{personal} in {}", request.uri);
        }
    }
    assert!(!format!("{repo:?}").contains("school"), "{repo:?}");
}

#[tokio::test]
async fn a_check_in_costs_five_writes_and_its_relay_two_reads() {
    let Some(world) = World::begin().await else { return };
    let (repo, proxy) = world.watched().await;
    let organization = organization(&repo).await;
    let warm = one_arrival(&organization, AttendeeId::fresh(), "c-0");
    repo.commit(&organization, &warm).await.unwrap();
    repo.acknowledge(&organization, &Target::sink(), &[warm.records[0].event.id.clone()]).await.unwrap();
    proxy.take();

    let methods = || proxy.take().into_iter().map(|request| request.method).collect::<Vec<_>>();
    repo.commit(&organization, &one_arrival(&organization, AttendeeId::fresh(), "c-1")).await.unwrap();
    assert_eq!(methods(), [Method::PUT, Method::PUT, Method::PUT, Method::PUT, Method::PUT]);

    let pending = repo.pending(&organization, &Target::sink(), 100).await.unwrap();
    assert_eq!(methods(), [Method::GET, Method::GET, Method::GET], "the list, the marker, what it made");
    repo.acknowledge(&organization, &Target::sink(), &[pending[0].id.clone()]).await.unwrap();
    assert_eq!(methods(), [Method::POST], "one deletion of many");
    assert!(repo.pending(&organization, &Target::sink(), 100).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_repository_below_a_prefix_sees_nothing_of_another() {
    let Some(world) = World::begin().await else { return };
    let config = crate::given::config(&world.emulator);
    let open = async |prefix| attendance_aws::s3::S3AttendanceRepo::open(&config, &world.bucket, prefix).await.unwrap();
    let (mine, other) = (open("school-a/").await, open("school-b").await);
    let organization = organization(&mine).await;
    assert_eq!(other.organization(&organization).await.unwrap(), None);
    let again = open("school-a").await;
    assert!(again.organization(&organization).await.unwrap().is_some());
    let listed = world.client().list_objects_v2().bucket(&world.bucket).prefix("school-a/").send().await.unwrap();
    let elsewhere = |key: &&str| !key.starts_with("school-a/records/");
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert!(keys.len() >= 3 && !keys.iter().any(elsewhere), "{keys:?}");
}
