//! Events as records, in batches that a request takes.

use attendance_core::domain::event::{Event, EventData, EventId};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use sha2::{Digest as _, Sha256};

use crate::fault::Fault;

/// The most records of a request.
const RECORDS: usize = 500;

/// The largest record with its key, in bytes: 1 MiB.
const RECORD_BYTES: usize = 1024 * 1024;

/// The largest request, in bytes of its records with their keys: 5 MiB.
const REQUEST_BYTES: usize = 5 * 1024 * 1024;

/// An event, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) id: EventId,
    pub(super) record: PutRecordsRequestEntry,
}

impl Entry {
    pub(super) fn of(event: &Event) -> Result<Self, Fault> {
        let json = serde_json::to_vec(event).map_err(|error| Fault::unexpected(error.to_string()))?;
        Self::new(event.id.clone(), partition_key(event), json)
    }

    pub(super) fn new(id: EventId, key: String, data: Vec<u8>) -> Result<Self, Fault> {
        let record = PutRecordsRequestEntry::builder().partition_key(key).data(Blob::new(data)).build();
        Ok(Self { id, record: record.map_err(|error| Fault::unexpected(error.to_string()))? })
    }

    /// What counts towards the limits.
    pub(super) fn bytes(&self) -> usize {
        self.record.partition_key().map_or(0, str::len) + self.record.data().as_ref().len()
    }
}

/// The entries in their order, in batches that a request takes, and those that no request takes.
pub(super) fn batches(entries: Vec<Entry>) -> (Vec<Vec<Entry>>, Vec<Entry>) {
    let (fitting, too_large): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.bytes() <= RECORD_BYTES);
    let (mut batches, mut bytes) = (Vec::<Vec<Entry>>::new(), 0);
    for entry in fitting {
        let size = entry.bytes();
        match batches.last_mut() {
            Some(batch) if batch.len() < RECORDS && bytes + size <= REQUEST_BYTES => {
                bytes += size;
                batch.push(entry);
            }
            _ => {
                bytes = size;
                batches.push(vec![entry]);
            }
        }
    }
    (batches, too_large)
}

/// The same for events of which a consumer keeps only the newest, and else the event's own; always a hash.
fn partition_key(event: &Event) -> String {
    let subject = match &event.data {
        EventData::Record { session, attendee, .. } => format!("record\n{session}\n{attendee}"),
        EventData::Enrolment { attendee, .. } => format!("enrolment\n{attendee}"),
        _ => format!("event\n{}", event.id),
    };
    let hash = Sha256::digest(format!("{}\n{subject}", event.organization));
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use attendance_core::domain::attendee::EnrolmentState;
    use attendance_core::domain::ids::{AttendeeId, CheckInId, OrganizationId};
    use attendance_core::domain::record::Status;
    use jiff::Timestamp;

    use super::*;

    fn entry(number: usize, bytes: usize) -> Entry {
        let key = "k".to_owned();
        Entry::new(EventId::new(format!("e-{number}")).unwrap(), key, vec![b' '; bytes - 1]).ok().unwrap()
    }

    fn sizes(entries: impl IntoIterator<Item = usize>) -> (Vec<usize>, Vec<String>) {
        let entries = entries.into_iter().enumerate().map(|(number, bytes)| entry(number, bytes)).collect();
        let (batches, too_large) = batches(entries);
        let too_large = too_large.into_iter().map(|entry| entry.id.to_string()).collect();
        (batches.iter().map(Vec::len).collect(), too_large)
    }

    #[test]
    fn a_batch_has_at_most_500_records() {
        assert_eq!(sizes([]), (vec![], vec![]));
        assert_eq!(sizes([100; 500]), (vec![500], vec![]));
        assert_eq!(sizes([100; 1001]), (vec![500, 500, 1], vec![]));
    }

    #[test]
    fn a_batch_has_at_most_5_mib() {
        const MIB: usize = 1024 * 1024;
        assert_eq!(sizes([MIB; 11]), (vec![5, 5, 1], vec![]));
        assert_eq!(sizes([MIB, MIB, MIB, MIB, MIB - 1, 2, 2]), (vec![5, 2], vec![]));
        assert_eq!(sizes([MIB, MIB, MIB, MIB, MIB - 2, 2, 2]), (vec![6, 1], vec![]));
    }

    #[test]
    fn an_event_that_no_request_takes_is_named_and_the_others_are_sent() {
        assert_eq!(sizes([10, RECORD_BYTES + 1, RECORD_BYTES]), (vec![2], vec!["e-1".to_owned()]));
    }

    #[test]
    fn the_events_of_one_record_share_a_shard_and_others_do_not() {
        let school = OrganizationId::new("school").unwrap();
        let (ada, bob) = (AttendeeId::fresh(), AttendeeId::fresh());
        let record = |attendee: AttendeeId, session: &str, version: u32| Event {
            id: EventId::new(format!("{session}:{attendee}:v{version}")).unwrap(),
            organization: school.clone(),
            time: Timestamp::UNIX_EPOCH,
            correlation: None,
            data: EventData::Record {
                session: session.parse().unwrap(),
                attendee,
                status: Status::Present,
                at: Timestamp::UNIX_EPOCH,
                version,
            },
        };
        let key = |event: &Event| partition_key(event);
        let first = record(ada, "5B.2026-11-21.0", 1);
        assert_eq!(key(&first), key(&record(ada, "5B.2026-11-21.0", 2)));
        assert_ne!(key(&first), key(&record(bob, "5B.2026-11-21.0", 1)));
        assert_ne!(key(&first), key(&record(ada, "5B.2026-11-22.0", 1)));
        let other = OrganizationId::new("other").unwrap();
        assert_ne!(key(&first), key(&Event { organization: other, ..first.clone() }));

        let enrolment = |version, state| Event::of_enrolment(&school, ada, state, version, Timestamp::UNIX_EPOCH);
        let enrolled = key(&enrolment(1, EnrolmentState::Active));
        assert_eq!(enrolled, key(&enrolment(2, EnrolmentState::Removed)));
        assert_ne!(enrolled, key(&first));

        let stranger = |face| {
            let check_in = CheckInId::new("ada-lovelace").unwrap();
            key(&Event::of_stranger(&school, &check_in, face, Timestamp::UNIX_EPOCH))
        };
        assert_ne!(stranger(0), stranger(1));
        assert!([stranger(0), enrolled, key(&first)].iter().all(|key| key.len() == 32));
    }
}
