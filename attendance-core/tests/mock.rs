//! The mocks of the ports.

use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::ports::attendance_repo::Entity;
use attendance_core::ports::{
    AttendanceRepo, AttendanceRepoExt, FaceMatcher, MockAttendanceRepo, MockFaceMatcher, RepoError,
};

#[tokio::test]
async fn a_mocked_repository_says_what_it_is_asked_and_answers_what_it_is_told() {
    let (school, ada) = (OrganizationId::new("school").expect("an id"), AttendeeId::fresh());
    let mut repo = MockAttendanceRepo::new();
    repo.expect_attendees_by_id().withf(move |_, attendees| attendees == [ada]).returning(|_, _| Ok(Vec::new())).once();
    let repo: &dyn AttendanceRepo = &repo;
    let missing = repo.attendee(&school, ada).await;
    assert!(matches!(missing, Err(RepoError::NotFound(Entity::Attendee))));
}

#[tokio::test]
async fn a_mocked_matcher_answers_what_it_is_told() {
    let mut matcher = MockFaceMatcher::new();
    matcher.expect_forget().return_once(|_, _| Ok(3));
    let school = OrganizationId::new("school").expect("an id");
    assert_eq!(matcher.forget(&school, AttendeeId::fresh()).await.expect("an answer"), 3);
}
