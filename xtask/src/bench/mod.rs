//! `cargo xtask bench`: figures of ours beside those of what others use, taken in one run.

mod adapters;
mod check_in;
mod contender;
mod cores;
mod desk;
mod figures;
mod functions;
mod matching;
mod peers;
mod portraits;
mod report;
pub(crate) mod table;

use clap::Subcommand;

use crate::workspace::Workspace;

/// What can be measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// What AWS's adapters cost over the SDK's bare calls, and check-ins a second, on emulators.
    Adapters(adapters::Options),
    /// A check-in by portrait, stage by stage, beside Python's `face_recognition` and OpenCV, on one core.
    CheckIn(check_in::Options),
    /// A desk under load: kiosks that all check in at once; throughput, latency, memory, and no second record.
    Desk(desk::Options),
    /// The functions on Lambda until they ask for the first event: time and memory, beside a function in Python.
    Functions(functions::Options),
    /// The exact search for the most alike out of up to a million, beside libraries that search vectors.
    Match(matching::Options),
}

impl Bench {
    pub(crate) fn run(&self, workspace: &Workspace) -> anyhow::Result<()> {
        match self {
            Self::Adapters(options) => adapters::run(workspace, options),
            Self::CheckIn(options) => check_in::run(workspace, options),
            Self::Desk(options) => desk::run(workspace, options),
            Self::Functions(options) => functions::run(workspace, options),
            Self::Match(options) => matching::run(workspace, options),
        }
    }
}
