use std::process::ExitCode;

use attendance_api::wire;
use serde_json::json;

use crate::cli::Mark;
use crate::client::{Ask, Client};
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(client: &Client, arguments: &Mark, output: &Output) -> Result<ExitCode, Failure> {
    let (attendee, status, reason) = (arguments.attendee, arguments.status, arguments.reason.clone());
    let ask = match &arguments.session {
        Some(session) => {
            Ask::put(format!("/sessions/{session}/records/{attendee}")).json(&wire::Mark { status, reason })?
        }
        None => {
            let new = wire::NewRecord { attendee, date: arguments.date, status, reason };
            Ask::post("/records").json(&new)?
        }
    };
    let row: wire::ReportRow = client.of_organization(ask).await?;
    let version = if row.version == 1 { "marked" } else { "corrected" };
    let name = row.name.as_ref().map_or_else(|| row.attendee.to_string(), |name| name.as_str().to_owned());
    let text = format!("{version} {name}: {} at {}", row.status, row.session);
    // The record alone: whose it is, the caller said.
    let object = json!({
        "session": row.session,
        "attendee": row.attendee,
        "status": row.status,
        "method": row.method,
        "at": row.at,
        "recorded_at": row.recorded_at,
        "check_in": row.check_in,
        "version": row.version,
    });
    output.say(&object, text);
    Ok(ExitCode::SUCCESS)
}
