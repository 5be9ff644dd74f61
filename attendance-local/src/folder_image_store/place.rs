//! Keys as file names.
//!
//! A key may be what a file name may not: `a` and `a/b` are both keys, `A` and `a` are different ones everywhere, a part
//! may be 512 bytes long, and some systems give `:`, a dot at the end or `con` a meaning of their own.

use std::path::PathBuf;

use attendance_core::domain::image::ImageKey;

/// What the name of a file ends with; a folder's never does.
const IMAGE: &str = "@image";

/// What the name of a folder ends with if the part of the key goes on in it.
const CONTINUED: &str = "@";

/// Most bytes of a part in one name: twice as many fit once every one is escaped.
const PIECE: usize = 100;

const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// What a name in the store's folder stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The key ends so.
    Image(String),
    /// Keys that go on, so.
    Folder(String),
}

/// The names of the folders, and at last of the file, that a key leads through.
pub(super) fn path_of(key: &ImageKey) -> Vec<PathBuf> {
    let mut path = Vec::new();
    let mut parts = key.as_str().split('/').peekable();
    while let Some(mut part) = parts.next() {
        while part.len() >= PIECE {
            let (piece, rest) = part.split_at(PIECE);
            path.push((name_of_part(piece) + CONTINUED).into());
            part = rest;
        }
        let name = name_of_part(part);
        path.push(if parts.peek().is_some() { name.into() } else { (name + IMAGE).into() });
    }
    path
}

/// A part of a key as a name: lower case, without what a system gives a meaning.
pub(super) fn name_of_part(part: &str) -> String {
    let mut name = String::with_capacity(part.len() + 2);
    // A folder of a part that ended with the piece before would have no name at all.
    if part.is_empty() || RESERVED.contains(&part.split('.').next().unwrap_or(part)) {
        name.push_str("=_");
    }
    for (at, c) in part.char_indices() {
        match c {
            'A'..='Z' => name.extend(['+', c.to_ascii_lowercase()]),
            ':' => name.push_str("=c"),
            '.' if at + 1 == part.len() => name.push_str("=d"),
            _ => name.push(c),
        }
    }
    name
}

/// What a name stands for, with `/` behind a folder that ends a part; `None` for a file that is not of the store.
pub(super) fn entry(name: &str) -> Option<Entry> {
    let (name, end) = match (name.strip_suffix(IMAGE), name.strip_suffix(CONTINUED)) {
        (Some(name), _) => (name, Entry::Image as fn(String) -> Entry),
        (_, Some(name)) => (name, Entry::Folder as fn(String) -> Entry),
        _ => return part_of(name).map(|part| Entry::Folder(part + "/")),
    };
    part_of(name).map(end)
}

fn part_of(name: &str) -> Option<String> {
    let mut part = String::with_capacity(name.len());
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match c {
            '+' => part.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            '=' => match chars.next()? {
                'c' => part.push(':'),
                'd' => part.push('.'),
                '_' => {}
                _ => return None,
            },
            _ => part.push(c),
        }
    }
    (name_of_part(&part) == name).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(key: &str) -> String {
        let path: PathBuf = path_of(&ImageKey::new(key).unwrap()).iter().collect();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn an_ordinary_key_is_the_path_of_its_file() {
        assert_eq!(path("checkins/2026-11-21/0192f3a4.jpg"), "checkins/2026-11-21/0192f3a4.jpg@image");
    }

    #[test]
    fn what_a_system_gives_a_meaning_is_written_otherwise() {
        assert_eq!(path("Aa/b:c/d."), "+aa/b=cc/d=d@image");
        assert_eq!(path("con/nul.txt/console"), "=_con/=_nul.txt/console@image");
    }

    #[test]
    fn every_key_has_a_path_of_its_own_that_leads_back_to_it() {
        let long = "Ab.:".repeat(128);
        let cut = |n: usize| long[..n].to_owned();
        let keys =
            ["a", "A", "a/b", "a/B", "a.", "a./b", "a:", "con", "Con", "con.x", "con/x", "aux.", "_", "x/_/y", "..."];
        let keys = keys.map(str::to_owned).into_iter().chain([99, 100, 101, 199, 200, 201, 512].map(cut));
        let keys = keys.chain([cut(100) + "/x", cut(100) + "a/x", cut(200) + "/" + &cut(100) + "/" + &cut(99)]);
        let mut seen = std::collections::BTreeSet::new();
        for key in keys {
            let steps = path_of(&ImageKey::new(&key).unwrap());
            let (file, folders) = steps.split_last().unwrap();
            let mut back = String::new();
            for folder in folders {
                let Some(Entry::Folder(part)) = entry(folder.to_str().unwrap()) else { panic!("{folder:?}") };
                back += &part;
            }
            let Some(Entry::Image(part)) = entry(file.to_str().unwrap()) else { panic!("{file:?}") };
            assert_eq!(back + &part, key);
            assert!(steps.iter().all(|step| step.as_os_str().len() <= 255), "{key}");
            assert!(steps.iter().all(|step| step.to_str().unwrap().to_lowercase() == step.to_str().unwrap()), "{key}");
            assert!(seen.insert(steps), "{key}");
        }
    }

    #[test]
    fn a_file_that_the_store_did_not_make_is_not_of_it() {
        for name in ["+", "+1@image", "=x", "A@image", "con", "a:b"] {
            assert_eq!(entry(name), None, "{name}");
        }
    }
}
