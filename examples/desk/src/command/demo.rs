use std::io::Cursor;
use std::process::ExitCode;

use attendance_core::domain::attendee::{ConsentWording, Name};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::RecordQuery;
use attendance_core::ports::face_matcher::{Faces, ImageRef};
use attendance_core::{CheckInRequest, EnrolRequest, NewAttendee};
use image::{DynamicImage, GenericImage, ImageFormat, RgbImage};
use serde_json::json;

use crate::client::SUBJECT;
use crate::command::report;
use crate::desk::{Desk, home};
use crate::failure::Failure;
use crate::output::{Output, line};

/// Two portraits in the public domain: see their README.
const GRACE: &[u8] = include_bytes!("../../../../attendance-local/testdata/grace_hopper.jpg");
const EILEEN: &[u8] = include_bytes!("../../../../attendance-local/testdata/astronaut.png");

/// Enrols the two, checks altered copies of them in, and prints the day's report. Nothing is left behind.
pub(super) async fn run(output: &Output) -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir()?;
    let desk = Desk::open_new(folder.path()).await?;
    let done = tell(&desk, *output).await;
    desk.close().await?;
    done.map(|()| ExitCode::SUCCESS)
}

async fn tell(desk: &Desk, output: Output) -> Result<(), Failure> {
    let say = |text: &str| {
        if !output.is_json() {
            line(text);
        }
    };
    say("Two people agree to be recognised, and are enrolled from one portrait each:");
    let grace = enroll(desk, output, "Grace Hopper", GRACE).await?;
    enroll(desk, output, "Eileen Collins", EILEEN).await?;

    let (grace_photo, eileen_photo) = (decode(GRACE)?, decode(EILEEN)?);
    say("\nThey come in, and other pictures of them are taken:");
    check_in(desk, output, "mirrored and darkened", &grace_photo.fliph().brighten(-40)).await?;
    let (width, height) = (eileen_photo.width(), eileen_photo.height());
    check_in(
        desk,
        output,
        "cropped and half as large",
        &eileen_photo.crop_imm(0, 0, width * 3 / 4, height * 3 / 4).thumbnail(width / 2, height / 2),
    )
    .await?;
    check_in(desk, output, "the same person again", &grace_photo).await?;
    check_in(desk, output, "both in one picture", &side_by_side(&grace_photo, &eileen_photo)?).await?;

    say("\nGrace Hopper asks to be forgotten, and passes the camera once more:");
    let erased = desk.attendance.erase(&home(), grace, &by()).await?;
    output.say(&json!(erased), format_args!("  forgotten: {} face, {} pictures", erased.faces, erased.images));
    check_in(desk, output, "forgotten", &grace_photo).await?;

    let today = zone(desk).await?.date_at(desk.attendance.now());
    say(&format!("\nThe report of {today}, where a forgotten person is only an opaque id:"));
    let query = RecordQuery { from: today, to: today, group: None, attendee: None };
    let rows = desk.attendance.report_all(&home(), &query).await?;
    if output.is_json() {
        rows.iter().map(|row| json!(row)).for_each(line);
    } else {
        let rows: Vec<_> = rows.into_iter().map(Into::into).collect();
        line(report::table(&rows, &zone(desk).await?));
    }
    Ok(())
}

async fn zone(desk: &Desk) -> Result<Zone, Failure> {
    use attendance_core::ports::attendance_repo::AttendanceRepoExt;
    Ok(desk.attendance.repo().existing_organization(&home()).await?.zone)
}

async fn enroll(desk: &Desk, output: Output, called: &str, photo: &'static [u8]) -> Result<AttendeeId, Failure> {
    let called = Name::new(called).map_err(attendance_core::Error::from)?;
    let consent = ConsentWording::new("My face may be used for this demo.").map_err(attendance_core::Error::from)?;
    let new = NewAttendee { consent: Some(consent), ..NewAttendee::named(called.clone()) };
    let attendee = desk.attendance.register(&home(), new, &by()).await?.id;
    let request = EnrolRequest::new(attendee, ImageRef::bytes(photo), by());
    let enrolled = desk.attendance.enrol(&home(), request).await?;
    let object = json!({ "attendee": attendee, "faces": enrolled.faces });
    output
        .say(&object, format_args!("  enrolled {}: a face of {} pixels", called.as_str(), enrolled.face.quality.size));
    Ok(attendee)
}

async fn check_in(desk: &Desk, output: Output, what: &str, photo: &DynamicImage) -> Result<(), Failure> {
    let mut jpeg = Cursor::new(Vec::new());
    photo.to_rgb8().write_to(&mut jpeg, ImageFormat::Jpeg).map_err(anyhow::Error::from)?;
    let request = CheckInRequest { faces: Faces::All, ..CheckInRequest::new(ImageRef::bytes(jpeg.into_inner()), by()) };
    let answer = desk.attendance.check_in(&home(), request).await?;
    let mut outcomes = Vec::new();
    for face in &answer.faces {
        outcomes.push(match &face.outcome {
            Outcome::Marked { candidate, .. } | Outcome::AlreadyMarked { candidate, .. } => {
                let word = if matches!(face.outcome, Outcome::Marked { .. }) { "marked" } else { "already marked" };
                let known = desk.attendance.attendee(&home(), candidate.attendee).await?;
                let called = known.name.as_ref().map_or("", |name| name.as_str());
                format!("{word}: {called} ({:.1} %)", candidate.similarity.percent())
            }
            Outcome::Stranger => "a stranger".to_owned(),
            other => format!("{other:?}"),
        });
    }
    output.say(&json!(answer), format_args!("  {what:<26} {}", outcomes.join(", ")));
    Ok(())
}

fn by() -> Actor {
    Actor::new(SUBJECT).expect("a valid actor")
}

fn decode(bytes: &[u8]) -> Result<DynamicImage, Failure> {
    Ok(image::load_from_memory(bytes).map_err(anyhow::Error::from)?)
}

fn side_by_side(left: &DynamicImage, right: &DynamicImage) -> Result<DynamicImage, Failure> {
    let mut both = RgbImage::new(left.width() + right.width(), left.height().max(right.height()));
    both.copy_from(&left.to_rgb8(), 0, 0).map_err(anyhow::Error::from)?;
    both.copy_from(&right.to_rgb8(), left.width(), 0).map_err(anyhow::Error::from)?;
    Ok(both.into())
}
