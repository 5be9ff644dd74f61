//! The program as boto3 sees it: a second client that nobody here has written.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![cfg(unix)]

mod support;

use std::path::Path;
use std::process::Command;

use support::Program;

#[test]
fn boto3_enrols_and_finds_people_pages_and_meets_every_error() {
    let Some(python) = std::env::var_os("ATTENDANCE_TEST_PYTHON").filter(|python| !python.is_empty()) else {
        eprintln!("skipped: boto3: ATTENDANCE_TEST_PYTHON is not set; cargo xtask test");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new(python)
        .arg(here.join("tests/boto3_client.py"))
        .arg(&program.url)
        .arg(here.join("../../attendance-local/testdata"))
        .output()
        .unwrap();
    let (said, failed) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{failed}");
    assert!(said.contains("all is well"), "{said}");
    let (status, log) = program.terminate();
    assert!(status.success(), "{status}: {log}");
}
