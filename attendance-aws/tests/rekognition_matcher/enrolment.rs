//! Enrolment: one face, whatever comes in between.

use attendance_aws::rekognition::SearchBy::{FaceVectors, UserVectors};
use attendance_core::domain::policy::{QualityPolicy, QualityProblem};
use attendance_core::ports::face_matcher::{FaceMatcherError, Faces, ImageRef};
use attendance_core::ports::{FaceMatcher as _, Retry};
use aws_sdk_rekognition::types::Image;
use aws_smithy_types::Blob;

use crate::answers::{
    associated, detected, found, indexed, listed, not_associated, not_deleted, not_indexed, nothing, refusal,
};
use crate::given::{Given, steps};
use crate::pictures::{ASTRONAUT, GRACE, astronaut, grace, pictures};
use crate::support::Disturbance::{Lost, Pass};

#[tokio::test]
async fn a_face_is_looked_at_indexed_and_added_to_a_user_that_is_made_for_it() {
    let Some(given) = Given::real(UserVectors).await else { return };
    let enrolled = given.enrol(&grace()).await.unwrap();
    assert!(enrolled.quality.size > 100 && enrolled.quality.confidence > 50.0, "{enrolled:?}");
    let once = ["DetectFaces", "IndexFaces", "AssociateFaces", "CreateUser", "AssociateFaces", "ListFaces"];
    assert_eq!(steps(given.asked()), once);
    given.enrol(&ImageRef::Bytes(pictures().again.clone())).await.unwrap();
    assert_eq!(steps(given.asked()), ["DetectFaces", "IndexFaces", "AssociateFaces", "ListFaces"]);
    given.clean_up().await;
}

#[tokio::test]
async fn an_enrolment_that_was_cut_off_after_indexing_is_completed_by_its_repetition() {
    let Some(given) = Given::real(UserVectors).await else { return };
    index(&given, GRACE).await;
    assert_eq!(given.matcher.faces(&given.organization, given.ada).await.unwrap(), [], "nobody is found by it");
    given.enrol(&grace()).await.unwrap();
    let ada = given.ada.to_string();
    assert!(matches!(given.listed().await.as_slice(), [(_, Some(user))] if *user == ada));
    given.clean_up().await;
}

/// Indexes an image with the label of Grace's, as an enrolment does that ends right after it.
async fn index(given: &Given, image: &'static [u8]) {
    let request = given.aws.rekognition().index_faces().collection_id(given.collection());
    let image = Image::builder().bytes(Blob::new(image)).build();
    request.image(image).external_image_id(given.label(&grace())).send().await.unwrap();
}

#[tokio::test]
async fn another_image_under_the_same_id_replaces_the_first() {
    for by in [UserVectors, FaceVectors] {
        let Some(given) = Given::real(by).await else { return };
        given.enrol(&grace()).await.unwrap();
        let before = given.listed().await;
        let again = ImageRef::Bytes(pictures().again.clone());
        let face = given.face(&grace());
        let enrol = given.matcher.enrol(&given.organization, given.ada, face, &again, &QualityPolicy::ANY);
        assert_eq!(enrol.await.unwrap().face, face);
        let after = given.listed().await;
        assert_eq!((before.len(), after.len()), (1, 1), "{by:?}");
        assert_ne!(before, after, "{by:?}: the later one stays");
        assert_eq!(given.matcher.faces(&given.organization, given.ada).await.unwrap(), [face]);
        given.clean_up().await;
    }
}

#[tokio::test]
async fn lost_answers_leave_one_face() {
    let Some(given) = Given::real(UserVectors).await else { return };
    // Each of DetectFaces, IndexFaces, AssociateFaces, CreateUser, AssociateFaces and ListFaces is done and not told of.
    given.proxy.disturb([Lost, Pass, Lost, Pass, Lost, Pass, Lost, Pass, Lost, Pass, Lost]);
    given.enrol(&grace()).await.unwrap();
    let asked = given.asked();
    assert!(asked.len() >= 12, "each was asked for twice: {asked:?}");
    let once = ["DetectFaces", "IndexFaces", "AssociateFaces", "CreateUser", "AssociateFaces", "ListFaces"];
    assert_eq!(steps(asked), once);
    assert_eq!(given.listed().await.len(), 1);
    let found = given.identify(&grace(), Faces::Largest).await.unwrap();
    assert_eq!(found.faces[0].candidates[0].attendee, given.ada);
    given.clean_up().await;
}

#[tokio::test]
async fn a_face_unlike_the_attendees_others_is_refused_and_nothing_of_it_stays() {
    let Some(given) = Given::real(UserVectors).await else { return };
    given.enrol(&grace()).await.unwrap();
    let refused = given.enrol(&astronaut()).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::UnlikeOwnFaces), "{refused:?}");
    assert_eq!(refused.retry(), Retry::No);
    assert_eq!(given.listed().await.len(), 1);
    assert_eq!(given.matcher.faces(&given.organization, given.ada).await.unwrap(), [given.face(&grace())]);
    given.clean_up().await;
}

#[tokio::test]
async fn each_partial_failure_of_an_association_has_its_error_and_what_was_indexed_is_deleted() {
    for reasons in [["LOW_MATCH_CONFIDENCE"].as_slice(), &["ASSOCIATED_TO_A_DIFFERENT_USER"], &[]] {
        let given = Given::scripted(UserVectors).await;
        given.proxy.disturb([detected(&[0.3]), indexed("f-1"), not_associated("f-1", reasons), nothing()]);
        let refused = given.enrol(&grace()).await.unwrap_err();
        let expected = match (reasons, &refused) {
            (["LOW_MATCH_CONFIDENCE"], FaceMatcherError::UnlikeOwnFaces) => true,
            (["ASSOCIATED_TO_A_DIFFERENT_USER"], FaceMatcherError::Failed { .. }) => true,
            // "There are already 100 faces associated": the reference names no reason for it.
            ([], FaceMatcherError::TooManyFaces { limit: 100 }) => true,
            _ => false,
        };
        assert!(expected, "{reasons:?}: {refused:?}");
        assert_eq!(given.asked(), ["DetectFaces", "IndexFaces", "AssociateFaces", "DeleteFaces"]);
    }
}

#[tokio::test]
async fn a_user_with_a_hundred_faces_takes_no_more() {
    let given = Given::scripted(UserVectors).await;
    let full = refusal("ServiceQuotaExceededException");
    given.proxy.disturb([detected(&[0.3]), indexed("f-1"), full.clone(), nothing()]);
    let refused = given.enrol(&grace()).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::TooManyFaces { limit: 100 }), "{refused:?}");
    assert_eq!(given.asked(), ["DetectFaces", "IndexFaces", "AssociateFaces", "DeleteFaces"]);
    // The user has this very face: nothing is to be done.
    let kept = not_deleted("f-1", &given.ada.to_string(), "ASSOCIATED_TO_AN_EXISTING_USER");
    let label = given.label(&grace());
    given.proxy.disturb([detected(&[0.3]), indexed("f-1"), full.clone(), kept, listed(&[("f-1", &label)], None)]);
    given.enrol(&grace()).await.unwrap();
    // A collection that is full is nobody's mistake.
    given.proxy.disturb([detected(&[0.3]), full]);
    let refused = given.enrol(&grace()).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Failed { .. }), "{refused:?}");
}

#[tokio::test]
async fn with_face_vectors_an_attendee_has_no_more_faces_than_with_users() {
    let given = Given::scripted(FaceVectors).await;
    let labels: Vec<_> = (0..100)
        .map(|n| {
            let face = given.face(&ImageRef::bytes(format!("photo {n}")));
            (format!("f-{n}"), format!("{}:{face}", given.ada))
        })
        .collect();
    let mut faces: Vec<_> = labels.iter().map(|(face, label)| (face.as_str(), label.as_str())).collect();
    let label = given.label(&grace());
    faces.push(("f-new", &label));
    given.proxy.disturb([detected(&[0.3]), indexed("f-new"), listed(&faces, None), nothing()]);
    let refused = given.enrol(&grace()).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::TooManyFaces { limit: 100 }), "{refused:?}");
    let requests = given.proxy.take();
    let deletion = requests.last().unwrap();
    assert_eq!(deletion.operation(), Some("DeleteFaces"));
    assert!(deletion.text().contains(r#"["f-new"]"#), "{}", deletion.text());
}

#[tokio::test]
async fn a_face_that_is_not_there_yet_is_asked_for_again() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    let not_yet = not_associated("f-1", &["FACE_NOT_FOUND"]);
    let answers = [detected(&[0.3]), indexed("f-1"), not_yet, associated("ACTIVE"), listed(&[("f-1", &label)], None)];
    given.proxy.disturb(answers);
    given.enrol(&grace()).await.unwrap();
    assert_eq!(given.asked(), ["DetectFaces", "IndexFaces", "AssociateFaces", "AssociateFaces", "ListFaces"]);
}

#[tokio::test]
async fn a_user_that_is_being_changed_is_waited_for() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    let (busy, at_last) = (refusal("ConflictException"), listed(&[("f-1", label.as_str())], None));
    let answers = [detected(&[0.3]), indexed("f-1"), busy.clone(), busy.clone(), associated("ACTIVE"), at_last];
    given.proxy.disturb(answers);
    given.enrol(&grace()).await.unwrap();
    let asked = given.asked();
    assert_eq!(asked.iter().filter(|each| *each == "AssociateFaces").count(), 3, "{asked:?}");

    given.proxy.disturb([detected(&[0.3]), indexed("f-1")]);
    given.proxy.disturb(std::iter::repeat_n(busy, 7));
    let refused = given.enrol(&grace()).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Unavailable { .. }), "{refused:?}");
    assert_eq!(refused.retry(), Retry::Yes);
    assert_eq!(given.asked().len(), 9, "one association, and six repetitions");
}

#[tokio::test]
async fn an_attendee_is_enrolled_once_they_are_found() {
    let given = Given::scripted(UserVectors).await;
    let (label, ada) = (given.label(&grace()), given.ada.to_string());
    given.proxy.disturb([detected(&[0.3]), indexed("f-1"), associated("UPDATING")]);
    given.proxy.disturb([found(&[]), found(&[("somebody", 99.0)]), found(&[(ada.as_str(), 99.9)])]);
    given.proxy.disturb([listed(&[("f-1", &label)], None)]);
    given.enrol(&grace()).await.unwrap();
    let asked = given.asked();
    assert_eq!(asked[3..], ["SearchUsers", "SearchUsers", "SearchUsers", "ListFaces"], "{asked:?}");
}

#[tokio::test]
async fn an_attendee_who_is_not_found_soon_is_enrolled_all_the_same() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    given.proxy.disturb([detected(&[0.3]), indexed("f-1"), associated("UPDATING")]);
    given.proxy.disturb(std::iter::repeat_n(found(&[]), 6));
    given.proxy.disturb([listed(&[("f-1", &label)], None)]);
    given.enrol(&grace()).await.unwrap();
    assert_eq!(given.asked().len(), 10);
}

#[tokio::test]
async fn a_face_that_somebody_removes_meanwhile_is_enrolled_again() {
    let given = Given::scripted(UserVectors).await;
    let label = given.label(&grace());
    given.proxy.disturb([detected(&[0.3]), indexed("f-1"), associated("ACTIVE"), listed(&[], None)]);
    given.proxy.disturb([indexed("f-2"), associated("ACTIVE"), listed(&[("f-2", &label)], None)]);
    given.enrol(&grace()).await.unwrap();
    assert_eq!(given.asked().len(), 7);
}

#[tokio::test]
async fn what_rekognition_does_not_index_is_refused_with_its_reasons() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([detected(&[0.3]), not_indexed(&["EXTREME_POSE", "LOW_SHARPNESS", "LOW_FACE_QUALITY"])]);
    match given.enrol(&grace()).await {
        Err(FaceMatcherError::PoorQuality { problems }) => {
            assert_eq!(problems, [QualityProblem::ExtremePose, QualityProblem::Blurred]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(given.asked(), ["DetectFaces", "IndexFaces"]);
}

#[tokio::test]
async fn several_faces_are_refused_before_anything_is_stored() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([detected(&[0.2, 0.2, 0.1])]);
    let refused = given.enrol(&grace()).await;
    assert!(matches!(refused, Err(FaceMatcherError::SeveralFaces { faces: 3 })), "{refused:?}");
    assert_eq!(given.asked(), ["DetectFaces"]);
}

#[tokio::test]
async fn the_same_face_enrolled_at_once_by_two_is_one() {
    for by in [UserVectors, FaceVectors] {
        let Some(given) = Given::real(by).await else { return };
        let (grace, again) = (grace(), ImageRef::Bytes(pictures().again.clone()));
        let face = given.face(&grace);
        let enrol = |image| given.matcher.enrol(&given.organization, given.ada, face, image, &QualityPolicy::ANY);
        let (first, second) = tokio::join!(enrol(&grace), enrol(&again));
        first.unwrap();
        second.unwrap();
        assert_eq!(given.listed().await.len(), 1, "{by:?}");
        given.clean_up().await;
    }
}

#[tokio::test]
async fn a_face_that_was_indexed_of_another_image_only_does_not_stay_a_secret() {
    let Some(given) = Given::real(UserVectors).await else { return };
    // A crash after IndexFaces, and then another image under the same id.
    index(&given, ASTRONAUT).await;
    given.enrol(&grace()).await.unwrap();
    let found = given.identify(&astronaut(), Faces::Largest).await.unwrap();
    assert_eq!(found.faces[0].candidates, [], "nobody is found by it");
    assert_eq!(given.matcher.faces(&given.organization, given.ada).await.unwrap().len(), 1);
    assert_eq!(given.listed().await.len(), 2);
    given.matcher.forget(&given.organization, given.ada).await.unwrap();
    assert_eq!(given.listed().await, [], "and it goes with the attendee");
    given.clean_up().await;
}
