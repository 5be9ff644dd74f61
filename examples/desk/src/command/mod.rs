//! A file per command.

mod check_in;
mod demo;
mod enroll;
mod forget;
mod mark;
mod organization;
mod report;
mod token;

use std::process::ExitCode;

use attendance_core::domain::zone::Zone;
use attendance_local::DataFolder;

use crate::cli::{Cli, Command};
use crate::client::Client;
use crate::desk::{Desk, load_networks};
use crate::failure::Failure;
use crate::find::{Found, find};
use crate::output::Output;
use crate::serve;
use crate::together::Lost;

/// Does what was asked, and answers the exit status.
pub(crate) async fn run(cli: Cli, output: &Output) -> Result<ExitCode, Failure> {
    // Whatever can be refused without the folder is refused before it is made.
    let command = cli.command.unwrap_or_default();
    match &command {
        Command::Serve(arguments) => return serve::run(&cli.data, cli.zone, arguments, output).await,
        Command::Demo => return demo::run(output).await,
        Command::Enroll(arguments) => enroll::check(arguments)?,
        Command::Report(arguments) => report::check(arguments)?,
        _ => {}
    }
    // Not needed if a desk runs; whoever waits for the folder should not wait for these too.
    let vision = if DataFolder::desk_of(&cli.data).exists() { None } else { Some(load_networks()?) };
    match find(&cli.data).await? {
        Found::Running(notice) => {
            let client = Client::remote(&notice, &cli.organization).await?;
            carry_out(&client, &command, cli.zone, output).await
        }
        Found::Free(folder) => {
            let vision = vision.map_or_else(load_networks, Ok)?;
            let desk = Desk::open(folder, vision, cli.zone.clone(), Lost::Nothing).await?;
            let done = async {
                let client = Client::in_process(&desk, &cli.organization).await?;
                carry_out(&client, &command, cli.zone, output).await
            };
            let done = done.await;
            // What was recorded is told of even if the command failed half-way.
            desk.close().await?;
            done
        }
    }
}

async fn carry_out(
    client: &Client,
    command: &Command,
    zone: Option<Zone>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Enroll(arguments) => enroll::run(client, arguments, output).await,
        Command::CheckIn(arguments) => check_in::run(client, arguments, output).await,
        Command::Mark(arguments) => mark::run(client, arguments, output).await,
        Command::Report(arguments) => report::run(client, arguments, output).await,
        Command::Forget(arguments) => forget::run(client, arguments, output).await,
        Command::Token(arguments) => token::run(client, arguments, output).await,
        Command::Organization(arguments) => organization::run(client, arguments, zone, output).await,
        Command::Serve(_) | Command::Demo => Ok(ExitCode::SUCCESS),
    }
}
