use attendance_api::{LiveEvents, LiveUpdate};
use attendance_core::domain::ids::OrganizationId;
use attendance_local::event_sink::{LiveFeed, Update};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::stop::Stop;

/// What happens, for as long as the server is not to end: a page that listens would keep it up for ever.
#[derive(Debug)]
pub(super) struct Feed {
    live: LiveFeed,
    stop: Stop,
}

impl Feed {
    pub(super) fn new(live: LiveFeed, stop: Stop) -> Self {
        Self { live, stop }
    }
}

impl LiveEvents for Feed {
    fn subscribe(&self, organization: &OrganizationId) -> BoxStream<'static, LiveUpdate> {
        let events = self.live.subscribe(organization);
        let updates = stream::unfold(events, async |mut events| {
            let update = match events.recv().await? {
                Update::Event(event) => LiveUpdate::Event(event),
                Update::Missed(missed) => LiveUpdate::Missed(missed),
            };
            Some((update, events))
        });
        updates.take_until(self.stop.wait()).boxed()
    }
}
