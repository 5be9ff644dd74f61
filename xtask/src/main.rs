//! The project's chores, with nothing to install by hand: `cargo xtask lint | test | e2e | bench | accuracy | package`
//! and `document`.

mod accuracy;
mod archives;
mod backends;
mod bench;
mod desk;
mod e2e;
mod install;
mod lint;
mod package;
mod parts;
mod terraform;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// The project's chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
enum Chore {
    /// Format, clippy, every feature on its own, docs, and the guards of the architecture.
    Lint,
    /// The whole test suite: nextest if it is installed, `cargo test` if not, and the examples in the docs.
    Test(test::Options),
    /// As its users meet it: the desk, its pages, its API; the functions; and what Terraform makes, in an emulator.
    E2e(e2e::Options),
    /// Measures attendance beside what others use, in one run.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// How well faces are recognised on pictures of one's own: error rates with their intervals, and the curve.
    Accuracy(accuracy::Options),
    /// A zip for each function on Lambda in `target/functions`: the same sources give the same bytes.
    Package(package::Options),
    /// Writes what is generated from the Terraform code: its modules' inputs and outputs, and every statement of IAM.
    Document(terraform::Options),
}

fn main() -> ExitCode {
    match Chore::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Chore {
    fn run(self) -> anyhow::Result<()> {
        let workspace = workspace::Workspace::load()?;
        match self {
            Self::Lint => lint::run(&workspace),
            Self::Test(options) => test::run(&workspace, &options),
            Self::E2e(options) => e2e::run(&workspace, &options),
            Self::Bench(bench) => bench.run(&workspace),
            Self::Accuracy(options) => accuracy::run(&workspace, &options),
            Self::Package(options) => package::run(&workspace, &options),
            Self::Document(options) => terraform::document(&workspace, &options),
        }
    }
}
