use std::fs;
use std::sync::OnceLock;

use super::*;
use attendance_core::domain::image::ImageKey;

const GRACE: &[u8] = include_bytes!("../../testdata/grace_hopper.jpg");
const ASTRONAUT: &[u8] = include_bytes!("../../testdata/astronaut.png");

fn vision() -> Vision {
    static VISION: OnceLock<Vision> = OnceLock::new();
    VISION.get_or_init(|| Vision::load().unwrap()).clone()
}

fn default() -> OrganizationId {
    OrganizationId::new("default").unwrap()
}

async fn open(folder: &tempfile::TempDir) -> LocalFaceMatcher {
    let matcher = LocalFaceMatcher::new(vision(), folder.path().join("gallery"), None).unwrap();
    matcher.provision(&default()).await.unwrap();
    matcher
}

async fn enrol(matcher: &LocalFaceMatcher, picture: &'static [u8]) -> Result<AttendeeId, FaceMatcherError> {
    let attendee = AttendeeId::fresh();
    let face = FaceId::derive(&default(), attendee, picture);
    let quality = matcher.default_policy().enrolment_quality;
    matcher.enrol(&default(), attendee, face, &ImageRef::bytes(picture), &quality).await?;
    Ok(attendee)
}

fn options(matcher: &LocalFaceMatcher) -> IdentifyOptions {
    IdentifyOptions { faces: Faces::Largest, floor: matcher.default_policy().floor(), max_candidates: 5 }
}

#[test]
fn the_default_policy_takes_the_portraits_and_rests_on_a_measurement() {
    let policy = policy::default();
    for picture in [GRACE, ASTRONAUT] {
        let seen = Sight::of_enrolment(&vision(), picture).unwrap();
        assert_eq!(policy.enrolment_quality.problems(&seen.quality), [], "{:?}", seen.quality);
        assert_eq!(policy.check_in_quality.problems(&seen.quality), []);
    }
    assert!(policy.measurement.is_some_and(|measured| measured.impostor_pairs > 100_000));
}

#[tokio::test]
async fn after_a_restart_everybody_is_still_known() {
    let folder = tempfile::tempdir().unwrap();
    let grace = enrol(&open(&folder).await, GRACE).await.unwrap();
    let again = open(&folder).await;
    let found = again.identify(&default(), &ImageRef::bytes(GRACE), options(&again)).await.unwrap();
    assert_eq!(found.faces[0].candidates[0].attendee, grace);
    assert!(found.faces[0].candidates[0].similarity.percent() > 99.9);
}

#[tokio::test]
async fn after_forgetting_no_byte_of_the_template_is_left_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let matcher = open(&folder).await;
    let (grace, astronaut) = (enrol(&matcher, GRACE).await.unwrap(), enrol(&matcher, ASTRONAUT).await.unwrap());
    // Any two of its numbers in a row are its own.
    let traces = |picture| {
        let seen = Sight::of_enrolment(&vision(), picture).unwrap();
        let bytes: Vec<u8> = seen.template.as_slice().iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut found = 0;
        for entry in fs::read_dir(folder.path().join("gallery")).unwrap() {
            let file = fs::read(entry.unwrap().path()).unwrap();
            found += bytes.chunks(8).filter(|part| file.windows(8).any(|window| window == *part)).count();
        }
        found
    };
    assert_eq!((traces(GRACE), traces(ASTRONAUT)), (64, 64));
    assert_eq!(matcher.forget(&default(), grace).await.unwrap(), 1);
    assert_eq!((traces(GRACE), traces(ASTRONAUT)), (0, 64));
    assert_eq!(matcher.faces(&default(), astronaut).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_pictures_at_once_are_all_looked_at_and_never_more_together_than_there_are_cores() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let folder = tempfile::tempdir().unwrap();
    let matcher = open(&folder).await;
    let grace = enrol(&matcher, GRACE).await.unwrap();
    let cores = matcher.cores.available_permits();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (matcher, now, most) = (matcher.clone(), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                let options = options(&matcher);
                let look = move |inner: &Inner| {
                    most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                    let found = inner.identify(&default(), GRACE, options);
                    now.fetch_sub(1, SeqCst);
                    found
                };
                matcher.look(look).await
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().faces[0].candidates[0].attendee, grace);
    }
    assert!((1..=cores).contains(&most.load(SeqCst)), "{most:?} of {cores}");
    assert_eq!(matcher.cores.available_permits(), cores);
}

#[tokio::test]
async fn a_stored_image_can_not_be_read_without_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let matcher = open(&folder).await;
    let image = ImageRef::Stored(ImageKey::new("a").unwrap());
    let error = matcher.identify(&default(), &image, options(&matcher)).await.unwrap_err();
    assert!(matches!(error, FaceMatcherError::Failed { .. }), "{error:?}");
}

#[tokio::test]
async fn face_data_of_a_newer_format_are_too_new_and_of_another_model_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let matcher = open(&folder).await;
    enrol(&matcher, GRACE).await.unwrap();
    let file = folder.path().join("gallery/default.log");
    let bytes = fs::read(&file).unwrap();
    let mut newer = bytes.clone();
    newer[8] = 2;
    fs::write(&file, newer).unwrap();
    let error = enrol(&matcher, ASTRONAUT).await.unwrap_err();
    assert!(matches!(error, FaceMatcherError::TooNew), "{error:?}");
    drop(GalleryStore::open(folder.path().join("gallery"), "other/1", vision::DIMENSIONS).map(|store| {
        store.remove(&default()).unwrap();
        store.provision(&default()).unwrap();
    }));
    let error = enrol(&matcher, ASTRONAUT).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("other/1") && source.contains(vision::MODEL), "{source}");
    fs::write(&file, bytes).unwrap();
    enrol(&matcher, ASTRONAUT).await.unwrap();
}
