//! The commit of a check-in in each repository beside the bare requests that write as much.

use anyhow::{Result, ensure};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::{Candidate, CheckIn, Decision, JudgedFace};
use attendance_core::domain::event::Target;
use attendance_core::domain::face::{BoundingBox, Pose, Quality};
use attendance_core::domain::ids::{AttendeeId, CheckInId, GroupId};
use attendance_core::domain::record::{AttendanceRecord, Method, Status};
use attendance_core::domain::session::SessionId;
use attendance_core::domain::similarity::Similarity;
use attendance_core::ports::attendance_repo::{Commit, Committed, Ledger, RecordDraft};
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures_util::future::try_join;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::Database;
use crate::pairs::pair;
use crate::place::Place;

/// A check-in of one face, which makes a record of somebody at a session, for one target.
fn sample(place: &Place) -> Result<Commit> {
    let (attendee, similarity, now) = (AttendeeId::fresh(), Similarity::new(98.7)?, Timestamp::now());
    let session = SessionId::new(&GroupId::everyone(), jiff::civil::date(2026, 11, 21), 0);
    let face = JudgedFace {
        bounding_box: BoundingBox { left: 0.25, top: 0.125, width: 0.375, height: 0.5 },
        quality: Quality {
            size: 180,
            sharpness: 81.7,
            brightness: 50.0,
            pose: Pose { yaw: -12.3, pitch: 4.5, roll: 0.5 },
            confidence: 99.9,
        },
        decision: Decision::Record { candidate: Candidate { attendee, similarity }, session: session.clone() },
    };
    let check_in = CheckIn {
        id: CheckInId::fresh(),
        captured_at: now,
        decided_at: now,
        by: Actor::new("kiosk")?,
        image: Some(place.portrait.clone()),
        faces: vec![face],
        unsearched: 0,
        liveness: None,
        refused: None,
    };
    let record = AttendanceRecord {
        session,
        attendee,
        status: Status::Present,
        method: Method::Face { similarity },
        at: now,
        recorded_at: now,
        check_in: Some(check_in.id.clone()),
        version: 1,
    };
    let records = vec![RecordDraft::new(&place.organization, record)];
    Ok(Commit { check_in, records, events: Vec::new(), targets: vec![Target::sink()] })
}

async fn commit(repo: &impl Ledger, place: &Place) -> Result<Commit> {
    let commit = sample(place)?;
    let committed = repo.commit(&place.organization, &commit).await?;
    ensure!(matches!(committed, Committed::Written(_)), "the check-in was there before");
    Ok(commit)
}

pub(crate) async fn to_dynamodb(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.dynamodb();
    let written = written(place).await?;
    let adapter = async |_| commit(&place.repo, place).await.map(drop);
    let bare = async |round| {
        let items = written.iter().map(|item| {
            let mut item = item.clone();
            if let Some(AttributeValue::S(pk)) = item.get_mut("pk") {
                pk.push_str(&format!("-bare-{round}"));
            }
            let put = Put::builder().table_name(&place.name).set_item(Some(item));
            let put = put.condition_expression("attribute_not_exists(pk)").build()?;
            anyhow::Ok(TransactWriteItem::builder().put(put).build())
        });
        let items = items.collect::<Result<Vec<_>>>()?;
        client.transact_write_items().set_transact_items(Some(items)).send().await?;
        Ok(())
    };
    let name = format!("DynamoAttendanceRepo::commit / TransactWriteItems of {} items", written.len());
    pair(&name, rounds, adapter, bare).await
}

/// The items that a commit wrote: the only ones that name its check-in or its attendee.
async fn written(place: &Place) -> Result<Vec<std::collections::HashMap<String, AttributeValue>>> {
    let commit = commit(&place.repo, place).await?;
    let names = [commit.check_in.id.to_string(), commit.records[0].record.attendee.to_string()];
    let scan = place.aws.dynamodb().scan().table_name(&place.name).consistent_read(true);
    let mut items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
    items.retain(|item| {
        let text = format!("{item:?}");
        names.iter().any(|name| text.contains(name))
    });
    Ok(items)
}

pub(crate) async fn to_s3(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.s3();
    let adapter = async |_| commit(&place.objects, place).await.map(drop);
    // The same five objects, in the same four steps.
    let bare = async |round| {
        let Commit { check_in, records, .. } = sample(place)?;
        let RecordDraft { record, event } = &records[0];
        let put = |what: &str, body: String| {
            let put = client.put_object().bucket(&place.name).key(format!("bare-commit/{what}/{round}"));
            put.content_type("application/json").body(body.into_bytes().into())
        };
        let marker = json!({ "check_in": check_in, "drafts": [{ "record": record, "event": event }] });
        put("marker", marker.to_string()).if_none_match("*").send().await?;
        put("check-in", serde_json::to_string(&check_in)?).if_none_match("*").send().await?;
        let record = put("record", serde_json::to_string(record)?).if_none_match("*");
        try_join(record.send(), put("naming", String::new()).send()).await?;
        put("captured", json!({ "attempt": Uuid::now_v7(), "made": [true] }).to_string()).send().await?;
        Ok(())
    };
    pair("S3AttendanceRepo::commit / 5 PutObject", rounds, adapter, bare).await
}

pub(crate) async fn to_rds(place: &Place, database: &Database, rounds: u32) -> Result<Value> {
    let adapter = async |_| commit(&database.repo, place).await.map(drop);
    let bare = async |_| database.write(&place.organization, &sample(place)?).await;
    pair("rds::connect, commit / a transaction of 4 INSERT", rounds, adapter, bare).await
}
