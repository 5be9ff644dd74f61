//! The parts that need a browser: scripts in `xtask/e2e`, run by Node.js.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::camera;
use super::driver::Driver;
use crate::desk::Desk;
use crate::workspace::Workspace;

/// A browser, its scripts, and what its camera plays.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Driver,
    script: PathBuf,
    /// Two people: a portrait and a film of each.
    people: Vec<(PathBuf, PathBuf)>,
    /// Where screenshots go.
    screenshots: PathBuf,
}

impl Browser {
    /// Finds and installs what is needed, and makes the films.
    ///
    /// # Errors
    /// Why that can't be, and the command that helps.
    pub(crate) fn set_up(workspace: &Workspace, home: &Path) -> Result<Self> {
        let driver = Driver::set_up(workspace, home)?;
        let films = home.join("films");
        std::fs::create_dir_all(&films)?;
        let portraits = ["grace_hopper.jpg", "astronaut.png"].map(|file| {
            let portrait = workspace.root.join("attendance-local/testdata").join(file);
            camera::film(&portrait, &films).map(|film| (portrait, film))
        });
        let people = portraits.into_iter().collect::<Result<_>>()?;
        let script = workspace.root.join("xtask/e2e/main.mjs");
        Ok(Self { driver, script, people, screenshots: home.join("screenshots") })
    }

    /// Runs one part on a desk. The script says how each step went.
    ///
    /// # Errors
    /// If a step fails.
    pub(crate) fn on_desk(&self, part: &str, desk: &Desk) -> Result<()> {
        self.run(part, json!({ "link": desk.link, "origin": desk.origin, "token": desk.token }))
    }

    /// Runs one part on what Terraform deployed: see `edge.mjs`.
    ///
    /// # Errors
    /// If a step fails.
    pub(crate) fn on_stack(&self, part: &str, stack: &Value) -> Result<()> {
        self.run(part, json!({ "stack": stack }))
    }

    fn run(&self, part: &str, mut task: Value) -> Result<()> {
        let people = self.people.iter().map(|(photo, film)| json!({ "photo": photo, "film": film }));
        task["part"] = json!(part);
        task["chromium"] = json!(self.driver.chromium);
        task["packages"] = json!(self.driver.packages);
        task["people"] = people.collect();
        task["screenshots"] = json!(self.screenshots);
        let mut node = Command::new(&self.driver.node);
        let mut node = Running(node.arg(&self.script).stdin(Stdio::piped()).spawn().context("node did not start")?);
        // The script ends when its input does, so that no browser outlives an interrupted run.
        let mut input = node.0.stdin.take().context("its input is piped")?;
        writeln!(input, "{task}")?;
        let status = node.0.wait()?;
        if status.success() { Ok(()) } else { bail!("see above") }
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
