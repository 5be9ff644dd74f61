//! Whose faces there are, and how they go.

use super::FaceMatcherFixture;
use crate::conformance::given::*;
use crate::domain::ids::{AttendeeId, FaceId};
use crate::ports::FaceMatcherError;
use crate::ports::face_matcher::AttendeeFaces;

pub async fn an_attendee_without_a_face_has_an_empty_list(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    assert_eq!(fixture.matcher.faces(&organization, AttendeeId::fresh()).await.unwrap(), []);
    let ada = AttendeeId::fresh();
    let mut faces = Vec::new();
    for picture in [&fixture.a, &fixture.a_again] {
        faces.push(fixture.try_enrol(&organization, ada, picture).await.unwrap());
    }
    faces.sort();
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), faces, "sorted");
    fixture.clean_up(&organization).await;
}

pub async fn removing_one_face_leaves_the_attendees_others(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = AttendeeId::fresh();
    let first = fixture.try_enrol(&organization, ada, &fixture.a).await.unwrap();
    let second = fixture.try_enrol(&organization, ada, &fixture.a_again).await.unwrap();
    fixture.matcher.remove_face(&organization, ada, first).await.unwrap();
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), [second]);
    assert_eq!(fixture.candidates(&organization, &fixture.a_again).await, [ada]);
    fixture.matcher.remove_face(&organization, ada, second).await.unwrap();
    assert_eq!(fixture.candidates(&organization, &fixture.a_again).await, []);
    fixture.is_empty(&organization).await;
    fixture.clean_up(&organization).await;
}

pub async fn removing_a_face_that_is_not_there_or_another_attendees_changes_nothing(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let (ada, bob) = (AttendeeId::fresh(), AttendeeId::fresh());
    let adas = fixture.try_enrol(&organization, ada, &fixture.a).await.unwrap();
    let bobs = fixture.try_enrol(&organization, bob, &fixture.b).await.unwrap();
    let never = FaceId::derive(&organization, ada, b"never");
    for (attendee, face) in [(bob, adas), (ada, bobs), (ada, never), (AttendeeId::fresh(), adas)] {
        fixture.matcher.remove_face(&organization, attendee, face).await.unwrap();
    }
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), [adas]);
    assert_eq!(fixture.matcher.faces(&organization, bob).await.unwrap(), [bobs]);
    assert_eq!(fixture.candidates(&organization, &fixture.a).await, [ada]);
    fixture.clean_up(&organization).await;
}

pub async fn a_forgotten_attendee_is_no_candidate_and_others_stay(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    fixture.try_enrol(&organization, ada, &fixture.a_again).await.unwrap();
    let bob = fixture.enrol(&organization, &fixture.b).await;
    assert_eq!(fixture.matcher.forget(&organization, ada).await.unwrap(), 2);
    for picture in [&fixture.a, &fixture.a_again] {
        assert_eq!(fixture.candidates(&organization, picture).await, []);
    }
    assert_eq!(fixture.matcher.faces(&organization, ada).await.unwrap(), []);
    assert_eq!(fixture.candidates(&organization, &fixture.b).await, [bob]);
    fixture.clean_up(&organization).await;
}

pub async fn forgetting_somebody_without_a_face_answers_0(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    let ada = fixture.enrol(&organization, &fixture.a).await;
    assert_eq!(fixture.matcher.forget(&organization, AttendeeId::fresh()).await.unwrap(), 0);
    assert_eq!(fixture.matcher.forget(&organization, ada).await.unwrap(), 1);
    assert_eq!(fixture.matcher.forget(&organization, ada).await.unwrap(), 0);
    fixture.clean_up(&organization).await;
}

pub async fn everybody_who_has_a_face_is_listed_once_ordered_by_attendee(fixture: &FaceMatcherFixture) {
    let (organization, other) = (fixture.provisioned().await, fixture.provisioned().await);
    let mut expected = Vec::new();
    for pictures in [vec![&fixture.a], vec![&fixture.a, &fixture.a_again], vec![&fixture.b]] {
        let attendee = AttendeeId::fresh();
        let mut faces = Vec::new();
        for picture in pictures {
            faces.push(fixture.try_enrol(&organization, attendee, picture).await.unwrap());
        }
        faces.sort();
        expected.push(AttendeeFaces { attendee, faces });
    }
    fixture.enrol(&other, &fixture.a).await;
    expected.sort_by_key(|each| each.attendee);
    for limit in [1, 2, 3, 100] {
        let listed = every(limit, async |page| fixture.matcher.enrolled(&organization, &page).await).await;
        assert_eq!(listed, expected, "by pages of {limit}");
    }
    for organization in [&organization, &other] {
        fixture.clean_up(organization).await;
    }
}

pub async fn a_cursor_that_no_list_of_the_matcher_made_is_refused(fixture: &FaceMatcherFixture) {
    let organization = fixture.provisioned().await;
    fixture.enrol(&organization, &fixture.a).await;
    let refused = fixture.matcher.enrolled(&organization, &foreign_cursor()).await;
    assert!(matches!(refused, Err(FaceMatcherError::InvalidCursor)), "{refused:?}");
    fixture.clean_up(&organization).await;
}
