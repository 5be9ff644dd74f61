//! All parts, two lanes beside each other: what needs a desk leaves a core for what builds the functions, and the
//! functions' scenarios one for Terraform. What is measured comes last, alone.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::functions::ZIPS;
use super::{Options, Part};
use crate::backends::Backends;
use crate::package;
use crate::parts::{Done, Parts};
use crate::workspace::Workspace;

/// What each lane does.
pub(super) const ALL: [&[Part]; 4] = [
    &[Part::Story, Part::Keyboard, Part::RollCall, Part::Cloud, Part::Axe, Part::Screenshots, Part::Api],
    &[Part::Functions],
    &[Part::Terraform],
    &[Part::Shutter],
];

/// Runs each lane as a chore of its own. What one says beside another is held back, and shown when that has ended.
///
/// # Errors
/// If a part of one fails.
pub(super) fn run(workspace: &Workspace, home: &Path, options: &Options) -> Result<()> {
    let [on_desks, functions, terraform, alone] = ALL;
    let mut parts = Parts::of("e2e");
    // Whatever it lacks, or what is wrong with it, the lanes that need it meet again and tell.
    let package = match std::env::var_os(ZIPS).filter(|folder| !folder.is_empty()) {
        None => Some(Lane::beside(&["package".to_owned()], home, None)?),
        Some(_) => None,
    };
    parts.run(&names(on_desks), || Lane::alone(&arguments(on_desks, options), None)?.wait());
    let mut zips = None;
    if let Some(mut package) = package {
        parts.run("package", || match package.wait() {
            Ok(done) => {
                zips = Some(package::folder(workspace));
                Ok(done)
            }
            Err(_) => Ok(Done::not_run("skipped: package: the functions could not be packed".to_owned())),
        });
    }
    // What two lanes want at once is installed and built before.
    drop(Backends::aws(workspace));
    let mut beside = Lane::beside(&arguments(functions, options), home, zips.as_ref())?;
    parts.run(&names(terraform), || Lane::alone(&arguments(terraform, options), zips.as_ref())?.wait());
    parts.run(&names(functions), || beside.wait());
    parts.run(&names(alone), || Lane::alone(&arguments(alone, options), None)?.wait());
    parts.verdict()
}

fn names(parts: &[Part]) -> String {
    parts.iter().map(|part| part.name()).collect::<Vec<_>>().join(",")
}

fn arguments(parts: &[Part], options: &Options) -> Vec<String> {
    let mut arguments = ["e2e", "--only"].map(str::to_owned).to_vec();
    arguments.extend([names(parts), "--seed".to_owned(), options.seed.to_string()]);
    if let Some(keep) = &options.keep {
        arguments.extend(["--keep".to_owned(), keep.display().to_string()]);
    }
    arguments
}

/// This program, once more. Dropped, it is ended.
struct Lane {
    child: Child,
    /// What it says, where that is held back.
    heard: Option<PathBuf>,
}

impl Lane {
    /// Runs, and says what it says at once.
    fn alone(arguments: &[String], zips: Option<&PathBuf>) -> Result<Self> {
        Self::start(command(arguments, zips)?, None)
    }

    /// Runs beside another.
    fn beside(arguments: &[String], home: &Path, zips: Option<&PathBuf>) -> Result<Self> {
        let heard = home.join("beside.log");
        let file = File::create(&heard)?;
        let mut lane = command(arguments, zips)?;
        lane.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        println!("beside it: {}; what that says comes after", arguments.join(" "));
        Self::start(lane, Some(heard))
    }

    fn start(mut lane: Command, heard: Option<PathBuf>) -> Result<Self> {
        Ok(Self { child: lane.spawn().context("a lane did not start")?, heard })
    }

    fn wait(&mut self) -> Result<Done> {
        let status = self.child.wait()?;
        if let Some(heard) = &self.heard {
            print!("{}", std::fs::read_to_string(heard).unwrap_or_default());
        }
        if status.success() { Ok(Done::default()) } else { bail!("see above") }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(arguments: &[String], zips: Option<&PathBuf>) -> Result<Command> {
    let mut lane = Command::new(std::env::current_exe().context("this program is not to be found")?);
    lane.args(arguments).envs(zips.map(|zips| (ZIPS, zips)));
    Ok(lane)
}
