//! A file per command.

mod check_in;
mod demo;
mod enroll;
mod forget;
mod mark;
mod report;

use std::collections::HashMap;
use std::process::ExitCode;

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::ids::AttendeeId;

use crate::cli::{Cli, Command};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output::Output;

/// Does what was asked, and answers the exit status.
pub(crate) async fn run(cli: Cli, output: &Output) -> Result<ExitCode, Failure> {
    // Whatever can be refused without the folder is refused before it is made.
    match &cli.command {
        Command::Demo => return demo::run(output).await,
        Command::Enroll(arguments) => enroll::check(arguments)?,
        Command::Report(arguments) => report::check(arguments)?,
        Command::CheckIn(_) | Command::Mark(_) | Command::Forget(_) => {}
    }
    let desk = Desk::open(&cli.data, cli.zone).await?;
    let done = match &cli.command {
        Command::Enroll(arguments) => enroll::run(&desk, arguments, output).await,
        Command::CheckIn(arguments) => check_in::run(&desk, arguments, output).await,
        Command::Mark(arguments) => mark::run(&desk, arguments, output).await,
        Command::Report(arguments) => report::run(&desk, arguments, output).await,
        Command::Forget(arguments) => forget::run(&desk, arguments, output).await,
        Command::Demo => Ok(ExitCode::SUCCESS),
    };
    // What was recorded is told of even if the command failed half-way.
    desk.close().await?;
    done
}

/// The attendees of these ids, by id.
async fn attendees(desk: &Desk, ids: &[AttendeeId]) -> Result<HashMap<AttendeeId, Attendee>, Failure> {
    let mut known = HashMap::new();
    for ids in ids.chunks(100) {
        let found = desk.attendance.repo().attendees_by_id(&desk.organization, ids).await?;
        known.extend(found.into_iter().map(|attendee| (attendee.id, attendee)));
    }
    Ok(known)
}

/// What somebody is called here; their id if that is not known.
fn name(attendees: &HashMap<AttendeeId, Attendee>, id: AttendeeId) -> String {
    let name = attendees.get(&id).and_then(|attendee| attendee.name.as_ref());
    name.map_or_else(|| id.to_string(), |name| name.as_str().to_owned())
}
