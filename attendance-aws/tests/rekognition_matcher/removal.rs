//! How faces go, whatever stands in the way.

use attendance_aws::rekognition::SearchBy::{FaceVectors, UserVectors};
use attendance_core::ports::FaceMatcher as _;
use attendance_core::ports::face_matcher::{FaceMatcherError, ImageRef};
use serde_json::json;

use crate::answers::{answer, listed, not_deleted, nothing, refusal};
use crate::given::{Given, steps};
use crate::pictures::{grace, pictures};

#[tokio::test]
async fn forgetting_deletes_the_user_and_the_faces_and_looks_again() {
    let Some(given) = Given::real(UserVectors).await else { return };
    given.enrol(&grace()).await.unwrap();
    given.enrol(&ImageRef::Bytes(pictures().again.clone())).await.unwrap();
    given.proxy.take();
    assert_eq!(given.matcher.forget(&given.organization, given.ada).await.unwrap(), 2);
    assert_eq!(steps(given.asked()), ["ListFaces", "DeleteUser", "DeleteFaces", "ListFaces"]);
    assert_eq!(given.listed().await, []);
    let users = given.aws.rekognition().list_users().collection_id(given.collection()).send().await.unwrap();
    assert_eq!(users.users(), []);
    given.clean_up().await;
}

#[tokio::test]
async fn a_user_without_a_face_is_forgotten_too() {
    let Some(given) = Given::real(UserVectors).await else { return };
    let client = given.aws.rekognition();
    let user = client.create_user().collection_id(given.collection()).user_id(given.ada.to_string());
    user.send().await.unwrap();
    assert_eq!(given.matcher.forget(&given.organization, given.ada).await.unwrap(), 0);
    let users = client.list_users().collection_id(given.collection()).send().await.unwrap();
    assert_eq!(users.users(), []);
    given.clean_up().await;
}

#[tokio::test]
async fn forgetting_goes_on_until_no_face_is_listed() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    let still = listed(&[("f-1", &label)], None);
    given.proxy.disturb([still.clone(), nothing(), nothing(), still.clone(), nothing(), listed(&[], None)]);
    assert_eq!(given.matcher.forget(&given.organization, given.ada).await.unwrap(), 1);
    let asked = given.asked();
    assert_eq!(asked, ["ListFaces", "DeleteUser", "DeleteFaces", "ListFaces", "DeleteFaces", "ListFaces"]);

    let given = Given::scripted(FaceVectors).await;
    let label = given.label(&grace());
    given.proxy.disturb((0..16).map(|n| if n % 2 == 0 { listed(&[("f-1", &label)], None) } else { nothing() }));
    let refused = given.matcher.forget(&given.organization, given.ada).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Unavailable { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_user_that_is_being_changed_is_forgotten_a_little_later() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    let busy = refusal("ConflictException");
    given.proxy.disturb([listed(&[("f-1", &label)], None), busy.clone(), busy, nothing(), nothing()]);
    given.proxy.disturb([listed(&[], None)]);
    assert_eq!(given.matcher.forget(&given.organization, given.ada).await.unwrap(), 1);
    assert_eq!(given.asked().iter().filter(|each| *each == "DeleteUser").count(), 3);
}

#[tokio::test]
async fn a_face_that_its_user_still_has_is_taken_away_from_it_and_deleted_again() {
    let given = Given::scripted(UserVectors).await;
    let (label, ada) = (given.label(&grace()), given.ada.to_string());
    let kept = not_deleted("f-1", &ada, "ASSOCIATED_TO_AN_EXISTING_USER");
    // ListFaces did not say that it has a user.
    given.proxy.disturb([listed(&[("f-1", &label)], None), kept, nothing(), nothing()]);
    given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await.unwrap();
    assert_eq!(given.asked(), ["ListFaces", "DeleteFaces", "DisassociateFaces", "DeleteFaces"]);
    // Gone already, and refused for a reason that this software does not know.
    given.proxy.disturb([listed(&[("f-1", &label)], None), not_deleted("f-1", "", "FACE_NOT_FOUND")]);
    given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await.unwrap();
    given.proxy.disturb([listed(&[("f-1", &label)], None), not_deleted("f-1", "", "ANOTHER_REASON")]);
    let refused = given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await;
    assert!(matches!(refused, Err(FaceMatcherError::Failed { .. })), "{refused:?}");
}

#[tokio::test]
async fn one_face_of_several_is_taken_away_while_the_user_is_being_changed() {
    let given = Given::scripted(UserVectors).await;
    let ada = given.ada.to_string();
    let other = given.label(&ImageRef::bytes("another photo"));
    let faces = [("f-1", given.label(&grace())), ("f-2", other)];
    let faces = faces.map(|(face, label)| json!({ "FaceId": face, "ExternalImageId": label, "UserId": ada }));
    given.proxy.disturb([answer(&json!({ "Faces": faces })), refusal("ConflictException"), nothing(), nothing()]);
    given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await.unwrap();
    let requests = given.proxy.take();
    let asked = crate::given::operations(&requests);
    assert_eq!(asked, ["ListFaces", "DisassociateFaces", "DisassociateFaces", "DeleteFaces"]);
    assert!(requests[3].text().contains(r#"["f-1"]"#), "{}", requests[3].text());
}

#[tokio::test]
async fn with_its_last_face_a_user_goes_too() {
    let Some(given) = Given::real(UserVectors).await else { return };
    given.enrol(&grace()).await.unwrap();
    given.proxy.take();
    given.matcher.remove_face(&given.organization, given.ada, given.face(&grace())).await.unwrap();
    assert_eq!(steps(given.asked()), ["ListFaces", "DeleteUser", "DeleteFaces"]);
    given.enrol(&grace()).await.unwrap();
    assert_eq!(given.matcher.faces(&given.organization, given.ada).await.unwrap().len(), 1, "and comes back");
    given.clean_up().await;
}
