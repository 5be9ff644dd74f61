//! `cargo xtask e2e`: the desk as its users meet it: its pages in a browser, its API against its document.
//!
//! Each part gets a desk of its own, with an empty data folder, and stops it.

mod api;
mod browser;
mod camera;
mod parts;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::desk::Desk;
use crate::install::Python;
use crate::workspace::Workspace;

use browser::Browser;

/// What to try.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these parts, separated by commas.
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Keeps the desks' data folders and logs here; without it they are removed at the end.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What can be tried on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Register, enrol, check in, correct, download, erase: from page to page, with a camera that plays a portrait.
    Story,
    /// axe-core on every page and dialog: light and dark, phone and desktop.
    Axe,
    /// A picture of every page in `target/e2e/screenshots`: light and dark, phone and desktop.
    Screenshots,
    /// The kiosk without a mouse, and every page on the narrowest phone.
    Keyboard,
    /// From the kiosk's shutter to the answer: median and 95th percentile.
    Shutter,
    /// schemathesis: what the API answers against its committed document.
    Api,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Tries everything, or what was asked for.
///
/// # Errors
/// If a part fails, or was skipped although everything is required.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let wanted = |part: &Part| options.only.is_empty() || options.only.contains(part);
    let chosen: Vec<Part> = Part::value_variants().iter().copied().filter(wanted).collect();
    let home = workspace.target.join("e2e");
    std::fs::create_dir_all(&home)?;

    let program = Desk::build(workspace)?;
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&home)?;
    let place = match &options.keep {
        Some(keep) => {
            std::fs::create_dir_all(keep)?;
            keep.canonicalize()?
        }
        None => folder.path().to_owned(),
    };
    let mut tried = Tried { program, place, ..Tried::default() };
    let (of_api, of_browser): (Vec<Part>, Vec<Part>) = chosen.into_iter().partition(|part| *part == Part::Api);
    if !of_browser.is_empty() {
        let browser = Browser::set_up(workspace, &home);
        for part in of_browser {
            tried.run(part, browser.as_ref(), |browser, desk| browser.run(&part.name(), desk));
        }
    }
    for part in of_api {
        let list = workspace.root.join("xtask/e2e/schemathesis.txt");
        let schemathesis = Python::set_up(home.join("schemathesis"), &list, "schemathesis", &[]);
        tried.run(part, schemathesis.as_ref(), |schemathesis, desk| api::run(workspace, schemathesis, desk));
    }
    tried.verdict()
}

/// What was tried so far.
#[derive(Debug, Default)]
struct Tried {
    program: PathBuf,
    /// Where the desks' folders are.
    place: PathBuf,
    passed: Vec<String>,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Tried {
    /// Starts a desk, runs the part on it and stops it.
    fn run<T>(&mut self, part: Part, tool: Result<&T, &anyhow::Error>, work: impl FnOnce(&T, &Desk) -> Result<()>) {
        let name = part.name();
        let tool = match tool {
            Ok(tool) => tool,
            Err(error) => {
                println!("{name}: skipped: {error:#}");
                self.skipped.push(name);
                return;
            }
        };
        println!("{name}");
        let start = Instant::now();
        match on_a_desk(&self.program, &self.place, &name, |desk| work(tool, desk)) {
            Ok(()) => {
                println!("{name}: passed ({:.1} s)", start.elapsed().as_secs_f64());
                self.passed.push(name);
            }
            Err(error) => {
                println!("{name}: FAILED ({:.1} s): {error:#}", start.elapsed().as_secs_f64());
                self.failed.push(name);
            }
        }
    }

    fn verdict(&self) -> Result<()> {
        println!("e2e: {} passed, {} failed, {} skipped", self.passed.len(), self.failed.len(), self.skipped.len());
        if !self.failed.is_empty() {
            bail!("failed: {}", self.failed.join(", "));
        }
        let required = std::env::var("ATTENDANCE_REQUIRE_BACKENDS").is_ok_and(|value| value == "1");
        if required && !self.skipped.is_empty() {
            bail!("skipped: {}, and ATTENDANCE_REQUIRE_BACKENDS=1 requires everything", self.skipped.join(", "));
        }
        Ok(())
    }
}

fn on_a_desk(program: &Path, place: &Path, name: &str, work: impl FnOnce(&Desk) -> Result<()>) -> Result<()> {
    let data = place.join(name);
    if data.exists() {
        bail!("{} exists; a part needs a new data folder", data.display());
    }
    let desk = Desk::start(program, place, name)?;
    println!("  a fresh desk is ready ({} ms)", desk.started_in.as_millis());
    let done = work(&desk);
    let peak = desk.memory().map(|memory| format!(", {:.0} MB at its peak", memory.peak)).unwrap_or_default();
    let stopped = desk.stop();
    // What went wrong first is the cause of the rest.
    done?;
    let stopped = stopped.context("stopping the desk")?;
    println!("  the desk has ended when asked to ({} ms{peak})", stopped.as_millis());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_its_tool_is_skipped_and_one_that_fails_is_a_failure() {
        let mut tried =
            Tried { program: "/nowhere/attendance".into(), place: std::env::temp_dir(), ..Tried::default() };
        let missing = anyhow::anyhow!("no Chromium; apt-get install chromium");
        tried.run::<()>(Part::Axe, Err(&missing), |(), _| Ok(()));
        assert_eq!((tried.failed.len(), tried.skipped.as_slice()), (0, ["axe".to_owned()].as_slice()));
        tried.run(Part::Story, Ok(&()), |(), _| Ok(()));
        assert_eq!(tried.failed, ["story"], "there is no such program");
        assert!(tried.verdict().is_err());
    }
}
