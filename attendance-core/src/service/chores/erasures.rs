use super::{Chore, Swept};
use crate::domain::audit::Actor;
use crate::domain::ids::OrganizationId;
use crate::domain::page::PageRequest;
use crate::ports::attendance_repo::AttendeeQuery;
use crate::service::{Attendance, Error};

impl Attendance {
    /// Brings erasures to their end that were cut off. One that can't be finished now is tried again by the next sweep.
    pub async fn finish_erasures(&self, organization: &OrganizationId) -> Swept {
        let mut swept = Swept::default();
        let result = self.finish_each(organization, &mut swept).await;
        Swept::of(Chore::Erasures, swept, result)
    }

    async fn finish_each(&self, organization: &OrganizationId, swept: &mut Swept) -> Result<(), Error> {
        let query = AttendeeQuery { group: None, erasing: true };
        let mut page = PageRequest::first(100);
        loop {
            let erasing = self.repo.attendees(organization, &query, &page).await?;
            for attendee in erasing.items {
                match self.erase(organization, attendee.id, &Actor::system()).await {
                    Ok(_) => swept.erasures_completed += 1,
                    Err(error) => swept.note(Chore::Erasures, &error),
                }
            }
            match erasing.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }
}
