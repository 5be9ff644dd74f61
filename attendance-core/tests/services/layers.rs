use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use attendance_core::domain::event::Event;
use attendance_core::domain::ids::{CheckInId, OrganizationId};
use attendance_core::layer::{Layered, Retried, Sleep, Traced};
use attendance_core::memory::InMemoryEventSink;
use attendance_core::ports::EventSink;

use crate::house::{Faults, at};

fn organization() -> OrganizationId {
    OrganizationId::new("school").expect("an id")
}

fn event() -> Event {
    Event::of_stranger(&organization(), &CheckInId::new("c").expect("an id"), 0, at("2026-11-23T07:00:00Z"))
}

/// A sink that fails as often as told, within `attempts` attempts; and how often it waited.
async fn publish(failures: u32, attempts: usize) -> (bool, usize, u32) {
    let faults = Faults::default();
    (0..failures).for_each(|_| faults.fail_once("EventSink::publish"));
    let waits = Arc::new(AtomicU32::new(0));
    let counted = waits.clone();
    let sleep = Sleep::new(move |wait| {
        assert!(wait >= Duration::from_millis(100), "{wait:?}");
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(())
    });
    let sink = Arc::new(InMemoryEventSink::new());
    let faulty: Arc<dyn EventSink> = Arc::new(Layered::new(sink.clone() as Arc<dyn EventSink>, faults));
    let retried = Layered::new(faulty, Retried::new(attempts, Duration::from_millis(100), sleep));
    let published = retried.publish(&organization(), &[event()]).await.is_ok();
    (published, sink.events().len(), waits.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_fault_that_passes_is_retried_and_the_number_of_attempts_is_bounded() {
    assert_eq!(publish(0, 3).await, (true, 1, 0));
    assert_eq!(publish(2, 3).await, (true, 1, 2));
    assert_eq!(publish(3, 3).await, (false, 0, 2));
}

#[tokio::test]
async fn what_can_not_pass_is_not_retried() {
    use attendance_core::ports::{ImageStore, ImageStoreError};
    let store: Arc<dyn ImageStore> = Arc::new(attendance_core::memory::InMemoryImageStore::new());
    let sleep = Sleep::new(|_| async { panic!("waited for what can't pass") });
    let retried = Layered::new(store, Retried::new(5, Duration::from_millis(1), sleep));
    let missing = retried.get(&organization(), &"nothing".parse().unwrap()).await;
    assert!(matches!(missing, Err(ImageStoreError::NotFound)));
}

#[tokio::test]
async fn layers_can_be_stacked_and_stay_the_same_port() {
    let sink = Arc::new(InMemoryEventSink::new());
    let traced: Arc<dyn EventSink> = Arc::new(Layered::new(sink.clone() as Arc<dyn EventSink>, Traced));
    let twice: Arc<dyn EventSink> = Arc::new(Layered::new(traced, Traced));
    twice.publish(&organization(), &[event()]).await.unwrap();
    assert_eq!(sink.events(), [event()]);
}
