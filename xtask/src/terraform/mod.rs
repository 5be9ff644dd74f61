//! What guards `terraform/`: its own tests, the pages that are generated from it, and the statements of IAM in its plans.

mod command;
mod permissions;
mod plan;
mod policies;
mod readme;
mod statements;
mod variables;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::parts::Done;
use crate::workspace::Workspace;
pub(crate) use command::Terraform;

/// What writes the generated pages anew.
const CHORE: &str = "cargo xtask document";

/// Formats are checked, modules and the root are tested, examples and the usages in READMEs are validated, and the
/// statements of IAM are held against their page. Says what of it was skipped, where there is no Terraform, no registry or
/// no credentials.
///
/// # Errors
/// If one of these fails.
pub(crate) fn test(workspace: &Workspace) -> Result<Done> {
    let Some(terraform) = Terraform::find(workspace) else {
        let why = "skipped: terraform: not on the PATH; install it, or set ATTENDANCE_TERRAFORM";
        return Ok(Done::not_run(why.to_owned()));
    };
    let home = home(workspace);
    terraform.run(&home, &["fmt", "-check", "-diff", "-recursive"])?;
    let tested = [vec![home.clone()], folders(&home.join("modules"))?].concat();
    // Nothing but the registry has the provider, and every folder needs it.
    if let Err(error) = terraform.init(&home) {
        return match command::registry_is_missing(&error) {
            Some(why) => Ok(Done::not_run(format!(
                "skipped: terraform: {why}; go online, or set ATTENDANCE_TERRAFORM to one that has AWS's provider"
            ))),
            None => Err(error),
        };
    }
    side_by_side(&tested, |folder| {
        terraform.init(folder)?;
        terraform.run(folder, &["test"])?;
        println!("terraform test {} ... ok", name(workspace, folder));
        Ok(())
    })?;
    let usages = readme::usages(workspace)?;
    let validated = [folders(&home.join("examples"))?, vec![usages]].concat();
    side_by_side(&validated, |folder| {
        terraform.init(folder)?;
        terraform.run(folder, &["validate"])?;
        println!("terraform validate {} ... ok", name(workspace, folder));
        Ok(())
    })?;
    let Some(plans) = plan::all(&terraform, workspace)? else {
        return Ok(Done { skipped: vec![format!("skipped: {NEEDS_CREDENTIALS}")], ..Done::default() });
    };
    permissions::check(&plans, &page(workspace))?;
    println!("every statement of IAM is in {} ... ok", name(workspace, &page(workspace)));
    Ok(Done::default())
}

/// Does the same with every folder, as many at once as there are cores.
///
/// # Errors
/// That of the first folder that failed, after all were tried.
fn side_by_side(folders: &[PathBuf], work: impl Fn(&Path) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = || {
        let mut done = Ok(());
        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            done = done.and(work(folder));
        }
        done
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| bail!("it panicked")))
            .fold(Ok(()), Result::and)
    })
}

/// Whether to write.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes nothing, and fails if something would be written.
    #[arg(long)]
    check: bool,
}

/// Writes the generated pages: the tables of the READMEs, and that of every statement of IAM.
///
/// # Errors
/// If Terraform is not installed or has no credentials, or if a plan may do something on everything without a reason.
pub(crate) fn document(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.check {
        readme::check(workspace)?;
    } else {
        readme::write(workspace)?;
    }
    let terraform = Terraform::find(workspace).context("terraform is not on the PATH; or set ATTENDANCE_TERRAFORM")?;
    let Some(plans) = plan::all(&terraform, workspace)? else { bail!(NEEDS_CREDENTIALS) };
    let page = page(workspace);
    if options.check { permissions::check(&plans, &page) } else { permissions::write(&plans, &page) }
}

/// Whether each README names the inputs and outputs that there are, with one usage that fits them.
///
/// # Errors
/// What is not so, and what to do.
pub(crate) fn readmes(workspace: &Workspace) -> Result<String> {
    readme::check(workspace)
}

const NEEDS_CREDENTIALS: &str =
    "the table of permissions: AWS's provider plans with credentials only; set AWS_PROFILE, or ATTENDANCE_TERRAFORM";

fn home(workspace: &Workspace) -> PathBuf {
    workspace.root.join("terraform")
}

fn page(workspace: &Workspace) -> PathBuf {
    home(workspace).join("PERMISSIONS.md")
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

fn name<'a>(workspace: &Workspace, path: &'a Path) -> std::path::Display<'a> {
    path.strip_prefix(&workspace.root).unwrap_or(path).display()
}
