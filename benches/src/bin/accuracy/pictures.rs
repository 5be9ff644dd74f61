//! Which pictures there are, and whom their names say they show.

use std::path::Path;

use anyhow::{Context as _, Result};

/// A picture below the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Picture {
    /// Its path below the folder, with `/` between the parts.
    pub(crate) name: String,
    /// Whom it shows: the file's name without its number.
    pub(crate) person: String,
}

/// One of two halves of the people: one to tune on, the other to report on. A person's half follows from the name
/// alone, whoever else is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Tune,
    Report,
}

impl Half {
    pub(crate) fn named(name: &str) -> Result<Self> {
        match name {
            "tune" => Ok(Self::Tune),
            "report" => Ok(Self::Report),
            other => anyhow::bail!("{other:?} is no half: tune or report"),
        }
    }

    /// The half of a person: a bit of the name's hash (FNV-1a, then mixed as MurmurHash3 does, so that names which
    /// differ in their last letter alone are spread too).
    pub(crate) fn of(person: &str) -> Self {
        let hash = person
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        if (hash >> 63) == 0 { Self::Tune } else { Self::Report }
    }
}

/// Whom a picture shows: `lfw/Ada_Lovelace/Ada_Lovelace_0001.jpg` and `Ada_Lovelace1.jpg` both show `Ada_Lovelace`. A
/// name that is nothing but a number says nothing: then everybody is somebody else.
pub(crate) fn person(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let person = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    match person.strip_suffix('_').unwrap_or(person) {
        "" => name,
        person => person,
    }
}

/// The JPEG and PNG files below `folder`, sorted by name.
///
/// # Errors
/// If a folder can't be read.
pub(crate) fn find(folder: &Path) -> Result<Vec<Picture>> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, above: &str, found: &mut Vec<Picture>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))? {
        let entry = entry?;
        let Ok(file) = entry.file_name().into_string() else { continue };
        let name = format!("{above}{file}");
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), found)?;
        } else if is_picture(&file) {
            found.push(Picture { person: person(&name).to_owned(), name });
        }
    }
    Ok(())
}

fn is_picture(file: &str) -> bool {
    let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("jpg" | "jpeg" | "png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_whom_it_shows() {
        assert_eq!(person("lfw/Ada_Lovelace/Ada_Lovelace_0012.jpg"), "Ada_Lovelace");
        assert_eq!(person("Family1-Dad3.jpg"), "Family1-Dad");
        assert_eq!(person("portrait.jpg"), "portrait");
        assert_eq!(person("a/0001.png"), "a/0001.png");
    }

    #[test]
    fn about_half_of_the_people_are_in_each_half_and_stay_there() {
        let tune = (0..1000).filter(|i| Half::of(&format!("Person_{i}")) == Half::Tune).count();
        assert!((400..600).contains(&tune), "{tune}");
        assert_eq!(Half::of("Abel_Aguilar"), Half::of("Abel_Aguilar"));
        assert!(Half::named("both").is_err());
    }

    #[test]
    fn only_pictures_are_found_and_in_the_order_of_their_names() {
        assert!(is_picture("a.JPG") && is_picture("b.jpeg") && is_picture("c.png"));
        assert!(!is_picture("pairs.tsv") && !is_picture("jpg"));
    }
}
