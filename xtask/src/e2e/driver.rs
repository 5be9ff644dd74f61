//! What the tests need of others: found on the machine, or installed below the target folder, pinned, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::install::{on_path, once, run};
use crate::workspace::Workspace;

/// The browser, under the names that systems give it.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Names Chromium where it is not on the PATH.
const CHROMIUM_VARIABLE: &str = "ATTENDANCE_CHROMIUM";

/// What drives the browser.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) chromium: PathBuf,
    pub(crate) node: PathBuf,
    /// A folder with `node_modules` in it.
    pub(crate) packages: PathBuf,
}

impl Driver {
    /// Finds the browser and Node.js, and installs the packages of `xtask/e2e/package.json`, unless that was done.
    ///
    /// # Errors
    /// Why that can't be, and the command that helps.
    pub(crate) fn set_up(workspace: &Workspace, home: &Path) -> Result<Self> {
        let chromium = match std::env::var_os(CHROMIUM_VARIABLE) {
            Some(path) if !path.is_empty() => PathBuf::from(path),
            _ => CHROMIUM.iter().find_map(on_path).with_context(|| {
                format!("no Chromium on the PATH; apt-get install chromium, or {CHROMIUM_VARIABLE}=FILE")
            })?,
        };
        let node = on_path(&"node").context("no Node.js on the PATH; apt-get install nodejs npm")?;
        let packages = home.join("browser");
        let list = std::fs::read_to_string(workspace.root.join("xtask/e2e/package.json"))?;
        once(&packages, &list, "playwright-core and axe-core", || {
            let npm = on_path(&"npm").context("no npm on the PATH; apt-get install npm")?;
            std::fs::create_dir_all(&packages)?;
            std::fs::write(packages.join("package.json"), &list)?;
            let quiet = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
            run(Command::new(npm).arg("install").args(quiet).current_dir(&packages))
        })?;
        Ok(Self { chromium, node, packages })
    }
}
