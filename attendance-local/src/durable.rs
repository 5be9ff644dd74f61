//! Files that only their owner may read, and changes of folders that survive a loss of power.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Options for a file that only its owner may read, should they create it.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that only its owner may enter, with its parents; a folder that exists is left as it is. Blocks.
///
/// # Errors
/// What the file system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        create_folder(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Ok(()) => sync_parent(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes what was created, renamed or removed in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(path)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// As [`sync_folder`], for the folder that `path` lies in.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    sync_folder(folder_of(path))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a file in the place of `path`, whole or not at all; it is written as `{path}.new` first, which replaces what a
/// crash may have left there. Blocks.
///
/// # Errors
/// What `write` or the file system says; the file is as it was then.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let new = replacement(path);
    let mut file = private().create(true).truncate(true).write(true).open(&new)?;
    let written = write(&mut file).and_then(|()| file.flush()).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&new, path)) {
        // What can't be removed now is removed or replaced by the next to come.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    sync_parent(path)
}

/// Where [`replace`] writes first.
pub(crate) fn replacement(path: &Path) -> std::path::PathBuf {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    new.into()
}

/// Removes a file and makes that durable; one that is not there is fine. Blocks.
///
/// # Errors
/// What the file system says.
pub fn remove(path: &Path) -> io::Result<()> {
    // Opened before, since somebody else may remove the folder as soon as it is empty.
    #[cfg(unix)]
    let folder = match File::open(folder_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folder => folder?,
    };
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        removed => removed?,
    }
    #[cfg(unix)]
    folder.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        let failed = replace(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_may_read_what_is_created() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        create_folder(path.parent().unwrap()).unwrap();
        replace(&path, |file| file.write_all(b"x")).unwrap();
        for (path, mode) in [("a", 0o700), ("a/b", 0o700), ("a/b/file", 0o600)] {
            let found = fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{path}");
        }
    }
}
