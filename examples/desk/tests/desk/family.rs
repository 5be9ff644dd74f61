use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::terminal::{Terminal, faces, text};

const ENROLLED: [&str; 6] =
    ["Family1-Dad", "Family1-Daughter", "Family1-Mom", "Family1-Son", "Family2-Lady", "Family2-Man"];

fn is_sibling(name: &str) -> bool {
    matches!(name, "Family1-Daughter" | "Family1-Son")
}

/// Six people of real portraits, enrolled from one photo each.
fn families(folder: &Path) -> (Terminal, HashMap<&'static str, String>) {
    let terminal = Terminal::new();
    let ids = ENROLLED.map(|name| (name, terminal.enroll(name, &[&folder.join(format!("{name}1.jpg"))])));
    (terminal, ids.into())
}

fn check_in(terminal: &Terminal, photo: &Path) -> Vec<Value> {
    let photo = photo.to_str().expect("a path in UTF-8");
    let answer = terminal.one(["check-in", "--at", "2026-11-20T08:00:00Z", photo]);
    answer["faces"].as_array().expect("faces").clone()
}

/// Whether the face is `name`, or ambiguous between the two siblings.
fn is_named(face: &Value, name: &str, outcomes: &[&str]) -> bool {
    let outcome = text(&face["outcome"]);
    if outcome == "ambiguous" && is_sibling(name) {
        let candidates = face["candidates"].as_array().expect("candidates");
        return candidates.len() == 2 && candidates.iter().all(|candidate| is_sibling(&text(&candidate["name"])));
    }
    outcomes.contains(&outcome.as_str()) && face["name"] == name
}

#[test]
fn a_class_photo_marks_the_four_who_are_on_it() {
    let Some(folder) = faces("a_class_photo_marks_the_four_who_are_on_it") else { return };
    let (terminal, _) = families(&folder);
    let mut found = check_in(&terminal, &folder.join("identification1.jpg"));
    assert_eq!(found.len(), 4, "{found:?}");
    found.sort_by(|a, b| a["box"]["left"].as_f64().partial_cmp(&b["box"]["left"].as_f64()).expect("numbers"));
    let from_the_left = ["Family1-Son", "Family1-Dad", "Family1-Mom", "Family1-Daughter"];
    for (face, name) in found.iter().zip(from_the_left) {
        assert!(is_named(face, name, &["marked"]), "{name}: {face}");
    }
}

#[test]
fn every_other_portrait_is_the_person_and_every_stranger_is_one() {
    let Some(folder) = faces("every_other_portrait_is_the_person_and_every_stranger_is_one") else { return };
    let (terminal, _) = families(&folder);
    let mut portraits: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("Family")))
        .collect();
    portraits.sort();
    assert_eq!(portraits.len(), 16);
    for portrait in &portraits {
        let found = check_in(&terminal, portrait);
        assert_eq!(found.len(), 1, "{}: {found:?}", portrait.display());
        let stem = portrait.file_stem().expect("a name").to_string_lossy();
        let name = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        if ENROLLED.contains(&name) {
            assert!(is_named(&found[0], name, &["marked", "already-marked"]), "{stem}: {}", found[0]);
        } else {
            assert_eq!(found[0]["outcome"], "stranger", "{stem}: {}", found[0]);
        }
    }
    let again = check_in(&terminal, &folder.join("Family1-Dad2.jpg"));
    assert_eq!(again[0]["outcome"], "already-marked");
}

#[test]
fn whoever_is_forgotten_is_a_stranger_in_every_photo() {
    let Some(folder) = faces("whoever_is_forgotten_is_a_stranger_in_every_photo") else { return };
    let (terminal, ids) = families(&folder);
    check_in(&terminal, &folder.join("identification1.jpg"));
    let erased = terminal.one(["forget", &ids["Family1-Dad"]]);
    assert_eq!((erased["faces"].as_u64(), erased["images"].as_u64()), (Some(1), Some(1)), "{erased}");
    for photo in ["Family1-Dad1.jpg", "Family1-Dad2.jpg", "Family1-Dad3.jpg"] {
        let found = check_in(&terminal, &folder.join(photo));
        assert_eq!(found[0]["outcome"], "stranger", "{photo}: {}", found[0]);
    }
    let all = check_in(&terminal, &folder.join("identification1.jpg"));
    assert_eq!(all.iter().filter(|face| face["outcome"] == "stranger").count(), 1, "{all:?}");
    assert!(all.iter().all(|face| face["attendee"] != ids["Family1-Dad"].as_str()));
    assert_eq!(terminal.traces_of(&[b"Family1-Dad\"", b"Family1-Dad1"]), Vec::<PathBuf>::new());
}
