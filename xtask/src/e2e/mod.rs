//! `cargo xtask e2e`: attendance as its users meet it. Of the desk, its pages in a browser, and its API against its
//! document; of the functions, what they do in an emulator of AWS.
//!
//! Each part of the desk gets one of its own, with an empty data folder, and stops it. What needs a desk runs beside what
//! needs the emulator: either leaves a core idle.

mod api;
mod browser;
mod camera;
mod complete;
mod driver;
mod functions;
mod lanes;
mod stack;

use std::cell::LazyCell;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::desk::Desk;
use crate::install::Python;
use crate::parts::{Done, Parts};
use crate::terraform::Terraform;
use crate::workspace::Workspace;

use api::{Host, Seed};
use browser::Browser;
use complete::Complete;
use functions::{Emulator, Repository};
use stack::Stack;

/// The examples of Terraform that nobody uses here, and what they have to be told.
const UNUSED: [(&str, &[(&str, &str)]); 2] =
    [("no-database", &[]), ("postgres", &[("mail_from", "office@school.example")])];

/// What to try.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these parts, one after another, separated by commas; without it all of them, the desk's beside the others.
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    only: Vec<Part>,
    /// Keeps the desks' data folders and logs, and descriptions of deployments, here; without it they are removed.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// What schemathesis makes its requests from: a number, or `random`, which prints the number that it took.
    #[arg(long, default_value_t = Seed::default())]
    seed: Seed,
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
    /// The roll call without network, beside faces that check in, and upon rows that are out of date.
    RollCall,
    /// From the kiosk's shutter to the answer: median and 95th percentile.
    Shutter,
    /// The same pages as a deployment in the cloud serves them: a user pool's sign-in, pictures by way of a bucket.
    Cloud,
    /// schemathesis: what the API answers against its committed document.
    Api,
    /// The functions in an emulator's Lambda, with each repository; and schemathesis behind its gateway.
    Functions,
    /// Every example of `terraform/examples` in an emulator; the functions and the pages on what the complete one made.
    Terraform,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn has_a_desk(self) -> bool {
        !matches!(self, Self::Functions | Self::Terraform)
    }
}

/// Tries everything, or what was asked for.
///
/// # Errors
/// If a part fails, or was skipped although everything is required.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let home = workspace.target.join("e2e");
    std::fs::create_dir_all(&home)?;
    if options.only.is_empty() {
        return lanes::run(workspace, &home, options);
    }
    let folder = tempfile::Builder::new().prefix("run-").tempdir_in(&home)?;
    let place = match &options.keep {
        Some(keep) => {
            std::fs::create_dir_all(keep)?;
            keep.canonicalize()?
        }
        None => folder.path().to_owned(),
    };
    let browser = LazyCell::new(|| Browser::set_up(workspace, &home));
    let schemathesis = LazyCell::new(|| {
        let list = workspace.root.join("xtask/e2e/schemathesis.txt");
        Python::set_up(home.join("schemathesis"), &list, "schemathesis", &[])
    });
    let emulator = LazyCell::new(|| Emulator::set_up(workspace, &place));
    let on_desks = options.only.iter().any(|part| part.has_a_desk());
    let program = if on_desks { Desk::build(workspace)? } else { PathBuf::new() };
    let mut trial = Trial { program, place: place.clone(), seed: options.seed, parts: Parts::of("e2e") };
    for part in &options.only {
        match part {
            Part::Api => trial.on_a_desk(*part, schemathesis.as_ref(), |schemathesis, desk| {
                api::run(workspace, schemathesis, &Host::of(desk), options.seed)
            }),
            Part::Functions => trial.functions(workspace, emulator.as_ref(), &schemathesis),
            Part::Terraform => trial.stacks(workspace, emulator.as_ref(), browser.as_ref()),
            _ => trial.on_a_desk(*part, browser.as_ref(), |browser, desk| browser.on_desk(&part.name(), desk)),
        }
    }
    trial.parts.verdict()
}

/// What is tried with, and what was tried so far.
#[derive(Debug)]
struct Trial {
    program: PathBuf,
    /// Where the desks' folders are.
    place: PathBuf,
    seed: Seed,
    parts: Parts,
}

impl Trial {
    /// Starts a desk, runs the part on it and stops it.
    fn on_a_desk<T>(
        &mut self,
        part: Part,
        tool: Result<&T, &anyhow::Error>,
        work: impl FnOnce(&T, &Desk) -> Result<()>,
    ) {
        let (program, place, name) = (self.program.clone(), self.place.clone(), part.name());
        match tool {
            Ok(tool) => self.run(&name, || on_a_desk(&program, &place, &name, |desk| work(tool, desk))),
            Err(error) => self.skip(&name, error),
        }
    }

    /// Runs the scenarios with each repository, and the API against its document on a deployment of its own.
    fn functions(
        &mut self,
        workspace: &Workspace,
        emulator: Result<&Emulator, &anyhow::Error>,
        schemathesis: &Result<Python>,
    ) {
        let name = |what: &str| format!("{}-{what}", Part::Functions.name());
        let emulator = match emulator {
            Ok(emulator) => emulator,
            Err(error) => return self.skip(&Part::Functions.name(), error),
        };
        for repository in Repository::ALL {
            self.run(&name(repository.name()), || emulator.deploy(repository)?.run_scenarios());
        }
        let seed = self.seed;
        match schemathesis {
            Ok(schemathesis) => self.run(&name(&Part::Api.name()), || {
                let deployment = emulator.deploy(Repository::Dynamo)?;
                api::run(workspace, schemathesis, &deployment.host()?, seed)
            }),
            Err(error) => self.skip(&name(&Part::Api.name()), error),
        }
    }

    /// Applies each example, plans once more, and destroys it; between, the complete one is used: scenarios and pages.
    fn stacks(
        &mut self,
        workspace: &Workspace,
        emulator: Result<&Emulator, &anyhow::Error>,
        browser: Result<&Browser, &anyhow::Error>,
    ) {
        let name = |example: &str| format!("{}-{example}", Part::Terraform.name());
        let terraform = Terraform::find(workspace).context("terraform is not on the PATH; or set ATTENDANCE_TERRAFORM");
        let (emulator, terraform) = match (emulator, &terraform) {
            (Ok(emulator), Ok(terraform)) => (emulator, terraform),
            (Err(error), _) | (_, Err(error)) => return self.skip(&Part::Terraform.name(), error),
        };
        for (example, variables) in UNUSED {
            self.run(&name(example), || {
                let mut stack = Stack::new(emulator, terraform, workspace, example, variables)?;
                stack.apply()?;
                stack.is_unchanged()?;
                stack.destroy()
            });
        }
        match browser {
            Ok(browser) => self.run(&name("complete"), || {
                let complete = Complete::apply(emulator, terraform, workspace)?;
                let deployment = complete.deployment()?;
                deployment.run_scenarios()?;
                complete.visit(browser, &deployment)?;
                let stack = complete.into_stack();
                stack.is_unchanged()?;
                stack.destroy()
            }),
            Err(error) => self.skip(&name("complete"), error),
        }
    }

    fn run(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        self.parts.run(name, || work().map(|()| Done::default()));
    }

    fn skip(&mut self, name: &str, why: &anyhow::Error) {
        self.parts.run(name, || Ok(Done::not_run(format!("skipped: {name}: {why:#}"))));
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
    fn every_example_of_terraform_is_applied() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../terraform/examples");
        let mut there: Vec<_> = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        there.sort_unstable();
        let mut applied: Vec<_> = UNUSED.iter().map(|(example, _)| *example).chain(["complete"]).collect();
        applied.sort_unstable();
        assert_eq!(there, applied);
    }

    #[test]
    fn a_part_without_its_tool_is_skipped_and_one_that_fails_is_a_failure() {
        let place = std::env::temp_dir();
        let parts = Parts::of("e2e");
        let mut trial = Trial { program: "/nowhere/attendance".into(), place, seed: Seed::default(), parts };
        let missing = anyhow::anyhow!("no Chromium; apt-get install chromium");
        trial.on_a_desk::<()>(Part::Axe, Err(&missing), |(), _| Ok(()));
        trial.on_a_desk(Part::Story, Ok(&()), |(), _| Ok(()));
        let error = trial.parts.is_well().unwrap_err().to_string();
        assert_eq!(error, "e2e failed: story", "there is no such program");
    }

    #[test]
    fn what_runs_beside_each_other_is_everything_once() {
        let mut parts = lanes::ALL.concat();
        parts.sort_unstable_by_key(|part| part.name());
        let mut all = Part::value_variants().to_vec();
        all.sort_unstable_by_key(|part| part.name());
        assert_eq!(parts, all);
    }
}
