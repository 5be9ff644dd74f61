//! As whom somebody signs in.

use super::{Attendance, Error};
use crate::domain::audit::{Actor, AuditAction, Matter};
use crate::domain::ids::{AttendeeId, OrganizationId};
use crate::ports::RepoError;
use crate::ports::attendance_repo::Subject;

impl Attendance {
    /// Says that a subject of an identity provider signs in as an attendee, who sees what is their own from then on.
    /// Answers as whom it signed in before, if as somebody else.
    ///
    /// A subject signs in as one attendee at a time: linking it again moves it, which is how a mistake is put right.
    /// An attendee may have several subjects.
    ///
    /// # Errors
    /// [`Error::UnknownAttendee`], [`Error::Erased`], and those of the repository.
    pub async fn link_sign_in(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        subject: &Subject,
        by: &Actor,
    ) -> Result<Option<AttendeeId>, Error> {
        self.attendee(organization, attendee).await?;
        let before = self.repo.attendee_of_subject(organization, subject).await?;
        if before == Some(attendee) {
            return Ok(None);
        }
        let entry = self.entry(by, AuditAction::LinkSignIn, Some(attendee));
        match self.repo.link_subject(organization, subject, attendee, &entry).await {
            // A moment ago they were there.
            Err(RepoError::NotFound(_)) => return Err(Error::Erased),
            linked => linked?,
        }
        Ok(before)
    }

    /// Puts into the audit that a token is made, by which somebody signs in; `attendee` is who, if it is an attendee's. A
    /// host does so before it hands the token over: one that nobody knows of can't be found.
    ///
    /// # Errors
    /// Those of the repository.
    pub async fn audit_token(
        &self,
        organization: &OrganizationId,
        token: Matter,
        attendee: Option<AttendeeId>,
        by: &Actor,
    ) -> Result<(), Error> {
        let entry = self.entry(by, AuditAction::IssueToken, attendee).about(token);
        Ok(self.repo.append_audit(organization, &entry).await?)
    }
}
