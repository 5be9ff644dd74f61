//! What goes wrong on the way, and what becomes of it.

use std::time::Duration;

use attendance_aws::rekognition::SearchBy::{FaceVectors, UserVectors};
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::policy::QualityPolicy;
use attendance_core::ports::face_matcher::{FaceMatcherError, Faces};
use attendance_core::ports::{FaceMatcher as _, Retry};

use crate::answers::{detected, found, refusal};
use crate::given::{Given, impatient, matcher};
use crate::pictures::grace;
use crate::support::Disturbance::{self, Reset, Silence};

/// What a disturbance of every attempt makes of a check-in, and how many attempts there were.
async fn after(disturbance: Disturbance) -> (FaceMatcherError, usize) {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb(std::iter::repeat_n(disturbance, 4));
    let error = given.identify(&grace(), Faces::Largest).await.unwrap_err();
    (error, given.asked().len())
}

#[tokio::test]
async fn throttling_is_waited_out_and_told_if_it_lasts() {
    for code in ["ProvisionedThroughputExceededException", "ThrottlingException"] {
        let (error, attempts) = after(refusal(code)).await;
        assert!(matches!(error, FaceMatcherError::Throttled { .. }), "{code}: {error:?}");
        assert_eq!((error.retry(), attempts), (Retry::Yes, 4), "{code}");
        passes_on_the_second_attempt(refusal(code)).await;
    }
}

#[tokio::test]
async fn an_internal_error_is_waited_out_and_told_if_it_lasts() {
    let (error, attempts) = after(Disturbance::json(500, "InternalServerError")).await;
    assert!(matches!(error, FaceMatcherError::Unavailable { .. }), "{error:?}");
    assert_eq!((error.retry(), attempts), (Retry::Yes, 4));
    passes_on_the_second_attempt(Disturbance::json(500, "InternalServerError")).await;
}

#[tokio::test]
async fn a_reset_connection_is_made_again() {
    let (error, attempts) = after(Reset).await;
    assert!(matches!(error, FaceMatcherError::Unavailable { .. }), "{error:?}");
    assert!(attempts >= 4, "{attempts}");
    passes_on_the_second_attempt(Reset).await;
}

async fn passes_on_the_second_attempt(disturbance: Disturbance) {
    let given = Given::scripted(UserVectors).await;
    let ada = given.ada.to_string();
    given.proxy.disturb([disturbance, found(&[(ada.as_str(), 99.5)])]);
    let found = given.identify(&grace(), Faces::Largest).await.unwrap();
    assert_eq!(found.faces[0].candidates[0].attendee, given.ada);
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let given = Given::scripted(UserVectors).await;
    let matcher = matcher(&impatient(&given.proxy.endpoint, Duration::from_millis(100)), UserVectors);
    given.proxy.disturb(std::iter::repeat_n(Silence(Duration::from_secs(60)), 4));
    let image = grace();
    let options = crate::given::options(Faces::Largest);
    let error = matcher.identify(&given.organization, &image, options).await.unwrap_err();
    assert!(matches!(error, FaceMatcherError::Unavailable { .. }), "{error:?}");
    assert_eq!(given.asked().len(), 4);
}

#[tokio::test]
async fn expired_credentials_and_missing_rights_are_not_tried_again() {
    for code in ["ExpiredTokenException", "AccessDeniedException", "UnrecognizedClientException"] {
        let (error, attempts) = after(refusal(code)).await;
        let FaceMatcherError::Failed { source } = &error else { panic!("{code}: {error:?}") };
        assert!(source.to_string().contains(code), "{source}");
        assert_eq!((error.retry(), attempts), (Retry::No, 1), "{code}");
    }
}

#[tokio::test]
async fn a_missing_collection_is_told_by_every_method() {
    for by in [UserVectors, FaceVectors] {
        let given = Given::scripted(by).await;
        let (organization, ada, image) = (&given.organization, given.ada, grace());
        let missing = || refusal("ResourceNotFoundException");
        let mut refused = Vec::new();

        given.proxy.disturb([detected(&[0.3]), missing()]);
        let enrolment = given.matcher.enrol(organization, ada, given.face(&image), &image, &QualityPolicy::ANY);
        refused.push(("enrol", enrolment.await.err()));
        // With face vectors the faces are detected at the same time.
        given.proxy.disturb([missing(), missing()]);
        refused.push(("identify", given.identify(&image, Faces::Largest).await.err()));
        // With user vectors it might be the user that is missing: the collection is asked for.
        given.proxy.disturb(std::iter::repeat_n(missing(), if by == UserVectors { 2 } else { 1 }));
        refused.push(("faces", given.matcher.faces(organization, ada).await.err()));
        given.proxy.disturb([missing()]);
        refused.push(("remove_face", given.matcher.remove_face(organization, ada, given.face(&image)).await.err()));
        given.proxy.disturb([missing()]);
        refused.push(("forget", given.matcher.forget(organization, ada).await.err()));
        given.proxy.disturb([missing()]);
        refused.push(("enrolled", given.matcher.enrolled(organization, &PageRequest::default()).await.err()));
        for (method, error) in refused {
            assert!(matches!(error, Some(FaceMatcherError::NotProvisioned)), "{by:?} {method}: {error:?}");
        }
        given.proxy.disturb([missing()]);
        given.matcher.remove(organization).await.unwrap();
    }
}

#[tokio::test]
async fn provisioning_fails_where_there_is_no_room_for_a_collection() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([refusal("ResourceAlreadyExistsException"), refusal("ServiceQuotaExceededException")]);
    given.matcher.provision(&given.organization).await.unwrap();
    let error = given.matcher.provision(&given.organization).await.unwrap_err();
    assert!(matches!(error, FaceMatcherError::Failed { .. }), "{error:?}");
}
