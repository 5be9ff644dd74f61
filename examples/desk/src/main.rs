//! `attendance`: the main job on one machine, with a server, its pages and a command line. `attendance --help` says what it can do.

mod cli;
mod client;
mod command;
mod desk;
mod failure;
mod find;
mod log;
mod notice;
mod output;
mod photo;
mod serve;
mod together;
mod token_key;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Cli, Command};
use crate::output::Output;

fn main() -> ExitCode {
    let log = log::start();
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
    if let Err(why) = log {
        output.failure("usage", &why);
        return ExitCode::from(2);
    }
    let done = match runtime(cli.command.as_ref()) {
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

/// A server has many at once to answer; a command is alone.
fn runtime(command: Option<&Command>) -> std::io::Result<Runtime> {
    match command {
        None | Some(Command::Serve(_)) => {
            let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
            Builder::new_multi_thread().worker_threads(cores.max(2)).enable_all().build()
        }
        Some(_) => Builder::new_current_thread().enable_all().build(),
    }
}
