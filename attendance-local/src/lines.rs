//! A file of lines that several tasks append to, and that survives a crash in the midst of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::durable;

/// Appends whole lines. Clones append to the same file, one after another.
#[derive(Debug, Clone)]
pub struct Lines {
    path: Arc<Mutex<PathBuf>>,
}

impl Lines {
    /// Lines in the file at `path`, which need not exist.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path: Arc::new(Mutex::new(path)) }
    }

    /// Appends `lines`, each with its line feed, in one write; durable afterwards, and undone after an error. The file
    /// is opened anew each time, so that it can be moved away (by logrotate, say). Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn append(&self, lines: &[u8]) -> io::Result<()> {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !path.try_exists()?;
        let mut file = durable::private().read(true).append(true).create(true).open(&*path)?;
        let end = mend(&mut file)?;
        if let Err(error) = file.write_all(lines).and_then(|()| file.sync_data()) {
            // Otherwise the next to append does it.
            let _ = file.set_len(end);
            return Err(error);
        }
        if is_new { durable::sync_parent(&path) } else { Ok(()) }
    }

    /// Writes the file anew without the lines that `keep` refuses. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn retain(&self, keep: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        durable::remove(&durable::replacement(&path))?;
        let bytes = match std::fs::read(&*path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let kept: Vec<_> = bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| keep(line)).collect();
        let kept = kept.concat();
        if kept.len() == bytes.len() { Ok(()) } else { durable::replace(&path, |file| file.write_all(&kept)) }
    }

    /// Cuts off what a crash left of a line, and answers where the file ends. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn mend(&self) -> io::Result<()> {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner);
        match durable::private().read(true).append(true).open(&*path) {
            Ok(mut file) => mend(&mut file).map(|_| ()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => check_folder(&path),
            Err(error) => Err(error),
        }
    }
}

fn check_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => durable::create_folder(folder),
        _ => Ok(()),
    }
}

/// Cuts the file back to its last line feed. An unfinished line was never acknowledged.
fn mend(file: &mut File) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = length;
    let mut block = [0; 4096];
    while end > 0 {
        let size = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - size))?;
        let block = &mut block[..size as usize];
        file.read_exact(block)?;
        match block.iter().rposition(|&byte| byte == b'\n') {
            Some(at) => {
                end = end - size + at as u64 + 1;
                break;
            }
            None => end -= size,
        }
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_unfinished_line_is_cut_off_wherever_the_crash_came() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let lines = Lines::new(path.clone());
        for unfinished in [1, 10, 4094, 4095, 4096, 4097, 20_000] {
            for before in ["", "one\n", "one\ntwo\n"] {
                fs::write(&path, [before.as_bytes(), &vec![b'x'; unfinished]].concat()).unwrap();
                lines.append(b"next\n").unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}next\n"));
            }
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let lines = Lines::new(path.clone());
        lines.append(b"one\n").unwrap();
        fs::rename(&path, folder.path().join("lines.1")).unwrap();
        lines.append(b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two\n");
    }

    #[test]
    fn lines_that_are_not_kept_leave_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let lines = Lines::new(path.clone());
        lines.retain(|_| false).unwrap();
        lines.append(b"one\ntwo\nthree\n").unwrap();
        fs::write(folder.path().join("lines.new"), "two").unwrap();
        lines.retain(|line| line != b"two\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nthree\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
