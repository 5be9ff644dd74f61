//! Which pictures are checked in, and who they show.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// A picture of one person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Portrait {
    /// Who it shows: the file's name without the digits at its end.
    pub(crate) name: String,
    pub(crate) photo: PathBuf,
}

/// The JPEG and PNG files of `folder`, or of `ATTENDANCE_FACES`, or the two that the project ships.
pub(crate) fn find(workspace: &Workspace, folder: Option<&Path>) -> Result<Vec<Portrait>> {
    let folder = match (folder, std::env::var_os("ATTENDANCE_FACES")) {
        (Some(folder), _) => folder.to_owned(),
        (None, Some(folder)) if !folder.is_empty() => folder.into(),
        _ => {
            let shipped = workspace.root.join("attendance-local/testdata");
            return Ok(["astronaut.png", "grace_hopper.jpg"].map(|file| portrait(shipped.join(file))).to_vec());
        }
    };
    let entries = std::fs::read_dir(&folder).with_context(|| format!("{} can't be read", folder.display()))?;
    let mut photos: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    photos.retain(|photo| is_picture(photo));
    photos.sort();
    if photos.is_empty() {
        bail!("{} has no .jpg or .png files", folder.display());
    }
    Ok(photos.into_iter().map(portrait).collect())
}

/// The first portrait of every person: these are enrolled.
pub(crate) fn first_of_each(portraits: &[Portrait]) -> Vec<Portrait> {
    let mut first: Vec<Portrait> = Vec::new();
    for portrait in portraits {
        if first.iter().all(|known| known.name != portrait.name) {
            first.push(portrait.clone());
        }
    }
    first
}

fn is_picture(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    path.is_file() && extension.is_some_and(|extension| ["jpg", "jpeg", "png"].contains(&extension.as_str()))
}

fn portrait(photo: PathBuf) -> Portrait {
    let stem = photo.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = stem.trim_end_matches(|last: char| last.is_ascii_digit());
    Portrait { name: if name.is_empty() { stem.clone() } else { name.to_owned() }, photo }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_only_in_digits_show_one_person() {
        let portraits = ["a/Ada1.jpg", "a/Ada2.jpg", "a/Bob.png", "a/7.png"].map(|path| portrait(path.into()));
        let first: Vec<_> = first_of_each(&portraits).into_iter().map(|portrait| portrait.photo).collect();
        assert_eq!(first, ["a/Ada1.jpg", "a/Bob.png", "a/7.png"].map(PathBuf::from));
    }
}
