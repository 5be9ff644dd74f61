//! What time does. Each chore is a file, a method of its own and a part of what [`Attendance::sweep`] answers; one that
//! fails stops no other.

mod enrolments;
mod erasures;
mod pictures;
mod sessions;

use std::collections::BTreeMap;
use std::ops::AddAssign;

pub use enrolments::Removal;
pub(super) use pictures::Compared;
use serde::{Deserialize, Serialize};

use super::{Attendance, Error};
use crate::domain::ids::OrganizationId;
use crate::ports::attendance_repo::AttendanceRepoExt;

/// A chore of the sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Chore {
    /// Opens and closes sessions, and marks the absent.
    Sessions,
    /// Brings erasures to their end that were cut off.
    Erasures,
    /// Deletes check-in pictures whose time is over, or that nobody names.
    Pictures,
    /// Compares the matcher's faces with what the repository says of them.
    Enrolments,
}

/// What failed of a chore. The next sweep tries it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// How many things failed.
    pub times: u32,
    /// Why the first one did, in one sentence.
    pub first: String,
}

/// What a sweep, or one chore of it, did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Swept {
    /// Sessions that were closed.
    pub sessions_closed: u32,
    /// Attendees who were marked absent.
    pub marked_absent: u32,
    /// Check-in pictures whose time was over, or that nobody named.
    pub images_expired: u32,
    /// Erasures that a crash had cut off and that were brought to their end.
    pub erasures_completed: u32,
    /// Enrolments on which matcher and repository disagreed.
    pub enrolments_reconciled: u32,
    /// Attendees whose faces would be removed, were they not more than [`AttendanceBuilder::removals_at_most`] allows:
    /// nothing was removed, and a person has to look at [`Attendance::removals`].
    ///
    /// [`AttendanceBuilder::removals_at_most`]: super::AttendanceBuilder::removals_at_most
    pub removals_held: u32,
    /// Whether more attendees than that are called active and have no face: they were left so, since the faces may only
    /// be away.
    pub faces_missing: bool,
    /// What failed.
    pub failed: BTreeMap<Chore, Failures>,
}

impl Swept {
    /// Notes what failed of a chore.
    fn note(&mut self, chore: Chore, error: &Error) {
        tracing::warn!(?chore, %error, "a part of the sweep failed; the next one tries it again");
        let failures = self.failed.entry(chore).or_insert_with(|| Failures { times: 0, first: error.to_string() });
        failures.times = failures.times.saturating_add(1);
    }

    /// What a chore did, that went as far as the result says.
    fn of(chore: Chore, mut swept: Self, result: Result<(), Error>) -> Self {
        if let Err(error) = result {
            swept.note(chore, &error);
        }
        swept
    }
}

impl AddAssign for Swept {
    fn add_assign(&mut self, other: Self) {
        self.sessions_closed += other.sessions_closed;
        self.marked_absent += other.marked_absent;
        self.images_expired += other.images_expired;
        self.erasures_completed += other.erasures_completed;
        self.enrolments_reconciled += other.enrolments_reconciled;
        self.removals_held += other.removals_held;
        self.faces_missing |= other.faces_missing;
        self.failed.extend(other.failed);
    }
}

impl Attendance {
    /// Does what time does: each chore, whatever becomes of the others. Can be repeated and cut off at any point, and any
    /// number may run at once.
    ///
    /// # Errors
    /// That the organization is unknown or can't be read. A chore that fails is no error: see [`Swept::failed`].
    pub async fn sweep(&self, organization: &OrganizationId) -> Result<Swept, Error> {
        let tenant = self.repo.existing_organization(organization).await?;
        let mut swept = self.close_sessions(organization).await;
        swept += self.finish_erasures(organization).await;
        swept += self.expire_pictures(&tenant).await;
        swept += self.reconcile_enrolments(&tenant).await;
        Ok(swept)
    }
}
