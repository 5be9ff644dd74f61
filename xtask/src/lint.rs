//! `cargo xtask lint`: what a change must pass before anybody reads it.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::archives;
use crate::parts::{Done, Parts};
use crate::terraform;
use crate::workspace::Workspace;

/// What `attendance-core` must never pull in: async runtimes, databases, HTTP, SDKs.
const FOREIGN_TO_CORE: &[&str] = &[
    "async-std",
    "aws-*",
    "axum",
    "diesel",
    "h2",
    "http",
    "http-body",
    "hyper",
    "hyper-*",
    "lambda_*",
    "lettre",
    "mio",
    "native-tls",
    "openssl*",
    "reqwest",
    "ring",
    "rten*",
    "rusqlite",
    "rustls",
    "smol",
    "sqlx",
    "sqlx-*",
    "tokio",
    "tokio-*",
    "tower",
    "tower-*",
    "ureq",
];

/// The one connection between adapters that the design allows.
const ALLOWED: (&str, &str) = ("attendance-aws", "attendance-sql");

/// Runs every check, says of each how it went, and fails if one did.
///
/// # Errors
/// If a check fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut parts = Parts::of("lint");
    let mut check = |name: &str, work: &dyn Fn() -> Result<String>| parts.run(name, || work().map(Done::saying));

    check("format", &|| cargo(workspace, &["fmt", "--all", "--check"]));
    check("clippy", &|| {
        cargo(workspace, &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-Dwarnings"])
    });
    for published in workspace.published() {
        // Without any, and each on its own: what works only by another feature's leave shows here.
        let mut features = vec!["".to_owned()];
        features.extend(published.features.iter().filter(|feature| *feature != "default").cloned());
        let said = features.iter().map(|feature| if feature.is_empty() { "none" } else { feature });
        let name = format!("features of {} on their own ({})", published.name, said.collect::<Vec<_>>().join(", "));
        check(&name, &|| {
            for feature in &features {
                let package = ["clippy", "--package", &published.name, "--lib", "--no-default-features"];
                let rest = ["--features", feature, "--", "-Dwarnings"];
                cargo(workspace, &[package.as_slice(), &rest].concat()).with_context(|| format!("only {feature:?}"))?;
            }
            Ok(String::new())
        });
    }
    check("docs", &|| {
        let mut doc = workspace.cargo();
        doc.args(["doc", "--no-deps", "--workspace", "--all-features"]).env("RUSTDOCFLAGS", "-Dwarnings");
        quietly(doc)
    });
    check("attendance-core is free of runtimes, SQL, HTTP and SDKs", &|| core_is_clean(workspace));
    check("adapters do not import each other", &|| adapters_keep_apart(workspace));
    check("unsafe code is in the kernels only", &|| unsafe_in_kernels(workspace));
    check("Terraform's READMEs name each input and output, and a usage", &|| terraform::readmes(workspace));
    check("each published crate builds from its archive", &|| archives::sizes(workspace));
    parts.verdict()
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut command = workspace.cargo();
    command.args(arguments);
    quietly(command)
}

/// Runs a command and shows what it said only if it failed.
fn quietly(mut command: Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} did not start"))?;
    if output.status.success() {
        return Ok(String::new());
    }
    bail!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn core_is_clean(workspace: &Workspace) -> Result<String> {
    let mut counts = Vec::new();
    for all in [false, true] {
        let mut tree = workspace.cargo();
        tree.args(["tree", "--package=attendance-core", "--edges=normal,build", "--target=all", "--prefix=none"]);
        tree.arg("--format={p}").args(all.then_some("--all-features"));
        let output = tree.output().context("cargo tree did not start")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8(output.stdout)?;
        let mut names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        names.sort_unstable();
        names.dedup();
        let foreign: Vec<_> = names.iter().filter(|name| FOREIGN_TO_CORE.iter().any(|rule| fits(rule, name))).collect();
        if !foreign.is_empty() {
            let with = if all { "all features" } else { "default features" };
            bail!("with {with} it pulls in {foreign:?}; `cargo tree -p attendance-core -i NAME` tells how");
        }
        counts.push((names.len() - 1).to_string());
    }
    Ok(format!("{} dependencies by default, {} with all features", counts[0], counts[1]))
}

/// Where `unsafe` is allowed; the workspace's lints deny it elsewhere, and want a SAFETY line for each.
const KERNELS: &str = "attendance-local/src/gallery/kernel/mod.rs";

fn unsafe_in_kernels(workspace: &Workspace) -> Result<String> {
    let mut folders = vec![workspace.root.clone()];
    let mut allowing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && path != workspace.target && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name.ends_with(".rs") && std::fs::read_to_string(&path)?.contains(concat!("(unsafe", "_code)")) {
                allowing.push(path.strip_prefix(&workspace.root)?.display().to_string());
            }
        }
    }
    if allowing != [KERNELS] {
        bail!("unsafe code is allowed in {allowing:?} instead of {KERNELS} only");
    }
    Ok(String::new())
}

fn fits(rule: &str, name: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => rule == name,
    }
}

fn adapters_keep_apart(workspace: &Workspace) -> Result<String> {
    let wrong = forbidden_arrows(workspace);
    if wrong.is_empty() { Ok(String::new()) } else { bail!("{}", wrong.join("\n")) }
}

/// Arrows point one way, to the core; for tests too.
fn forbidden_arrows(workspace: &Workspace) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in workspace.published() {
        for to in &package.dependencies {
            let member = workspace.packages.iter().any(|member| member.name == *to);
            let itself = *to == package.name;
            let to_core = to == "attendance-core" && package.name != "attendance-core";
            if member && !itself && !to_core && (package.name.as_str(), to.as_str()) != ALLOWED {
                wrong.push(format!("{} depends on {to}", package.name));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    #[test]
    fn a_rule_with_a_star_fits_what_starts_so() {
        assert!(fits("aws-*", "aws-config") && fits("tokio", "tokio"));
        assert!(!fits("tokio", "tokio-macros") && !fits("aws-*", "laws-aws"));
    }

    #[test]
    fn only_the_core_and_the_databases_adapter_may_be_imported() {
        let package = |name: &str, published, to: &[&str]| Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            published,
            features: Vec::new(),
            dependencies: to.iter().map(|&name| name.to_owned()).collect(),
            tests: Vec::new(),
        };
        let workspace = Workspace {
            root: "/w".into(),
            target: "/w/target".into(),
            packages: vec![
                package("attendance-core", true, &["serde"]),
                package("attendance-sql", true, &["attendance-core", "sqlx"]),
                package("attendance-aws", true, &["attendance-core", "attendance-sql"]),
                package("attendance-local", true, &["attendance-core", "attendance-sql"]),
                package("desk", false, &["attendance-core", "attendance-sql", "attendance-local"]),
            ],
        };
        assert_eq!(forbidden_arrows(&workspace), ["attendance-local depends on attendance-sql"]);
    }
}
