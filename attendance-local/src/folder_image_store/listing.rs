//! Keys below a folder, in byte order, without walking further than a page needs.

use std::fs;
use std::io;
use std::path::Path;

use attendance_core::domain::image::ImageKey;

use super::place::{self, Entry};

/// The first `limit` keys that start with `prefix` and come after `after`.
pub(super) fn keys(root: &Path, prefix: &str, after: Option<&str>, limit: usize) -> io::Result<Vec<ImageKey>> {
    let mut walk = Walk { prefix, after, limit, found: Vec::new() };
    walk.folder(root, "")?;
    Ok(walk.found)
}

struct Walk<'a> {
    prefix: &'a str,
    after: Option<&'a str>,
    limit: usize,
    found: Vec<ImageKey>,
}

impl Walk<'_> {
    /// All keys that begin with one folder's beginning come before or after all that begin with another's, so that
    /// names in order give keys in order.
    fn folder(&mut self, folder: &Path, start: &str) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            // Gone since it was seen, or never there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut below = Vec::new();
        for file in entries {
            let file = file?;
            let (kind, name) = (file.file_type()?, file.file_name());
            match name.to_str().and_then(place::entry) {
                Some(Entry::Image(end)) if kind.is_file() => below.push((format!("{start}{end}"), None)),
                Some(Entry::Folder(part)) if kind.is_dir() => below.push((format!("{start}{part}"), Some(file.path()))),
                _ => {}
            }
        }
        below.sort_unstable();
        for (key, folder) in below {
            if self.found.len() >= self.limit {
                break;
            }
            match folder {
                Some(folder) if self.may_lead_on(&key) => self.folder(&folder, &key)?,
                None if self.is_wanted(&key) => self.found.extend(ImageKey::new(key)),
                _ => {}
            }
        }
        Ok(())
    }

    fn is_wanted(&self, key: &str) -> bool {
        key.starts_with(self.prefix) && self.after.is_none_or(|after| key > after)
    }

    fn may_lead_on(&self, start: &str) -> bool {
        let prefix = start.starts_with(self.prefix) || self.prefix.starts_with(start);
        prefix && self.after.is_none_or(|after| start > after || after.starts_with(start))
    }
}
