//! The server as the AWS SDK for Rust sees it.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::io::Cursor;
use std::time::Duration;

use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::operation::list_collections::ListCollectionsOutput;
use aws_sdk_rekognition::operation::list_users::ListUsersOutput;
use aws_sdk_rekognition::types::{
    Attribute, FaceMatch, LandmarkType, QualityFilter, Reason, UnsearchedFaceReason, UserMatch, UserStatus,
};
use image::{DynamicImage, ImageFormat, RgbImage};
use rekognition_local::Settings;
use support::{ASTRONAUT, GRACE, bytes, code, serve};

async fn in_memory() -> Client {
    let client = serve(Settings::default()).await;
    client.create_collection().collection_id("people").send().await.unwrap();
    client
}

/// Indexes the one face of an image.
async fn index(client: &Client, image: &[u8], name: &str) -> String {
    let request = client.index_faces().collection_id("people").image(bytes(image)).external_image_id(name);
    let indexed = request.send().await.unwrap();
    assert_eq!((indexed.face_records().len(), indexed.unindexed_faces().len()), (1, 0));
    indexed.face_records()[0].face().unwrap().face_id().unwrap().to_owned()
}

fn names(matches: &[FaceMatch]) -> Vec<&str> {
    matches.iter().map(|found| found.face().unwrap().external_image_id().unwrap()).collect()
}

fn user_ids(matches: &[UserMatch]) -> Vec<&str> {
    matches.iter().map(|found| found.user().unwrap().user_id().unwrap()).collect()
}

fn png(image: &RgbImage) -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// The astronaut at full size, with Grace Hopper, who takes less of the picture, to the right.
fn both() -> Vec<u8> {
    let (grace, astronaut) = [GRACE, ASTRONAUT].map(|image| image::load_from_memory(image).unwrap()).into();
    let grace = grace.resize(300, 300, image::imageops::FilterType::Triangle);
    let mut both = DynamicImage::new_rgb8(astronaut.width() + grace.width(), astronaut.height());
    image::imageops::overlay(&mut both, &astronaut, 0, 0);
    image::imageops::overlay(&mut both, &grace, i64::from(astronaut.width()), 0);
    png(&both.into_rgb8())
}

fn nobody() -> Vec<u8> {
    png(&RgbImage::from_pixel(200, 200, image::Rgb([90, 120, 150])))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_portraits_are_enrolled_found_and_told_apart() {
    let client = in_memory().await;
    let grace = index(&client, GRACE, "grace").await;
    let astronaut = index(&client, ASTRONAUT, "astronaut").await;
    for (image, name, id) in [(GRACE, "grace", &grace), (ASTRONAUT, "astronaut", &astronaut)] {
        let found = client.search_faces_by_image().collection_id("people").image(bytes(image)).send().await.unwrap();
        assert_eq!(names(found.face_matches()), [name], "and nobody else at the usual 80 percent");
        let best = &found.face_matches()[0];
        assert!(best.similarity().unwrap() > 99.0, "{best:?}");
        assert_eq!(best.face().unwrap().face_id(), Some(id.as_str()));
        assert!(found.searched_face_confidence().unwrap() > 75.0 && found.searched_face_bounding_box().is_some());
        let request = client.search_faces_by_image().collection_id("people").image(bytes(image));
        let all = request.face_match_threshold(0.0).send().await.unwrap();
        assert_eq!((names(all.face_matches())[0], all.face_matches().len()), (name, 2));
    }
    let request = client.search_faces().collection_id("people").face_id(&grace).face_match_threshold(0.0);
    let like = request.send().await.unwrap();
    assert_eq!((like.searched_face_id(), names(like.face_matches())), (Some(grace.as_str()), vec!["astronaut"]));

    let compare = |target| client.compare_faces().source_image(bytes(GRACE)).target_image(bytes(target)).send();
    let (same, other) = (compare(GRACE).await.unwrap(), compare(ASTRONAUT).await.unwrap());
    assert_eq!((same.face_matches().len(), same.unmatched_faces().len()), (1, 0));
    assert_eq!((other.face_matches().len(), other.unmatched_faces().len()), (0, 1));

    let delete = client.delete_faces().collection_id("people").face_ids(&grace).send().await.unwrap();
    assert_eq!(delete.deleted_faces(), [grace]);
    let found = client.search_faces_by_image().collection_id("people").image(bytes(GRACE)).send().await.unwrap();
    assert_eq!(names(found.face_matches()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_their_users() {
    let client = in_memory().await;
    for (image, user) in [(GRACE, "u-grace"), (ASTRONAUT, "u-astronaut")] {
        let face = index(&client, image, "portrait").await;
        client.create_user().collection_id("people").user_id(user).send().await.unwrap();
        let request = client.associate_faces().collection_id("people").user_id(user).face_ids(&face);
        let associated = request.send().await.unwrap();
        assert_eq!(associated.user_status(), Some(&UserStatus::Active));
        assert_eq!(associated.associated_faces()[0].face_id(), Some(face.as_str()));

        let found = client.search_users_by_image().collection_id("people").image(bytes(image)).send().await.unwrap();
        assert_eq!((user_ids(found.user_matches()), found.unsearched_faces().len()), (vec![user], 0));
        let found = client.search_users().collection_id("people").face_id(&face).send().await.unwrap();
        assert_eq!(user_ids(found.user_matches()), [user]);
        let found = client.search_users().collection_id("people").user_id(user).send().await.unwrap();
        assert_eq!(user_ids(found.user_matches()), [""; 0], "nobody else is like them");
        let faces = client.list_faces().collection_id("people").user_id(user).send().await.unwrap();
        assert_eq!((faces.faces().len(), faces.faces()[0].user_id()), (1, Some(user)));

        let refused = client.delete_faces().collection_id("people").face_ids(&face).send().await.unwrap();
        assert_eq!(refused.unsuccessful_face_deletions()[0].user_id(), Some(user));
        let request = client.disassociate_faces().collection_id("people").user_id(user).face_ids(&face);
        assert_eq!(request.send().await.unwrap().user_status(), Some(&UserStatus::Created));
    }
    let people = client.describe_collection().collection_id("people").send().await.unwrap();
    assert_eq!((people.face_count(), people.user_count()), (Some(2), Some(2)));
    client.delete_user().collection_id("people").user_id("u-grace").send().await.unwrap();
    let users = client.list_users().collection_id("people").send().await.unwrap();
    assert_eq!(users.users().iter().map(|user| user.user_id().unwrap()).collect::<Vec<_>>(), ["u-astronaut"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_listed_comes_in_pages() {
    let client = in_memory().await;
    index(&client, GRACE, "grace").await;
    index(&client, ASTRONAUT, "astronaut").await;
    for n in 0..5 {
        client.create_user().collection_id("people").user_id(format!("u{n}")).send().await.unwrap();
        client.create_collection().collection_id(format!("other-{n}")).send().await.unwrap();
    }
    let users = client.list_users().collection_id("people").into_paginator().page_size(2).send();
    let pages = users.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.users().len()).collect::<Vec<_>>(), [2, 2, 1]);
    let ids: Vec<_> = pages.iter().flat_map(ListUsersOutput::users).map(|user| user.user_id().unwrap()).collect();
    assert_eq!(ids, ["u0", "u1", "u2", "u3", "u4"]);

    let collections = client.list_collections().into_paginator().page_size(4).send();
    let pages = collections.collect::<Result<Vec<_>, _>>().await.unwrap();
    let ids: Vec<_> = pages.iter().flat_map(ListCollectionsOutput::collection_ids).collect();
    assert_eq!((pages.len(), ids[0].as_str(), ids.len()), (2, "people", 6));

    let first = client.list_faces().collection_id("people").max_results(1).send().await.unwrap();
    let token = first.next_token().unwrap();
    let next = client.list_faces().collection_id("people").max_results(1).next_token(token).send().await.unwrap();
    assert!(next.next_token().is_none() && next.faces().len() == 1 && next.faces() != first.faces());
    let one = next.faces()[0].face_id().unwrap();
    let among = client.list_faces().collection_id("people").face_ids(one).send().await.unwrap();
    assert_eq!(among.faces(), next.faces());
    for collection in ["other-1", "people"] {
        let request = client.list_users().collection_id(collection).next_token(token).send();
        assert_eq!(code(request.await), "InvalidPaginationTokenException");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_faces_the_largest_is_searched_for_and_those_asked_for_are_indexed() {
    let (client, both) = (in_memory().await, both());
    let detected = client.detect_faces().image(bytes(&both)).attributes(Attribute::All).send().await.unwrap();
    let [left, right] = detected.face_details() else { panic!("two faces are there: {detected:?}") };
    let area = |face: &aws_sdk_rekognition::types::FaceDetail| {
        let place = face.bounding_box().unwrap();
        place.width().unwrap() * place.height().unwrap()
    };
    assert!(area(left) > area(right), "the largest first");
    for face in [left, right] {
        let x = |kind| {
            let mark = face.landmarks().iter().find(|mark| *mark.r#type().unwrap() == kind).unwrap();
            mark.x().unwrap()
        };
        assert!(x(LandmarkType::EyeLeft) < x(LandmarkType::Nose) && x(LandmarkType::Nose) < x(LandmarkType::EyeRight));
        assert!(face.confidence().unwrap() > 75.0 && face.quality().unwrap().sharpness().unwrap() > 20.0);
        assert!(face.pose().unwrap().yaw().unwrap().abs() < 45.0);
        assert!(face.age_range().is_none() && face.emotions().is_empty(), "what is not known is left out");
    }

    let index = || client.index_faces().collection_id("people").image(bytes(&both)).external_image_id("both");
    let first = index().max_faces(1).send().await.unwrap();
    assert_eq!(first.face_records()[0].face_detail(), Some(left));
    let left_out = &first.unindexed_faces()[0];
    assert_eq!((left_out.reasons(), left_out.face_detail()), ([Reason::ExceedsMaxFaces].as_slice(), Some(right)));
    let second = index().send().await.unwrap();
    assert_eq!((second.face_records().len(), second.unindexed_faces().len()), (2, 0));
    assert_eq!(second.face_records()[0].face(), first.face_records()[0].face(), "indexed before, it is the same");
    let people = client.describe_collection().collection_id("people").send().await.unwrap();
    assert_eq!(people.face_count(), Some(2));

    let found = client.search_users_by_image().collection_id("people").image(bytes(&both)).send().await.unwrap();
    assert_eq!(found.searched_face().unwrap().face_detail(), Some(left));
    let unsearched = &found.unsearched_faces()[0];
    assert_eq!(unsearched.reasons(), [UnsearchedFaceReason::FaceNotLargest]);
    assert_eq!(unsearched.face_details(), Some(right));
    let request = client.compare_faces().source_image(bytes(GRACE)).target_image(bytes(&both));
    let compared = request.send().await.unwrap();
    assert_eq!((compared.face_matches().len(), compared.unmatched_faces().len()), (1, 1));
    assert_eq!(compared.face_matches()[0].face().unwrap().bounding_box(), right.bounding_box());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_shows_badly_is_indexed_only_if_that_is_asked_for() {
    let client = in_memory().await;
    let blurred = image::load_from_memory(ASTRONAUT).unwrap().blur(3.0).into_rgb8();
    let blurred = png(&blurred);
    let index = || client.index_faces().collection_id("people").image(bytes(&blurred));
    for filter in [None, Some(QualityFilter::Low), Some(QualityFilter::Medium), Some(QualityFilter::High)] {
        let indexed = index().set_quality_filter(filter).send().await.unwrap();
        assert_eq!((indexed.face_records().len(), indexed.unindexed_faces().len()), (0, 1));
        assert!(indexed.unindexed_faces()[0].reasons().contains(&Reason::LowSharpness), "{indexed:?}");
    }
    assert_eq!(index().quality_filter(QualityFilter::None).send().await.unwrap().face_records().len(), 1);
    let search = || client.search_faces_by_image().collection_id("people").image(bytes(&blurred));
    assert_eq!(search().send().await.unwrap().face_matches().len(), 1);
    assert_eq!(code(search().quality_filter(QualityFilter::Auto).send().await), "InvalidParameterException");
    let request = client.search_users_by_image().collection_id("people").image(bytes(&blurred));
    let searched = request.quality_filter(QualityFilter::Auto).send().await.unwrap();
    assert!(searched.searched_face().is_none());
    assert!(searched.unsearched_faces()[0].reasons().contains(&UnsearchedFaceReason::LowSharpness));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_a_face_is_an_error_for_faces_and_an_empty_answer_for_users() {
    let (client, nobody) = (in_memory().await, nobody());
    let image = || bytes(&nobody);
    let faces = client.search_faces_by_image().collection_id("people").image(image()).send();
    assert_eq!(code(faces.await), "InvalidParameterException");
    let compared = client.compare_faces().source_image(image()).target_image(bytes(GRACE)).send();
    assert_eq!(code(compared.await), "InvalidParameterException");
    let compared = client.compare_faces().source_image(bytes(GRACE)).target_image(image()).send();
    assert_eq!(code(compared.await), "InvalidParameterException");
    let users = client.search_users_by_image().collection_id("people").image(image()).send().await.unwrap();
    assert!(users.user_matches().is_empty() && users.searched_face().is_none() && users.unsearched_faces().is_empty());
    assert!(client.detect_faces().image(image()).send().await.unwrap().face_details().is_empty());
    let indexed = client.index_faces().collection_id("people").image(image()).send().await.unwrap();
    assert!(indexed.face_records().is_empty() && indexed.unindexed_faces().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_the_code_that_it_has_at_amazon() {
    let client = in_memory().await;
    let detect = |image: &[u8]| client.detect_faces().image(bytes(image)).send();
    assert_eq!(code(detect(b"GIF89a\x01\x00\x01\x00").await), "InvalidImageFormatException");
    assert_eq!(code(detect(&GRACE[..GRACE.len() / 2]).await), "InvalidImageFormatException");
    assert_eq!(code(detect(&png(&RgbImage::new(79, 200))).await), "InvalidParameterException");
    assert_eq!(code(detect(&vec![0xFF; 5 * 1024 * 1024 + 1]).await), "ValidationException");
    assert_eq!(code(detect(&vec![0xFF; 20 * 1024 * 1024]).await), "RequestEntityTooLargeException");
    let no_image = client.detect_faces().image(aws_sdk_rekognition::types::Image::builder().build());
    assert_eq!(code(no_image.send().await), "InvalidParameterException");

    let search = || client.search_faces_by_image().collection_id("people").image(bytes(GRACE));
    assert_eq!(code(search().face_match_threshold(100.5).send().await), "ValidationException");
    assert_eq!(code(search().max_faces(4097).send().await), "ValidationException");
    assert_eq!(code(search().collection_id("others").send().await), "ResourceNotFoundException");
    assert_eq!(code(search().collection_id("a b").send().await), "ValidationException");
    let unknown = "0192f3a4-7c1e-7b3a-8c55-0123456789ab";
    let face = client.search_faces().collection_id("people").face_id(unknown);
    assert_eq!(code(face.send().await), "InvalidParameterException");
    let users = || client.search_users().collection_id("people");
    assert_eq!(code(users().send().await), "InvalidParameterException");
    assert_eq!(code(users().user_id("u").face_id(unknown).send().await), "InvalidParameterException");
    assert_eq!(code(users().user_id("u").send().await), "ResourceNotFoundException");

    let create = client.create_collection().collection_id("people").send();
    assert_eq!(code(create.await), "ResourceAlreadyExistsException");
    let user = |token| client.create_user().collection_id("people").user_id("u").client_request_token(token);
    user("t1").send().await.unwrap();
    user("t1").send().await.unwrap();
    assert_eq!(code(user("t2").send().await), "ConflictException");
    assert_eq!(code(user("t1").user_id("v").send().await), "IdempotentParameterMismatchException");
    assert_eq!(code(user("no token!").send().await), "ValidationException");

    client.delete_collection().collection_id("people").send().await.unwrap();
    assert_eq!(code(search().send().await), "ResourceNotFoundException");
    assert_eq!(code(client.delete_collection().collection_id("people").send().await), "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_stays_updating_for_as_long_as_one_likes() {
    let delay = Duration::from_secs(3600);
    let client = serve(Settings { user_update_delay: delay, ..Settings::default() }).await;
    client.create_collection().collection_id("people").send().await.unwrap();
    let face = index(&client, GRACE, "grace").await;
    client.create_user().collection_id("people").user_id("u").send().await.unwrap();
    let associate = || client.associate_faces().collection_id("people").user_id("u").face_ids(&face);
    assert_eq!(associate().send().await.unwrap().user_status(), Some(&UserStatus::Updating));
    assert_eq!(code(associate().send().await), "ConflictException");
    let found = client.search_users_by_image().collection_id("people").image(bytes(GRACE)).send().await.unwrap();
    assert!(found.user_matches().is_empty(), "searches do not know the face yet");
    let users = client.list_users().collection_id("people").send().await.unwrap();
    assert_eq!(users.users()[0].user_status(), Some(&UserStatus::Updating));
}
