//! Policy, provisioning and enrolment.

use bytes::Bytes;

use super::FaceMatcherFixture;
use crate::conformance::given::*;
use crate::conformance::skip;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::policy::{QualityPolicy, QualityProblem};
use crate::ports::FaceMatcherError;
use crate::ports::face_matcher::{Faces, ImageRef};
use futures_util::future::join_all;

pub async fn the_default_policy_makes_sense(fixture: &FaceMatcherFixture) {
    let policy = fixture.matcher.default_policy();
    assert!(policy.threshold.percent() > policy.margin, "the threshold is above the margin");
    assert!(policy.margin >= 0.0);
    assert!(policy.duplicate >= policy.threshold, "the duplicate threshold is not below the threshold");
}

pub async fn provisioning_again_changes_nothing(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    fixture.matcher.provision(&organization).await.unwrap();
    assert_eq!(fixture.candidates(&organization, &fixture.a).await, [ada]);
    fixture.clean_up(&organization).await;
}

pub async fn removing_an_organization_that_is_not_there_succeeds(fixture: &FaceMatcherFixture) {
    fixture.matcher.remove(&fresh_organization()).await.unwrap();
}

pub async fn a_removed_organization_is_not_provisioned_and_has_no_faces_when_it_comes_back(
    fixture: &FaceMatcherFixture,
) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    for _ in 0..2 {
        fixture.matcher.remove(&organization).await.unwrap();
    }
    not_provisioned(fixture, &organization).await;
    fixture.matcher.provision(&organization).await.unwrap();
    fixture.is_empty(&organization).await;
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), []);
    assert_eq!(fixture.candidates(&organization, &fixture.a).await, []);
    fixture.clean_up(&organization).await;
}

async fn not_provisioned(fixture: &FaceMatcherFixture, organization: &OrganizationId) {
    let refused = fixture.try_enrol(organization, AttendeeId::fresh(), &fixture.a).await;
    assert!(matches!(refused, Err(FaceMatcherError::NotProvisioned)), "{refused:?}");
    let image = ImageRef::Bytes(fixture.a.clone());
    let refused = fixture.matcher.identify(organization, &image, fixture.options(Faces::All)).await;
    assert!(matches!(refused, Err(FaceMatcherError::NotProvisioned)), "{refused:?}");
}

pub async fn nothing_is_enrolled_or_identified_where_nothing_is_provisioned(fixture: &FaceMatcherFixture) {
    not_provisioned(fixture, &fresh_organization()).await;
}

pub async fn enrolling_the_same_face_again_leaves_one(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = AttendeeId::fresh();
    let mut face = None;
    for _ in 0..2 {
        face = Some(fixture.try_enrol(&organization, ada, &fixture.a).await.unwrap());
    }
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), Vec::from_iter(face));
    assert_eq!(fixture.matcher.forget(&organization, ada).await.unwrap(), 1);
    fixture.clean_up(&organization).await;
}

pub async fn the_same_face_enrolled_at_once_leaves_one(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = AttendeeId::fresh();
    for enrolled in join_all((0..4).map(|_| fixture.try_enrol(&organization, ada, &fixture.a))).await {
        enrolled.unwrap();
    }
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap().len(), 1);
    fixture.clean_up(&organization).await;
}

pub async fn a_picture_without_a_face_is_refused(fixture: &FaceMatcherFixture) {
    let Some(picture) = &fixture.no_face else { return skip("no picture without a face was given") };
    let organization = fixture.provisioned().await;
    let refused = fixture.try_enrol(&organization, AttendeeId::fresh(), picture).await;
    assert!(matches!(refused, Err(FaceMatcherError::NoFace)), "{refused:?}");
    fixture.is_empty(&organization).await;
    for faces in [Faces::Largest, Faces::All, Faces::Only] {
        let image = ImageRef::Bytes(picture.clone());
        let refused = fixture.matcher.identify(&organization, &image, fixture.options(faces)).await;
        assert!(matches!(refused, Err(FaceMatcherError::NoFace)), "{refused:?}");
    }
    fixture.clean_up(&organization).await;
}

pub async fn a_picture_of_several_is_not_enrolled(fixture: &FaceMatcherFixture) {
    let Some(both) = &fixture.both else { return skip("no picture of two was given") };
    let organization = fixture.provisioned().await;
    let refused = fixture.try_enrol(&organization, AttendeeId::fresh(), &both.picture).await;
    assert!(matches!(refused, Err(FaceMatcherError::SeveralFaces { faces: 2 })), "{refused:?}");
    fixture.is_empty(&organization).await;
    let image = ImageRef::Bytes(both.picture.clone());
    let refused = fixture.matcher.identify(&organization, &image, fixture.options(Faces::Only)).await;
    assert!(matches!(refused, Err(FaceMatcherError::SeveralFaces { faces: 2 })), "{refused:?}");
    fixture.clean_up(&organization).await;
}

pub async fn a_face_below_the_quality_is_not_enrolled(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = AttendeeId::fresh();
    let (face, image) = (FaceId::derive(&organization, ada, &fixture.a), ImageRef::Bytes(fixture.a.clone()));
    let impossible = QualityPolicy { min_size: u32::MAX, ..QualityPolicy::ANY };
    match fixture.matcher.enrol(&organization, ada, face, &image, &impossible).await {
        Err(FaceMatcherError::PoorQuality { problems }) => assert_eq!(problems, [QualityProblem::TooSmall]),
        other => panic!("{other:?}"),
    }
    fixture.is_empty(&organization).await;
    fixture.clean_up(&organization).await;
}

pub async fn an_image_that_can_not_be_used_is_refused_and_nothing_is_stored(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    for (index, broken) in fixture.broken.iter().chain([&Bytes::new()]).enumerate() {
        let refused = fixture.try_enrol(&organization, AttendeeId::fresh(), broken).await;
        assert!(matches!(refused, Err(FaceMatcherError::Image(_))), "broken picture {index}: {refused:?}");
        let image = ImageRef::Bytes(broken.clone());
        let refused = fixture.matcher.identify(&organization, &image, fixture.options(Faces::All)).await;
        assert!(matches!(refused, Err(FaceMatcherError::Image(_))), "broken picture {index}: {refused:?}");
    }
    fixture.is_empty(&organization).await;
    fixture.clean_up(&organization).await;
}
