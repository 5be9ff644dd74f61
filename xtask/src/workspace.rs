//! What `cargo metadata` says about the workspace, and how cargo is called from here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// The workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Where the root Cargo.toml is.
    pub(crate) root: PathBuf,
    /// Where cargo builds, which is not always `target/`.
    pub(crate) target: PathBuf,
    /// Its members.
    pub(crate) packages: Vec<Package>,
}

/// A member.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it is meant for a registry: no `publish = false`.
    pub(crate) published: bool,
    pub(crate) features: Vec<String>,
    /// Names of all that it depends on, for tests and build scripts too.
    pub(crate) dependencies: Vec<String>,
    /// Names of its tests in `tests/`.
    pub(crate) tests: Vec<String>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let output = cargo(Path::new("."))
            .args(["metadata", "--format-version=1", "--no-deps"])
            .output()
            .context("cargo metadata did not start")?;
        if !output.status.success() {
            bail!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Self::parse(&serde_json::from_slice(&output.stdout)?)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned).context("cargo metadata is not as expected");
        let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
        let packages = packages.iter().map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            let targets = package["targets"].as_array().into_iter().flatten();
            let tests = targets.filter(|target| target["kind"][0] == "test");
            Ok(Package {
                name: text(&package["name"])?,
                version: text(&package["version"])?,
                published: package["publish"].is_null(),
                features: package["features"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect(),
                dependencies: dependencies.map(|dependency| text(&dependency["name"])).collect::<Result<_>>()?,
                tests: tests.map(|target| text(&target["name"])).collect::<Result<_>>()?,
            })
        });
        Ok(Self {
            packages: packages.collect::<Result<_>>()?,
            root: text(&metadata["workspace_root"])?.into(),
            target: text(&metadata["target_directory"])?.into(),
        })
    }

    /// The members that are meant for a registry.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.published)
    }

    /// Builds a program with optimisations and answers where it lies.
    pub(crate) fn build_release(&self, package: &str, program: &str, features: &[&str]) -> Result<PathBuf> {
        eprintln!("building {program} with optimisations ...");
        self.build(program, &["--release", "--package", package, "--features", &features.join(",")])
    }

    /// Builds a program as the tests are built, with which it then shares all that it is made of.
    pub(crate) fn build_as_tested(&self, program: &str) -> Result<PathBuf> {
        self.build(program, &["--workspace", "--all-features"])
    }

    fn build(&self, program: &str, how: &[&str]) -> Result<PathBuf> {
        let mut build = self.cargo();
        build.arg("build").args(how).args(["--bin", program]);
        build.arg("--message-format=json-render-diagnostics");
        let output = build.stderr(Stdio::inherit()).output().context("cargo build did not start")?;
        if !output.status.success() {
            bail!("{program} could not be built (see above)");
        }
        let messages = String::from_utf8(output.stdout)?;
        let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let executable = messages.find_map(|message| {
            let wanted = message["target"]["name"] == program;
            message["executable"].as_str().filter(|_| wanted).map(PathBuf::from)
        });
        executable.context("cargo build did not say what it built")
    }

    /// A call of cargo at the root of the workspace.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// A call at the root of the workspace of a program that calls cargo.
    pub(crate) fn command(&self, program: PathBuf) -> Command {
        unobserved(program.into(), &self.root)
    }
}

fn cargo(root: &Path) -> Command {
    unobserved(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), root)
}

/// A call that does not show it comes from xtask.
fn unobserved(program: OsString, root: &Path) -> Command {
    let mut command = Command::new(program);
    // `cargo run` describes xtask in these. Build scripts that watch them would run again, and again without xtask.
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| name_text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command.current_dir(root);
    command
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_that_says_publish_false_is_not_published() {
        let package = |name: &str, publish: Value| {
            json!({
                "name": name, "version": "1.2.3", "publish": publish, "features": {"default": [], "extra": ["default"]},
                "dependencies": [{"name": "serde"}],
                "targets": [{"kind": ["lib"], "name": name}, {"kind": ["test"], "name": "promises"}],
            })
        };
        let metadata = json!({
            "workspace_root": "/w", "target_directory": "/t",
            "packages": [package("shipped", Value::Null), package("kept", json!([]))],
        });
        let workspace = Workspace::parse(&metadata).expect("it is well formed");
        let published: Vec<_> = workspace.published().map(|package| package.name.as_str()).collect();
        assert_eq!(published, ["shipped"]);
        assert_eq!(workspace.packages[0].version, "1.2.3");
        assert_eq!(workspace.packages[0].features, ["default", "extra"]);
        assert_eq!(workspace.packages[0].dependencies, ["serde"]);
        assert_eq!(workspace.packages[0].tests, ["promises"]);
        assert_eq!(workspace.target, Path::new("/t"));
    }
}
