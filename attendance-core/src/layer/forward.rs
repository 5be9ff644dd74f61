//! Each port's methods, passed on through a layer.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{Layer, Layered, Operation};
use crate::domain::attendee::{Attendee, ExternalId};
use crate::domain::audit::AuditEntry;
use crate::domain::check_in::CheckIn;
use crate::domain::event::{Event, EventId, Target};
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, CheckInId, FaceId, GroupId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::page::{Page, PageRequest};
use crate::domain::policy::{MatchPolicy, QualityPolicy};
use crate::domain::record::AttendanceRecord;
use crate::domain::session::{Session, SessionId};
use crate::ports::attendance_repo::*;
use crate::ports::event_sink::*;
use crate::ports::face_matcher::*;
use crate::ports::image_store::*;
use crate::ports::notifier::*;
/// Passes each method on. The receiver of a call is the port inside; an argument that is handed over is cloned for each
/// attempt.
macro_rules! forward {
    ($port:ident: $({ $($plain:tt)* })? $(fn $method:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl<P: $port + ?Sized, L: Layer> $port for Layered<P, L> {
            $($($plain)*)?
            $(async fn $method(&self, $($arg: $type),*) -> $answer {
                let operation = Operation { port: stringify!($port), method: stringify!($method) };
                self.layer.around(operation, || self.inner.$method($(Clone::clone(&$arg)),*)).await
            })*
        }
    };
}

forward! { FaceMatcher:
    {
        fn default_policy(&self) -> MatchPolicy {
            self.inner.default_policy()
        }
    }
    fn provision(organization: &OrganizationId) -> Result<(), FaceMatcherError>;
    fn remove(organization: &OrganizationId) -> Result<(), FaceMatcherError>;
    fn enrol(organization: &OrganizationId, attendee: AttendeeId, face: FaceId, image: &ImageRef, quality: &QualityPolicy) -> Result<EnrolledFace, FaceMatcherError>;
    fn identify(organization: &OrganizationId, image: &ImageRef, options: IdentifyOptions) -> Result<Identification, FaceMatcherError>;
    fn faces(organization: &OrganizationId, attendee: AttendeeId) -> Result<Vec<FaceId>, FaceMatcherError>;
    fn remove_face(organization: &OrganizationId, attendee: AttendeeId, face: FaceId) -> Result<(), FaceMatcherError>;
    fn forget(organization: &OrganizationId, attendee: AttendeeId) -> Result<u32, FaceMatcherError>;
    fn enrolled(organization: &OrganizationId, page: &PageRequest) -> Result<Page<AttendeeFaces>, FaceMatcherError>;
}

forward! { ImageStore:
    fn put(organization: &OrganizationId, key: &ImageKey, bytes: Bytes, content_type: ContentType, mode: PutMode) -> Result<String, ImageStoreError>;
    fn get(organization: &OrganizationId, key: &ImageKey) -> Result<StoredImage, ImageStoreError>;
    fn delete(organization: &OrganizationId, key: &ImageKey) -> Result<(), ImageStoreError>;
    fn list(organization: &OrganizationId, prefix: &str, page: &PageRequest) -> Result<Page<ImageKey>, ImageStoreError>;
    fn presign_upload(organization: &OrganizationId, key: &ImageKey, limits: &UploadLimits, now: Timestamp) -> Result<PresignedUpload, ImageStoreError>;
    fn presign_view(organization: &OrganizationId, key: &ImageKey, valid_for: Duration, now: Timestamp) -> Result<String, ImageStoreError>;
}

forward! { EventSink:
    fn publish(organization: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError>;
}

forward! { Notifier:
    fn notify(organization: &OrganizationId, recipient: &Recipient, message: &Message) -> Result<(), NotifierError>;
    fn alert(organization: &OrganizationId, message: &Message) -> Result<(), NotifierError>;
    fn forget(organization: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError>;
}

forward! { Directory:
    fn create_organization(organization: &Organization, entry: &AuditEntry) -> Result<Organization, RepoError>;
    fn save_organization(organization: &Organization, entry: &AuditEntry) -> Result<Organization, RepoError>;
    fn organization(organization: &OrganizationId) -> Result<Option<Organization>, RepoError>;
    fn organizations(page: &PageRequest) -> Result<Page<Organization>, RepoError>;
    fn create_attendee(organization: &OrganizationId, attendee: &Attendee, entry: &AuditEntry) -> Result<Attendee, RepoError>;
    fn save_attendee(organization: &OrganizationId, attendee: &Attendee, outgoing: &Outgoing) -> Result<Attendee, RepoError>;
    fn attendees_by_id(organization: &OrganizationId, attendees: &[AttendeeId]) -> Result<Vec<Attendee>, RepoError>;
    fn attendee_by_external_id(organization: &OrganizationId, external_id: &ExternalId) -> Result<Option<Attendee>, RepoError>;
    fn attendees(organization: &OrganizationId, query: &AttendeeQuery, page: &PageRequest) -> Result<Page<Attendee>, RepoError>;
    fn erase_attendee(organization: &OrganizationId, attendee: AttendeeId, now: Timestamp, entry: &AuditEntry) -> Result<(), RepoError>;
    fn save_group(organization: &OrganizationId, group: &Group, entry: &AuditEntry) -> Result<Group, RepoError>;
    fn group(organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError>;
    fn groups(organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError>;
    fn link_subject(organization: &OrganizationId, subject: &Subject, attendee: AttendeeId, entry: &AuditEntry) -> Result<(), RepoError>;
    fn attendee_of_subject(organization: &OrganizationId, subject: &Subject) -> Result<Option<AttendeeId>, RepoError>;
}

forward! { Timetable:
    fn ensure_session(organization: &OrganizationId, session: &Session) -> Result<Session, RepoError>;
    fn session(organization: &OrganizationId, session: &SessionId) -> Result<Option<Session>, RepoError>;
    fn sessions(organization: &OrganizationId, query: &SessionQuery, page: &PageRequest) -> Result<Page<Session>, RepoError>;
    fn due_sessions(organization: &OrganizationId, now: Timestamp, limit: usize) -> Result<Vec<Session>, RepoError>;
    fn close_session(organization: &OrganizationId, session: &SessionId, at: Timestamp, entry: Option<AuditEntry>) -> Result<Session, RepoError>;
}

forward! { Ledger:
    fn commit(organization: &OrganizationId, commit: &Commit) -> Result<Committed, RepoError>;
    fn mark(organization: &OrganizationId, draft: &RecordDraft, targets: &[Target], entry: Option<AuditEntry>) -> Result<(), RepoError>;
    fn record(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> Result<Option<AttendanceRecord>, RepoError>;
    fn records(organization: &OrganizationId, query: &RecordQuery, page: &PageRequest) -> Result<Page<AttendanceRecord>, RepoError>;
    fn history(organization: &OrganizationId, session: &SessionId, attendee: AttendeeId) -> Result<Vec<AttendanceRecord>, RepoError>;
    fn check_in(organization: &OrganizationId, check_in: &CheckInId) -> Result<Option<CheckIn>, RepoError>;
    fn check_ins(organization: &OrganizationId, query: &CheckInQuery, page: &PageRequest) -> Result<Page<CheckIn>, RepoError>;
    fn detach_image(organization: &OrganizationId, check_in: &CheckInId) -> Result<(), RepoError>;
    fn append_audit(organization: &OrganizationId, entry: &AuditEntry) -> Result<(), RepoError>;
    fn audit(organization: &OrganizationId, page: &PageRequest) -> Result<Page<AuditEntry>, RepoError>;
}

forward! { Outbox:
    fn pending(organization: &OrganizationId, target: &Target, limit: usize) -> Result<Vec<Event>, RepoError>;
    fn acknowledge(organization: &OrganizationId, target: &Target, events: &[EventId]) -> Result<(), RepoError>;
    fn claim_delivery(organization: &OrganizationId, delivery: &Delivery, now: Timestamp, lease_until: Timestamp) -> Result<Claim, RepoError>;
    fn complete_delivery(organization: &OrganizationId, delivery: &Delivery) -> Result<(), RepoError>;
}
