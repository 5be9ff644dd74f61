use attendance_core::domain::event::Event;
use attendance_core::domain::ids::OrganizationId;
use futures_util::stream::BoxStream;

/// What somebody who watches is told.
#[derive(Debug, Clone, PartialEq)]
pub enum LiveUpdate {
    /// Something happened.
    Event(Event),
    /// So many events came faster than they were read, and are not told.
    Missed(u64),
}

/// Tells events of one organization as they come.
pub trait LiveEvents: std::fmt::Debug + Send + Sync + 'static {
    /// Whatever happens from now on; the stream ends when the host stops.
    fn subscribe(&self, organization: &OrganizationId) -> BoxStream<'static, LiveUpdate>;
}
