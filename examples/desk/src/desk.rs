//! The embedded adapters, put together over one data folder.

use std::path::Path;
use std::sync::Arc;

use attendance_api::Api;
use attendance_api::auth::{Grant, Issued, Role, SharedKeyTokens, TokenIssuer};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::organization::OrganizationPolicy;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::ImageStore;
use attendance_core::{Attendance, NewOrganization};
use attendance_local::event_sink::{Fanout, JsonLinesEventSink, LiveFeed};
use attendance_local::notifier::LogNotifier;
use attendance_local::vision::Vision;
use attendance_local::{DataFolder, FolderImageStore, LocalFaceMatcher};
use attendance_sql::SqlAttendanceRepo;
use jiff::SignedDuration;

use crate::failure::Failure;
use crate::notice::Notice;
use crate::together::{self, Lost};
use crate::token_key;

/// The issuer that this desk's tokens name. Whom a token signs in as is kept under it, so it never changes.
const ISSUER: &str = "attendance-desk";

/// Attendance in one data folder, which this process owns.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) attendance: Attendance,
    pub(crate) tokens: Arc<SharedKeyTokens>,
    pub(crate) live: LiveFeed,
    repo: SqlAttendanceRepo,
    // Last, so that the folder is let go after everything in it.
    pub(crate) folder: DataFolder,
}

impl Desk {
    /// Opens what is in the folder. Its own organization is made with that zone, or this machine's, if it is not there.
    pub(crate) async fn open(
        folder: DataFolder,
        vision: Vision,
        zone: Option<Zone>,
        lost: Lost,
    ) -> Result<Self, Failure> {
        // Left by a desk that crashed.
        Notice::take_down(&folder)?;
        let repo = together::open(&folder, lost).await?;
        let tokens = Arc::new(SharedKeyTokens::new(ISSUER.to_owned(), &token_key::load_or_make(&folder)?));
        let images: Arc<dyn ImageStore> = Arc::new(FolderImageStore::open(folder.images())?);
        let matcher = LocalFaceMatcher::new(vision, folder.gallery(), Some(images.clone()))?;
        let live = LiveFeed::default();
        let lines = JsonLinesEventSink::open(folder.events())?;
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(matcher))
            .image_store(images)
            .repo(Arc::new(repo.clone()))
            .notifier(Arc::new(LogNotifier::new()))
            .event_sink(Arc::new(Fanout::new(vec![Arc::new(lines), Arc::new(live.clone())])))
            .build()
            .map_err(anyhow::Error::from)?;
        let home = NewOrganization {
            id: home(),
            zone: zone.unwrap_or_else(this_machine),
            policy: OrganizationPolicy::default(),
        };
        attendance.ensure_organization(home, &Actor::system()).await?;
        if lost == Lost::Faces {
            for organization in attendance.organizations().await? {
                attendance.face_matcher().provision(&organization).await?;
                enrol_anew(&attendance, &organization).await?;
            }
        }
        Ok(Self { attendance, tokens, live, repo, folder })
    }

    /// As [`open`](Self::open), of a folder that nobody else can know of.
    pub(crate) async fn open_new(folder: &Path) -> Result<Self, Failure> {
        Self::open(DataFolder::open(folder, std::time::Duration::ZERO)?, load_networks()?, None, Lost::Nothing).await
    }

    /// The API over this desk.
    pub(crate) fn api(&self) -> Api {
        Api::new(self.attendance.clone(), self.tokens.clone()).home(home()).tokens(self.tokens.clone())
    }

    /// A token with every right in the desk's own organization.
    pub(crate) fn admin_token(&self, subject: &str, valid_for: SignedDuration) -> Result<Issued, Failure> {
        let groups = [(home(), Role::Admin)].into();
        let grant = Grant { subject: subject.to_owned(), groups, valid_for };
        Ok(self.tokens.issue(&grant, self.attendance.now()).map_err(anyhow::Error::from)?)
    }

    /// Tells everybody what happened, and closes the folder.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        let told = self.relay_all().await;
        self.repo.close().await?;
        told
    }

    async fn relay_all(&self) -> Result<(), Failure> {
        for organization in self.attendance.organizations().await? {
            self.attendance.relay(&organization).await?;
        }
        Ok(())
    }
}

/// Calls nobody enrolled whose faces are lost: somebody said that they are.
async fn enrol_anew(attendance: &Attendance, organization: &OrganizationId) -> Result<(), Failure> {
    loop {
        let lost = attendance.removals(organization).await?.into_iter().filter(|removal| removal.faces == 0);
        let lost: Vec<_> = lost.map(|removal| removal.attendee).collect();
        if attendance.remove_unknown_faces(organization, &lost, &Actor::system()).await? == 0 {
            return Ok(());
        }
    }
}

/// The networks, which take a moment: whoever waits for a folder should not wait for these too.
pub(crate) fn load_networks() -> Result<Vision, Failure> {
    Ok(Vision::load().map_err(anyhow::Error::from)?)
}

/// The desk's own organization.
pub(crate) fn home() -> OrganizationId {
    OrganizationId::new("default").expect("a valid id")
}

/// This machine's zone.
pub(crate) fn this_machine() -> Zone {
    jiff::tz::TimeZone::system().iana_name().and_then(|name| Zone::new(name).ok()).unwrap_or_else(Zone::utc)
}
