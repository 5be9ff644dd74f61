//! How `terraform` is called.
//!
//! `ATTENDANCE_TERRAFORM` names the command to run instead: one that knows the AWS provider without the registry, for
//! instance.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::install::on_path;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(crate) struct Terraform {
    program: OsString,
    /// What it downloads and plans lies here, not beside the configuration.
    pub(super) data: PathBuf,
    /// More variables of its environment.
    environment: Vec<(&'static str, String)>,
}

impl Terraform {
    /// The command, if there is one.
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        let program = std::env::var_os("ATTENDANCE_TERRAFORM")
            .filter(|program| !program.is_empty())
            .or_else(|| on_path(&"terraform").map(PathBuf::into_os_string))?;
        Some(Self { program, data: workspace.target.join("terraform"), environment: Vec::new() })
    }

    /// With more variables in its environment, and its data elsewhere.
    pub(crate) fn with(&self, environment: Vec<(&'static str, String)>, data: PathBuf) -> Self {
        Self { program: self.program.clone(), data, environment }
    }

    /// Fetches what a configuration calls.
    pub(crate) fn init(&self, folder: &Path) -> Result<()> {
        self.run(folder, &["init", "-backend=false", "-input=false"]).map(drop)
    }

    /// Runs it in a folder and answers what it printed.
    pub(crate) fn run<S: AsRef<str>>(&self, folder: &Path, arguments: &[S]) -> Result<String> {
        let arguments: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
        let mut chdir = OsString::from("-chdir=");
        chdir.push(folder);
        let mut command = Command::new(&self.program);
        let (verb, rest) = arguments.split_first().context("terraform does nothing without a command")?;
        command.arg(chdir).args([verb, "-no-color"]).args(rest).env("TF_IN_AUTOMATION", "1");
        command.env("TF_DATA_DIR", self.data.join(folder.file_name().unwrap_or_default()));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = command.output().with_context(|| format!("{} did not start", self.program.display()))?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        let said = [output.stdout, output.stderr].concat();
        bail!("terraform {} in {}:\n{}", arguments.join(" "), folder.display(), String::from_utf8_lossy(&said).trim())
    }
}

/// What `terraform init` says where it can't fetch the provider, whatever the cause: it found nobody, or nobody had it.
const REGISTRY: [&str; 3] =
    ["Failed to query available provider packages", "Failed to install provider", "Registry service unreachable"];

/// Why the provider can't be had, in a line, if that is what an error tells.
pub(super) fn registry_is_missing(error: &anyhow::Error) -> Option<String> {
    let said = format!("{error:#}");
    REGISTRY
        .iter()
        .any(|words| said.contains(words))
        .then(|| "AWS's provider can't be fetched from its registry".into())
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_registry_out_of_reach_is_told_from_a_configuration_that_is_wrong() {
        let offline = "Error: Failed to query available provider packages\n\nCould not retrieve the list of versions";
        assert!(registry_is_missing(&anyhow!(offline)).is_some());
        assert_eq!(registry_is_missing(&anyhow!("Error: Unsupported block type")), None);
    }
}
