//! Terraform's own tests: of every module, of the root, and that the examples are valid.
//!
//! `ATTENDANCE_TERRAFORM` names the command to run instead of `terraform`: one that knows the AWS provider without the
//! registry, for instance.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::install::on_path;
use crate::workspace::Workspace;

/// Formats are checked, modules and the root are tested, examples are validated. Answers why that was skipped, if it was.
///
/// # Errors
/// If one of these fails.
pub(crate) fn test(workspace: &Workspace) -> Result<Option<String>> {
    let Some(program) = program() else {
        return Ok(Some("skipped: terraform: not on the PATH; install it, or set ATTENDANCE_TERRAFORM".to_owned()));
    };
    let home = workspace.root.join("terraform");
    let terraform = Terraform { program, data: workspace.target.join("terraform") };
    terraform.run(&home, &["fmt", "-check", "-diff", "-recursive"])?;
    for folder in [vec![home.clone()], folders(&home.join("modules"))?].concat() {
        terraform.run(&folder, &["init", "-backend=false", "-input=false"])?;
        terraform.run(&folder, &["test"])?;
        println!("terraform test {} ... ok", name(workspace, &folder));
    }
    for folder in folders(&home.join("examples"))? {
        terraform.run(&folder, &["init", "-backend=false", "-input=false"])?;
        terraform.run(&folder, &["validate"])?;
        println!("terraform validate {} ... ok", name(workspace, &folder));
    }
    Ok(None)
}

/// The command, if there is one.
fn program() -> Option<OsString> {
    std::env::var_os("ATTENDANCE_TERRAFORM")
        .filter(|program| !program.is_empty())
        .or_else(|| on_path(&"terraform").map(PathBuf::into_os_string))
}

struct Terraform {
    program: OsString,
    /// What it downloads lies here, not beside the configuration.
    data: PathBuf,
}

impl Terraform {
    fn run(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut chdir = OsString::from("-chdir=");
        chdir.push(folder);
        let mut command = Command::new(&self.program);
        command.arg(chdir).args(arguments).arg("-no-color").env("TF_IN_AUTOMATION", "1");
        command.env("TF_DATA_DIR", self.data.join(folder.file_name().unwrap_or_default()));
        let output = command.output().with_context(|| format!("{} did not start", self.program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        bail!("terraform {} in {}:\n{}", arguments.join(" "), folder.display(), String::from_utf8_lossy(&said).trim())
    }
}

/// The folders in one, by name.
fn folders(of: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(of).with_context(|| format!("{} can't be read", of.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

fn name<'a>(workspace: &Workspace, folder: &'a Path) -> std::path::Display<'a> {
    folder.strip_prefix(&workspace.root).unwrap_or(folder).display()
}
