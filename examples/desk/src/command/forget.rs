use std::process::ExitCode;

use attendance_api::wire;
use serde_json::json;

use crate::cli::Forget;
use crate::client::{Ask, Client};
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(client: &Client, arguments: &Forget, output: &Output) -> Result<ExitCode, Failure> {
    let ask = Ask::delete(format!("/attendees/{}", arguments.attendee));
    let erased: wire::Erased = client.of_organization(ask).await?;
    let text = format!(
        "forgotten: {} faces, {} pictures and everything personal; the records stay under {}",
        erased.faces, erased.images, erased.attendee
    );
    output.say(&json!(erased), text);
    Ok(ExitCode::SUCCESS)
}
