//! Every promise of the port, with user vectors and with face vectors.

use std::sync::Arc;

use attendance_aws::rekognition::SearchBy;
use attendance_core::conformance::face_matcher::{FaceMatcherFixture, TwoFaces};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};

use crate::given::{Bucket, matcher};
use crate::pictures::{ASTRONAUT, GRACE, file, gigapixels, pictures};
use crate::support::{REKOGNITION, aws_at, endpoint};

async fn fixture(by: SearchBy) -> Option<(FaceMatcherFixture, ())> {
    let aws = aws_at(&endpoint(REKOGNITION)?);
    let bucket = Bucket::new().await?;
    let matcher = || Arc::new(matcher(&aws, by).with_images(bucket.images.clone()));
    let pictures = pictures();
    let (grace, astronaut) = (Bytes::from_static(GRACE), Bytes::from_static(ASTRONAUT));
    let mut fixture = FaceMatcherFixture::new(matcher(), grace, pictures.again.clone(), astronaut);
    fixture.another_instance = Some(matcher());
    fixture.images = Some(Arc::new(bucket.images.clone()));
    fixture.both = Some(TwoFaces { picture: pictures.both.clone(), largest_is_a: true });
    fixture.no_face = Some(pictures.no_face.clone());
    fixture.broken = vec![
        Bytes::from_static(b"This is a letter."),
        Bytes::from_static(&GRACE[..GRACE.len() / 2]),
        Bytes::from_static(&ASTRONAUT[..ASTRONAUT.len() / 2]),
        gigapixels(),
        file(&DynamicImage::new_rgb8(1, 1), ImageFormat::Png),
        vec![0; 6_000_000].into(),
    ];
    Some((fixture, ()))
}

mod user_vectors {
    use super::*;

    async fn by_users() -> Option<(FaceMatcherFixture, ())> {
        fixture(SearchBy::UserVectors).await
    }

    attendance_core::face_matcher_suite!(by_users);
}

mod face_vectors {
    use super::*;

    async fn by_faces() -> Option<(FaceMatcherFixture, ())> {
        fixture(SearchBy::FaceVectors).await
    }

    attendance_core::face_matcher_suite!(by_faces);
}
