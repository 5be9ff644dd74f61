//! As whom a server of the tests runs, and who may read its files.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::install::on_path;

/// Who has no rights of its own on a system.
const NOBODY: &str = "nobody";

/// As whom a server runs.
#[derive(Debug)]
pub(super) struct User {
    /// Another one than who started this program.
    other: Option<Other>,
}

#[derive(Debug)]
struct Other {
    uid: u32,
    gid: u32,
}

/// Whether this program was started by root.
pub(super) fn is_root() -> bool {
    id(&["-u"]).is_ok_and(|uid| uid == 0)
}

impl User {
    /// Whoever started this program; `nobody` for root.
    ///
    /// # Errors
    /// If there is no such user.
    pub(super) fn other_than_root() -> Result<Self> {
        if !is_root() {
            return Ok(Self { other: None });
        }
        Ok(Self { other: Some(Other { uid: id(&["-u", NOBODY])?, gid: id(&["-g", NOBODY])? }) })
    }

    /// Whether it is another one than who started this program.
    pub(super) fn is_another(&self) -> bool {
        self.other.is_some()
    }

    /// Makes it the owner of a file or folder.
    ///
    /// # Errors
    /// If that is refused.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        #[cfg(unix)]
        if let Some(other) = &self.other {
            std::os::unix::fs::chown(path, Some(other.uid), Some(other.gid))
                .with_context(|| format!("{} can't be given to {NOBODY}", path.display()))?;
        }
        Ok(())
    }

    /// A command that it runs, and that is interrupted when this program is killed.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = lasting_as_long(program, "INT");
        #[cfg(unix)]
        if let Some(other) = &self.other {
            use std::os::unix::process::CommandExt as _;
            command.uid(other.uid).gid(other.gid);
        }
        command
    }
}

/// A command that gets a signal when this program is killed, where the system can do that.
pub(super) fn lasting_as_long(program: &Path, signal: &str) -> Command {
    match on_path(&"setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", signal]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Takes everybody else's rights at a file.
///
/// # Errors
/// If that is refused.
pub(super) fn only_for_its_owner(path: &Path) -> Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// A password: others on this machine reach 127.0.0.1 too. The keys of a `RandomState` come from the system.
pub(super) fn password() -> String {
    format!("{:016x}{:016x}", RandomState::new().build_hasher().finish(), RandomState::new().build_hasher().finish())
}

fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output().context("id did not start")?;
    let number = String::from_utf8(output.stdout)?;
    number.trim().parse().with_context(|| format!("id {} tells no number", arguments.join(" ")))
}
