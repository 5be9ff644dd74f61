use std::time::Duration;

use attendance_core::ports::RepoError;
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
    TimeToLiveStatus,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::items::{PK, SK};
use crate::AwsConfig;
use crate::fault::{Fault, code};

/// The attribute by which DynamoDB deletes what is over, in seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "expires_at";

/// How long a new table may take until it can be used; usually it takes some seconds.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// Makes a table for [`DynamoAttendanceRepo`](super::DynamoAttendanceRepo), paid on demand, unless it is there: for tests
/// and small set-ups. Terraform's module `attendance_table` also sets backups, encryption, a stream and alarms.
///
/// # Errors
/// `Failed` where the caller may not create tables, or the table does not become active within two minutes; and what
/// every call may answer.
pub async fn create_table(aws: &AwsConfig, table: &str) -> Result<(), RepoError> {
    let client = aws.dynamodb();
    let incomplete = |_: BuildError| Fault::unexpected("the table's definition lacks something");
    let mut request = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [(PK, KeyType::Hash), (SK, KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        request = request
            .attribute_definitions(attribute.build().map_err(incomplete)?)
            .key_schema(key.build().map_err(incomplete)?);
    }
    match request.send().await {
        Ok(_) => {}
        Err(error) if code(&error) == Some("ResourceInUseException") => {}
        Err(error) => return Err(fault(&error)),
    }
    let active = client.wait_until_table_exists().table_name(table).wait(READY_WITHIN).await;
    active
        .map_err(|_| Fault::unexpected("the table did not become active: look at it in the console, and try again"))?;

    let known = client.describe_time_to_live().table_name(table).send().await.map_err(|error| fault(&error))?;
    let status = known.time_to_live_description.and_then(|known| known.time_to_live_status);
    if matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
        return Ok(());
    }
    let lifetime = TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true);
    let request = client.update_time_to_live().table_name(table);
    let request = request.time_to_live_specification(lifetime.build().map_err(incomplete)?);
    request.send().await.map_err(|error| fault(&error))?;
    Ok(())
}

fn fault<E>(error: &SdkError<E, HttpResponse>) -> RepoError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    Fault::of(error).into()
}
