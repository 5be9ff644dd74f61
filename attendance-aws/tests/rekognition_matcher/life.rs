//! A whole life: what is sent of it, and what is listed.

use std::collections::BTreeSet;

use attendance_aws::rekognition::RekognitionMatcher;
use attendance_aws::rekognition::SearchBy::{FaceVectors, UserVectors};
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::FaceMatcher as _;
use attendance_core::ports::face_matcher::{FaceMatcherError, Faces, ImageRef};
use serde_json::Value;
use uuid::Uuid;

use crate::answers::{detected, found, indexed, listed, not_associated, nothing};
use crate::given::{Given, PREFIX, hasty};
use crate::pictures::{grace, pictures};
use crate::support::Log;

/// Every text of a request but the image, the name of its field before it.
fn texts(field: &str, value: &Value, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::String(text) => {
            found.insert((field.to_owned(), text.clone()));
        }
        Value::Array(values) => values.iter().for_each(|value| texts(field, value, found)),
        Value::Object(fields) => fields.iter().for_each(|(field, value)| {
            if field != "Image" {
                texts(field, value, found);
            }
        }),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_but_opaque_ids_is_sent_in_a_whole_life() {
    for by in [UserVectors, FaceVectors] {
        let Some(given) = Given::real(by).await else { return };
        given.matcher.provision(&given.organization).await.unwrap();
        given.enrol(&grace()).await.unwrap();
        given.enrol(&ImageRef::Bytes(pictures().again.clone())).await.unwrap();
        given.identify(&grace(), Faces::Largest).await.unwrap();
        given.identify(&ImageRef::Bytes(pictures().both.clone()), Faces::All).await.unwrap();
        given.matcher.faces(&given.organization, given.ada).await.unwrap();
        given.matcher.enrolled(&given.organization, &PageRequest::default()).await.unwrap();
        given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await.unwrap();
        given.matcher.forget(&given.organization, given.ada).await.unwrap();
        given.matcher.remove(&given.organization).await.unwrap();

        let mut sent = BTreeSet::new();
        let requests = given.proxy.take();
        assert!(requests.len() > 10, "{by:?}");
        for request in &requests {
            assert_eq!(request.uri.path(), "/");
            texts("", &serde_json::from_slice(&request.body).unwrap(), &mut sent);
        }
        let is_uuid = |text: &str| Uuid::try_parse(text).is_ok();
        for (field, text) in &sent {
            let opaque = match field.as_str() {
                "CollectionId" => *text == given.collection(),
                "UserId" => *text == given.ada.to_string(),
                "ExternalImageId" => {
                    text.split_once(':').is_some_and(|(ada, face)| ada == given.ada.to_string() && is_uuid(face))
                }
                "FaceIds" | "FaceId" | "ClientRequestToken" => is_uuid(text),
                "QualityFilter" => ["NONE", "AUTO"].contains(&text.as_str()),
                _ => false,
            };
            assert!(opaque, "{by:?}: {field} is {text}");
        }
        assert!(sent.iter().any(|(field, _)| field == "ExternalImageId"));
    }
}

#[tokio::test]
async fn operations_are_logged_and_nobody_in_them() {
    let log = Log::default();
    let writer = log.clone();
    let logger = tracing_subscriber::fmt()
        .with_env_filter("off,attendance_aws=trace,attendance_core=trace")
        .without_time()
        .with_writer(move || writer.clone());
    // For all threads: where others log to nobody, a thread's own logger may miss what they were the first to say.
    tracing::subscriber::set_global_default(logger.finish()).unwrap();
    let given = Given::scripted(UserVectors).await;
    let (ada, label) = (given.ada.to_string(), given.label(&grace()));
    given.proxy.disturb([
        detected(&[0.3]),
        indexed("f-1"),
        not_associated("f-1", &["LOW_MATCH_CONFIDENCE"]),
        nothing(),
    ]);
    given.enrol(&grace()).await.unwrap_err();
    given.proxy.disturb([found(&[(ada.as_str(), 99.9)])]);
    given.identify(&grace(), Faces::Largest).await.unwrap();
    given.proxy.disturb([listed(&[("f-1", &label)], None), nothing(), nothing(), listed(&[], None)]);
    given.matcher.forget(&given.organization, given.ada).await.unwrap();
    let logged = log.text();
    assert!(logged.contains("SearchUsersByImage"), "{logged}");
    let face = given.face(&grace()).to_string();
    for personal in [ada.as_str(), face.as_str(), given.organization.as_str(), "f-1", "99.9"] {
        assert!(!logged.contains(personal), "{personal} in {logged}");
    }
}

#[tokio::test]
async fn a_matcher_shows_nothing_but_how_it_was_built() {
    let given = Given::scripted(UserVectors).await;
    let shown = format!("{:?}", given.matcher);
    assert_eq!(shown, "RekognitionMatcher { prefix: \"attendance-test\", by: UserVectors, images: None, .. }");
}

#[tokio::test]
async fn a_prefix_is_what_a_collection_may_be_called() {
    let aws = hasty("http://127.0.0.1:9");
    for bad in ["", "a b", "schule/", "ä", &"a".repeat(201)] {
        assert!(RekognitionMatcher::new(&aws, bad).is_err(), "{bad:?}");
    }
    assert!(RekognitionMatcher::new(&aws, "a.B_9-").is_ok());
}

#[tokio::test]
async fn every_page_of_a_collection_is_read_and_faces_of_others_are_left_out() {
    let given = Given::scripted(UserVectors).await;
    let bob = AttendeeId::fresh();
    let mine = [given.label(&grace()), given.label(&ImageRef::bytes("another"))];
    let bobs = format!("{bob}:{}", given.face(&grace()));
    let first = listed(&[("f-3", &bobs), ("f-1", &mine[0]), ("f-4", "holiday.jpg")], Some("go-on"));
    given.proxy.disturb([first, listed(&[("f-2", &mine[1]), ("f-5", &mine[1])], None)]);
    let page = given.matcher.enrolled(&given.organization, &PageRequest::first(1)).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!((page.items[0].attendee, page.items[0].faces.len()), (given.ada, 2));
    assert!(page.next.is_some());
    let requests = given.proxy.take();
    assert!(requests[1].text().contains(r#""NextToken":"go-on""#), "{}", requests[1].text());
}

#[tokio::test]
async fn a_list_that_fails_half_way_is_no_list() {
    let given = Given::scripted(FaceVectors).await;
    let label = given.label(&grace());
    let first = listed(&[("f-1", &label)], Some("go-on"));
    given.proxy.disturb([first, crate::answers::refusal("InvalidPaginationTokenException")]);
    let refused = given.matcher.faces(&given.organization, given.ada).await;
    assert!(matches!(refused, Err(FaceMatcherError::Failed { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_default_policy_is_the_guides_and_claims_no_measurement() {
    let matcher = RekognitionMatcher::new(&hasty("http://127.0.0.1:9"), PREFIX).unwrap();
    let policy = matcher.default_policy();
    assert_eq!((policy.threshold.percent(), policy.duplicate.percent()), (99.0, 99.0));
    assert_eq!(policy.measurement, None);
}
