//! What a command says: text for people, or one JSON object a line.

use std::io::Write;

use serde_json::{Value, json};

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Answers `object`, or `text` to people.
    pub(crate) fn say(self, object: &Value, text: impl std::fmt::Display) {
        if self.json { line(object) } else { line(text) }
    }

    /// Says what somebody should know, on standard error: it is no answer.
    pub(crate) fn warn(self, message: &str) {
        let _ = writeln!(std::io::stderr(), "warning: {message}");
    }

    /// Says why a command failed: to people on standard error, to programs as an object too.
    pub(crate) fn failure(self, code: &str, message: &str) {
        if self.json {
            line(json!({ "error": { "code": code, "message": message } }));
        } else {
            let _ = writeln!(std::io::stderr(), "error: {message}");
        }
    }
}

/// One line at once, so that a reader sees it while the command goes on. Whoever stopped reading needs no answer.
pub(crate) fn line(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
