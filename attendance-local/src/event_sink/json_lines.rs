//! Events as lines of a file.

use std::io;
use std::path::PathBuf;

use async_trait::async_trait;
use attendance_core::domain::event::Event;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::event_sink::{EventSink, EventSinkError};

use crate::lines::Lines;

/// An event sink that appends one CloudEvent in JSON per line, of all organizations into one file. A batch is one write
/// and is on the disk when `publish` returns.
#[derive(Debug, Clone)]
pub struct JsonLinesEventSink {
    lines: Lines,
}

impl JsonLinesEventSink {
    /// Appends to the file at `path`, which is made at the first event. What a crash left of a last line is cut off: its
    /// batch was not acknowledged and will be published again. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let lines = Lines::new(path.into());
        lines.mend()?;
        Ok(Self { lines })
    }
}

#[async_trait]
impl EventSink for JsonLinesEventSink {
    async fn publish(&self, _: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
        if events.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for event in events {
            serde_json::to_writer(&mut text, event).map_err(|error| EventSinkError::Failed { source: error.into() })?;
            text.push(b'\n');
        }
        let lines = self.lines.clone();
        match tokio::task::spawn_blocking(move || lines.append(&text)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(EventSinkError::Unavailable { source: error.into() }),
            Err(error) => Err(EventSinkError::Failed { source: error.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::tests::{event, organization};
    use super::*;

    fn read(path: &Path) -> Vec<Event> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn every_event_is_a_line_that_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/events.jsonl");
        let sink = JsonLinesEventSink::open(&path).unwrap();
        sink.publish(&organization("a"), &[]).await.unwrap();
        assert!(!path.exists());
        sink.publish(&organization("a"), &[event("a", 1), event("a", 2)]).await.unwrap();
        sink.publish(&organization("b"), &[event("b", 3)]).await.unwrap();
        assert_eq!(read(&path), [event("a", 1), event("a", 2), event("b", 3)]);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    }

    #[tokio::test]
    async fn what_a_crash_left_of_a_line_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let sink = JsonLinesEventSink::open(&path).unwrap();
        sink.publish(&organization("a"), &[event("a", 1)]).await.unwrap();
        let whole = fs::read(&path).unwrap();
        for end in 0..whole.len() {
            fs::write(&path, [whole.as_slice(), &whole[..end]].concat()).unwrap();
            let sink = JsonLinesEventSink::open(&path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole, "cut at {end}");
            sink.publish(&organization("a"), &[event("a", 2)]).await.unwrap();
            assert_eq!(read(&path), [event("a", 1), event("a", 2)], "cut at {end}");
        }
    }

    #[tokio::test]
    async fn batches_that_are_published_at_once_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let sink = JsonLinesEventSink::open(&path).unwrap();
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let sink = sink.clone();
                let batch: Vec<_> = (0..10).map(|m| event("a", n * 10 + m)).collect();
                tokio::spawn(async move { sink.publish(&organization("a"), &batch).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let events = read(&path);
        assert_eq!(events.len(), 200);
        for batch in events.chunks(10) {
            assert!(batch.iter().is_sorted_by_key(|event| event.id.as_str().to_owned()));
        }
    }

    #[tokio::test]
    async fn a_file_that_can_not_be_written_may_work_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let sink = JsonLinesEventSink::open(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = sink.publish(&organization("a"), &[event("a", 1)]).await.unwrap_err();
        assert!(matches!(error, EventSinkError::Unavailable { .. }), "{error}");
        fs::remove_dir(&path).unwrap();
        sink.publish(&organization("a"), &[event("a", 1)]).await.unwrap();
    }
}
