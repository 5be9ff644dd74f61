use super::*;

const NOW: Duration = Duration::ZERO;

#[test]
fn a_folder_is_made_where_there_is_none() {
    let place = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(place.path().join("a/b"), NOW).unwrap();
    assert_eq!(fs::read_to_string(folder.root().join("VERSION")).unwrap(), "1\n");
    assert_eq!(folder.database(), place.path().join("a/b/attendance.db"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(folder.root()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
#[cfg(unix)]
fn what_is_secret_is_put_in_whole_and_only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let folder = DataFolder::open(place.path(), NOW).unwrap();
    assert_eq!(folder.desk(), DataFolder::desk_of(place.path()));
    assert_eq!(folder.token_key(), place.path().join("TOKEN_KEY"));
    for secret in [&b"long and secret"[..], b"short"] {
        folder.write_private(&folder.desk(), secret).unwrap();
        assert_eq!(fs::read(folder.desk()).unwrap(), secret);
        assert_eq!(fs::metadata(folder.desk()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_second_owner_is_told_who_the_first_is() {
    let place = tempfile::tempdir().unwrap();
    let first = DataFolder::open(place.path(), NOW).unwrap();
    let start = Instant::now();
    let error = DataFolder::open(place.path(), Duration::from_millis(100)).unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(100));
    let DataFolderError::InUse { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert_eq!(holder.pid, std::process::id());
    assert!(error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
    drop(first);
    DataFolder::open(place.path(), NOW).unwrap();
}

#[test]
fn an_owner_that_lets_go_in_time_is_waited_for() {
    let place = tempfile::tempdir().unwrap();
    let first = DataFolder::open(place.path(), NOW).unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        drop(first);
    });
    let start = Instant::now();
    DataFolder::open(place.path(), Duration::from_secs(10)).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    release.join().unwrap();
}

#[test]
fn many_who_want_the_folder_have_it_one_after_another() {
    let place = tempfile::tempdir().unwrap();
    let counter = place.path().join("data/events.jsonl");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let folder = DataFolder::open(place.path().join("data"), Duration::from_secs(30)).unwrap();
                let before = fs::read(folder.events()).unwrap_or_default();
                std::thread::sleep(Duration::from_millis(5));
                fs::write(folder.events(), [before.as_slice(), b"x"].concat()).unwrap();
            });
        }
    });
    assert_eq!(fs::read(counter).unwrap(), b"xxxxxxxx");
}

#[test]
fn a_folder_of_a_newer_version_is_refused_and_both_versions_are_named() {
    let place = tempfile::tempdir().unwrap();
    drop(DataFolder::open(place.path(), NOW).unwrap());
    fs::write(place.path().join("VERSION"), "7\n").unwrap();
    let error = DataFolder::open(place.path(), NOW).unwrap_err();
    assert!(matches!(error, DataFolderError::TooNew { found: 7, supported: 1, .. }));
    assert!(error.to_string().contains("version 7") && error.to_string().contains("up to 1"), "{error}");
}

#[test]
fn a_version_that_can_not_be_read_is_refused() {
    let place = tempfile::tempdir().unwrap();
    for damaged in [&b"one"[..], b"", b"0\n", b"-1", b"\xff\xfe"] {
        fs::write(place.path().join("VERSION"), damaged).unwrap();
        let error = DataFolder::open(place.path(), NOW).unwrap_err();
        assert!(matches!(error, DataFolderError::Damaged { .. }), "{damaged:?}: {error}");
    }
}

#[test]
fn a_file_is_no_data_folder() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(DataFolder::open(&file, NOW), Err(DataFolderError::NotAFolder { .. })));
    assert!(matches!(DataFolder::open(file.join("below"), NOW), Err(DataFolderError::Unusable { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"x");
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("thesis.tex"), "x").unwrap();
    assert!(matches!(DataFolder::open(place.path(), NOW), Err(DataFolderError::Foreign { .. })));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_place_that_can_not_be_written_is_refused() {
    let error = DataFolder::open("/proc/attendance", NOW).unwrap_err();
    assert!(matches!(error, DataFolderError::Unusable { .. }), "{error}");
}
