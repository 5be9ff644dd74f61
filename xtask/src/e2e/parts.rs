//! What the tests need of others: found on the machine, or installed below the target folder, pinned, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

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

/// What tries the API.
#[derive(Debug)]
pub(crate) struct Schemathesis {
    pub(crate) program: PathBuf,
    /// Where it is installed.
    pub(crate) folder: PathBuf,
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

impl Schemathesis {
    /// Installs the packages of `xtask/e2e/schemathesis.txt`, unless that was done.
    ///
    /// # Errors
    /// Why that can't be, and the command that helps.
    pub(crate) fn set_up(workspace: &Workspace, home: &Path) -> Result<Self> {
        let folder = home.join("schemathesis");
        let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        let list = workspace.root.join("xtask/e2e/schemathesis.txt");
        once(&folder, &std::fs::read_to_string(&list)?, "schemathesis", || {
            let python = on_path(&"python3").context("no Python on the PATH; apt-get install python3-venv")?;
            let venv = run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&folder));
            venv.context("no virtual environment can be made; apt-get install python3-venv")?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
            let wheels = ["--only-binary", ":all:", "--requirement"];
            run(Command::new(programs.join("python")).args(pip).args(wheels).arg(&list))
        })?;
        Ok(Self { program: programs.join("schemathesis"), folder })
    }
}

/// Does the work unless it was done for the same list, and says so in a line.
fn once(folder: &Path, list: &str, what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    println!("installing {what} into {} (once)", folder.display());
    work().with_context(|| format!("{what} could not be installed"))?;
    Ok(std::fs::write(installed, list)?)
}

/// Where a program lies, if it is on the PATH.
fn on_path(name: &&str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|program| program.is_file())
}

/// Runs a command and answers with its complaint if it fails.
fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{} did not start", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    bail!("{} failed: {}", command.get_program().display(), String::from_utf8_lossy(complaint).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_installed_is_installed_again_only_for_another_list() {
        let folder = tempfile::tempdir().unwrap();
        let times = std::cell::Cell::new(0);
        let install = |list| {
            once(folder.path(), list, "x", || {
                times.set(times.get() + 1);
                Ok(())
            })
        };
        install("a==1").unwrap();
        install("a==1").unwrap();
        assert_eq!(times.get(), 1);
        install("a==2").unwrap();
        assert_eq!(times.get(), 2);
        once(folder.path(), "a==3", "x", || bail!("no network")).unwrap_err();
        install("a==3").unwrap();
        assert_eq!(times.get(), 3, "what failed is tried again");
    }
}
