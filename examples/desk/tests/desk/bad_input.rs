use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use image::{DynamicImage, GenericImage, ImageFormat, RgbImage};

use crate::terminal::{Terminal, eileen, grace, text};

fn png(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// A PNG of a few hundred bytes whose header claims 60,000 x 60,000 pixels, with a checksum that fits.
fn gigapixels() -> Vec<u8> {
    let mut bytes = png(&DynamicImage::new_rgb8(1, 1));
    bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

fn both() -> Vec<u8> {
    let (left, right) = (image::open(grace()).expect("a portrait"), image::open(eileen()).expect("a portrait"));
    let mut both = RgbImage::new(left.width() + right.width(), left.height().max(right.height()));
    both.copy_from(&left.to_rgb8(), 0, 0).expect("it fits");
    both.copy_from(&right.to_rgb8(), left.width(), 0).expect("it fits");
    let mut bytes = Cursor::new(Vec::new());
    both.write_to(&mut bytes, ImageFormat::Jpeg).expect("a picture");
    bytes.into_inner()
}

/// Every picture that is none, and the code that says so.
fn broken(terminal: &Terminal) -> Vec<(PathBuf, &'static str)> {
    let jpeg = std::fs::read(grace()).expect("a portrait");
    let mut large = jpeg.clone();
    large.resize(30_000_000, 0);
    let landscape = image::RgbImage::from_fn(640, 480, |x, y| image::Rgb([(x / 4) as u8, (y / 4) as u8, 90]));
    vec![
        (terminal.file("empty.jpg", b""), "image-empty"),
        (terminal.file("text.jpg", b"this is a letter, not a picture"), "image-unsupported"),
        (terminal.file("truncated.jpg", &jpeg[..jpeg.len() / 2]), "image-damaged"),
        (terminal.file("gigapixels.png", &gigapixels()), "image-too-large"),
        (terminal.file("1x1.png", &png(&DynamicImage::new_rgb8(1, 1))), "image-too-small"),
        (terminal.file("30MB.jpg", &large), "image-too-large"),
        (terminal.file("landscape.png", &png(&landscape.into())), "no-face"),
        (terminal.data().parent().expect("a folder").to_owned(), "not-a-file"),
        (terminal.data().join("nothing.jpg"), "no-such-file"),
    ]
}

#[test]
fn a_photo_that_can_not_be_used_is_said_and_the_rest_is_still_done() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    let broken = broken(&terminal);
    let photos: Vec<_> = broken.iter().map(|(path, _)| path.clone()).chain([grace()]).collect();
    let arguments = [Path::new("check-in"), Path::new("--at"), Path::new("2026-11-20T08:00:00Z")];
    let answer = terminal.json(arguments.into_iter().chain(photos.iter().map(PathBuf::as_path)));
    assert_eq!(answer.status, 1);
    let codes: Vec<_> = answer.lines[..broken.len()].iter().map(|line| text(&line["error"]["code"])).collect();
    let expected: Vec<_> = broken.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, expected, "{:?}", answer.lines);
    let last = answer.lines.last().expect("a line for each");
    assert_eq!(last["faces"][0]["outcome"], "marked", "{last}");
    assert_eq!(terminal.records("2026-11-20", "2026-11-20").len(), 1);
    let pictures = walk(&terminal.data().join("images"));
    assert_eq!(pictures, 1, "only the picture that could be used is kept");
}

fn walk(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.map(|entry| entry.expect("an entry").path()).map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

#[test]
fn an_enrolment_that_is_refused_stores_nobody() {
    let terminal = Terminal::new();
    let mut refused = broken(&terminal);
    refused.push((terminal.file("both.jpg", &both()), "several-faces"));
    for (path, code) in &refused {
        let photos = [grace(), path.clone()];
        let arguments = ["enroll", "--name", "Nobody Inparticular", "--consent", "yes"];
        let arguments = arguments.iter().map(Path::new).chain(photos.iter().map(PathBuf::as_path));
        assert_eq!(terminal.error(arguments).0, *code, "{}", path.display());
    }
    if terminal.data().exists() {
        assert_eq!(terminal.traces_of(&[b"Nobody Inparticular"]), Vec::<PathBuf>::new());
    }
    terminal.enroll("Grace", &[&grace()]);
    let copy = terminal.file("copy.jpg", &std::fs::read(grace()).expect("a portrait"));
    let again = ["enroll", "--name", "Somebody Else", "--consent", "yes", copy.to_str().expect("a path in UTF-8")];
    let (code, message) = terminal.error(again);
    assert_eq!(code, "enrolled-as-another", "{message}");
    assert_eq!(terminal.traces_of(&[b"Somebody Else"]), Vec::<PathBuf>::new());
}

#[test]
fn without_a_consent_nobody_is_enrolled_and_the_message_says_why() {
    let terminal = Terminal::new();
    let grace = grace();
    let (code, message) = terminal.error(["enroll", "--name", "Grace", grace.to_str().expect("a path in UTF-8")]);
    assert_eq!(code, "no-consent");
    assert!(message.contains("consent"), "{message}");
    assert!(!terminal.data().exists(), "nothing is made for what is refused");
}

#[test]
fn dates_and_attendees_that_do_not_exist_are_said() {
    let terminal = Terminal::new();
    let nobody = "0192f3a4-7c1e-7b3a-8c55-0123456789ab";
    let mark = ["mark", nobody, "--status", "present", "--reason", "seen"];
    assert_eq!(terminal.error(mark).0, "unknown-attendee");
    assert_eq!(terminal.error(["forget", nobody]).0, "unknown-attendee");
    let (code, message) = terminal.error(mark.into_iter().chain(["--date", "2026-02-30"]));
    assert_eq!(code, "usage");
    assert!(message.contains("2026-02-30"), "{message}");
    let (code, message) = terminal.error(["report", "--from", "2026-11-21", "--to", "2026-11-20"]);
    assert_eq!(code, "range-reversed");
    assert!(message.contains("exchange"), "{message}");
    assert_eq!(
        terminal.error(["report", "--from", "2026-11-20", "--to", "2026-11-20", "--group", "5B"]).0,
        "unknown-group"
    );
    assert_eq!(terminal.error(["mark", nobody, "--status", "there", "--reason", "seen"]).0, "usage");
}

#[test]
fn a_mark_that_would_replace_what_is_not_known_says_what_stands() {
    let terminal = Terminal::new();
    let id = terminal.enroll("Grace", &[&grace()]);
    let photo = grace();
    terminal.one(["check-in", "--at", "2026-11-20T08:00:00Z", photo.to_str().expect("a path in UTF-8")]);
    let mark = ["mark", &id, "--status", "absent", "--reason", "not seen", "--date", "2026-11-20"];
    let (code, message) = terminal.error(mark);
    assert_eq!(code, "outdated");
    assert_eq!(
        message,
        "they are present at everyone.2026-11-20.0 already, since 2026-11-20T08:00:00Z by face: to replace that, add \
         --replaces 1"
    );
    let knowing = |version: &'static str| mark.into_iter().chain(["--replaces", version]);
    assert_eq!(terminal.error(knowing("2")).1, message);
    let corrected = terminal.one(knowing("1"));
    assert_eq!((&corrected["version"], &corrected["status"]), (&2.into(), &"absent".into()));
    let other = ["mark", &id, "--status", "absent", "--reason", "x", "--date", "2026-11-19", "--replaces", "1"];
    let (code, message) = terminal.error(other);
    assert_eq!((code.as_str(), message.as_str()), ("outdated", "nothing is recorded there yet: leave --replaces out"));
}

#[test]
fn a_folder_of_a_newer_version_is_left_alone() {
    let terminal = Terminal::new();
    terminal.enroll("Grace", &[&grace()]);
    std::fs::write(terminal.data().join("VERSION"), "999\n").expect("a file");
    let (code, message) = terminal.error(["report", "--from", "2026-11-20", "--to", "2026-11-20"]);
    assert_eq!(code, "data-too-new");
    assert!(message.contains("999"), "{message}");
}

#[test]
fn a_folder_whose_owner_does_not_let_go_is_given_up_after_ten_seconds() {
    let terminal = Terminal::new();
    let owner = attendance_local::DataFolder::open(terminal.data(), Duration::ZERO).expect("a new folder");
    let start = Instant::now();
    let (code, message) = terminal.error(["report", "--from", "2026-11-20", "--to", "2026-11-20"]);
    assert!(start.elapsed() >= Duration::from_secs(10), "it waits");
    assert_eq!(code, "data-in-use");
    assert!(message.contains(&std::process::id().to_string()), "{message}");
    drop(owner);
    assert!(terminal.records("2026-11-20", "2026-11-20").is_empty());
}

#[test]
fn a_data_folder_that_is_a_file_is_said() {
    let terminal = Terminal::new();
    std::fs::write(terminal.data(), "a file").expect("a file");
    let (code, message) = terminal.error(["report", "--from", "2026-11-20", "--to", "2026-11-20"]);
    assert_eq!(code, "data-unusable", "{message}");
}
