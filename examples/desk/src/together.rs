//! The database of a data folder, opened only beside the faces that belong to it.

use attendance_core::domain::attendee::EnrolmentState;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Directory};
use attendance_local::DataFolder;
use attendance_sql::SqlAttendanceRepo;

use crate::failure::Failure;

/// What a person says to be lost for good, so that it is gone on without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    Nothing,
    /// What faces look like.
    Faces,
}

/// Opens the database, if nothing is missing beside it and it is not missing beside the rest: a desk that went on would
/// take everybody's face away, or call everybody a stranger.
pub(crate) async fn open(folder: &DataFolder, lost: Lost) -> Result<SqlAttendanceRepo, Failure> {
    folder.check_database()?;
    let repo = SqlAttendanceRepo::open_sqlite(&folder.database()).await?;
    match check(folder, &repo, lost).await {
        Ok(()) => Ok(repo),
        Err(failure) => {
            repo.close().await?;
            Err(failure)
        }
    }
}

async fn check(folder: &DataFolder, repo: &SqlAttendanceRepo, lost: Lost) -> Result<(), Failure> {
    let organizations = organizations(repo).await?;
    let known = repo.file_id().await?;
    if lost == Lost::Nothing {
        for organization in &organizations {
            // Whoever died while an organization was made left it without a gallery, and without people.
            if !folder.has_gallery(organization)? && somebody_has_a_face(repo, organization).await? {
                folder.check_gallery(organization)?;
            }
        }
    }
    let id = folder.join(known, &organizations)?;
    if known != Some(id) {
        repo.set_file_id(id).await?;
    }
    Ok(())
}

async fn organizations(repo: &SqlAttendanceRepo) -> Result<Vec<OrganizationId>, RepoError> {
    let mut ids = Vec::new();
    let mut page = PageRequest::first(PageRequest::MAX);
    loop {
        let found = repo.organizations(&page).await?;
        ids.extend(found.items.into_iter().map(|organization| organization.id));
        match found.next {
            Some(next) => page = page.after(next),
            None => return Ok(ids),
        }
    }
}

async fn somebody_has_a_face(repo: &SqlAttendanceRepo, organization: &OrganizationId) -> Result<bool, RepoError> {
    let mut page = PageRequest::first(PageRequest::MAX);
    loop {
        let found = repo.attendees(organization, &AttendeeQuery::default(), &page).await?;
        if found.items.iter().any(|attendee| attendee.enrolment == EnrolmentState::Active) {
            return Ok(true);
        }
        match found.next {
            Some(next) => page = page.after(next),
            None => return Ok(false),
        }
    }
}
