use attendance_aws::s3::parse_object_key;
use attendance_cloud::{Cloud, Failure};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::domain::image::{ImageKey, ImageProblem};
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::ports::{FaceMatcherError, ImageStoreError};
use attendance_core::{Attendance, CheckInRequest, EnrolRequest, Error};
use aws_lambda_events::s3::{S3EventRecord, S3Object};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tracing::Instrument as _;

use crate::poison::DeadLetters;

/// Who did it, for the audit.
const UPLOAD: &str = "upload";

/// What an upload's object ends with.
const ENDS: [&str; 3] = [".jpg", ".jpeg", ".png"];

/// What is to be done with a picture.
enum Task {
    CheckIn(CheckInRequest),
    Enrol(EnrolRequest),
}

/// Takes one picture that S3 tells of.
pub(crate) async fn take(cloud: &Cloud, dead_letters: &DeadLetters, record: S3EventRecord) -> Result<(), Failure> {
    let created = record.event_name.as_deref().is_some_and(|name| name.starts_with("ObjectCreated:"));
    let object = object_key(&record.s3.object);
    if !created || !ENDS.iter().any(|end| object.ends_with(end)) {
        return Ok(());
    }
    let Some((organization, key, task)) = task(&object, &record) else {
        let why = "the object is neither checkins/{organization}/... nor enrolments/{organization}/{attendee}/...";
        return dead_letters.send("unknown-key", why, &record).await;
    };
    let correlation = match &task {
        Task::CheckIn(CheckInRequest { id: Some(id), .. }) => Some(id.to_string()),
        _ => None,
    };
    let span = tracing::info_span!("picture", %organization, correlation);
    async {
        let attendance = cloud.attendance().await?;
        let Err(error) = done(attendance, &organization, task).await else { return Ok(()) };
        if is_gone(attendance, &organization, &key, &error).await? {
            tracing::info!("the picture is gone: it was dealt with before, or its time was over");
            return Ok(());
        }
        if !is_about_the_picture(&error) {
            return Err(error.into());
        }
        tracing::warn!(reason = error.code(), "the picture can't be used");
        dead_letters.send(error.code(), &error.to_string(), &record).await
    }
    .instrument(span)
    .await
}

/// Decodes an object's key, which S3 encodes as a form does.
fn object_key(object: &S3Object) -> String {
    let encoded = object.key.as_deref().unwrap_or_default().replace('+', " ");
    percent_decode_str(&encoded).decode_utf8_lossy().into_owned()
}

fn task(object: &str, record: &S3EventRecord) -> Option<(OrganizationId, ImageKey, Task)> {
    let (organization, key) = parse_object_key(object)?;
    let by = Actor::new(UPLOAD).ok()?;
    let task = if key.as_str().starts_with(ImageKey::CHECK_INS) {
        let object = &record.s3.object;
        let version = object.version_id.as_deref().or(object.e_tag.as_deref()).unwrap_or_default();
        let stored_at = Timestamp::from_millisecond(record.event_time.timestamp_millis()).ok()?;
        Task::CheckIn(CheckInRequest::of_stored(key.clone(), version, stored_at, by))
    } else {
        let attendee: AttendeeId = key.as_str().strip_prefix(ImageKey::ENROLMENTS)?.split_once('/')?.0.parse().ok()?;
        Task::Enrol(EnrolRequest::new(attendee, ImageRef::Stored(key.clone()), by))
    };
    Some((organization, key, task))
}

async fn done(attendance: &Attendance, organization: &OrganizationId, task: Task) -> Result<(), Error> {
    match task {
        Task::CheckIn(request) => {
            let answer = attendance.check_in(organization, request).await?;
            tracing::info!(faces = answer.faces.len(), "checked in");
        }
        Task::Enrol(request) => {
            let ImageRef::Stored(key) = request.image.clone() else { return Ok(()) };
            attendance.enrol(organization, request).await?;
            // Where the organization's policy keeps enrolment photos, it was kept at a place of its own.
            attendance.image_store().delete(organization, &key).await?;
            tracing::info!("enrolled");
        }
    }
    Ok(())
}

/// Whether there is no such picture any more: a matcher that can't read it says the same as of one that is not there.
async fn is_gone(
    attendance: &Attendance,
    organization: &OrganizationId,
    key: &ImageKey,
    error: &Error,
) -> Result<bool, Failure> {
    if !matches!(error, Error::Matcher(FaceMatcherError::Image(ImageProblem::Missing))) {
        return Ok(false);
    }
    match attendance.image_store().get(organization, key).await {
        Ok(_) => Err("the face matcher can't read a picture that is there: look at its rights to the bucket".into()),
        Err(ImageStoreError::NotFound) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Whether the picture, or what it is for, is to blame, so that it is the same at every attempt.
fn is_about_the_picture(error: &Error) -> bool {
    match error {
        Error::Matcher(error) => matches!(
            error,
            FaceMatcherError::Image(_)
                | FaceMatcherError::NoFace
                | FaceMatcherError::SeveralFaces { .. }
                | FaceMatcherError::PoorQuality { .. }
                | FaceMatcherError::TooManyFaces { .. }
                | FaceMatcherError::UnlikeOwnFaces
        ),
        Error::Images(_) | Error::Notifier(_) | Error::NotErased(_) => false,
        Error::Repo(_) => matches!(error.code(), "unknown-organization" | "not-found"),
        _ => true,
    }
}
