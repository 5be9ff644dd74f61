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
    let answer = client.of_organization(ask.upon(arguments.replaces)?).await;
    let row: wire::ReportRow = answer.map_err(what_stands)?;
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

/// Says what the record is that stands instead, and how it is replaced by whoever means that.
fn what_stands(failure: Failure) -> Failure {
    let Failure::Refused(mut problem) = failure else { return failure };
    if let Some(record) = &problem.record {
        let wire::Record { status, session, at, version, .. } = record.as_ref();
        let by = record.method.as_str();
        problem.detail = format!(
            "they are {status} at {session} already, since {at:.0} by {by}: to replace that, add --replaces {version}"
        );
    } else if problem.code == "outdated" {
        problem.detail = "nothing is recorded there yet: leave --replaces out".to_owned();
    }
    Failure::Refused(problem)
}
