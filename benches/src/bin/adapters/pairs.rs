//! Each adapter's method beside the bare call that it stands for, in turns.

use std::future::Future;
use std::time::Instant;

use anyhow::{Context as _, Result};
use attendance_core::domain::attendee::Email;
use attendance_core::domain::event::Event;
use attendance_core::domain::ids::CheckInId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::similarity::Threshold;
use attendance_core::ports::attendance_repo::{Claim, Delivery};
use attendance_core::ports::face_matcher::{Faces, IdentifyOptions, ImageRef};
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::ports::notifier::{Message, Recipient};
use attendance_core::ports::{
    Directory as _, EventSink as _, FaceMatcher as _, ImageStore as _, Notifier as _, Outbox as _,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_sdk_rekognition::types::{Image, S3Object};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message as Mail};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::commits;
use crate::database::Database;
use crate::place::{PORTRAIT, Place, SENDER, entry};

/// How many events are published at once.
const EVENTS: u32 = 100;

/// Asks both in turns, the one that comes first by chance, and tells the medians, in milliseconds.
pub(crate) async fn pair<A, B>(
    name: &str,
    rounds: u32,
    adapter: impl Fn(u32) -> A,
    bare: impl Fn(u32) -> B,
) -> Result<Value>
where
    A: Future<Output = Result<()>>,
    B: Future<Output = Result<()>>,
{
    eprintln!("{name}: {rounds} rounds ...");
    let (mut ours, mut theirs, mut over) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (first, second);
        if fastrand::bool() {
            first = timed(adapter(round)).await.context("the adapter")?;
            second = timed(bare(round)).await.context("the bare call")?;
        } else {
            second = timed(bare(round)).await.context("the bare call")?;
            first = timed(adapter(round)).await.context("the adapter")?;
        }
        // The first round makes the connections.
        if round > 0 {
            ours.push(first);
            theirs.push(second);
            over.push(first - second);
        }
    }
    Ok(json!({
        "operation": name, "rounds": rounds,
        "adapter_ms": median(ours), "bare_ms": median(theirs), "overhead_ms": median(over),
    }))
}

async fn timed(call: impl Future<Output = Result<()>>) -> Result<f64> {
    let start = Instant::now();
    call.await?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) async fn measure(place: &Place, rounds: u32) -> Result<Vec<Value>> {
    let mut rows = vec![
        image_put(place, rounds).await?,
        image_get(place, rounds).await?,
        search(place, rounds).await?,
        claim(place, rounds).await?,
        commits::to_dynamodb(place, rounds).await?,
        commits::to_s3(place, rounds).await?,
    ];
    match Database::make(&place.aws, &place.name).await? {
        Some(database) => {
            database.repo.create_organization(&place.unsaved_organization()?, &entry()?).await?;
            rows.push(commits::to_rds(place, &database, rounds).await?);
            database.remove().await?;
        }
        None => eprintln!("without RDS: ATTENDANCE_TEST_POSTGRES is not set"),
    }
    rows.extend([events(place, rounds).await?, alert(place, rounds).await?, mail(place, rounds).await?]);
    Ok(rows)
}

async fn image_put(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.s3();
    let adapter = async |round| {
        let key = ImageKey::new(format!("checkins/2026-11-21/put-{round}"))?;
        let bytes = Bytes::from_static(PORTRAIT);
        place.images.put(&place.organization, &key, bytes, ContentType::Jpeg, PutMode::Create).await?;
        Ok(())
    };
    let bare = async |round| {
        let put = client.put_object().bucket(&place.name).key(format!("bare-{round}")).if_none_match("*");
        put.content_type("image/jpeg").body(Bytes::from_static(PORTRAIT).into()).send().await?;
        Ok(())
    };
    pair("S3ImageStore::put / PutObject", rounds, adapter, bare).await
}

async fn image_get(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.s3();
    let adapter = async |_| {
        place.images.get(&place.organization, &place.portrait).await?;
        Ok(())
    };
    let bare = async |_| {
        let key = place.images.object_key(&place.organization, &place.portrait);
        client.get_object().bucket(&place.name).key(key).send().await?.body.collect().await?;
        Ok(())
    };
    pair("S3ImageStore::get / GetObject", rounds, adapter, bare).await
}

async fn search(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.rekognition.rekognition();
    let collection = format!("{}-{}", place.name, place.organization);
    let options = IdentifyOptions { faces: Faces::Largest, floor: Threshold::new(89.0)?, max_candidates: 5 };
    let adapter = async |_| {
        place.matcher.identify(&place.organization, &ImageRef::Stored(place.portrait.clone()), options).await?;
        Ok(())
    };
    let bare = async |_| {
        let key = place.images.object_key(&place.organization, &place.portrait);
        let image = Image::builder().s3_object(S3Object::builder().bucket(&place.name).name(key).build()).build();
        let search = client.search_users_by_image().collection_id(&collection).image(image);
        search.user_match_threshold(89.0).max_users(5).send().await?;
        Ok(())
    };
    pair("RekognitionMatcher::identify / SearchUsersByImage", rounds, adapter, bare).await
}

async fn claim(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.dynamodb();
    let (now, lease) = (Timestamp::now(), Timestamp::now() + SignedDuration::from_mins(1));
    let adapter = async |round| {
        let delivery = Delivery(format!("bench-{round}:notifier"));
        let claim = place.repo.claim_delivery(&place.organization, &delivery, now, lease).await?;
        anyhow::ensure!(claim == Claim::Granted, "the delivery was claimed before");
        Ok(())
    };
    let bare = async |round| {
        let key = AttributeValue::S(format!("bare-{round}"));
        let put = client.put_item().table_name(&place.name).item("pk", key.clone()).item("sk", key);
        put.condition_expression("attribute_not_exists(pk)").send().await?;
        Ok(())
    };
    pair("DynamoAttendanceRepo::claim_delivery / PutItem", rounds, adapter, bare).await
}

async fn events(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.kinesis();
    let check_in = CheckInId::new("bench")?;
    let events: Vec<_> = (0..EVENTS)
        .map(|face| Event::of_stranger(&place.organization, &check_in, face, Timestamp::UNIX_EPOCH))
        .collect();
    let entry = |event: &Event| -> Result<PutRecordsRequestEntry> {
        let data = Blob::new(serde_json::to_vec(event)?);
        Ok(PutRecordsRequestEntry::builder().partition_key(Uuid::now_v7().to_string()).data(data).build()?)
    };
    let adapter = async |_| Ok(place.sink.publish(&place.organization, &events).await?);
    let bare = async |_| {
        let entries = events.iter().map(entry).collect::<Result<Vec<_>>>()?;
        client.put_records().stream_name(&place.name).set_records(Some(entries)).send().await?;
        Ok(())
    };
    pair("KinesisEventSink::publish, 100 events / PutRecords", rounds, adapter, bare).await
}

async fn alert(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.sns();
    let (subject, body) = ("A stranger", "Somebody unknown was in front of the camera.");
    let adapter = async |round| {
        let message = Message { id: format!("bench-{round}"), subject: subject.to_owned(), body: body.to_owned() };
        Ok(place.notifier.alert(&place.organization, &message).await?)
    };
    let bare = async |_| {
        client.publish().topic_arn(&place.topic).subject(subject).message(body).send().await?;
        Ok(())
    };
    pair("SnsNotifier::alert / Publish", rounds, adapter, bare).await
}

async fn mail(place: &Place, rounds: u32) -> Result<Value> {
    let client = place.aws.ses();
    let (subject, body) = ("You are present", "You came at 08:02.");
    let email = Email::new("grace@example.org")?;
    let recipient = Recipient { name: None, email: Some(email.clone()), phone: None, language: None };
    let adapter = async |round| {
        let message = Message { id: format!("bench-{round}"), subject: subject.to_owned(), body: body.to_owned() };
        Ok(place.mailer.notify(&place.organization, &recipient, &message).await?)
    };
    let bare = async |_| {
        let text = |text: &str| Content::builder().data(text).build();
        let mail = Mail::builder().subject(text(subject)?).body(Body::builder().text(text(body)?).build()).build();
        let send = client.send_email().from_email_address(SENDER);
        let send = send.destination(Destination::builder().to_addresses(email.as_str()).build());
        send.content(EmailContent::builder().simple(mail).build()).send().await?;
        Ok(())
    };
    pair("SesNotifier::notify / SendEmail", rounds, adapter, bare).await
}
