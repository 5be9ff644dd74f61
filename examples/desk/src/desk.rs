//! The embedded adapters, put together over one data folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::ImageStore;
use attendance_core::{Attendance, NewOrganization};
use attendance_local::event_sink::JsonLinesEventSink;
use attendance_local::notifier::LogNotifier;
use attendance_local::vision::Vision;
use attendance_local::{DataFolder, FolderImageStore, LocalFaceMatcher};
use attendance_sql::SqlAttendanceRepo;

use crate::failure::Failure;

/// For how long another process may keep the folder before this one gives up.
const WAIT: Duration = Duration::from_secs(10);

/// Attendance of one organization in one data folder.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) attendance: Attendance,
    pub(crate) organization: OrganizationId,
    repo: SqlAttendanceRepo,
    // Last, so that the folder is let go after everything in it.
    _folder: DataFolder,
}

impl Desk {
    /// Opens the folder, and makes it if it is not there.
    pub(crate) async fn open(folder: &Path, zone: Option<Zone>) -> Result<Self, Failure> {
        // The networks first: whoever waits for the folder should not wait for these too.
        let vision = Vision::load().map_err(anyhow::Error::from)?;
        let path = folder.to_owned();
        let folder =
            tokio::task::spawn_blocking(move || DataFolder::open(path, WAIT)).await.map_err(anyhow::Error::from)??;

        let repo = SqlAttendanceRepo::open_sqlite(&folder.database()).await?;
        let images: Arc<dyn ImageStore> = Arc::new(FolderImageStore::open(folder.images())?);
        let matcher = LocalFaceMatcher::new(vision, folder.gallery(), Some(images.clone()))?;
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(matcher))
            .image_store(images)
            .repo(Arc::new(repo.clone()))
            .notifier(Arc::new(LogNotifier::new()))
            .event_sink(Arc::new(JsonLinesEventSink::open(folder.events())?))
            .build()
            .map_err(anyhow::Error::from)?;
        let organization = NewOrganization {
            id: OrganizationId::new("default").map_err(attendance_core::Error::from)?,
            zone: zone.unwrap_or_else(zone_of_this_machine),
            policy: OrganizationPolicy::default(),
        };
        let organization = attendance.ensure_organization(organization).await?.id;
        Ok(Self { attendance, organization, repo, _folder: folder })
    }

    /// Tells everybody what happened, and closes the folder.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.attendance.relay(&self.organization).await?;
        Ok(self.repo.close().await?)
    }
}

/// Who acts here.
pub(crate) fn operator() -> Actor {
    Actor::new("cli").expect("a valid actor")
}

fn zone_of_this_machine() -> Zone {
    jiff::tz::TimeZone::system().iana_name().and_then(|name| Zone::new(name).ok()).unwrap_or_else(Zone::utc)
}
