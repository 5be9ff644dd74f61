use std::process::ExitCode;

use attendance_core::{MarkRequest, When};
use serde_json::json;

use crate::cli::Mark;
use crate::command::{attendees, name};
use crate::desk::{Desk, operator};
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(desk: &Desk, arguments: &Mark, output: &Output) -> Result<ExitCode, Failure> {
    let when = match (&arguments.session, arguments.date) {
        (Some(session), _) => When::Session(session.clone()),
        (None, Some(date)) => When::Date(date),
        (None, None) => When::Today,
    };
    let request = MarkRequest {
        attendee: arguments.attendee,
        when,
        status: arguments.status,
        reason: arguments.reason.clone(),
        by: operator(),
    };
    let record = desk.attendance.mark(&desk.organization, request).await?;
    let known = attendees(desk, &[record.attendee]).await?;
    let version = if record.version == 1 { "marked" } else { "corrected" };
    let text = format!("{version} {}: {} at {}", name(&known, record.attendee), record.status, record.session);
    output.say(&json!(record), text);
    Ok(ExitCode::SUCCESS)
}
