//! `DynamoAttendanceRepo` on an emulator of DynamoDB: the conformance suite, what a check-in costs, what DynamoDB does on a
//! bad day, and what is left of somebody who was erased.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

#[path = "dynamodb/commits.rs"]
mod commits;
#[path = "dynamodb/erasure.rs"]
mod erasure;
#[path = "dynamodb/faults.rs"]
mod faults;
#[path = "dynamodb/lists.rs"]
mod lists;
#[path = "dynamodb/rig.rs"]
mod rig;

use std::sync::Arc;

use attendance_aws::dynamodb::{DynamoAttendanceRepo, create_table};
use attendance_core::ports::AttendanceRepo;
use support::{EMULATOR, aws_at, endpoint};
use tokio::sync::OnceCell;

/// One table for all cases, which work in organizations of their own.
async fn repo() -> Option<(Arc<dyn AttendanceRepo>, ())> {
    static TABLE: OnceCell<String> = OnceCell::const_new();
    let aws = aws_at(&endpoint(EMULATOR)?);
    let table = TABLE.get_or_init(async || rig::fresh_table(&aws).await).await;
    Some((Arc::new(DynamoAttendanceRepo::new(&aws, table)), ()))
}

attendance_core::attendance_repo_suite!(repo);

#[tokio::test]
async fn a_table_is_made_once_is_paid_on_demand_and_deletes_what_is_over() {
    let Some(endpoint) = endpoint(EMULATOR) else { return };
    let aws = aws_at(&endpoint);
    let table = rig::fresh_table(&aws).await;
    create_table(&aws, &table).await.unwrap();
    let client = aws.dynamodb();
    let described = client.describe_table().table_name(&table).send().await.unwrap().table.unwrap();
    let billing = described.billing_mode_summary.unwrap().billing_mode.unwrap();
    assert_eq!(billing.as_str(), "PAY_PER_REQUEST");
    assert!(described.global_secondary_indexes.unwrap_or_default().is_empty());
    let lifetime = client.describe_time_to_live().table_name(&table).send().await.unwrap();
    let lifetime = lifetime.time_to_live_description.unwrap();
    assert_eq!(lifetime.attribute_name.as_deref(), Some("expires_at"));
    assert_eq!(lifetime.time_to_live_status.unwrap().as_str(), "ENABLED");
}

#[tokio::test]
async fn nothing_is_asked_before_the_first_call_and_debug_shows_the_table() {
    let config = aws_at("http://127.0.0.1:9");
    let repo = DynamoAttendanceRepo::new(&config, "attendance");
    assert!(config.calls().sent().is_empty());
    assert_eq!(format!("{repo:?}"), r#"DynamoAttendanceRepo { table: "attendance", .. }"#);
}
