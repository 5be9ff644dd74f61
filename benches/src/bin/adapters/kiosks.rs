//! Kiosks that check in at once, each as fast as it is answered.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use attendance_core::CheckInRequest;
use attendance_core::domain::audit::Actor;
use attendance_core::domain::check_in::Outcome;
use attendance_core::domain::ids::CheckInId;
use attendance_core::ports::face_matcher::ImageRef;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::place::Place;

/// Every check-in falls on a day of its own, so that it makes a record, and the day's session.
pub(crate) async fn measure(place: &Place, kiosks: u32, time: Duration) -> Result<Value> {
    eprintln!("{kiosks} kiosks check in for {} s ...", time.as_secs());
    for calls in [place.aws.calls(), place.rekognition.calls()] {
        drop(calls.take());
    }
    let (day, start) = (AtomicI64::new(0), Instant::now());
    let kiosk = async || {
        let mut waits = Vec::new();
        while start.elapsed() < time {
            let asked = Instant::now();
            check_in(place, day.fetch_add(1, Ordering::Relaxed)).await?;
            waits.push(asked.elapsed().as_secs_f64() * 1e3);
        }
        anyhow::Ok(waits)
    };
    let mut waits = try_join_all((0..kiosks).map(|_| kiosk())).await?.concat();
    let elapsed = start.elapsed().as_secs_f64();
    waits.sort_by(f64::total_cmp);
    let mut sent = place.aws.calls().take();
    sent.extend(place.rekognition.calls().take());
    let each = |times: u64| times as f64 / waits.len() as f64;
    let calls: serde_json::Map<_, _> = sent
        .into_iter()
        .map(|(call, times)| (format!("{} {}", call.service, call.operation), each(times).into()))
        .collect();
    Ok(json!({
        "kiosks": kiosks, "seconds": elapsed, "check_ins": waits.len(),
        "check_ins_per_second": waits.len() as f64 / elapsed,
        "median_ms": waits[waits.len() / 2], "p99_ms": waits[waits.len() * 99 / 100],
        "calls_per_check_in": calls,
    }))
}

async fn check_in(place: &Place, day: i64) -> Result<()> {
    let by = Actor::new("kiosk")?;
    let mut request = CheckInRequest::new(ImageRef::Stored(place.portrait.clone()), by);
    request.id = Some(CheckInId::fresh());
    request.captured_at = Some(Timestamp::from_second(1_000_000_000)? + SignedDuration::from_hours(24 * day));
    let answer = place.attendance.check_in(&place.organization, request).await?;
    match answer.faces.first().map(|face| &face.outcome) {
        Some(Outcome::Marked { .. }) => Ok(()),
        other => bail!("a check-in was not marked: {other:?}"),
    }
}
