mod directory;
mod ledger;
mod outbox;
mod timetable;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use self::outbox::Queue;
use crate::domain::attendee::{Attendee, ExternalId};
use crate::domain::audit::AuditEntry;
use crate::domain::check_in::CheckIn;
use crate::domain::event::Target;
use crate::domain::group::Group;
use crate::domain::ids::{AttendeeId, CheckInId, GroupId, OrganizationId};
use crate::domain::organization::Organization;
use crate::domain::record::AttendanceRecord;
use crate::domain::session::{Session, SessionId};
use crate::ports::RepoError;
use crate::ports::attendance_repo::{Delivery, Subject};

/// Remembers everything in memory, behind one lock: each call happens wholly before or after every other. Writing for
/// an organization that does not exist is refused, reading finds nothing. `Debug` shows only how many organizations
/// there are.
#[derive(Default)]
pub struct InMemoryAttendanceRepo {
    tenants: Mutex<BTreeMap<OrganizationId, Tenant>>,
}

/// What one organization has.
struct Tenant {
    organization: Organization,
    attendees: BTreeMap<AttendeeId, Attendee>,
    external_ids: HashMap<ExternalId, AttendeeId>,
    groups: BTreeMap<GroupId, Group>,
    subjects: HashMap<Subject, AttendeeId>,
    sessions: BTreeMap<SessionKey, Session>,
    /// Every version of a record, the first one first; never empty.
    records: BTreeMap<(SessionKey, AttendeeId), Vec<AttendanceRecord>>,
    check_ins: HashMap<CheckInId, CheckIn>,
    audit: BTreeMap<(Timestamp, Uuid), AuditEntry>,
    outbox: BTreeMap<Target, Queue>,
    /// Until when a delivery is claimed; `None` once it was made.
    deliveries: HashMap<Delivery, Option<Timestamp>>,
}

/// A session's place in a list.
type SessionKey = (Date, GroupId, u8);

fn key(session: &SessionId) -> SessionKey {
    (session.date(), session.group().clone(), session.slot())
}

impl Tenant {
    fn new(organization: Organization) -> Self {
        let everyone = Group { version: 1, ..Group::everyone(organization.zone.clone()) };
        Self {
            organization,
            attendees: BTreeMap::new(),
            external_ids: HashMap::new(),
            groups: BTreeMap::from([(everyone.id.clone(), everyone)]),
            subjects: HashMap::new(),
            sessions: BTreeMap::new(),
            records: BTreeMap::new(),
            check_ins: HashMap::new(),
            audit: BTreeMap::new(),
            outbox: BTreeMap::new(),
            deliveries: HashMap::new(),
        }
    }

    /// Adds a line to the audit, if there is one to add and it is not there.
    fn enter(&mut self, entry: Option<&AuditEntry>) {
        self.audit.extend(entry.map(|entry| ((entry.at, entry.id), entry.clone())));
    }
}

impl InMemoryAttendanceRepo {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tenants(&self) -> MutexGuard<'_, BTreeMap<OrganizationId, Tenant>> {
        super::lock(&self.tenants)
    }

    /// Changes what an organization has.
    fn write<T>(
        &self,
        organization: &OrganizationId,
        change: impl FnOnce(&mut Tenant) -> Result<T, RepoError>,
    ) -> Result<T, RepoError> {
        change(self.tenants().get_mut(organization).ok_or(RepoError::UnknownOrganization)?)
    }

    /// Reads what an organization has; `nothing` where it does not exist.
    fn read<T>(&self, organization: &OrganizationId, nothing: T, read: impl FnOnce(&Tenant) -> T) -> T {
        self.tenants().get(organization).map_or(nothing, read)
    }
}

impl std::fmt::Debug for InMemoryAttendanceRepo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InMemoryAttendanceRepo").field("organizations", &self.tenants().len()).finish()
    }
}

/// The version that a change is stored with, if `given` is the one that is `stored`.
fn next_version(given: u32, stored: u32) -> Result<u32, RepoError> {
    if given == stored { Ok(stored + 1) } else { Err(RepoError::Conflict) }
}
