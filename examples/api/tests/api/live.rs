use std::sync::Arc;

use attendance_api::{LiveEvents, LiveUpdate};
use attendance_core::domain::event::Event;
use attendance_core::domain::ids::OrganizationId;
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::desk::Desk;

/// Tells of one event and of one loss, and then waits for ever.
#[derive(Debug)]
struct OnceAndSilent;

impl LiveEvents for OnceAndSilent {
    fn subscribe(&self, organization: &OrganizationId) -> BoxStream<'static, LiveUpdate> {
        let id = "kiosk:1".parse().unwrap();
        let event = Event::of_stranger(organization, &id, 0, "2026-11-21T09:00:00Z".parse().unwrap());
        stream::iter([LiveUpdate::Event(event), LiveUpdate::Missed(3)]).chain(stream::pending()).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn the_stream_tells_what_happens_and_what_was_missed_and_ends_with_the_token() {
    let desk = Desk::with(|api| api.live(Arc::new(OnceAndSilent))).await;
    let before = tokio::time::Instant::now();
    let answer = desk.get(&desk.operator, "/v1/orgs/default/live").await.is(200);
    assert_eq!(before.elapsed().as_secs(), 24 * 60 * 60);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let told = String::from_utf8(answer.body.to_vec()).unwrap();
    let mut events = told.split("\n\n");
    let event = events.next().unwrap();
    assert!(event.contains("event: attendance.stranger.v1"), "{event}");
    assert!(event.contains("id: kiosk:1:0:stranger"), "{event}");
    let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let parsed: Event = serde_json::from_str(data).unwrap();
    assert_eq!(parsed.organization.as_str(), "default");
    assert_eq!(events.next().unwrap(), "event: missed\ndata: {\"missed\":3}");
    let comments = events.filter(|event| event.starts_with(':')).count();
    assert!((5000..=5760).contains(&comments), "one every 15 seconds, but there are {comments}");
}

#[tokio::test]
async fn a_host_without_live_events_has_no_stream() {
    let desk = Desk::new().await;
    desk.get(&desk.operator, "/v1/orgs/default/live").await.problem(404, "not-found");
    let desk = Desk::with(|api| api.live(Arc::new(OnceAndSilent))).await;
    desk.get(&desk.kiosk, "/v1/orgs/default/live").await.problem(403, "forbidden");
}
