//! Images that can't be used, images in S3, and several faces in one.

use attendance_aws::rekognition::SearchBy::{self, FaceVectors, UserVectors};
use attendance_core::domain::ids::{AttendeeId, FaceId};
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::policy::QualityPolicy;
use attendance_core::ports::FaceMatcher as _;
use attendance_core::ports::face_matcher::{FaceMatcherError, Faces, ImageProblem, ImageRef};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};

use crate::answers::{detected, found, nothing, refusal};
use crate::given::{Bucket, Given, operations, options};
use crate::pictures::{ASTRONAUT, GRACE, file, gigapixels, grace, pictures};

fn problem<T: std::fmt::Debug>(refused: Result<T, FaceMatcherError>) -> ImageProblem {
    match refused {
        Err(FaceMatcherError::Image(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unusable_image_costs_nothing() {
    let given = Given::scripted(UserVectors).await;
    let small = file(&DynamicImage::new_rgb8(200, 79), ImageFormat::Png);
    for (bytes, expected) in [
        (Bytes::new(), ImageProblem::Empty),
        (Bytes::from_static(b"This is a letter."), ImageProblem::Unsupported),
        (vec![0; 6_000_000].into(), ImageProblem::TooManyBytes { bytes: 6_000_000, limit: 5_242_880 }),
        (small, ImageProblem::TooSmall { width: 200, height: 79, min: 80 }),
        (gigapixels(), ImageProblem::TooManyPixels { width: 60_000, height: 60_000, limit: 100_000_000 }),
    ] {
        let image = ImageRef::Bytes(bytes);
        assert_eq!(problem(given.enrol(&image).await), expected);
        for faces in [Faces::Largest, Faces::All] {
            assert_eq!(problem(given.identify(&image, faces).await), expected);
        }
    }
    assert_eq!(given.asked(), [""; 0]);
}

#[tokio::test]
async fn what_rekognition_says_of_an_image_is_told() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([refusal("InvalidImageFormatException")]);
    assert_eq!(problem(given.identify(&grace(), Faces::Largest).await), ImageProblem::Damaged);
    given.proxy.disturb([refusal("ImageTooLargeException")]);
    let too_large = ImageProblem::TooManyPixels { width: 512, height: 600, limit: 512 * 600 - 1 };
    assert_eq!(problem(given.enrol(&grace()).await), too_large);
    given.proxy.disturb([refusal("InvalidParameterException")]);
    let refused = given.identify(&grace(), Faces::Largest).await;
    assert!(matches!(refused, Err(FaceMatcherError::Failed { .. })), "{refused:?}");
}

#[tokio::test]
async fn no_face_is_an_empty_success_of_one_search_and_a_refusal_of_the_other() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([nothing()]);
    let refused = given.identify(&grace(), Faces::Largest).await;
    assert!(matches!(refused, Err(FaceMatcherError::NoFace)), "{refused:?}");
    for (by, no_face) in [(UserVectors, nothing()), (FaceVectors, refusal("InvalidParameterException"))] {
        let given = Given::scripted(by).await;
        // In the crops, that is: the picture has two.
        given.proxy.disturb([detected(&[0.3, 0.2]), no_face.clone(), no_face]);
        let found = given.identify(&grace(), Faces::All).await.unwrap();
        assert!(found.faces.len() == 2 && found.faces.iter().all(|face| face.candidates.is_empty()), "{by:?}");
    }
}

#[tokio::test]
async fn what_a_search_does_not_tell_of_a_face_is_taken_as_good() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([found(&[])]);
    let found = given.identify(&grace(), Faces::Largest).await.unwrap();
    assert_eq!(found.unsearched, 1);
    let face = &found.faces[0];
    // 0.2 of 512 pixels across, 0.5 of 600 down.
    assert_eq!((face.bounding_box.left, face.quality.size), (0.4, 102));
    assert_eq!(given.matcher.default_policy().check_in_quality.problems(&face.quality), []);
}

/// A matcher of stored images whose Rekognition answers what a test writes, and the bucket.
async fn stored(by: SearchBy) -> Option<(Given, Bucket)> {
    let (bucket, mut given) = (Bucket::new().await?, Given::scripted(by).await);
    given.matcher = given.matcher.with_images(bucket.images.clone());
    Some((given, bucket))
}

#[tokio::test]
async fn a_check_in_by_key_is_one_call_of_rekognition_and_none_of_s3() {
    let Some((given, bucket)) = stored(UserVectors).await else { return };
    let image = bucket.put(&given.organization, GRACE).await;
    given.proxy.disturb([found(&[])]);
    given.identify(&image, Faces::Largest).await.unwrap();
    let sent: Vec<_> = given.aws.calls().sent().into_iter().collect();
    let [(call, 1)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((call.service.as_str(), call.operation.as_str()), ("Rekognition", "SearchUsersByImage"));
    assert!(bucket.aws.calls().sent().is_empty(), "{:?}", bucket.aws.calls());
    let requests = given.proxy.take();
    let body: serde_json::Value = serde_json::from_slice(&requests[0].body).unwrap();
    let ImageRef::Stored(key) = &image else { panic!("{image:?}") };
    let object = bucket.images.object_key(&given.organization, key);
    assert_eq!(body["Image"]["S3Object"]["Name"], object.as_str());
    assert_eq!(body["Image"]["S3Object"]["Bucket"], bucket.images.bucket());
}

#[tokio::test]
async fn a_check_in_by_key_finds_who_was_enrolled_by_key() {
    let Some(mut given) = Given::real(UserVectors).await else { return };
    let Some(bucket) = Bucket::new().await else { return };
    given.matcher = given.matcher.with_images(bucket.images.clone());
    let image = bucket.put(&given.organization, GRACE).await;
    let enrolled = given.enrol(&image).await.unwrap();
    assert_eq!(enrolled.quality.size, given.enrol(&grace()).await.unwrap().quality.size, "in pixels of the picture");
    drop(bucket.aws.calls().take());
    drop(given.aws.calls().take());
    let again = bucket.put(&given.organization, pictures().again.clone()).await;
    let found = given.identify(&again, Faces::Largest).await.unwrap();
    assert_eq!(found.faces[0].candidates[0].attendee, given.ada);
    assert_eq!(given.aws.calls().sent().values().sum::<u64>(), 1);
    assert!(bucket.aws.calls().sent().is_empty());
    given.clean_up().await;
}

#[tokio::test]
async fn an_image_that_rekognition_can_not_read_is_looked_at() {
    let Some((given, bucket)) = stored(UserVectors).await else { return };
    let missing = ImageRef::Stored(ImageKey::new("checkins/2026-11-21/never").unwrap());
    let there = bucket.put(&given.organization, GRACE).await;
    let small = bucket.put(&given.organization, file(&DynamicImage::new_rgb8(60, 60), ImageFormat::Png)).await;
    let letter = bucket.put(&given.organization, "This is a letter.").await;
    let empty = bucket.put(&given.organization, "").await;
    for (code, image, expected) in [
        ("InvalidS3ObjectException", &missing, ImageProblem::Missing),
        ("InvalidImageFormatException", &there, ImageProblem::Damaged),
        ("InvalidImageFormatException", &letter, ImageProblem::Unsupported),
        ("InvalidImageFormatException", &empty, ImageProblem::Empty),
        ("InvalidParameterException", &small, ImageProblem::TooSmall { width: 60, height: 60, min: 80 }),
    ] {
        given.proxy.disturb([refusal(code)]);
        assert_eq!(problem(given.identify(image, Faces::Largest).await), expected, "{code}");
    }
    // There, and yet "unable to access": its rights, or another region.
    given.proxy.disturb([refusal("InvalidS3ObjectException")]);
    let refused = given.identify(&there, Faces::Largest).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Failed { .. }), "{refused:?}");
}

#[tokio::test]
async fn an_unusable_stored_image_is_not_enrolled_and_rekognition_is_not_asked() {
    let Some((given, bucket)) = stored(UserVectors).await else { return };
    let never = ImageRef::Stored(ImageKey::new("enrolments/never").unwrap());
    assert_eq!(problem(given.enrol(&never).await), ImageProblem::Missing);
    assert_eq!(problem(given.identify(&never, Faces::All).await), ImageProblem::Missing);
    let mut large = GRACE.to_vec();
    large.resize(15 * 1024 * 1024 + 1, 0);
    let large = given_large(&bucket, &given, large).await;
    let expected = ImageProblem::TooManyBytes { bytes: 15 * 1024 * 1024 + 1, limit: 15 * 1024 * 1024 };
    assert_eq!(problem(given.enrol(&large).await), expected);
    assert_eq!(given.asked(), [""; 0]);
}

/// Stores more than the image store does.
async fn given_large(bucket: &Bucket, given: &Given, bytes: Vec<u8>) -> ImageRef {
    let key = ImageKey::new("enrolments/large").unwrap();
    let object = bucket.images.object_key(&given.organization, &key);
    let request = bucket.aws.s3().put_object().bucket(bucket.images.bucket()).key(object);
    request.body(bytes.into()).send().await.unwrap();
    ImageRef::Stored(key)
}

#[tokio::test]
async fn a_matcher_without_an_image_store_takes_no_keys() {
    let given = Given::scripted(UserVectors).await;
    let stored = ImageRef::Stored(ImageKey::new("checkins/1").unwrap());
    let refused = given.identify(&stored, Faces::Largest).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Failed { .. }), "{refused:?}");
}

#[tokio::test]
async fn every_face_is_cut_out_and_searched_for_by_itself() {
    for by in [UserVectors, FaceVectors] {
        let Some(given) = Given::real(by).await else { return };
        given.enrol(&grace()).await.unwrap();
        let bob = AttendeeId::fresh();
        let face = FaceId::derive(&given.organization, bob, ASTRONAUT);
        let image = ImageRef::bytes(ASTRONAUT);
        given.matcher.enrol(&given.organization, bob, face, &image, &QualityPolicy::ANY).await.unwrap();
        for picture in [&pictures().both, &pictures().both_on_its_side] {
            given.proxy.take();
            let found = given.identify(&ImageRef::Bytes(picture.clone()), Faces::All).await.unwrap();
            let who: Vec<Vec<_>> =
                found.faces.iter().map(|face| face.candidates.iter().map(|each| each.attendee).collect()).collect();
            assert_eq!(who, [[given.ada], [bob]], "{by:?}");
            let asked = given.asked();
            assert_eq!((asked.len(), asked[0].as_str()), (3, "DetectFaces"), "{asked:?}");
            assert!(found.faces[0].bounding_box.left < 0.5 && found.faces[1].bounding_box.left > 0.5, "upright");
        }
        given.clean_up().await;
    }
}

#[tokio::test]
async fn a_picture_of_one_is_searched_as_it_is() {
    let Some(given) = Given::real(UserVectors).await else { return };
    given.enrol(&grace()).await.unwrap();
    given.proxy.take();
    let found = given.identify(&grace(), Faces::All).await.unwrap();
    assert_eq!((found.faces.len(), found.faces[0].candidates.len()), (1, 1));
    assert_eq!(given.asked(), ["DetectFaces", "SearchUsersByImage"]);
    given.clean_up().await;
}

#[tokio::test]
async fn a_face_that_is_too_small_is_not_searched_for_and_has_no_candidates() {
    let given = Given::scripted(UserVectors).await;
    // Of 512 x 600 pixels: 154 and 36 across.
    given.proxy.disturb([detected(&[0.3, 0.07]), nothing()]);
    let found = given.identify(&grace(), Faces::All).await.unwrap();
    assert_eq!(found.faces.iter().map(|face| face.candidates.len()).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(given.asked(), ["DetectFaces", "SearchUsersByImage"]);
}

#[tokio::test]
async fn whom_another_face_of_a_crop_resembles_is_not_said_of_the_face() {
    let given = Given::scripted(UserVectors).await;
    let ada = given.ada.to_string();
    // The searched face is in the middle of either crop. The first face is at the edge of the picture, and of its crop.
    given.proxy.disturb([detected(&[0.3, 0.2]), found(&[(ada.as_str(), 99.0)]), found(&[(ada.as_str(), 99.0)])]);
    let all = given.identify(&grace(), Faces::All).await.unwrap();
    assert_eq!(all.faces.iter().map(|face| face.candidates.len()).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn a_broken_crop_search_fails_the_whole_picture() {
    let given = Given::scripted(UserVectors).await;
    given.proxy.disturb([detected(&[0.3, 0.2]), refusal("AccessDeniedException"), refusal("AccessDeniedException")]);
    let refused = given.identify(&grace(), Faces::All).await.unwrap_err();
    assert!(matches!(refused, FaceMatcherError::Failed { .. }), "{refused:?}");
}

#[tokio::test]
async fn as_many_users_and_faces_are_asked_for_as_are_needed() {
    for (by, field, expected) in [(UserVectors, "MaxUsers", 5), (FaceVectors, "MaxFaces", 500)] {
        let given = Given::scripted(by).await;
        let refused = given.matcher.identify(&given.organization, &grace(), options(Faces::Largest)).await;
        assert!(refused.is_err());
        let sent = given.proxy.take();
        assert!(operations(&sent).iter().any(|each| each.starts_with("Search")));
        let search = sent.iter().find(|request| request.operation().unwrap().starts_with("Search")).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&search.body).unwrap();
        assert_eq!((&body[field], &body["QualityFilter"]), (&expected.into(), &"NONE".into()));
        let threshold = if by == UserVectors { "UserMatchThreshold" } else { "FaceMatchThreshold" };
        assert_eq!(body[threshold], 80.0);
    }
}
