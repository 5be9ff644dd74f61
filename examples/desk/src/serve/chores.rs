use std::sync::Arc;
use std::time::Duration;

use attendance_core::domain::ids::OrganizationId;
use attendance_core::{Attendance, Swept};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::stop::Stop;
use crate::failure::Failure;

/// How long is waited after a write, so that the events of many are told together.
const TOGETHER: Duration = Duration::from_millis(30);

/// How often events are told at the latest: what a failing target left, and what a crash did.
const RELAY: Duration = Duration::from_secs(15);

/// How often is done what time does.
const SWEEP: Duration = Duration::from_secs(60);

/// How long a chore may go on when the server is to end. Cut off, the next owner of the folder finishes it.
const FINISH: Duration = Duration::from_secs(5);

/// What the server does beside answering, for every organization: it tells what happened, and does what time does.
pub(super) struct Chores {
    written: Arc<Notify>,
    at_work: JoinSet<()>,
}

impl Chores {
    pub(super) fn start(attendance: &Attendance, stop: &Stop) -> Self {
        let written = Arc::new(Notify::new());
        let mut at_work = JoinSet::new();
        at_work.spawn(relay(attendance.clone(), written.clone(), stop.clone()));
        at_work.spawn(sweep(attendance.clone(), written.clone(), stop.clone()));
        Self { written, at_work }
    }

    /// What [`tell_of_writes`] tells.
    pub(super) fn written(&self) -> Arc<Notify> {
        self.written.clone()
    }

    /// Waits for what is being done; the server is to end.
    pub(super) async fn end(mut self) {
        let finished = async { while self.at_work.join_next().await.is_some() {} };
        if timeout(FINISH, finished).await.is_err() {
            self.at_work.shutdown().await;
        }
    }
}

/// The layer: whatever may have changed something wakes the relay, once it is answered.
pub(super) async fn tell_of_writes(State(written): State<Arc<Notify>>, request: Request, next: Next) -> Response {
    let reads = request.method().is_safe();
    let response = next.run(request).await;
    if !reads && !response.status().is_client_error() {
        written.notify_one();
    }
    response
}

async fn relay(attendance: Attendance, written: Arc<Notify>, stop: Stop) {
    let mut ticks = interval(RELAY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = written.notified() => sleep(TOGETHER).await,
            _ = ticks.tick() => {}
        }
        for organization in all(&attendance).await {
            if stop.is_set() {
                return;
            }
            if let Err(error) = attendance.relay(&organization).await {
                tracing::error!(%organization, error = chain(error), "the relay failed; it is repeated");
            }
        }
    }
}

async fn sweep(attendance: Attendance, written: Arc<Notify>, stop: Stop) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.wait() => return,
            _ = ticks.tick() => {}
        }
        for organization in all(&attendance).await {
            if stop.is_set() {
                return;
            }
            match attendance.sweep(&organization).await {
                Ok(swept) => report(&organization, &swept),
                Err(error) => tracing::error!(%organization, error = chain(error), "the sweep failed; it is repeated"),
            }
        }
        written.notify_one();
    }
}

/// Says what a person has to know of a sweep.
fn report(organization: &OrganizationId, swept: &Swept) {
    for (chore, failures) in &swept.failed {
        tracing::error!(%organization, ?chore, times = failures.times, first = failures.first, "a chore failed; it is repeated");
    }
    if swept.enrolments_reconciled > 0 {
        let attendees = swept.enrolments_reconciled;
        tracing::warn!(%organization, attendees, "enrolments were corrected: the audit names whose faces were removed");
    }
    if swept.faces_missing {
        tracing::error!(%organization, "many who are enrolled have no face: see `removals`");
    }
    if swept.removals_held > 0 {
        let attendees = swept.removals_held;
        tracing::error!(%organization, attendees, "faces that nobody knows of are held back: see `removals`");
    }
}

/// Every organization; none if they can't be read now.
async fn all(attendance: &Attendance) -> Vec<OrganizationId> {
    attendance.organizations().await.unwrap_or_else(|error| {
        tracing::error!(error = chain(error), "the organizations can't be read; it is tried again");
        Vec::new()
    })
}

/// The error with what lies behind it.
fn chain(error: attendance_core::Error) -> String {
    Failure::from(error).to_string()
}
