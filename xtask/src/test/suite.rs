//! The tests in Rust, by nextest if it is installed and by cargo if not, and the lines by which some say that they did
//! not run.
//!
//! Both runners hide the output of tests that pass, so the lines are collected here.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::parts::{Done, STEPS};
use crate::workspace::Workspace;

/// How a test says that it did not run.
const SKIPPED: &str = "skipped: ";

/// Who runs the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    pub(super) fn find(workspace: &Workspace) -> Self {
        let mut version = workspace.cargo();
        version.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        if version.status().is_ok_and(|status| status.success()) { Self::Nextest } else { Self::Cargo }
    }

    /// Runs what `chosen` names, which both runners understand; `tell` adds to the command's environment.
    ///
    /// # Errors
    /// If a test fails.
    pub(super) fn run(
        self,
        workspace: &Workspace,
        chosen: &[String],
        filter: Option<&str>,
        tell: impl FnOnce(&mut Command),
    ) -> Result<Done> {
        let suite = match self {
            Self::Nextest => with_nextest(workspace, chosen, filter, tell)?,
            Self::Cargo => with_cargo(workspace, chosen, filter, tell)?,
        };
        if !suite.status.success() {
            bail!("tests failed (see above)");
        }
        Ok(Done { skipped: suite.skipped, ..Done::default() })
    }
}

struct Suite {
    status: ExitStatus,
    skipped: Vec<String>,
}

fn with_nextest(
    workspace: &Workspace,
    chosen: &[String],
    filter: Option<&str>,
    tell: impl FnOnce(&mut Command),
) -> Result<Suite> {
    let folder = workspace.target.join("xtask");
    std::fs::create_dir_all(&folder)?;
    let (config, report) = (folder.join("nextest.toml"), folder.join("junit.xml"));
    let junit = format!("[profile.default.junit]\npath = {report:?}\nstore-success-output = true\n");
    std::fs::write(&config, junit)?;
    // What an earlier run left there must not be taken for this one's.
    std::fs::remove_file(&report).ok();

    let mut tests = workspace.cargo();
    tests.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]).args(chosen).args(filter);
    tests.arg("--tool-config-file").arg(format!("attendance:{}", config.display()));
    tell(&mut tests);
    // Some try a chore of their own.
    tests.env_remove(STEPS);
    let status = tests.status().context("cargo nextest did not start")?;
    let report = std::fs::read_to_string(&report).unwrap_or_default();
    Ok(Suite { status, skipped: skipped(report.lines()) })
}

fn with_cargo(
    workspace: &Workspace,
    chosen: &[String],
    filter: Option<&str>,
    tell: impl FnOnce(&mut Command),
) -> Result<Suite> {
    let mut tests = workspace.cargo();
    tests.args(["test", "--no-fail-fast"]).args(chosen).args(filter).args(["--", "--show-output"]);
    tell(&mut tests);
    tests.env_remove(STEPS);
    let mut child = tests.stdout(Stdio::piped()).spawn().context("cargo test did not start")?;
    let output = child.stdout.take().context("its output is piped")?;
    let mut lines = Vec::new();
    let mut out = std::io::stdout();
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(out, "{line}")?;
        lines.push(line);
    }
    Ok(Suite { status: child.wait()?, skipped: skipped(lines.iter().map(String::as_str)) })
}

/// The lines that say so, each once, in order.
fn skipped<'a>(output: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = output
        .filter_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("<system-err>").or(line.strip_prefix("<system-out>")).unwrap_or(line);
            let line = line.split("</system-").next().unwrap_or(line).trim_end();
            line.starts_with(SKIPPED).then(|| unescape(line))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn unescape(xml: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(xml.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skip_lines_are_found_in_the_output_of_either_runner() {
        let output = "    <system-err>skipped: faces: no &lt;portraits&gt;; set ATTENDANCE_FACES\n\
            skipped: faces again: same</system-err>\n\
            test not_skipped: ... ok\n\
            skipped: smtp: no server\n\
            skipped: smtp: no server\n";
        let expected = [
            "skipped: faces again: same",
            "skipped: faces: no <portraits>; set ATTENDANCE_FACES",
            "skipped: smtp: no server",
        ];
        assert_eq!(skipped(output.lines()), expected);
    }
}
