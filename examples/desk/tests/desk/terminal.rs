//! Runs `attendance` as a process over a data folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A data folder, and pictures.
pub(crate) struct Terminal {
    folder: tempfile::TempDir,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) lines: Vec<Value>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file beside the data folder.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attendance"));
        command.arg("--data").arg(self.data()).args(["--zone", "UTC"]).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs with `--json`.
    pub(crate) fn json<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Answer {
        answer(&self.command(arguments).arg("--json").output().expect("it runs"))
    }

    /// Runs with `--json`, which must succeed, and answers its one object.
    pub(crate) fn one<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Value {
        let mut answer = self.json(arguments);
        assert_eq!((answer.status, answer.lines.len()), (0, 1), "{answer:?}");
        answer.lines.remove(0)
    }

    /// Runs with `--json`, which must fail, and answers the error's code and message.
    pub(crate) fn error<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> (String, String) {
        let answer = self.json(arguments);
        assert_ne!(answer.status, 0, "{answer:?}");
        let error = &answer.lines.last().expect("an object")["error"];
        (text(&error["code"]), text(&error["message"]))
    }

    pub(crate) fn enroll(&self, name: &str, photos: &[&Path]) -> String {
        let mut arguments = vec!["enroll", "--name", name, "--consent", "My face may be used."];
        arguments.extend(photos.iter().map(|photo| photo.to_str().expect("a path in UTF-8")));
        text(&self.one(arguments)["attendee"])
    }

    /// Every check-in that the folder holds, read from outside.
    pub(crate) fn records(&self, from: &str, to: &str) -> Vec<Value> {
        let answer = self.json(["report", "--from", from, "--to", to]);
        assert_eq!(answer.status, 0, "{answer:?}");
        answer.lines
    }

    /// Where, below the data folder, any of these texts is found in a file's bytes or name.
    pub(crate) fn traces_of(&self, texts: &[&[u8]]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    let holds = |text: &&[u8]| bytes.windows(text.len()).any(|window| window == *text);
                    if texts.iter().any(holds) {
                        found.push(path);
                    }
                }
            }
        }
        found
    }

    /// The ids of the events that reached the sink, in their order.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = std::fs::read_to_string(self.data().join("events.jsonl")).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect()
    }
}

pub(crate) fn answer(output: &Output) -> Answer {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let object = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no object: {line}"));
    Answer { status: output.status.code().unwrap_or(-1), lines: text.lines().map(object).collect() }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// One of the two portraits in the public domain.
pub(crate) fn portrait(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../attendance-local/testdata").join(name)
}

pub(crate) fn grace() -> PathBuf {
    portrait("grace_hopper.jpg")
}

pub(crate) fn eileen() -> PathBuf {
    portrait("astronaut.png")
}

/// The folder of test portraits, or `None` after saying that the test is skipped.
pub(crate) fn faces(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ATTENDANCE_FACES").map(PathBuf::from);
    if folder.is_none() {
        let why = "set ATTENDANCE_FACES to a folder of test portraits to run it";
        assert!(std::env::var_os("ATTENDANCE_REQUIRE_BACKENDS").is_none(), "{test} can't be skipped: {why}");
        println!("skipped: {test}: {why}");
    }
    folder
}
