use super::*;

const MODEL: Model<'_> = Model { name: "test/1", dimension: 3 };
const TEMPLATE: [f32; 3] = [0.6, 0.0, 0.8];

fn ids(n: u128) -> (AttendeeId, FaceId) {
    (Uuid::from_u128(n << 64 | 0xA77E).into(), Uuid::from_u128(n << 64 | 0xFACE).into())
}

/// A log of `n` faces, closed again.
fn log_of(n: u128) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    Log::create(&path, MODEL).unwrap();
    let mut log = Log::open(&path, MODEL).unwrap();
    for n in 0..n {
        log.put(ids(n).0, ids(n).1, &TEMPLATE).unwrap();
    }
    (folder, path)
}

fn faces(path: &Path) -> usize {
    Log::open(path, MODEL).unwrap().gallery().len()
}

fn contains(folder: &Path, bytes: &[u8]) -> bool {
    let mut files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.any(|file| file.windows(bytes.len()).any(|window| window == bytes))
}

fn bytes_of(template: &[f32]) -> Vec<u8> {
    template.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn what_was_put_is_there_after_opening_again() {
    let (_folder, path) = log_of(3);
    let log = Log::open(&path, MODEL).unwrap();
    assert_eq!(log.gallery().len(), 3);
    assert_eq!(log.gallery().template(ids(2).0, ids(2).1), Some(&TEMPLATE[..]));
}

#[test]
fn the_same_face_again_is_not_written_again() {
    let (_folder, path) = log_of(2);
    let before = fs::read(&path).unwrap();
    Log::open(&path, MODEL).unwrap().put(ids(1).0, ids(1).1, &TEMPLATE).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_crash_at_any_byte_of_an_append_loses_that_append_only() {
    let (_folder, path) = log_of(2);
    let whole = fs::read(&path).unwrap().len();
    let mut log = Log::open(&path, MODEL).unwrap();
    log.put(ids(2).0, ids(2).1, &TEMPLATE).unwrap();
    log.append(&[&[REMOVE_ATTENDEE], ids(0).0.as_uuid().as_bytes().as_slice()].concat()).unwrap();
    let bytes = fs::read(&path).unwrap();
    let second = whole + (bytes.len() - whole) * 53 / 78;
    for end in whole..bytes.len() {
        fs::write(&path, &bytes[..end]).unwrap();
        assert_eq!(faces(&path), if end < second { 2 } else { 3 }, "cut at {end}");
        let cut = fs::read(&path).unwrap();
        assert_eq!(cut.len(), if end < second { whole } else { second }, "cut at {end}");
    }
    fs::write(&path, &bytes).unwrap();
    assert_eq!(faces(&path), 2);
}

#[test]
fn a_file_that_grew_before_its_data_came_is_cut_back() {
    let (_folder, path) = log_of(2);
    let mut bytes = fs::read(&path).unwrap();
    let whole = bytes.len();
    let next = record(&put(ids(9).0, ids(9).1, &TEMPLATE));
    for written in 0..next.len() - 4 {
        bytes.truncate(whole);
        bytes.extend(&next[..written]);
        bytes.resize(whole + next.len(), 0);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(faces(&path), 2, "{written} bytes written");
        assert_eq!(fs::metadata(&path).unwrap().len(), whole as u64);
    }
}

#[test]
fn damage_of_any_byte_is_said_and_nothing_is_thrown_away() {
    let (_folder, path) = log_of(3);
    let bytes = fs::read(&path).unwrap();
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            fs::write(&path, &damaged).unwrap();
            let error = Log::open(&path, MODEL).expect_err(&format!("damage at {at}"));
            let newer = (8..12).contains(&at) && (at, flip) != (8, 0x01);
            assert_eq!(matches!(error, LogError::TooNew { .. }), newer, "{at}: {error}");
            assert_eq!(matches!(error, LogError::Damaged { .. }), !newer, "{at}: {error}");
            assert_eq!(fs::read(&path).unwrap(), damaged);
        }
    }
}

#[test]
fn a_log_that_is_cut_within_its_header_is_damaged() {
    let (_folder, path) = log_of(0);
    let header = fs::read(&path).unwrap();
    for end in 0..header.len() {
        fs::write(&path, &header[..end]).unwrap();
        assert!(matches!(Log::open(&path, MODEL), Err(LogError::Damaged { at: 0, .. })), "cut at {end}");
    }
}

#[test]
fn the_bytes_of_a_removed_template_leave_the_folder() {
    let (folder, path) = log_of(2);
    let mut log = Log::open(&path, MODEL).unwrap();
    let (attendee, face) = ids(7);
    let (first, second, third) = ([0.28, 0.0, 0.96], [0.96, 0.28, 0.0], [0.0, 0.28, 0.96]);
    log.put(attendee, face, &first).unwrap();
    log.put(attendee, ids(8).1, &second).unwrap();
    assert!(contains(folder.path(), &bytes_of(&first)) && contains(folder.path(), &bytes_of(&second)));
    log.put(attendee, face, &third).unwrap();
    assert!(!contains(folder.path(), &bytes_of(&first)), "replaced");
    log.remove_face(attendee, face).unwrap();
    assert!(!contains(folder.path(), &bytes_of(&third)), "one face removed");
    assert!(contains(folder.path(), &bytes_of(&second)));
    assert_eq!(log.remove_attendee(attendee).unwrap(), 1);
    assert!(!contains(folder.path(), &bytes_of(&second)), "all removed");
    assert!(!contains(folder.path(), attendee.as_uuid().as_bytes()));
    assert_eq!(log.remove_attendee(attendee).unwrap(), 0);
    assert_eq!(faces(&path), 2);
}

#[test]
fn a_removal_that_a_crash_cut_off_is_finished_when_the_log_is_opened() {
    let (folder, path) = log_of(2);
    let mut log = Log::open(&path, MODEL).unwrap();
    log.put(ids(7).0, ids(7).1, &[0.28, 0.0, 0.96]).unwrap();
    log.append(&[&[REMOVE_ATTENDEE], ids(7).0.as_uuid().as_bytes().as_slice()].concat()).unwrap();
    fs::copy(&path, durable::replacement(&path)).unwrap();
    assert!(contains(folder.path(), &bytes_of(&[0.28, 0.0, 0.96])));
    assert_eq!(faces(&path), 2);
    assert!(!contains(folder.path(), &bytes_of(&[0.28, 0.0, 0.96])));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_log_of_a_newer_format_is_refused_even_if_its_header_is_unlike_ours() {
    let (_folder, path) = log_of(1);
    fs::write(&path, [MAGIC.as_slice(), &2_u32.to_le_bytes(), b"whatever"].concat()).unwrap();
    assert!(matches!(Log::open(&path, MODEL), Err(LogError::TooNew { found: 2 })));
}

#[test]
fn a_log_of_another_model_is_refused_and_the_message_says_what_to_do() {
    let (_folder, path) = log_of(1);
    let error = Log::open(&path, Model { name: "test/2", dimension: 3 }).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, LogError::OtherModel { .. }));
    assert!(text.contains("test/1") && text.contains("test/2") && text.contains("enrol every face again"), "{text}");
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_read_a_log() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = log_of(1);
    let mut log = Log::open(&path, MODEL).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    log.remove_attendee(ids(0).0).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
#[ignore = "measures: `cargo test --release -p attendance-local --lib -- --ignored --nocapture a_million`"]
fn a_million_templates_are_there_again_within_seconds() {
    const MODEL: Model<'_> = Model { name: "test/1", dimension: 128 };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    Log::create(&path, MODEL).unwrap();
    let mut log = Log::open(&path, MODEL).unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut template = || {
        let numbers: Vec<f32> = (0..128).map(|_| random.f32() + 0.5).collect();
        let length = numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
        numbers.into_iter().map(|number| number / length).collect::<Vec<_>>()
    };
    for n in 0..1_000_000 {
        log.gallery.insert(ids(n).0, ids(n).1, &template()).unwrap();
    }
    log.compact().unwrap();
    drop(log);
    let start = std::time::Instant::now();
    let log = Log::open(&path, MODEL).unwrap();
    let query = log.gallery().template(ids(7).0, ids(7).1).unwrap().to_vec();
    let found = log.gallery().search(&query, super::super::Search::nearest(1)).unwrap();
    println!("a million templates of 128 numbers: read and searched after {:.2?}", start.elapsed());
    assert_eq!(found.matches[0].attendee, ids(7).0);
}
