//! The crates that a registry would get: that each builds from its own archive, and how large it is.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::install::run;
use crate::workspace::Workspace;

/// What the crate registry takes at most, in bytes.
const LIMIT: u64 = 10 * 1024 * 1024;

/// Where the profiles begin in the workspace's manifest: nothing but profiles comes after it.
const PROFILES: &str = "\n[profile.dev]\n";

/// Packs every published crate, compiles what was packed, and answers the archives' sizes.
///
/// # Errors
/// If cargo can't pack or compile them, or one is too large.
pub(crate) fn sizes(workspace: &Workspace) -> Result<String> {
    let mut package = workspace.cargo();
    // Packed in one call, they find one another without a registry.
    package.args(["package", "--allow-dirty", "--exclude-lockfile", "--quiet", "--no-verify"]);
    package.env("CARGO_TARGET_DIR", &workspace.target);
    for published in workspace.published() {
        package.args(["--package", &published.name]);
    }
    run(&mut package)?;

    let house = tempfile::Builder::new().prefix("archives-").tempdir_in(&workspace.target)?;
    let mut patches = String::new();
    let mut lines = Vec::new();
    let mut too_large = false;
    for published in workspace.published() {
        let crate_and_version = format!("{}-{}", published.name, published.version);
        let archive = workspace.target.join("package").join(format!("{crate_and_version}.crate"));
        let size = archive.metadata().with_context(|| format!("{} was not packed", published.name))?.len();
        too_large |= size >= LIMIT;
        lines.push(format!("{} {:.2} MB", published.name, size as f64 / 1e6));
        run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(house.path()))?;
        patches.push_str(&format!("{} = {{ path = {crate_and_version:?} }}\n", published.name));
    }
    if too_large {
        bail!("a registry takes less than {:.2} MB a crate:\n{}", LIMIT as f64 / 1e6, lines.join("\n"));
    }
    compile(workspace, house.path(), &patches)?;
    Ok(lines.join(", "))
}

/// Compiles everything in the archives with every feature, as far as a library's users notice: with the versions and the
/// profiles of the workspace, so that what was compiled for it is used again.
fn compile(workspace: &Workspace, house: &Path, patches: &str) -> Result<()> {
    let manifest = std::fs::read_to_string(workspace.root.join("Cargo.toml"))?;
    let (_, profiles) = manifest.split_once(PROFILES).context("the workspace's manifest has no profiles")?;
    let members = "[workspace]\nresolver = \"3\"\nmembers = [\"attendance-*\"]\n";
    let manifest = format!("{members}\n[patch.crates-io]\n{patches}{PROFILES}{profiles}");
    std::fs::write(house.join("Cargo.toml"), manifest)?;
    std::fs::copy(workspace.root.join("Cargo.lock"), house.join("Cargo.lock"))?;
    let mut check = workspace.cargo();
    check.current_dir(house).args(["check", "--workspace", "--all-features", "--quiet"]);
    run(check.env("CARGO_TARGET_DIR", &workspace.target))
}
