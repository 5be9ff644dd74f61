//! The data folder of the embedded adapters: what lies where in it, who owns it, and whether it is whole.

mod together;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::durable;

const LOCK: &str = "LOCK";
const VERSION: &str = "VERSION";
const POLL: Duration = Duration::from_millis(20);

/// A data folder that this process owns until the value is dropped or the process ends, however it ends.
///
/// ```text
/// VERSION         the version of this layout
/// LOCK            locked by the owner, and names it
/// attendance.db   the repository
/// gallery/        what faces look like: a log for each organization, and the database's ID
/// images/         pictures
/// events.jsonl    what happened
/// TOKEN_KEY       the key of the tokens that a server on this folder issues; a secret
/// DESK            where that server listens, while it runs, and a token for commands on this machine; a secret
/// ```
#[derive(Debug)]
pub struct DataFolder {
    root: PathBuf,
    lock: File,
}

/// Who owns a data folder, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The id of the process.
    pub pid: u32,
    /// The name of its program.
    pub program: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {})", self.program, self.pid)
    }
}

/// Why a data folder can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFolderError {
    /// The path leads to something else.
    #[error("{} is not a folder: name a folder for the data", .path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder holds other files.
    #[error("{} holds other files and no attendance data: name an empty folder, or one that does not exist", .path.display())]
    Foreign {
        /// The path.
        path: PathBuf,
    },
    /// The folder can't be made, read or written.
    #[error("the data folder {} can't be used: check that it can be written", .path.display())]
    Unusable {
        /// The path.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Another process owns it and did not let go.
    #[error(
        "the data folder {} is in use by {}, which did not let go within {} s: stop it, or wait for it",
        .path.display(),
        .holder.as_ref().map_or_else(|| "another process".to_owned(), ToString::to_string),
        .waited.as_secs_f32()
    )]
    InUse {
        /// The path.
        path: PathBuf,
        /// Who, if it says so.
        holder: Option<Holder>,
        /// For how long it was waited for.
        waited: Duration,
    },
    /// A newer version wrote it.
    #[error(
        "the data folder {} has version {found} and this software knows up to {supported}: update the software",
        .path.display()
    )]
    TooNew {
        /// The path.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that is known.
        supported: u32,
    },
    /// Its version can't be read.
    #[error("the file VERSION in the data folder {} is damaged: restore it from a backup", .path.display())]
    Damaged {
        /// The path.
        path: PathBuf,
    },
    /// Its database is not there, or is an empty one.
    #[error(
        "the data folder {} has faces or pictures, but not their database: restore the file attendance.db from a \
         backup, or name another folder to begin anew",
        .path.display()
    )]
    NoDatabase {
        /// The path.
        path: PathBuf,
    },
    /// What faces look like is not there.
    #[error(
        "the data folder {} has people with enrolled faces, but not these: restore the file {file} from the same backup \
         as attendance.db",
        .path.display()
    )]
    NoGallery {
        /// The path.
        path: PathBuf,
        /// What is missing, below the path.
        file: String,
    },
    /// The database and the faces are of two folders.
    #[error(
        "attendance.db and gallery/ in the data folder {} do not belong together: restore both from the same backup",
        .path.display()
    )]
    NotTogether {
        /// The path.
        path: PathBuf,
    },
}

impl DataFolder {
    /// The version of the layout that this software writes, and the newest that it knows.
    pub const VERSION: u32 = 1;

    /// For how long an owner is usually waited for.
    pub const WAIT: Duration = Duration::from_secs(10);

    /// Takes the folder for this process; makes it if it does not exist, and waits up to `wait` for another owner to
    /// let go. Blocks.
    ///
    /// # Errors
    /// A [`DataFolderError`] that says what to do; no data were touched then.
    pub fn open(path: impl Into<PathBuf>, wait: Duration) -> Result<Self, DataFolderError> {
        let root = path.into();
        let unusable = |source| DataFolderError::Unusable { path: root.clone(), source };
        if root.exists() && !root.is_dir() {
            return Err(DataFolderError::NotAFolder { path: root });
        }
        durable::create_folder(&root).map_err(unusable)?;
        if is_foreign(&root).map_err(unusable)? {
            return Err(DataFolderError::Foreign { path: root });
        }
        let lock = root.join(LOCK);
        let lock =
            durable::private().read(true).write(true).create(true).truncate(false).open(lock).map_err(unusable)?;
        let mut folder = Self { lock: acquire(lock, &root, wait)?, root };
        folder.check_version()?;
        folder.sign().map_err(|source| DataFolderError::Unusable { path: folder.root.clone(), source })?;
        Ok(folder)
    }

    fn check_version(&self) -> Result<(), DataFolderError> {
        let (path, file) = (self.root.clone(), self.root.join(VERSION));
        let unusable = |source| DataFolderError::Unusable { path: self.root.clone(), source };
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return durable::replace(&file, |file| writeln!(file, "{}", Self::VERSION)).map_err(unusable);
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(DataFolderError::Damaged { path }),
            Err(error) => return Err(unusable(error)),
        };
        match text.trim().parse() {
            Ok(Self::VERSION) => Ok(()),
            Ok(found @ 1..) => Err(DataFolderError::TooNew { path, found, supported: Self::VERSION }),
            _ => Err(DataFolderError::Damaged { path }),
        }
    }

    fn sign(&mut self) -> io::Result<()> {
        let program = std::env::args_os().next().map(PathBuf::from);
        let program = program.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        writeln!(self.lock, "{} {}", std::process::id(), program.as_deref().unwrap_or("a program"))
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository's database file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("attendance.db")
    }

    /// The folder of what faces look like.
    #[must_use]
    pub fn gallery(&self) -> PathBuf {
        self.root.join("gallery")
    }

    /// The folder of pictures.
    #[must_use]
    pub fn images(&self) -> PathBuf {
        self.root.join("images")
    }

    /// The file of what happened.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.root.join("events.jsonl")
    }

    /// The file of the key with which tokens are signed.
    #[must_use]
    pub fn token_key(&self) -> PathBuf {
        self.root.join("TOKEN_KEY")
    }

    /// The file that says where a server on this folder listens. It is of worth only while the process that it names
    /// owns the folder: a crash leaves it behind.
    #[must_use]
    pub fn desk(&self) -> PathBuf {
        Self::desk_of(&self.root)
    }

    /// As [`desk`](Self::desk), of a folder that another process may own.
    #[must_use]
    pub fn desk_of(root: &Path) -> PathBuf {
        root.join("DESK")
    }

    /// Puts a file into the folder, or into the place of one, whole or not at all. Only its owner may read it. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        durable::replace(path, |file| file.write_all(bytes))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // A name that stays is only ever read while somebody else holds the lock.
        let _ = self.lock.set_len(0);
    }
}

/// Whether the folder has files, and none that say that they are ours. `VERSION` is written before any other, so that
/// a folder which another process is just making is not mistaken for a foreign one, in this order of looking.
fn is_foreign(root: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        if name != LOCK && name != VERSION && name != "VERSION.new" {
            return Ok(!root.join(VERSION).exists());
        }
    }
    Ok(false)
}

fn acquire(file: File, root: &Path, wait: Duration) -> Result<File, DataFolderError> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < wait => {
                std::thread::sleep(POLL.min(wait.saturating_sub(start.elapsed())));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(DataFolderError::InUse { path: root.to_owned(), holder: holder(&file), waited: wait });
            }
            Err(TryLockError::Error(source)) => {
                return Err(DataFolderError::Unusable { path: root.to_owned(), source });
            }
        }
    }
}

fn holder(mut file: &File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(1024).read_to_string(&mut text).ok()?;
    let (pid, program) = text.strip_suffix('\n')?.split_once(' ')?;
    Some(Holder { pid: pid.parse().ok()?, program: program.to_owned() })
}

#[cfg(test)]
mod tests;
