use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Span;
use jiff::civil::{Date, Time};

use super::{Chore, Swept};
use crate::domain::audit::{Actor, AuditAction, Matter};
use crate::domain::ids::{CheckInId, OrganizationId};
use crate::domain::image::ImageKey;
use crate::domain::organization::Organization;
use crate::domain::page::PageRequest;
use crate::ports::attendance_repo::CheckInQuery;
use crate::service::{Attendance, Error};

/// For how many days back pictures are looked for that no check-in names: a desk may be off over a holiday.
const UNNAMED_DAYS: i64 = 7;

/// For how many days a picture that lies elsewhere than check-in pictures do is looked for, once its time is over.
const ELSEWHERE_DAYS: i64 = 30;

/// When this process compared pictures with check-ins last: on which day of an organization, and with how many days to
/// keep. Once a day is enough, since it reads the check-ins of days.
#[derive(Debug, Clone, Default)]
pub(in crate::service) struct Compared(Arc<Mutex<HashMap<OrganizationId, (Date, u16)>>>);

impl Compared {
    fn is_due(&self, tenant: &Organization, today: Date) -> bool {
        self.lock().get(&tenant.id) != Some(&(today, tenant.policy.check_in_image_days))
    }

    fn note(&self, tenant: &Organization, today: Date) {
        self.lock().insert(tenant.id.clone(), (today, tenant.policy.check_in_image_days));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganizationId, (Date, u16)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attendance {
    /// Deletes check-in pictures whose time is over; and, once a day, those that no check-in names because a process died,
    /// and those that a check-in names and that lie elsewhere.
    pub async fn expire_pictures(&self, tenant: &Organization) -> Swept {
        let today = tenant.zone.date_at(self.now());
        let days = Span::new().days(i64::from(tenant.policy.check_in_image_days));
        let first_kept = today.saturating_sub(days);
        let mut swept = Swept::default();
        let mut results = vec![self.expire_by_key(&tenant.id, first_kept, &mut swept).await];
        let compares = self.compared.is_due(tenant, today);
        if compares {
            results.push(self.expire_by_check_in(tenant, first_kept, &mut swept).await);
            results.push(self.delete_unnamed(tenant, first_kept, today, &mut swept).await);
        }
        for error in results.into_iter().filter_map(Result::err) {
            swept.note(Chore::Pictures, &error);
        }
        // What failed is tried again by the next sweep.
        if compares && swept.failed.is_empty() {
            self.compared.note(tenant, today);
        }
        swept
    }

    /// Keys begin with the date, in order: the first that is not over ends it.
    async fn expire_by_key(
        &self,
        organization: &OrganizationId,
        first_kept: Date,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let keys = self.images.list(organization, ImageKey::CHECK_INS, &page).await?;
            let is_kept = |key: &&ImageKey| key.check_in_date().is_some_and(|date| date >= first_kept);
            let over: Vec<_> = keys.items.iter().take_while(|key| !is_kept(key)).collect();
            let ended = over.len() < keys.items.len();
            let over: Vec<_> = over
                .into_iter()
                .filter(|key| key.check_in_date().is_some())
                .map(|key| (key.clone(), key.check_in_id()))
                .collect();
            self.delete_pictures(organization, &over, swept).await?;
            match keys.next {
                Some(next) if !ended => page = page.after(next),
                _ => return Ok(()),
            }
        }
    }

    /// What check-ins name, wherever it lies: pictures that were uploaded elsewhere, and, where none are to be kept, those
    /// that a crash left.
    async fn expire_by_check_in(
        &self,
        tenant: &Organization,
        first_kept: Date,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let midnight = |date: Date| tenant.zone.instant(date.to_datetime(Time::midnight()));
        let to = (tenant.policy.check_in_image_days > 0).then(|| midnight(first_kept));
        let from = Some(midnight(first_kept.saturating_sub(Span::new().days(ELSEWHERE_DAYS))));
        let query = CheckInQuery { from, to, with_image: true, ..CheckInQuery::default() };
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let named = self.repo.check_ins(&tenant.id, &query, &page).await?;
            let over: Vec<_> =
                named.items.into_iter().filter_map(|check_in| Some((check_in.image?, Some(check_in.id)))).collect();
            self.delete_pictures(&tenant.id, &over, swept).await?;
            match named.next {
                Some(next) => page = page.after(next),
                None => return Ok(()),
            }
        }
    }

    /// A picture is stored when its check-in is: one of an earlier day that no check-in names was left by a process that
    /// died between the two, or is of somebody who was erased meanwhile. What was uploaded may still wait for its turn.
    async fn delete_unnamed(
        &self,
        tenant: &Organization,
        first_kept: Date,
        today: Date,
        swept: &mut Swept,
    ) -> Result<(), Error> {
        let first = today.saturating_sub(Span::new().days(UNNAMED_DAYS)).max(first_kept);
        for date in first.series(Span::new().days(1)).take_while(|date| *date < today) {
            let prefix = format!("{}{date}/", ImageKey::CHECK_INS);
            let mut unnamed = Vec::new();
            let mut page = PageRequest::first(PageRequest::MAX);
            loop {
                let keys = self.images.list(&tenant.id, &prefix, &page).await?;
                let ours = |key: &ImageKey| key.check_in_id().filter(|id| *key == ImageKey::of_check_in(date, id));
                unnamed.extend(keys.items.into_iter().filter_map(|key| ours(&key).map(|id| (key, Some(id)))));
                match keys.next {
                    Some(next) => page = page.after(next),
                    None => break,
                }
            }
            if unnamed.is_empty() {
                continue;
            }
            let named = self.named_on(tenant, date).await?;
            unnamed.retain(|(key, _)| !named.contains(key));
            self.delete_pictures(&tenant.id, &unnamed, swept).await?;
        }
        Ok(())
    }

    /// The pictures that check-ins of a local date name.
    async fn named_on(&self, tenant: &Organization, date: Date) -> Result<HashSet<ImageKey>, Error> {
        let midnight = |date: Date| tenant.zone.instant(date.to_datetime(Time::midnight()));
        let day = Span::new().days(1);
        let query = CheckInQuery {
            from: Some(midnight(date.saturating_sub(day))),
            to: Some(midnight(date.saturating_add(day).saturating_add(day))),
            with_image: true,
            ..CheckInQuery::default()
        };
        let mut named = HashSet::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let check_ins = self.repo.check_ins(&tenant.id, &query, &page).await?;
            named.extend(check_ins.items.into_iter().filter_map(|check_in| check_in.image));
            match check_ins.next {
                Some(next) => page = page.after(next),
                None => return Ok(named),
            }
        }
    }

    /// Deletes pictures, after a line of the audit: what is gone without a trace can't be told of afterwards.
    async fn delete_pictures(
        &self,
        organization: &OrganizationId,
        pictures: &[(ImageKey, Option<CheckInId>)],
        swept: &mut Swept,
    ) -> Result<(), Error> {
        if pictures.is_empty() {
            return Ok(());
        }
        let matter = Matter::new(format!("{} check-in pictures", pictures.len()))?;
        let entry = self.entry(&Actor::system(), AuditAction::ExpirePictures, None).about(matter);
        self.repo.append_audit(organization, &entry).await?;
        for (key, check_in) in pictures {
            match self.delete_picture(organization, key, check_in.as_ref()).await {
                Ok(()) => swept.images_expired += 1,
                Err(error) => swept.note(Chore::Pictures, &error),
            }
        }
        Ok(())
    }

    /// Deletes one picture of a check-in; a photo that somebody was enrolled by is only no longer named.
    pub(in crate::service) async fn delete_picture(
        &self,
        organization: &OrganizationId,
        key: &ImageKey,
        check_in: Option<&CheckInId>,
    ) -> Result<(), Error> {
        if !key.as_str().starts_with(ImageKey::ENROLMENTS) {
            self.images.delete(organization, key).await?;
        }
        if let Some(id) = check_in {
            self.repo.detach_image(organization, id).await?;
        }
        Ok(())
    }
}
