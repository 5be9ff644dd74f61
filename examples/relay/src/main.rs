//! The function that brings events from the repository to Kinesis, and does what time does.
//!
//! It is called by the stream of the DynamoDB table, filtered to keys that begin with `outbox#`; or by a schedule: with
//! `{"do": "relay"}` where the repository has no stream, and everywhere with `{"do": "sweep"}`. What it can't do now stays
//! in the repository and comes back with the next call.

#![recursion_limit = "256"]

mod call;

use std::collections::BTreeMap;

use attendance_cloud::{Cloud, Failure, serve};
use attendance_core::domain::ids::OrganizationId;
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};

use crate::call::{Call, Change, Chore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let cloud = Cloud::start().await?;
    serve(&cloud, async |call: Call| match call {
        Call::Chore { r#do: chore } => everywhere(&cloud, chore).await.map(|()| DynamoDbEventResponse::default()),
        Call::Changed { changes } => Ok(of_changes(&cloud, &changes).await),
    })
    .await
}

/// A chore for every organization; one that fails keeps none of the others from theirs.
async fn everywhere(cloud: &Cloud, chore: Chore) -> Result<(), Failure> {
    let attendance = cloud.attendance().await?;
    let mut failed = None;
    for organization in attendance.organizations().await? {
        if chore == Chore::Sweep {
            match attendance.sweep(&organization).await {
                Ok(swept) => {
                    tracing::info!(%organization, ?swept, "swept");
                    if swept.faces_missing {
                        tracing::error!(%organization, "many who are enrolled have no face");
                    }
                    if swept.removals_held > 0 {
                        let attendees = swept.removals_held;
                        tracing::error!(%organization, attendees, "faces that nobody knows of are held back");
                    }
                    if !swept.failed.is_empty() {
                        failed = Some(format!("a part of the sweep failed: {:?}", swept.failed).into());
                    }
                }
                Err(error) => failed = Some(error.into()),
            }
        }
        if let Err(failure) = relay(cloud, &organization).await {
            failed = Some(failure);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Relays the organizations that have something to tell. The changes of those that could not be relayed are reported.
async fn of_changes(cloud: &Cloud, changes: &[Change]) -> DynamoDbEventResponse {
    let mut of_organization = BTreeMap::<OrganizationId, Vec<&str>>::new();
    for change in changes {
        if let Some(organization) = change.organization() {
            of_organization.entry(organization).or_default().push(change.sequence_number());
        }
    }
    let mut answer = DynamoDbEventResponse::default();
    let failed = |change: &str| {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(change.to_owned());
        failure
    };
    for (organization, changes) in of_organization {
        if let Err(failure) = relay(cloud, &organization).await {
            tracing::error!(%organization, failure = attendance_cloud::chain(&*failure), "events are still pending");
            answer.batch_item_failures.extend(changes.into_iter().map(failed));
        }
    }
    answer
}

/// Brings all pending events of an organization to Kinesis.
async fn relay(cloud: &Cloud, organization: &OrganizationId) -> Result<(), Failure> {
    let relayed = cloud.attendance().await?.relay(organization).await?;
    match relayed.pending {
        0 => Ok(()),
        pending => Err(format!("{pending} events are still pending: the stream did not take them").into()),
    }
}
