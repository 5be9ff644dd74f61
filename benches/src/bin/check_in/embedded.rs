//! A whole check-in: the façade on the embedded adapters, as a desk puts them together.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use attendance_core::domain::attendee::{ConsentWording, Name};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::{CheckInId, GroupId, OrganizationId};
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::similarity::Threshold;
use attendance_core::domain::zone::Zone;
use attendance_core::layer::Layered;
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::ports::{AttendanceRepoExt as _, FaceMatcher};
use attendance_core::{
    Attendance, CheckInRequest, Clock as _, EnrolRequest, ManualClock, NewAttendee, NewOrganization,
};
use attendance_local::event_sink::JsonLinesEventSink;
use attendance_local::notifier::LogNotifier;
use attendance_local::{DataFolder, FolderImageStore, LocalFaceMatcher};
use attendance_sql::SqlAttendanceRepo;
use jiff::{SignedDuration, Timestamp};

use crate::timed::Timed;
use crate::{Portrait, Stopwatch};

/// The first day on which somebody checks in.
const FIRST_DAY: i64 = 1_767_600_000;

/// A desk.
#[derive(Debug)]
pub(crate) struct Embedded {
    attendance: Attendance,
    timed: Timed,
    clock: Arc<ManualClock>,
    organization: OrganizationId,
    by: Actor,
    _folder: DataFolder,
}

impl Embedded {
    /// Opens the data folder, whatever is enrolled in it, and loads the networks.
    pub(crate) async fn open(folder: &Path) -> Result<Self> {
        let folder = DataFolder::open(folder, DataFolder::WAIT)?;
        let images = Arc::new(FolderImageStore::open(folder.images())?);
        let matcher: Arc<dyn FaceMatcher> = Arc::new(LocalFaceMatcher::open(folder.gallery(), Some(images.clone()))?);
        let timed = Timed::default();
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(FIRST_DAY)?));
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(Layered::new(matcher, timed.clone())))
            .image_store(images)
            .repo(Arc::new(SqlAttendanceRepo::open_sqlite(&folder.database()).await?))
            .notifier(Arc::new(LogNotifier::new()))
            .event_sink(Arc::new(JsonLinesEventSink::open(folder.events())?))
            .clock(clock.clone())
            .build()?;
        let organization =
            NewOrganization { id: "bench".parse()?, zone: Zone::new("UTC")?, policy: OrganizationPolicy::default() };
        let by = Actor::new("bench")?;
        let organization = attendance.ensure_organization(organization, &by).await?.id;
        Ok(Self { attendance, timed, clock, organization, by, _folder: folder })
    }

    /// The least similarity that a check-in looks at.
    pub(crate) fn floor(&self) -> Threshold {
        self.attendance.face_matcher().default_policy().floor()
    }

    pub(crate) async fn enrol(&self, person: &Portrait) -> Result<()> {
        let mut attendee = NewAttendee::named(Name::new(&person.name)?);
        attendee.consent = Some(ConsentWording::new("Sample data, published to be recognised.")?);
        let attendee = self.attendance.register(&self.organization, attendee, &self.by).await?.id;
        let image = ImageRef::bytes(std::fs::read(&person.photo)?);
        let request = EnrolRequest {
            allow_lookalike: true,
            allow_unlike: true,
            ..EnrolRequest::new(attendee, image, self.by.clone())
        };
        self.attendance.enrol(&self.organization, request).await?;
        Ok(())
    }

    /// What the first check-in of a day does for all others: its session and the folder of its pictures.
    async fn begin_day(&self) -> Result<()> {
        let now = self.clock.now();
        let everyone = self.attendance.repo().group(&self.organization, &GroupId::everyone()).await?;
        let everyone = everyone.context("every organization has the group everyone")?;
        let date = everyone.zone.date_at(now);
        for session in everyone.sessions_on(date) {
            self.attendance.repo().ensure_session(&self.organization, &session).await?;
        }
        let first = ImageKey::of_check_in(date, &CheckInId::fresh());
        let picture = bytes::Bytes::from_static(b"\xff\xd8\xff");
        let images = self.attendance.image_store();
        images.put(&self.organization, &first, picture, ContentType::Jpeg, PutMode::Create).await?;
        Ok(())
    }

    /// Checks a portrait in, on a day of its own, so that every check-in makes a record; answers who it showed.
    pub(crate) async fn check_in(&self, photo: &Path, stopwatch: &mut Stopwatch) -> Result<Option<String>> {
        self.clock.advance(SignedDuration::from_hours(24));
        self.begin_day().await?;
        let start = Instant::now();
        let request = CheckInRequest::new(ImageRef::bytes(std::fs::read(photo)?), self.by.clone());
        let answer = self.attendance.check_in(&self.organization, request).await?;
        let whole = start.elapsed();
        stopwatch.add("check-in", whole);
        stopwatch.add("record", whole.saturating_sub(self.timed.last()));
        match answer.faces.first().map(|face| &face.outcome) {
            Some(Outcome::Marked { candidate, .. } | Outcome::AlreadyMarked { candidate, .. }) => {
                let attendee = self.attendance.repo().attendee(&self.organization, candidate.attendee).await?;
                Ok(attendee.name.map(|name| name.as_str().to_owned()))
            }
            _ => Ok(None),
        }
    }
}
