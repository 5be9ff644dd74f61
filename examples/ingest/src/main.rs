//! The function that S3 calls when a picture was uploaded: below `checkins/` it is a check-in, below
//! `enrolments/{organization}/{attendee}/` a photo to enrol. Only objects that end in `.jpg`, `.jpeg` or `.png` are
//! uploads: what the services store themselves has no such end, so that nothing loops.
//!
//! An event may come twice, late and in any order: a check-in has its id from the object, and an enrolment its face's. A
//! picture that can't be used goes to the dead-letter queue at once, with the reason; whatever may pass is answered as
//! an error, so that Lambda tries again.

#![recursion_limit = "256"]

mod picture;
mod poison;

use attendance_cloud::{Cloud, Failure, serve};
use aws_lambda_events::s3::S3Event;

use crate::poison::DeadLetters;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let cloud = Cloud::start().await?;
    let dead_letters = DeadLetters::of_environment(&cloud)?;
    serve(&cloud, async |event: S3Event| {
        let mut failed = None;
        for record in event.records {
            if let Err(failure) = picture::take(&cloud, &dead_letters, record).await {
                failed = Some(failure);
            }
        }
        // One that failed brings back the others too, which have no effect a second time.
        failed.map_or(Ok(()), Err)
    })
    .await
}
