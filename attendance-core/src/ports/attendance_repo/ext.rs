use async_trait::async_trait;

use super::{AttendanceRepo, Entity, RepoError};
use crate::domain::attendee::Attendee;
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::domain::organization::Organization;

/// Conveniences over any repository.
#[async_trait]
pub trait AttendanceRepoExt {
    /// One attendee, erased or not.
    ///
    /// # Errors
    /// `NotFound` where there is none.
    async fn attendee(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<Attendee, RepoError>;

    /// One organization.
    ///
    /// # Errors
    /// `UnknownOrganization` where there is none.
    async fn existing_organization(&self, organization: &OrganizationId) -> Result<Organization, RepoError>;
}

#[async_trait]
impl<R: AttendanceRepo + ?Sized> AttendanceRepoExt for R {
    async fn attendee(&self, organization: &OrganizationId, attendee: AttendeeId) -> Result<Attendee, RepoError> {
        let found = self.attendees_by_id(organization, &[attendee]).await?;
        found.into_iter().next().ok_or(RepoError::NotFound(Entity::Attendee))
    }

    async fn existing_organization(&self, organization: &OrganizationId) -> Result<Organization, RepoError> {
        self.organization(organization).await?.ok_or(RepoError::UnknownOrganization)
    }
}
