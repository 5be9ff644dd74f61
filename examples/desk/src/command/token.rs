use std::process::ExitCode;

use attendance_api::wire;
use serde_json::json;

use crate::cli::Token;
use crate::client::{Ask, Client};
use crate::failure::Failure;
use crate::output::Output;
use crate::serve::ADDRESS;

/// Issues a token, and names the page that it opens: of the desk that runs, or of one that is started without options.
pub(super) async fn run(client: &Client, arguments: &Token, output: &Output) -> Result<ExitCode, Failure> {
    let new = wire::NewToken { role: arguments.role, attendee: arguments.attendee, days: arguments.days };
    let issued: wire::IssuedToken = client.of_organization(Ask::post("/tokens").json(&new)?).await?;
    let url = format!("http://{}{}", client.address().unwrap_or(ADDRESS), issued.path);
    let mut object = json!(issued);
    object["url"] = json!(url);
    output.say(&object, format_args!("{url}\n{}", issued.token));
    Ok(ExitCode::SUCCESS)
}
