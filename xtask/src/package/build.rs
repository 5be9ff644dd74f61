//! The functions' programs, built by cargo-lambda: it links with zig, against the C library that Lambda has.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::FUNCTIONS;
use crate::install::Python;
use crate::workspace::Workspace;

/// The C library of Amazon Linux 2023, on which functions run: programs that ask for a newer one do not start there.
const C_LIBRARY: &str = "2.34";

/// What the functions run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    fn target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// Builds every function and answers where its program lies, in the order of [`FUNCTIONS`].
///
/// # Errors
/// If Rust or cargo-lambda can't build for the architecture.
pub(super) fn programs(workspace: &Workspace, architecture: Architecture) -> Result<Vec<PathBuf>> {
    let target = architecture.target();
    let libraries = PathBuf::from(rustc(workspace, &["--print", "target-libdir", "--target", target])?);
    if !libraries.is_dir() {
        bail!("Rust's libraries for {target} are not installed; rustup target add {target}");
    }
    let home = workspace.target.join("cargo-lambda");
    let list = workspace.root.join("xtask/package/cargo-lambda.txt");
    let python = Python::set_up(home.join("python"), &list, "cargo-lambda and zig", &[])?;

    eprintln!("building the functions for {target} ...");
    let mut build = workspace.command(python.program("cargo-lambda"));
    build.args(["lambda", "build", "--profile", "function", "--target", &format!("{target}.{C_LIBRARY}")]);
    // All in one call, so that what they share is compiled once. What is missing is not downloaded.
    build.arg("--skip-target-check").arg("--lambda-dir").arg(home.join(target));
    for function in FUNCTIONS {
        build.args(["--package", function.package, "--bin", function.name]);
        build.args(function.features.iter().flat_map(|feature| ["--features", feature]));
    }
    // Nothing unwinds, so that nothing needs to know how.
    let flags = ["-Cforce-unwind-tables=no".to_owned()].into_iter().chain(without_paths(workspace)?);
    build.env("CARGO_ENCODED_RUSTFLAGS", flags.collect::<Vec<_>>().join("\x1f"));
    build.env("CARGO_ZIGBUILD_PYTHON_PATH", python.program("python"));
    build.env("CARGO_ZIGBUILD_CACHE_DIR", home.join("zigbuild")).env("ZIG_GLOBAL_CACHE_DIR", home.join("zig"));
    let built = build.status().context("cargo-lambda did not start")?;
    if !built.success() {
        bail!("the functions could not be built (see above)");
    }
    Ok(FUNCTIONS.iter().map(|function| home.join(target).join(function.name).join("bootstrap")).collect())
}

/// The flags that keep the machine's paths out of a program.
fn without_paths(workspace: &Workspace) -> Result<[String; 4]> {
    let home = std::env::home_dir().map(|home| home.join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home).context("there is no home folder")?;
    // Where Rust's own sources are installed, their paths are those of this machine; where not, they begin so already.
    let sources = PathBuf::from(rustc(workspace, &["--print", "sysroot"])?).join("lib/rustlib/src/rust");
    let commit = commit(&rustc(workspace, &["--version", "--verbose"])?).context("rustc names no commit")?;
    let here = [
        (&workspace.root, "/attendance".to_owned()),
        // May lie below the root, and the last one that fits is taken.
        (&workspace.target, "/target".to_owned()),
        (&cargo, "/cargo".to_owned()),
        (&sources, format!("/rustc/{commit}")),
    ];
    Ok(here.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())))
}

/// Rust's commit in what `rustc --version --verbose` says.
fn commit(version: &str) -> Option<String> {
    version.lines().find_map(|line| line.strip_prefix("commit-hash: ")).map(str::to_owned)
}

/// What rustc says, of the toolchain that cargo uses at the root.
fn rustc(workspace: &Workspace, question: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).args(question).current_dir(&workspace.root).output();
    let output = output.context("rustc did not start")?;
    if !output.status.success() {
        bail!("rustc {} failed: {}", question.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_read_from_what_rustc_says() {
        let version = "rustc 1.95.0 (5980761 2026-04-14)\nbinary: rustc\ncommit-hash: 59807616\nhost: x\n";
        assert_eq!(commit(version).as_deref(), Some("59807616"));
        assert_eq!(commit("rustc 1.95.0\ncommit-hash: unknown\n").as_deref(), Some("unknown"));
    }
}
