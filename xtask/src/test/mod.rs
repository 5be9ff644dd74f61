//! `cargo xtask test`: the whole suite, and in plain words what it could not run.
//!
//! What needs nothing comes first. The servers that the other tests need are set up below the target folder, and run for
//! as long as those do. What the machine lacks, or what can't be fetched, is skipped with a line that says why and what
//! helps, then and at the end. With `ATTENDANCE_REQUIRE_BACKENDS=1` such a line is a failure.

mod suite;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::backends::Backends;
use crate::parts::{Done, Parts};
use crate::terraform;
use crate::workspace::{Package, Workspace};
use suite::Runner;

/// The crates whose tests in `tests/` need no server, and little that takes long to build.
const CHEAP: [&str; 3] = ["attendance-core", "attendance-local", "attendance-sql"];

/// Of these, the tests that need a server.
const WITH_SERVER: [&str; 2] = ["mysql", "postgres"];

/// What is tested on the way to a change: those, and the API. With what their tests need of features, and no more.
const QUICK: [&str; 8] = [
    "--package=attendance-core",
    "--package=attendance-local",
    "--package=attendance-sql",
    "--package=attendance-api",
    "--features=attendance-core/conformance",
    "--features=attendance-core/mock",
    "--tests",
    "--examples",
];

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only tests whose names contain this.
    filter: Option<String>,
    /// Only the core, the embedded adapters, the repository on SQLite and the API: within five minutes from nothing.
    #[arg(long)]
    quick: bool,
}

/// Runs the suite.
///
/// # Errors
/// If a test fails, or was skipped although everything is required.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let runner = Runner::find(workspace);
    let filter = options.filter.as_deref();
    let mut parts = Parts::of("test");
    if options.quick {
        println!(
            "the core, the embedded adapters, SQLite and the API: about 4 minutes from nothing on two cores, then 1"
        );
        let chosen = QUICK.map(str::to_owned);
        parts.run("core, local, sql and api", || runner.run(workspace, &chosen, filter, |_| ()));
        return parts.verdict();
    }
    println!(
        "1. what needs no server; 2. all other tests, on servers that are set up for them; 3. the examples in the docs; \
         4. Terraform's modules.\nAbout 18 minutes from nothing on two cores, 9 where all is built; --quick: 4 and 1."
    );
    let (cheap, others) = split(&workspace.packages);
    parts.run("what needs no server", || runner.run(workspace, &chosen(&[], &cheap), filter, |_| ()));
    let backends = Backends::start(workspace);
    parts.run("all other tests", || {
        let chosen = chosen(&["--lib", "--bins", "--examples"], &others);
        let mut done = runner.run(workspace, &chosen, filter, |tests| backends.tell(tests))?;
        done.skipped.extend(backends.missing.iter().map(|part| format!("could not be set up: {part}")));
        Ok(done)
    });
    drop(backends);
    parts.run("examples in the docs", || docs(workspace, filter));
    if filter.is_none() {
        parts.run("Terraform's modules", || terraform::test(workspace));
    }
    parts.verdict()
}

/// The names of the tests in `tests/`: those that need nothing, and the others. A name that both have is the first's.
fn split(packages: &[Package]) -> (Vec<&str>, Vec<&str>) {
    let names = |of: &dyn Fn(&Package, &str) -> bool| {
        let tests = packages
            .iter()
            .flat_map(|package| package.tests.iter().map(String::as_str).filter(move |test| of(package, test)));
        let mut names: Vec<_> = tests.collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let cheap = names(&|package, test| CHEAP.contains(&package.name.as_str()) && !WITH_SERVER.contains(&test));
    let others = names(&|_, test| !cheap.contains(&test));
    (cheap, others)
}

/// How both runners are told: every feature, so that nothing is built twice.
fn chosen(kinds: &[&str], tests: &[&str]) -> Vec<String> {
    let tests = tests.iter().map(|test| format!("--test={test}"));
    ["--workspace", "--all-features"].iter().chain(kinds).map(|&word| word.to_owned()).chain(tests).collect()
}

fn docs(workspace: &Workspace, filter: Option<&str>) -> Result<Done> {
    let mut docs = workspace.cargo();
    docs.args(["test", "--doc", "--workspace", "--all-features", "--no-fail-fast"]).args(filter);
    if docs.status().context("cargo test did not start")?.success() { Ok(Done::default()) } else { bail!("see above") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_runs_once_and_those_that_need_no_server_first() {
        let package = |name: &str, tests: &[&str]| Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            published: true,
            features: Vec::new(),
            dependencies: Vec::new(),
            tests: tests.iter().map(|&test| test.to_owned()).collect(),
        };
        let packages = [
            package("attendance-aws", &["dynamodb", "config"]),
            package("attendance-sql", &["mysql", "sqlite"]),
            package("attendance-core", &["config", "services"]),
        ];
        let (cheap, others) = split(&packages);
        assert_eq!(cheap, ["config", "services", "sqlite"]);
        assert_eq!(others, ["dynamodb", "mysql"]);
        assert_eq!(chosen(&["--lib"], &others)[2..], ["--lib", "--test=dynamodb", "--test=mysql"]);
    }
}
