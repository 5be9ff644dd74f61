//! The file of a collection: one line of JSON for each request that changed it.
//!
//! A line is durable before the request is answered; what a crash leaves of the last one is cut off. When a face or a
//! user is deleted, the file is written anew without it, so that nothing of a face stays behind.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use attendance_local::durable;
use attendance_local::lines::Lines;
use uuid::Uuid;

use super::change::Change;

const EXTENSION: &str = "jsonl";

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    lines: Lines,
}

/// The files of all collections in a folder.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    Ok(files)
}

impl Journal {
    /// Makes a file with a first line, whole or not at all.
    pub(super) fn create(folder: &Path, key: Uuid, first: &[Change]) -> io::Result<Self> {
        let journal = Self::at(folder.join(format!("{key}.{EXTENSION}")));
        journal.rewrite([line(first)])?;
        Ok(journal)
    }

    /// Reads a file, one line after the other.
    pub(super) fn open(path: &Path) -> anyhow::Result<(Self, Vec<Vec<Change>>)> {
        let journal = Self::at(path.to_owned());
        let shown = path.display();
        let damaged = |number: usize| {
            format!("the collection's file {shown} is damaged in line {number}: restore it from a backup, or remove it")
        };
        journal.lines.mend().with_context(|| format!("the collection's file {shown} can't be used"))?;
        let text = fs::read_to_string(path).with_context(|| damaged(1))?;
        let mut lines = Vec::new();
        for (index, text) in text.lines().enumerate() {
            lines.push(serde_json::from_str(text).with_context(|| damaged(index + 1))?);
        }
        if lines.is_empty() {
            bail!(damaged(1));
        }
        Ok((journal, lines))
    }

    fn at(path: PathBuf) -> Self {
        Self { lines: Lines::new(path.clone()), path }
    }

    /// Adds what one request changed: all of it or nothing.
    pub(super) fn append(&self, changes: &[Change]) -> io::Result<()> {
        self.lines.append(&line(changes)?)
    }

    /// Writes the file anew.
    pub(super) fn rewrite(&self, lines: impl IntoIterator<Item = io::Result<Vec<u8>>>) -> io::Result<()> {
        durable::replace(&self.path, |file| {
            let mut file = io::BufWriter::with_capacity(1 << 16, file);
            lines.into_iter().try_for_each(|line| file.write_all(&line?))?;
            file.flush()
        })
    }

    pub(super) fn delete(&self) -> io::Result<()> {
        durable::remove(&self.path)
    }
}

/// A line of the file, with its line feed.
pub(super) fn line(changes: &[Change]) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(changes)?;
    line.push(b'\n');
    Ok(line)
}
