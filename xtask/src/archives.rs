//! The crates that a registry would get: that each builds from its own archive, and how large it is.

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// What the crate registry takes at most, in bytes.
const LIMIT: u64 = 10 * 1024 * 1024;

/// Packs every published crate, builds each from its archive, and answers their sizes.
///
/// # Errors
/// If cargo can't pack or build them, or one is too large.
pub(crate) fn sizes(workspace: &Workspace) -> Result<String> {
    let mut package = workspace.cargo();
    // Packed in one call, they find one another without a registry.
    package.args(["package", "--allow-dirty", "--exclude-lockfile", "--quiet"]);
    // An archive knows nothing of the workspace's profile; with the same one, what was built before is used again.
    package.args([
        "--config",
        r#"profile.dev.debug="line-tables-only""#,
        "--config",
        r#"profile.dev.package."*".debug=false"#,
    ]);
    package.env("CARGO_TARGET_DIR", &workspace.target);
    for published in workspace.published() {
        package.args(["--package", &published.name]);
    }
    let output = package.output().context("cargo package did not start")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let folder = workspace.target.join("package");
    let mut lines = Vec::new();
    let mut too_large = false;
    for published in workspace.published() {
        let prefix = format!("{}-", published.name);
        let packed = std::fs::read_dir(&folder)?.filter_map(Result::ok).filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.ends_with(".crate")
                && name.strip_prefix(&prefix).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        });
        // Another version's file may still lie there.
        let newest = packed
            .filter_map(|entry| entry.metadata().ok())
            .max_by_key(|file| file.modified().ok())
            .with_context(|| format!("{} was not packed", published.name))?;
        too_large |= newest.len() >= LIMIT;
        lines.push(format!("{} {:.2} MB", published.name, newest.len() as f64 / 1e6));
    }
    if too_large {
        bail!("a registry takes less than {:.2} MB a crate:\n{}", LIMIT as f64 / 1e6, lines.join("\n"));
    }
    Ok(lines.join(", "))
}
