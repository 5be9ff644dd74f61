//! Enrols one photo, checks another one in, and lists who came: `cargo run -p attendance-quickstart -- ENROL CHECK-IN`.

use std::sync::Arc;

use anyhow::{Context, Result};
use attendance_core::domain::attendee::{ConsentWording, ExternalId, Name};
use attendance_core::domain::{audit::Actor, zone::Zone};
use attendance_core::ports::{ImageStore, attendance_repo::RecordQuery, face_matcher::ImageRef};
use attendance_core::{Attendance, CheckInRequest, EnrolRequest, NewAttendee, NewOrganization};
use attendance_local::{DataFolder, FolderImageStore, LocalFaceMatcher};
use attendance_local::{event_sink::JsonLinesEventSink, notifier::LogNotifier};
use attendance_sql::SqlAttendanceRepo;

#[tokio::main]
async fn main() -> Result<()> {
    let mut photos = std::env::args().skip(1);
    let (enrol, check_in) =
        photos.next().zip(photos.next()).context("name two photos: one to enrol, one to check in")?;

    // Five adapters over one folder; any of them can be another: see `attendance_core::ports`.
    let folder = DataFolder::open("quickstart-data", std::time::Duration::from_secs(10))?;
    let images: Arc<dyn ImageStore> = Arc::new(FolderImageStore::open(folder.images())?);
    let matcher = LocalFaceMatcher::open(folder.gallery(), Some(images.clone()))?;
    let attendance = Attendance::builder()
        .face_matcher(Arc::new(matcher))
        .image_store(images)
        .repo(Arc::new(SqlAttendanceRepo::open_sqlite(&folder.database()).await?))
        .notifier(Arc::new(LogNotifier::new()))
        .event_sink(Arc::new(JsonLinesEventSink::open(folder.events())?))
        .build()?;
    let (zone, me) = (Zone::new("Europe/Berlin")?, Actor::new("quickstart")?);
    let school = NewOrganization { id: "school".parse()?, zone: zone.clone(), policy: Default::default() };
    let school = attendance.ensure_organization(school, &me).await?.id;

    let roll_number = ExternalId::new("R-1815")?;
    let ada = match attendance.repo().attendee_by_external_id(&school, &roll_number).await? {
        Some(ada) => ada.id,
        None => {
            let mut ada = NewAttendee::named(Name::new("Ada")?);
            ada.external_id = Some(roll_number);
            ada.consent = Some(ConsentWording::new("My face may be used to record my attendance.")?);
            attendance.register(&school, ada, &me).await?.id
        }
    };
    let image = ImageRef::bytes(std::fs::read(enrol)?);
    attendance.enrol(&school, EnrolRequest::new(ada, image, me.clone())).await?;

    let image = ImageRef::bytes(std::fs::read(check_in)?);
    let answer = attendance.check_in(&school, CheckInRequest::new(image, me)).await?;
    println!("{:?}", answer.faces[0].outcome);

    let today = zone.date_at(attendance.now());
    let query = RecordQuery { from: today, to: today, group: None, attendee: None };
    for row in attendance.report_all(&school, &query).await? {
        println!("{} {} {}", row.record.session, row.name.as_ref().map_or("?", Name::as_str), row.record.status);
    }
    attendance.relay(&school).await?;
    Ok(())
}
