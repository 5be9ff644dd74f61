//! `cargo xtask package`: a zip for each function on Lambda. The same sources give the same bytes, wherever they lie.

mod build;
mod unwind;
mod zip;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;

use crate::bench::table;
use crate::workspace::Workspace;

pub(crate) use build::Architecture;

/// What a zip may have at most, in bytes: a small one is fetched and started quickly.
const LIMIT: u64 = 5_000_000;

/// A function on Lambda.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    /// Of its program and of its zip.
    pub(crate) name: &'static str,
    package: &'static str,
    features: &'static [&'static str],
}

/// All of them.
pub(crate) const FUNCTIONS: [Function; 5] = [
    Function { name: "api", package: "attendance-api", features: &["attendance-api/lambda"] },
    Function { name: "ingest", package: "attendance-ingest", features: &[] },
    Function { name: "relay", package: "attendance-relay", features: &[] },
    Function { name: "notify", package: "attendance-notify", features: &[] },
    Function { name: "analytics", package: "attendance-analytics", features: &[] },
];

/// For which machines.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// For arm64 instead of x86_64; the zips lie in `target/functions/arm64`.
    #[arg(long)]
    arm64: bool,
}

/// Makes the zips and prints how large they are.
///
/// # Errors
/// If one can't be built, or is too large.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let architecture = if options.arm64 { Architecture::Arm64 } else { Architecture::X86_64 };
    let folder = zips(workspace, architecture)?;
    println!("the functions are in {}", folder.display());
    Ok(())
}

/// Makes the zips for x86_64 and answers the folder where they lie.
///
/// # Errors
/// If one can't be built, or is too large.
pub(crate) fn functions(workspace: &Workspace) -> Result<PathBuf> {
    zips(workspace, Architecture::X86_64)
}

/// Where the zips for x86_64 lie.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("functions")
}

/// Builds the functions for x86_64 and answers where the program of each lies, in the order of [`FUNCTIONS`].
///
/// # Errors
/// If one can't be built.
pub(crate) fn programs(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    build::programs(workspace, Architecture::X86_64)
}

fn zips(workspace: &Workspace, architecture: Architecture) -> Result<PathBuf> {
    let programs = build::programs(workspace, architecture)?;
    let mut folder = folder(workspace);
    if architecture == Architecture::Arm64 {
        folder.push("arm64");
    }
    std::fs::create_dir_all(&folder)?;
    eprintln!("packing them ...");
    let packed: Vec<Packed> = std::thread::scope(|scope| {
        let packing = FUNCTIONS.iter().zip(&programs).map(|(function, program)| {
            let folder = &folder;
            let pack = move || pack(folder, function.name, program);
            scope.spawn(move || pack().with_context(|| format!("{} can't be packed", function.name)))
        });
        let packing: Vec<_> = packing.collect();
        packing
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("packing failed"))))
            .collect::<Result<_>>()
    })?;
    println!("\n{}", sizes(&packed));
    let large = too_large(&packed);
    if large.is_empty() { Ok(folder) } else { bail!("above {:.2} MB: {}", megabytes(LIMIT), large.join(", ")) }
}

/// A zip, and how many bytes it and its program have.
#[derive(Debug)]
struct Packed {
    name: &'static str,
    program: u64,
    zip: u64,
}

fn pack(folder: &Path, name: &'static str, program: &Path) -> Result<Packed> {
    let mut bytes = std::fs::read(program)?;
    unwind::without_tables(&mut bytes)?;
    let zip = zip::of_program(&bytes)?;
    std::fs::write(folder.join(format!("{name}.zip")), &zip)?;
    Ok(Packed { name, program: bytes.len() as u64, zip: zip.len() as u64 })
}

fn sizes(packed: &[Packed]) -> String {
    let mut rows = vec![["MB", "program", "zip"].map(str::to_owned).to_vec()];
    rows.extend(packed.iter().map(|packed| {
        let megabytes = |bytes| format!("{:.2}", megabytes(bytes));
        vec![packed.name.to_owned(), megabytes(packed.program), megabytes(packed.zip)]
    }));
    table::aligned(&rows)
}

fn too_large(packed: &[Packed]) -> Vec<String> {
    let large = packed.iter().filter(|packed| packed.zip > LIMIT);
    large.map(|packed| format!("{} ({:.2} MB)", packed.name, megabytes(packed.zip))).collect()
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_above_the_limit_is_named() {
        let packed = |name, zip| Packed { name, program: 12_340_000, zip };
        let packed = [packed("api", LIMIT), packed("relay", LIMIT + 1)];
        assert_eq!(too_large(&packed), ["relay (5.00 MB)"]);
        assert_eq!(sizes(&packed), "MB      program    zip\napi       12.34   5.00\nrelay     12.34   5.00\n");
    }
}
