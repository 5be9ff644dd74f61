use crate::terminal::{Terminal, eileen, grace, text};

#[test]
fn whoever_is_forgotten_leaves_no_bytes() {
    let terminal = Terminal::new();
    let photo = grace();
    let enrolled = terminal.one([
        "enroll",
        "--name",
        "Grace Brewster Hopper",
        "--consent",
        "My face may be used by the navy.",
        "--external-id",
        "R-1906-12-09",
        "--email",
        "grace@navy.example",
        "--group",
        "5B",
        photo.to_str().expect("a path in UTF-8"),
    ]);
    let grace_id = text(&enrolled["attendee"]);
    let eileen_id = terminal.enroll("Eileen Marie Collins", &[&eileen()]);
    for photo in [grace(), eileen()] {
        let photo = photo.to_str().expect("a path in UTF-8").to_owned();
        let checked = terminal.one(["check-in", "--at", "2026-11-20T08:00:00Z", &photo]);
        assert_eq!(checked["faces"][0]["outcome"], "marked", "{checked}");
    }
    let why = ["--status", "excused", "--reason", "a visit to the Smithsonian", "--date", "2026-11-20"];
    let mark = [&["mark", &grace_id, "--replaces", "1"], &why[..]].concat();
    assert_eq!(terminal.one(mark)["version"], 2);

    let jpeg = std::fs::read(grace()).expect("a portrait");
    let secrets: [&[u8]; 6] = [
        b"Grace Brewster",
        b"by the navy",
        b"R-1906-12-09",
        b"grace@navy.example",
        b"Smithsonian",
        &jpeg[jpeg.len() / 2..jpeg.len() / 2 + 64],
    ];
    for secret in secrets {
        assert!(!terminal.traces_of(&[secret]).is_empty(), "looked for in vain even before");
    }
    let faces = terminal.data().join("gallery");
    let before = size(&faces);
    let erased = terminal.one(["forget", &grace_id]);
    assert_eq!((erased["faces"].as_u64(), erased["images"].as_u64()), (Some(1), Some(1)), "{erased}");
    assert_eq!(terminal.traces_of(&secrets), Vec::<std::path::PathBuf>::new());
    assert!(size(&faces) < before, "the vector is gone from the log");

    let photo = grace();
    let stranger = terminal.one(["check-in", "--at", "2026-11-20T09:00:00Z", photo.to_str().expect("a path")]);
    assert_eq!(stranger["faces"][0]["outcome"], "stranger");
    let rows = terminal.records("2026-11-20", "2026-11-20");
    let row = |id: &str| rows.iter().find(|row| row["attendee"] == id).expect("the records stay");
    assert_eq!((&row(&grace_id)["name"], &row(&grace_id)["status"]), (&serde_json::Value::Null, &"excused".into()));
    assert_eq!(row(&eileen_id)["name"], "Eileen Marie Collins");
    let again = terminal.one(["forget", &grace_id]);
    assert_eq!(again["faces"], 0);
}

fn size(folder: &std::path::Path) -> u64 {
    std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").metadata().expect("a file").len())
        .sum()
}
