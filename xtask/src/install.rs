//! Finds programs on the machine, and installs what others made below the target folder, pinned, once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// A virtual environment of Python with exactly the packages of a list, each of which is pinned there.
pub(crate) struct Python {
    /// Where it is installed.
    pub(crate) folder: PathBuf,
}

impl Python {
    /// Installs the packages that `list` names, unless that was done. All are wheels, but for those in `sources`.
    ///
    /// # Errors
    /// Why that can't be, and the command that helps.
    pub(crate) fn set_up(folder: PathBuf, list: &Path, what: &str, sources: &[&str]) -> Result<Self> {
        let wanted = std::fs::read_to_string(list).with_context(|| format!("{} can't be read", list.display()))?;
        let python = Self { folder };
        once(&python.folder, &wanted, what, || {
            let interpreter = on_path(&"python3").context("no Python on the PATH; apt-get install python3-venv")?;
            let venv = run(Command::new(interpreter).args(["-m", "venv", "--clear"]).arg(&python.folder));
            venv.context("no virtual environment can be made; apt-get install python3-venv")?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
            let mut pip_install = Command::new(python.program("python"));
            pip_install.args(pip).args(["--only-binary", ":all:"]);
            for package in sources {
                pip_install.args(["--no-binary", package]);
            }
            run(pip_install.arg("--requirement").arg(list))
        })?;
        Ok(python)
    }

    /// Where a program of it lies.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let programs = self.folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
        programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// Does the work unless it was done for the same list, and says so in a line.
pub(crate) fn once(folder: &Path, list: &str, what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    println!("installing {what} into {} (once)", folder.display());
    work().with_context(|| format!("{what} could not be installed"))?;
    Ok(std::fs::write(installed, list)?)
}

/// Where a program lies, if it is on the PATH.
pub(crate) fn on_path(name: &&str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|program| program.is_file())
}

/// Runs a command and answers with its complaint if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
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
