//! `RekognitionMatcher`: on `rekognition-local`, which really matches, and on answers that it never gives.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

#[path = "rekognition_matcher/answers.rs"]
mod answers;
#[path = "rekognition_matcher/conformance.rs"]
mod conformance;
#[path = "rekognition_matcher/enrolment.rs"]
mod enrolment;
#[path = "rekognition_matcher/faults.rs"]
mod faults;
#[path = "rekognition_matcher/given.rs"]
mod given;
#[path = "rekognition_matcher/images.rs"]
mod images;
#[path = "rekognition_matcher/life.rs"]
mod life;
#[path = "rekognition_matcher/pictures.rs"]
mod pictures;
#[path = "rekognition_matcher/removal.rs"]
mod removal;
