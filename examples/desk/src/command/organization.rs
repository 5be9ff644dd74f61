use std::process::ExitCode;

use attendance_api::wire;
use attendance_core::domain::zone::Zone;
use serde_json::json;

use crate::cli::Organization;
use crate::client::{Ask, Client};
use crate::desk::this_machine;
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn run(
    client: &Client,
    arguments: &Organization,
    zone: Option<Zone>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let new = wire::NewOrganization {
        id: arguments.id.clone(),
        zone: zone.unwrap_or_else(this_machine),
        policy: wire::Policy::default(),
    };
    let made: wire::Organization = client.ask(Ask::post("/v1/orgs").json(&new)?).await?;
    output.say(&json!(made), format_args!("made {} in {}", made.id, made.zone.name()));
    Ok(ExitCode::SUCCESS)
}
