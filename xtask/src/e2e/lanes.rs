//! All parts: what needs a desk beside what needs the emulator, and what is measured last, alone.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Options, Part};
use crate::parts::{Done, Parts};

/// Two lanes beside each other, then what wants both cores.
pub(super) const ALL: [&[Part]; 3] = [
    &[Part::Story, Part::Keyboard, Part::Cloud, Part::Axe, Part::Screenshots, Part::Api],
    &[Part::Functions, Part::Terraform],
    &[Part::Shutter],
];

/// Runs each lane as a chore of its own. What the second says is held back, and shown when the first has ended.
///
/// # Errors
/// If a part of one fails.
pub(super) fn run(home: &Path, options: &Options) -> Result<()> {
    let [on_desks, in_emulator, alone] = ALL;
    let heard = home.join("emulator.log");
    let mut parts = Parts::of("e2e");
    println!("{} run beside the desk's parts; what they say comes after these", names(in_emulator));
    let mut beside = Lane::start(in_emulator, options, Some(File::create(&heard)?))?;
    parts.run(&names(on_desks), || Lane::start(on_desks, options, None)?.wait());
    parts.run(&names(in_emulator), || {
        let done = beside.wait();
        print!("{}", std::fs::read_to_string(&heard).unwrap_or_default());
        done
    });
    parts.run(&names(alone), || Lane::start(alone, options, None)?.wait());
    parts.verdict()
}

fn names(parts: &[Part]) -> String {
    parts.iter().map(|part| part.name()).collect::<Vec<_>>().join(",")
}

/// A run of some parts. Dropped, it is ended.
struct Lane(Child);

impl Lane {
    fn start(parts: &[Part], options: &Options, heard: Option<File>) -> Result<Self> {
        let mut lane = Command::new(std::env::current_exe().context("this program is not to be found")?);
        lane.args(["e2e", "--only", &names(parts), "--seed", &options.seed.to_string()]);
        if let Some(keep) = &options.keep {
            lane.arg("--keep").arg(keep);
        }
        if let Some(heard) = heard {
            lane.stdin(Stdio::null()).stdout(heard.try_clone()?).stderr(heard);
        }
        Ok(Self(lane.spawn().context("a lane did not start")?))
    }

    fn wait(&mut self) -> Result<Done> {
        if self.0.wait()?.success() { Ok(Done::default()) } else { bail!("see above") }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
