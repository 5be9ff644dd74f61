use std::convert::Infallible;
use std::time::Duration;

use attendance_core::domain::event::Event;
use axum::extract::State;
use axum::response::sse::{self, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::extract::AsOperator;
use crate::operations::operations;
use crate::problem::Fault;
use crate::{App, LiveUpdate};

operations! { (live) }

/// How often a silent stream shows that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The longest that one stream lasts: whoever watches longer asks again.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What happens, as it happens.
///
/// Server-sent events: the event's name is the CloudEvent's type, such as `attendance.record.v1`, its data the
/// CloudEvent in JSON. `missed` says how many were dropped because they were not read fast enough. A comment comes every
/// 15 seconds. The stream ends when the token expires.
#[utoipa::path(get, path = "/v1/orgs/{org}/live", tag = "desk",
    responses((status = 200, description = "A stream that does not end by itself.", body = String,
        content_type = "text/event-stream")))]
async fn live(
    scope: AsOperator,
    State(app): State<App>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, Fault> {
    let live = app.live().ok_or_else(|| Fault::not_found("this host shows nothing live"))?;
    let updates = live.subscribe(&scope.organization);
    let left = scope.principal.expires_at.duration_since(app.attendance().now());
    let left = Duration::try_from(left).unwrap_or_default().min(LONGEST);
    let told =
        updates.filter_map(|update| std::future::ready(told(update).map(Ok))).take_until(tokio::time::sleep(left));
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// An update as the stream has it.
fn told(update: LiveUpdate) -> Option<sse::Event> {
    match update {
        LiveUpdate::Event(event) => of_event(&event),
        LiveUpdate::Missed(missed) => sse::Event::default().event("missed").json_data(json!({ "missed": missed })).ok(),
    }
}

fn of_event(event: &Event) -> Option<sse::Event> {
    let data = serde_json::to_value(event).ok()?;
    let kind = data.get("type").and_then(Value::as_str)?.to_owned();
    sse::Event::default().event(kind).id(event.id.as_str()).json_data(data).ok()
}
