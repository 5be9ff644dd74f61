//! What the API answers, against what its committed document promises.

use std::hash::{BuildHasher as _, RandomState};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::desk::Desk;
use crate::install::Python;
use crate::workspace::Workspace;

/// What is looked at in every answer.
const CHECKS: [&str; 8] = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
    "allow_header_conformance",
];

/// What a run's requests are made from, so that it can be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seed(u32);

impl Default for Seed {
    /// That of every run which names none.
    fn default() -> Self {
        Self(20_261_121)
    }
}

impl std::str::FromStr for Seed {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "random" {
            // Whatever the hasher of a new map begins with: it is seeded by the system.
            let random = RandomState::new().hash_one(text);
            return Ok(Self((random >> 32) as u32));
        }
        text.parse().map(Self)
    }
}

impl std::fmt::Display for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Where the API is tried, and how thoroughly.
#[derive(Debug)]
pub(crate) struct Host {
    /// What stands before `/v1`.
    pub(crate) origin: String,
    /// An admin's token.
    pub(crate) token: String,
    /// A pattern of the paths that are not tried, and why.
    pub(crate) left_out: (&'static str, &'static str),
    /// The module of `xtask/e2e` that says what is sent.
    pub(crate) hooks: &'static str,
    /// The most examples of an operation and phase.
    pub(crate) examples: &'static str,
}

impl Host {
    /// A desk.
    pub(crate) fn of(desk: &Desk) -> Self {
        Self {
            origin: desk.origin.clone(),
            token: desk.token.clone(),
            left_out: ("/live$", "GET live is left out: its answer never ends"),
            hooks: "hooks",
            examples: "30",
        }
    }
}

/// Tries every operation with an admin's token.
///
/// # Errors
/// If an answer is not as documented.
pub(crate) fn run(workspace: &Workspace, schemathesis: &Python, host: &Host, seed: Seed) -> Result<()> {
    let (left_out, why) = host.left_out;
    println!("  {why}\n  seed {seed}: --seed {seed} makes the same requests again");
    let mut command = Command::new(schemathesis.program("schemathesis"));
    let scripts = workspace.root.join("xtask/e2e");
    // It leaves notes of its own in the folder in which it runs.
    command.current_dir(&schemathesis.folder);
    command.arg("--config-file").arg(scripts.join("schemathesis.toml"));
    command.arg("run").arg(workspace.root.join("examples/api/openapi.json"));
    command.args(["--url", &host.origin, "--header", &format!("Authorization: Bearer {}", host.token)]);
    command.args(["--checks", &CHECKS.join(","), "--phases", "examples,coverage,fuzzing,stateful"]);
    command.args(["--max-examples", host.examples, "--seed", &seed.to_string(), "--rate-limit", "auto", "--no-shrink"]);
    command.args(["--exclude-path-regex", left_out, "--request-timeout", "20", "--no-color"]);
    command.env("SCHEMATHESIS_HOOKS", host.hooks).env("PYTHONPATH", scripts).env("PYTHONDONTWRITEBYTECODE", "1");
    // No limit of time: a slow machine would make fewer requests from the same seed.
    command.args(["--generation-database", "none"]);
    let status = command.status().context("schemathesis did not start")?;
    if status.success() { Ok(()) } else { bail!("see above") }
}
