//! Whom a face resembles.

use super::{FaceMatcherFixture, TwoFaces, attendees};
use crate::conformance::skip;
use crate::domain::ids::{AttendeeId, FaceId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::policy::QualityPolicy;
use crate::domain::similarity::Threshold;
use crate::ports::FaceMatcherError;
use crate::ports::face_matcher::{Faces, IdentifyOptions, ImageProblem, ImageRef};
use crate::ports::image_store::{ContentType, PutMode};

pub async fn an_enrolled_attendee_is_found_by_another_picture(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    let bob = fixture.enrol(&organization, &fixture.b).await;
    let found = fixture.identify(&organization, &fixture.a_again, Faces::Largest).await;
    assert_eq!(found.faces.len(), 1);
    let best = found.faces[0].candidates.first().expect("a candidate");
    assert_eq!(best.attendee, ada);
    assert!(best.similarity.reaches(fixture.matcher.default_policy().threshold), "below the threshold");
    assert_eq!(fixture.candidates(&organization, &fixture.b).await.first(), Some(&bob));
    fixture.clean_up(&organization).await;
}

pub async fn an_enrolled_attendee_is_found_by_another_instance(fixture: &FaceMatcherFixture) {
    let Some(other) = &fixture.another_instance else { return skip("every instance has a store of its own") };
    let organization = fixture.provisioned().await;
    // So that what the other one may keep in memory is older than the enrolment.
    assert_eq!(other.faces(&organization, AttendeeId::fresh()).await.unwrap(), []);
    let ada = fixture.enrol(&organization, &fixture.a).await;
    let image = ImageRef::Bytes(fixture.a_again.clone());
    let found = other.identify(&organization, &image, fixture.options(Faces::Largest)).await.unwrap();
    assert_eq!(attendees(&found), [[ada]]);
    other.forget(&organization, ada).await.unwrap();
    assert_eq!(fixture.candidates(&organization, &fixture.a_again).await, []);
    fixture.clean_up(&organization).await;
}

pub async fn a_stored_image_is_read_from_the_store(fixture: &FaceMatcherFixture) {
    let Some(images) = &fixture.images else { return skip("the matcher reads no image store") };
    let organization = fixture.provisioned().await;
    let key = ImageKey::new("conformance/a").unwrap();
    let content_type = ContentType::sniff(&fixture.a).expect("a JPEG or PNG picture");
    images.put(&organization, &key, fixture.a.clone(), content_type, PutMode::Replace).await.unwrap();
    let ada = AttendeeId::fresh();
    let face = FaceId::derive(&organization, ada, key.as_str().as_bytes());
    let image = ImageRef::Stored(key.clone());
    fixture.matcher.enrol(&organization, ada, face, &image, &QualityPolicy::ANY).await.unwrap();
    let found = fixture.matcher.identify(&organization, &image, fixture.options(Faces::Largest)).await.unwrap();
    assert_eq!(attendees(&found), [[ada]]);
    images.delete(&organization, &key).await.unwrap();
    fixture.clean_up(&organization).await;
}

pub async fn a_key_without_an_image_is_refused(fixture: &FaceMatcherFixture) {
    if fixture.images.is_none() {
        return skip("the matcher reads no image store");
    }
    let organization = fixture.provisioned().await;
    let image = ImageRef::Stored(ImageKey::new("conformance/never").unwrap());
    let refused = fixture.matcher.identify(&organization, &image, fixture.options(Faces::Largest)).await;
    assert!(matches!(refused, Err(FaceMatcherError::Image(ImageProblem::Missing))), "{refused:?}");
    fixture.clean_up(&organization).await;
}

pub async fn candidates_come_best_first_one_per_attendee_none_below_the_floor(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let twice = fixture.enrol(&organization, &fixture.a).await;
    fixture.try_enrol(&organization, twice, &fixture.a_again).await.unwrap();
    let once = fixture.enrol(&organization, &fixture.a).await;
    let bob = fixture.enrol(&organization, &fixture.b).await;
    for floor in [0.0, 50.0, fixture.matcher.default_policy().floor().percent(), 100.0] {
        let floor = Threshold::new(floor).unwrap();
        let options = IdentifyOptions { floor, ..fixture.options(Faces::Largest) };
        let image = ImageRef::Bytes(fixture.a_again.clone());
        let found = fixture.matcher.identify(&organization, &image, options).await.unwrap();
        let candidates = &found.faces[0].candidates;
        assert!(candidates.is_sorted_by(|a, b| a.similarity >= b.similarity), "best first: {candidates:?}");
        assert!(candidates.iter().all(|each| each.similarity.reaches(floor)), "{candidates:?}");
        let mut named: Vec<_> = candidates.iter().map(|each| each.attendee).collect();
        named.sort();
        named.dedup();
        assert_eq!(named.len(), candidates.len(), "one per attendee: {candidates:?}");
        assert!(named.iter().all(|each| [twice, once, bob].contains(each)));
        if floor.percent() < 100.0 {
            assert!(named.contains(&twice) && named.contains(&once), "{candidates:?}");
        }
    }
    fixture.clean_up(&organization).await;
}

pub async fn at_most_as_many_candidates_are_given_as_asked_for(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    for _ in 0..3 {
        fixture.enrol(&organization, &fixture.a).await;
    }
    for (max_candidates, expected) in [(1, 1), (2, 2), (3, 3), (10, 3)] {
        let options = IdentifyOptions { max_candidates, ..fixture.options(Faces::Largest) };
        let image = ImageRef::Bytes(fixture.a_again.clone());
        let found = fixture.matcher.identify(&organization, &image, options).await.unwrap();
        assert_eq!(found.faces[0].candidates.len(), expected, "at most {max_candidates}");
    }
    fixture.clean_up(&organization).await;
}

pub async fn a_face_of_nobody_who_is_enrolled_has_no_candidate(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    assert_eq!(fixture.candidates(&organization, &fixture.a).await, [], "where nobody is enrolled");
    fixture.enrol(&organization, &fixture.a).await;
    assert_eq!(fixture.candidates(&organization, &fixture.b).await, []);
    if let Some(stranger) = &fixture.stranger {
        fixture.enrol(&organization, &fixture.b).await;
        assert_eq!(fixture.candidates(&organization, stranger).await, []);
    }
    fixture.clean_up(&organization).await;
}

pub async fn an_attendee_of_another_organization_is_never_a_candidate(fixture: &FaceMatcherFixture) {
    let (mine, other) = (fixture.provisioned().await, fixture.provisioned().await);
    let ada = fixture.enrol(&other, &fixture.a).await;
    assert_eq!(fixture.candidates(&mine, &fixture.a).await, []);
    assert_eq!(fixture.matcher.faces(&mine, ada).await.unwrap(), []);
    fixture.is_empty(&mine).await;
    // Nor can it be changed from there.
    let face = FaceId::derive(&other, ada, &fixture.a);
    fixture.matcher.remove_face(&mine, ada, face).await.unwrap();
    assert_eq!(fixture.matcher.forget(&mine, ada).await.unwrap(), 0);
    fixture.clean_up(&mine).await;
    assert_eq!(fixture.candidates(&other, &fixture.a).await, [ada]);
    fixture.clean_up(&other).await;
}

/// A and B enrolled, and the one with the larger face in the picture of both first.
async fn enrolled_pair(fixture: &FaceMatcherFixture, both: &TwoFaces) -> (OrganizationId, [AttendeeId; 2]) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    let bob = fixture.enrol(&organization, &fixture.b).await;
    (organization, if both.largest_is_a { [ada, bob] } else { [bob, ada] })
}

pub async fn only_the_largest_face_is_looked_up_where_that_is_asked_for(fixture: &FaceMatcherFixture) {
    let Some(both) = &fixture.both else { return skip("no picture of two was given") };
    let (organization, [larger, _]) = enrolled_pair(fixture, both).await;
    let found = fixture.identify(&organization, &both.picture, Faces::Largest).await;
    assert_eq!(attendees(&found), [[larger]]);
    assert_eq!(found.unsearched, 1);
    fixture.clean_up(&organization).await;
}

pub async fn the_only_face_is_looked_up_as_an_enrolment_would_take_it(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    fixture.enrol(&organization, &fixture.b).await;
    let found = fixture.identify(&organization, &fixture.a_again, Faces::Only).await;
    assert_eq!((attendees(&found), found.unsearched), (vec![vec![ada]], 0));
    fixture.clean_up(&organization).await;
}

pub async fn every_face_is_looked_up_the_largest_first(fixture: &FaceMatcherFixture) {
    let Some(both) = &fixture.both else { return skip("no picture of two was given") };
    let (organization, [larger, smaller]) = enrolled_pair(fixture, both).await;
    let found = fixture.identify(&organization, &both.picture, Faces::All).await;
    assert_eq!(attendees(&found), [[larger], [smaller]]);
    assert_eq!(found.unsearched, 0);
    assert!(found.faces[0].quality.size >= found.faces[1].quality.size);
    fixture.clean_up(&organization).await;
}
