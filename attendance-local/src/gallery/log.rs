//! The append-only file of an organization's templates.
//!
//! ```text
//! header   "ATTNDFAC"  format u32  dimension u32  length of model u32  model  crc32 of all of it
//! record   length u32  payload  crc32 of length and payload
//! payload  1 attendee [16] face [16] template [4 x dimension]      put
//!          2 attendee [16]                                         every face of the attendee is removed
//!          3 attendee [16] face [16]                               one face is removed
//! ```
//!
//! All numbers are little-endian. An append is durable before it is acknowledged, so that a crash can only leave the
//! last record unfinished. A removal is appended first, so that it holds whatever happens next; then the file is
//! written anew without what was removed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use attendance_core::domain::ids::{AttendeeId, FaceId};
use uuid::Uuid;

use super::{Gallery, InvalidTemplate};
use crate::durable;

const MAGIC: &[u8; 8] = b"ATTNDFAC";
const FORMAT: u32 = 1;
const PUT: u8 = 1;
const REMOVE_ATTENDEE: u8 = 2;
const REMOVE_FACE: u8 = 3;

/// What the templates of a log are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model<'a> {
    pub(super) name: &'a str,
    pub(super) dimension: usize,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the face data have format {found} and this software knows up to {FORMAT}")]
    TooNew { found: u32 },
    #[error(
        "the face data were made by the model '{found}' and this software has '{expected}', whose templates can't be \
         compared with them: use the version of the software that made them, or enrol every face again in a new data \
         folder"
    )]
    OtherModel { found: String, expected: String },
    #[error("the face data are damaged at byte {at} of {}: restore the file from a backup", .path.display())]
    Damaged { path: PathBuf, at: usize },
    #[error("the file of face data can't be used")]
    Io(#[from] io::Error),
}

/// What is known of the file at a path, to notice that another instance changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: std::time::SystemTime,
    #[cfg(unix)]
    inode: u64,
}

impl Stamp {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let data = fs::metadata(path)?;
        Ok(Self {
            length: data.len(),
            modified: data.modified()?,
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(&data),
        })
    }
}

/// A gallery and the file that it lives in. After an error the file is in doubt: open it again.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    model: String,
    gallery: Gallery,
    stamp: Stamp,
}

impl Log {
    /// Makes an empty log, whole or not at all.
    pub(super) fn create(path: &Path, model: Model<'_>) -> io::Result<()> {
        durable::replace(path, |file| file.write_all(&header(model)))
    }

    /// Reads a log. What a crash left behind is cleared away: an unfinished last record, a removed template, a file
    /// that was being written anew.
    pub(super) fn open(path: &Path, model: Model<'_>) -> Result<Self, LogError> {
        let mut stamp = Stamp::of(path)?;
        let bytes = fs::read(path)?;
        durable::remove(&durable::replacement(path))?;
        let replay = Replay::of(&bytes, path, model)?;
        if replay.end < bytes.len() {
            let file = durable::private().write(true).open(path)?;
            file.set_len(replay.end as u64)?;
            file.sync_all()?;
            stamp = Stamp::of(path)?;
        }
        let mut log = Self { path: path.to_owned(), model: model.name.to_owned(), gallery: replay.gallery, stamp };
        if replay.has_dead_records {
            log.compact()?;
        }
        Ok(log)
    }

    /// Whether the file is still the one that was read or written last.
    pub(super) fn is_current(&self) -> bool {
        Stamp::of(&self.path).is_ok_and(|stamp| stamp == self.stamp)
    }

    /// What the file was when it was read or written last.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    pub(super) fn gallery(&self) -> &Gallery {
        &self.gallery
    }

    /// Adds a face or replaces its template; durable afterwards.
    pub(super) fn put(&mut self, attendee: AttendeeId, face: FaceId, template: &[f32]) -> Result<(), PutError> {
        let old = self.gallery.template(attendee, face);
        if old == Some(template) {
            return Ok(());
        }
        let replaces = old.is_some();
        self.gallery.insert(attendee, face, template)?;
        self.append(&put(attendee, face, template)).map_err(LogError::Io)?;
        if replaces {
            self.compact().map_err(LogError::Io)?;
        }
        Ok(())
    }

    /// Removes every face of an attendee, from the file's bytes too, and answers how many there were.
    pub(super) fn remove_attendee(&mut self, attendee: AttendeeId) -> Result<usize, LogError> {
        let removed = self.gallery.remove_attendee(attendee);
        if removed > 0 {
            self.append(&[&[REMOVE_ATTENDEE], attendee.as_uuid().as_bytes().as_slice()].concat())?;
            self.compact()?;
        }
        Ok(removed)
    }

    /// Removes a face, from the file's bytes too.
    pub(super) fn remove_face(&mut self, attendee: AttendeeId, face: FaceId) -> Result<(), LogError> {
        if self.gallery.remove_face(attendee, face) {
            let (a, f) = (attendee.as_uuid(), face.as_uuid());
            self.append(&[&[REMOVE_FACE], a.as_bytes().as_slice(), f.as_bytes()].concat())?;
            self.compact()?;
        }
        Ok(())
    }

    fn append(&mut self, payload: &[u8]) -> io::Result<()> {
        let mut file = durable::private().append(true).open(&self.path)?;
        file.write_all(&record(payload))?;
        file.sync_data()?;
        self.stamp = Stamp::of(&self.path)?;
        Ok(())
    }

    /// Writes the file anew with what the gallery holds; the old file's bytes leave the folder.
    fn compact(&mut self) -> io::Result<()> {
        let model = Model { name: &self.model, dimension: self.gallery.dimension() };
        durable::replace(&self.path, |file| {
            let mut file = io::BufWriter::with_capacity(1 << 16, file);
            file.write_all(&header(model))?;
            for (attendee, face, template) in self.gallery.templates() {
                file.write_all(&record(&put(attendee, face, template)))?;
            }
            file.flush()
        })?;
        self.stamp = Stamp::of(&self.path)?;
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PutError {
    #[error(transparent)]
    Template(#[from] InvalidTemplate),
    #[error(transparent)]
    Log(#[from] LogError),
}

fn header(model: Model<'_>) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend((model.dimension as u32).to_le_bytes());
    bytes.extend((model.name.len() as u32).to_le_bytes());
    bytes.extend(model.name.as_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn record(payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_le_bytes().to_vec();
    bytes.extend(payload);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn put(attendee: AttendeeId, face: FaceId, template: &[f32]) -> Vec<u8> {
    let mut bytes = vec![PUT];
    bytes.extend(attendee.as_uuid().as_bytes());
    bytes.extend(face.as_uuid().as_bytes());
    bytes.extend(template.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

struct Replay {
    gallery: Gallery,
    /// Where the last whole record ends.
    end: usize,
    /// Whether the file holds what was removed or replaced.
    has_dead_records: bool,
}

impl Replay {
    fn of(bytes: &[u8], path: &Path, model: Model<'_>) -> Result<Self, LogError> {
        let damaged = |at| LogError::Damaged { path: path.to_owned(), at };
        let end = check_header(bytes, model).map_err(|error| error.unwrap_or_else(|| damaged(0)))?;
        let mut replay = Self { gallery: Gallery::new(model.dimension), end, has_dead_records: false };
        loop {
            match next(&bytes[replay.end..], model.dimension) {
                Next::Nothing | Next::Unfinished => return Ok(replay),
                Next::Damaged => return Err(damaged(replay.end)),
                Next::Record(payload) => {
                    replay.apply(payload).ok_or_else(|| damaged(replay.end))?;
                    replay.end += payload.len() + 8;
                }
            }
        }
    }

    fn apply(&mut self, payload: &[u8]) -> Option<()> {
        let (&kind, rest) = payload.split_first()?;
        let attendee = AttendeeId::from(Uuid::from_slice(rest.get(..16)?).ok()?);
        if kind == REMOVE_ATTENDEE {
            self.has_dead_records = true;
            self.gallery.remove_attendee(attendee);
            return Some(());
        }
        let face = FaceId::from(Uuid::from_slice(rest.get(16..32)?).ok()?);
        if kind == REMOVE_FACE {
            self.has_dead_records = true;
            self.gallery.remove_face(attendee, face);
            return Some(());
        }
        let numbers = rest[32..].chunks_exact(4).map(|number| Some(f32::from_le_bytes(number.try_into().ok()?)));
        self.has_dead_records |= self.gallery.template(attendee, face).is_some();
        self.gallery.insert(attendee, face, &numbers.collect::<Option<Vec<_>>>()?).ok()
    }
}

/// Where the header ends; `Err(None)` where it is damaged.
fn check_header(bytes: &[u8], model: Model<'_>) -> Result<usize, Option<LogError>> {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|n| n.try_into().ok()).map(u32::from_le_bytes);
    if !bytes.starts_with(MAGIC) {
        return Err(None);
    }
    // Before the checksum: a newer format may have another header.
    if let Some(found @ FORMAT..) = number(8)
        && found > FORMAT
    {
        return Err(Some(LogError::TooNew { found }));
    }
    let end = 20 + number(16).ok_or(None)? as usize;
    let name = bytes.get(20..end).and_then(|name| std::str::from_utf8(name).ok()).ok_or(None)?;
    if number(end) != Some(crc32fast::hash(&bytes[..end])) || number(8) != Some(FORMAT) {
        return Err(None);
    }
    if name != model.name || number(12) != Some(model.dimension as u32) {
        return Err(Some(LogError::OtherModel { found: name.to_owned(), expected: model.name.to_owned() }));
    }
    Ok(end + 4)
}

enum Next<'a> {
    Nothing,
    Record(&'a [u8]),
    /// What a crash in the midst of an append leaves: the beginning of a record, or a file that grew without its data.
    Unfinished,
    Damaged,
}

fn next(bytes: &[u8], dimension: usize) -> Next<'_> {
    if bytes.is_empty() {
        return Next::Nothing;
    }
    // What a file has that grew before its data came is zero.
    let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let lengths = [(PUT, 33 + 4 * dimension), (REMOVE_ATTENDEE, 17), (REMOVE_FACE, 33)];
    let found = lengths.into_iter().find(|&(kind, length)| {
        // As much of a length and a kind as there is: a length that is merely damaged does not pass for an end.
        let start = [(length as u32).to_le_bytes().as_slice(), &[kind]].concat();
        bytes[..written].iter().zip(&start).all(|(a, b)| a == b)
    });
    let Some((_, length)) = found else { return Next::Damaged };
    let Some((record, _)) = bytes.split_at_checked(length + 8) else { return Next::Unfinished };
    let (content, checksum) = record.split_at(length + 4);
    if crc32fast::hash(content).to_le_bytes() == checksum {
        Next::Record(&content[4..])
    } else if checksum == [0; 4] && written <= content.len() {
        Next::Unfinished
    } else {
        Next::Damaged
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
