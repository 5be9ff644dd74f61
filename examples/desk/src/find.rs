//! Who has the data folder: nobody, so that a command opens it, or a desk that runs, which then does the command.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attendance_local::{DataFolder, DataFolderError};

use crate::client::remote;
use crate::failure::Failure;
use crate::notice::Notice;

/// For how long another process may keep the folder before this one gives up.
const WAIT: Duration = DataFolder::WAIT;

const POLL: Duration = Duration::from_millis(20);

/// Who has a data folder.
#[derive(Debug)]
pub(crate) enum Found {
    /// This process, from now on.
    Free(DataFolder),
    /// A desk that answers.
    Running(Notice),
}

/// Takes the folder, or finds the desk that runs on it. The lock decides, never a file: a notice counts only while the
/// process that it names owns the folder, and that desk must answer.
pub(crate) async fn find(folder: &Path) -> Result<Found, Failure> {
    let start = Instant::now();
    loop {
        let (path, holder) = match take(folder.to_owned()).await? {
            Ok(folder) => return Ok(Found::Free(folder)),
            Err(DataFolderError::InUse { path, holder, .. }) => (path, holder),
            Err(error) => return Err(error.into()),
        };
        if let Some(notice) = holder.as_ref().and_then(|holder| Notice::of_owner(folder, holder.pid))
            && remote::answers(&notice).await
        {
            return Ok(Found::Running(notice));
        }
        if start.elapsed() >= WAIT {
            return Err(DataFolderError::InUse { path, holder, waited: WAIT }.into());
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn take(folder: PathBuf) -> Result<Result<DataFolder, DataFolderError>, Failure> {
    let taken = tokio::task::spawn_blocking(move || DataFolder::open(folder, Duration::ZERO)).await;
    Ok(taken.map_err(anyhow::Error::from)?)
}
