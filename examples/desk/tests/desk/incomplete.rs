//! A data folder of which a part is missing, as after a backup that was put back in half.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::terminal::{Terminal, grace};

const AT: &str = "2026-11-20T08:00:00Z";

fn grace_comes(terminal: &Terminal) -> String {
    let photo = grace();
    let answer = terminal.one(["check-in", "--at", AT, photo.to_str().expect("a path")]);
    answer["faces"][0]["outcome"].as_str().expect("an outcome").to_owned()
}

/// Whatever is asked for is refused.
fn refused(terminal: &Terminal, named: &str) {
    let (code, message) = terminal.error(["report", "--from", "2026-11-20", "--to", "2026-11-20"]);
    assert_eq!(code, "data-incomplete", "{message}");
    assert!(message.contains(named), "{message}");
}

fn put_aside(path: &Path) -> std::path::PathBuf {
    let aside = path.with_extension("aside");
    fs::rename(path, &aside).expect("it is there");
    aside
}

#[test]
fn a_folder_without_its_database_does_not_start_and_keeps_its_faces() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let (database, gallery) = (terminal.data().join("attendance.db"), terminal.data().join("gallery/default.log"));
    let faces = fs::read(&gallery).expect("a gallery");
    let aside = put_aside(&database);
    refused(&terminal, "attendance.db");
    assert!(!database.exists(), "no other was made in its place");
    fs::write(&database, "").expect("an empty one");
    refused(&terminal, "attendance.db");
    assert_eq!(fs::read(&gallery).expect("a gallery"), faces);

    fs::rename(aside, &database).expect("put back");
    assert_eq!(grace_comes(&terminal), "marked");
}

#[test]
fn a_folder_without_its_faces_does_not_start_and_nobody_is_called_unenrolled() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    for part in ["gallery/default.log", "gallery"] {
        let part = terminal.data().join(part);
        let aside = put_aside(&part);
        for _ in 0..2 {
            refused(&terminal, "gallery/default.log");
            if part.exists() {
                fs::remove_dir_all(&part).expect("an empty folder");
            }
        }
        fs::rename(aside, &part).expect("put back");
        let outcome = grace_comes(&terminal);
        assert!(outcome == "marked" || outcome == "already-marked", "{outcome}");
    }
}

#[test]
fn the_database_of_another_folder_does_not_start() {
    let (terminal, other) = (Terminal::new(), Terminal::new());
    for each in [&terminal, &other] {
        each.enroll("Grace", &[&grace()]);
    }
    let database = terminal.data().join("attendance.db");
    let aside = put_aside(&database);
    fs::copy(other.data().join("attendance.db"), &database).expect("copied");
    refused(&terminal, "do not belong together");
    fs::rename(aside, &database).expect("put back");
    assert_eq!(grace_comes(&terminal), "marked");
}

#[test]
fn who_says_that_the_faces_are_lost_goes_on_without_them() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    terminal.one(["organization", "school"]);
    fs::remove_dir_all(terminal.data().join("gallery")).expect("a gallery");
    refused(&terminal, "--without-faces");
    let mut server = terminal
        .command(["serve", "--without-faces", "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    server.kill().expect("killed");
    server.wait().expect("dead");
    assert!(line.contains("#token="), "{line}");
    assert_eq!(grace_comes(&terminal), "stranger");
    let photo = grace();
    let photo = photo.to_str().expect("a path");
    let elsewhere = terminal.one(["check-in", "--organization", "school", "--at", AT, photo]);
    assert_eq!(elsewhere["faces"][0]["outcome"], "stranger", "every organization has a gallery again");
    terminal.enroll("Grace", &[&grace()]);
    assert_eq!(grace_comes(&terminal), "marked");
}
