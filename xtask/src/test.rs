//! `cargo xtask test`: the whole suite, and in plain words what it could not run.
//!
//! The servers that tests need are set up below the target folder, and run for as long as the suite does. A test that
//! lacks something of the machine prints one line, `skipped: WHAT: WHY; COMMAND THAT HELPS`, and returns. Both runners
//! hide the output of tests that pass, so the lines are collected here and shown at the end. With
//! `ATTENDANCE_REQUIRE_BACKENDS=1` one of them is a failure.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::backends::Backends;
use crate::terraform;
use crate::workspace::Workspace;

/// How a test says that it did not run.
const SKIPPED: &str = "skipped: ";

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only tests whose names contain this.
    filter: Option<String>,
}

/// Runs the suite.
///
/// # Errors
/// If a test fails, or was skipped although everything is required.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    // The suite comes last: its closing line is the one that a reader at the end of a log sees.
    let mut docs = workspace.cargo();
    docs.args(["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"]).args(&options.filter);
    let docs = docs.status().context("cargo test did not start")?;

    let backends = Backends::start(workspace);
    let nextest = workspace.cargo().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let suite = if nextest.is_ok_and(|status| status.success()) {
        with_nextest(workspace, options, &backends)?
    } else {
        with_cargo(workspace, options, &backends)?
    };

    let terraform = if options.filter.is_none() { terraform::test(workspace) } else { Ok(None) };
    let mut skipped = suite.skipped;
    skipped.extend(terraform.as_ref().ok().cloned().flatten());

    for line in &skipped {
        println!("{line}");
    }
    for part in &backends.missing {
        println!("could not be set up: {part}");
    }
    if !docs.success() {
        bail!("examples in the docs failed (see above)");
    }
    if !suite.status.success() {
        bail!("tests failed");
    }
    terraform?;
    let required = std::env::var("ATTENDANCE_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
    if required && !skipped.is_empty() {
        bail!("{} skipped, and ATTENDANCE_REQUIRE_BACKENDS=1 requires everything", skipped.len());
    }
    Ok(())
}

struct Suite {
    status: ExitStatus,
    skipped: Vec<String>,
}

fn with_nextest(workspace: &Workspace, options: &Options, backends: &Backends) -> Result<Suite> {
    let folder = workspace.target.join("xtask");
    std::fs::create_dir_all(&folder)?;
    let (config, report) = (folder.join("nextest.toml"), folder.join("junit.xml"));
    let junit = format!("[profile.default.junit]\npath = {report:?}\nstore-success-output = true\n");
    std::fs::write(&config, junit)?;
    // What an earlier run left there must not be taken for this one's.
    std::fs::remove_file(&report).ok();

    let mut tests = workspace.cargo();
    tests.args(["nextest", "run", "--workspace", "--all-features", "--no-fail-fast"]).args(&options.filter);
    backends.tell(&mut tests);
    tests.arg("--tool-config-file").arg(format!("attendance:{}", config.display()));
    let status = tests.status().context("cargo nextest did not start")?;
    let report = std::fs::read_to_string(&report).unwrap_or_default();
    Ok(Suite { status, skipped: skipped(report.lines()) })
}

fn with_cargo(workspace: &Workspace, options: &Options, backends: &Backends) -> Result<Suite> {
    let mut tests = workspace.cargo();
    tests.args(["test", "--workspace", "--all-features", "--no-fail-fast", "--lib", "--bins", "--tests", "--examples"]);
    backends.tell(&mut tests);
    tests.args(&options.filter).args(["--", "--show-output"]).stdout(Stdio::piped());
    let mut child = tests.spawn().context("cargo test did not start")?;
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
