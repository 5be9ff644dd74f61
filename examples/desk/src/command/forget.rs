use std::process::ExitCode;

use serde_json::json;

use crate::cli::Forget;
use crate::desk::{Desk, operator};
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(desk: &Desk, arguments: &Forget, output: &Output) -> Result<ExitCode, Failure> {
    let erased = desk.attendance.erase(&desk.organization, arguments.attendee, &operator()).await?;
    let text = format!(
        "forgotten: {} faces, {} pictures and everything personal; the records stay under {}",
        erased.faces, erased.images, erased.attendee
    );
    output.say(&json!(erased), text);
    Ok(ExitCode::SUCCESS)
}
