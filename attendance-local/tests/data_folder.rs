//! Who owns a data folder, among processes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use attendance_local::{DataFolder, DataFolderError};

const FOLDER: &str = "ATTENDANCE_TEST_FOLDER_TO_HOLD";

/// Not a test of its own: what the other process does, which the tests below start.
#[test]
#[ignore = "started by the other tests"]
fn hold_the_folder() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let _folder = DataFolder::open(folder, Duration::ZERO).expect("the folder");
    println!("\nholding");
    std::thread::sleep(Duration::from_secs(60));
}

/// A process that holds the folder by now.
fn holder(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "hold_the_folder", "--ignored", "--nocapture"]).env(FOLDER, folder);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
    let output = BufReader::new(child.stdout.take().expect("its output"));
    assert!(output.lines().map_while(Result::ok).any(|line| line == "holding"), "it does not hold the folder");
    child
}

#[test]
fn a_folder_that_another_process_holds_is_refused_and_that_process_is_named() {
    let place = tempfile::tempdir().expect("a folder");
    let mut other = holder(place.path());
    let refused = DataFolder::open(place.path(), Duration::from_millis(50));
    let id = other.id();
    other.kill().expect("killed");
    other.wait().expect("gone");
    let Err(DataFolderError::InUse { holder: Some(holder), .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(holder.pid, id);
    assert!(holder.program.starts_with("data_folder"), "{holder}");
}

#[test]
fn a_process_that_is_killed_lets_go() {
    let place = tempfile::tempdir().expect("a folder");
    let mut other = holder(place.path());
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.kill().expect("killed");
        other.wait().expect("gone");
    });
    let start = Instant::now();
    DataFolder::open(place.path(), Duration::from_secs(10)).expect("the folder");
    assert!(start.elapsed() < Duration::from_secs(5));
    killer.join().expect("no panic");
}
