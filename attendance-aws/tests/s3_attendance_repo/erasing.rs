//! Nothing personal is left in any version of any object, however the bucket keeps them.

use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::attendee::{Attendee, EnrolmentState, Name, Tombstone};
use attendance_core::domain::event::{Event, Target};
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::ports::attendance_repo::{Outgoing, RecordDraft, Subject};
use attendance_core::ports::{AttendanceRepoExt as _, Directory as _, Ledger as _, RepoError};

use crate::given::{PERSONAL, World, ada, arrival, at, corrected, entry, organization, record};

fn subject() -> Subject {
    Subject { issuer: "https://idp".to_owned(), subject: "subject-of-ada".to_owned() }
}

/// Every version of every object, as `key version content`, and every deletion marker.
async fn everything(world: &World) -> Vec<String> {
    let client = world.client();
    let mut all = Vec::new();
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let list = client.list_object_versions().bucket(&world.bucket).max_keys(100);
        let list = list.set_key_marker(key_marker).set_version_id_marker(version_marker);
        let page = list.send().await.unwrap();
        for version in page.versions() {
            let (key, id) = (version.key().unwrap(), version.version_id().unwrap());
            let object = client.get_object().bucket(&world.bucket).key(key).version_id(id).send().await.unwrap();
            let body = object.body.collect().await.unwrap().into_bytes();
            all.push(format!("{key} {id} {}", String::from_utf8_lossy(&body)));
        }
        all.extend(page.delete_markers().iter().map(|marker| format!("{} deleted", marker.key().unwrap())));
        if !page.is_truncated().unwrap_or(false) {
            return all;
        }
        (key_marker, version_marker) = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// Somebody with a life: changed, linked, enrolled, marked by hand, checked in.
async fn lived(repo: &S3AttendanceRepo, organization: &OrganizationId) -> AttendeeId {
    let mut ada = repo.create_attendee(organization, &ada(), &entry()).await.unwrap();
    ada.name = Some(Name::new("Lovelace née Byron").unwrap());
    ada.groups.insert(GroupId::new("5B").unwrap());
    ada.external_id = Some(attendance_core::domain::attendee::ExternalId::new("Roll1815b").unwrap());
    let event = Event::of_enrolment(organization, ada.id, EnrolmentState::Active, 2, at(5));
    let outgoing = Outgoing { events: vec![event], targets: vec![Target::sink()], audit: None };
    let ada = repo.save_attendee(organization, &ada, &outgoing).await.unwrap();
    repo.link_subject(organization, &subject(), ada.id, &entry()).await.unwrap();
    repo.commit(organization, &arrival(organization, &[ada.id], "c-1")).await.unwrap();
    let first = record(ada.id, "c-1");
    let second = corrected(&first);
    let third = corrected(&second);
    for version in [second, third] {
        let draft = RecordDraft::new(organization, version);
        repo.mark(organization, &draft, &[Target::sink()], None).await.unwrap();
    }
    let tombstone = Some(Tombstone { requested_at: at(10), completed_at: None });
    let id = ada.id;
    repo.save_attendee(organization, &Attendee { tombstone, ..ada }, &Outgoing::default()).await.unwrap();
    id
}

#[tokio::test]
async fn nothing_personal_is_left_in_any_version_after_an_erasure() {
    let Some(world) = World::versioned().await else { return };
    let repo = world.repo().await;
    let organization = organization(&repo).await;
    let id = lived(&repo, &organization).await;
    let before = everything(&world).await;
    for personal in PERSONAL.iter().filter(|word| **word != "subject-of-ada") {
        assert!(before.iter().any(|object| object.contains(personal)), "{personal} was never there");
    }
    assert!(before.iter().any(|object| object.contains("/claims/")), "there were claims");

    for second in [20, 30] {
        repo.erase_attendee(&organization, id, at(second), &entry()).await.unwrap();
        let left = everything(&world).await;
        for personal in PERSONAL {
            let with: Vec<_> = left.iter().filter(|object| object.contains(personal)).collect();
            assert!(with.is_empty(), "{personal} is left in {with:?}");
        }
        for place in ["/claims/", "/subjects/", "/rosters/"] {
            let there: Vec<_> = left.iter().filter(|object| object.contains(place)).collect();
            assert!(there.is_empty(), "{there:?}");
        }
        let tombstone = repo.attendee(&organization, id).await.unwrap().tombstone.unwrap();
        assert_eq!(tombstone.completed_at, Some(at(20)));
    }
    // The records stay.
    assert_eq!(repo.history(&organization, &crate::given::monday(), id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_reason_that_is_written_after_the_erasure_goes_when_it_is_repeated() {
    let Some(world) = World::versioned().await else { return };
    let repo = world.repo().await;
    let organization = organization(&repo).await;
    let id = lived(&repo, &organization).await;
    repo.erase_attendee(&organization, id, at(20), &entry()).await.unwrap();
    let standing = repo.record(&organization, &crate::given::monday(), id).await.unwrap().unwrap();
    repo.mark(&organization, &RecordDraft::new(&organization, corrected(&standing)), &[], None).await.unwrap();
    assert!(everything(&world).await.iter().any(|object| object.contains("dentist")));
    repo.erase_attendee(&organization, id, at(30), &entry()).await.unwrap();
    let left = everything(&world).await;
    assert!(!left.iter().any(|object| object.contains("dentist")), "{left:?}");
}

#[tokio::test]
async fn somebody_elses_claim_and_subject_stay_when_they_took_them_over() {
    let Some(world) = World::versioned().await else { return };
    let repo = world.repo().await;
    let organization = organization(&repo).await;
    let id = lived(&repo, &organization).await;
    // Ada gave up the first of her external ids; Bob took it, and signs in as she did.
    let bob = repo.create_attendee(&organization, &ada(), &entry()).await.unwrap();
    repo.link_subject(&organization, &subject(), bob.id, &entry()).await.unwrap();
    repo.erase_attendee(&organization, id, at(20), &entry()).await.unwrap();
    let external_id = bob.external_id.as_ref().unwrap();
    let found = repo.attendee_by_external_id(&organization, external_id).await.unwrap();
    assert_eq!(found.map(|attendee| attendee.id), Some(bob.id));
    assert_eq!(repo.attendee_of_subject(&organization, &subject()).await.unwrap(), Some(bob.id));
    let taken = repo.create_attendee(&organization, &ada(), &entry()).await;
    assert!(matches!(taken, Err(RepoError::ExternalIdTaken)), "{taken:?}");
}
