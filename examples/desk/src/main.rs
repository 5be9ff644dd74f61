//! `attendance`: the main job on one machine, from the command line. `attendance --help` says what it can do.

mod cli;
mod command;
mod desk;
mod failure;
mod output;
mod photo;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::output::Output;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("ATTENDANCE_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A program that reads one object a line gets one for its own mistakes too.
            if error.use_stderr() && std::env::args().any(|argument| argument == "--json") {
                let text = error.to_string();
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                Output::new(true).failure("usage", message);
            }
            error.exit()
        }
    };
    let output = Output::new(cli.json);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(command::run(cli, &output)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            output.failure(failure.code(), &failure.to_string());
            ExitCode::FAILURE
        }
    }
}
