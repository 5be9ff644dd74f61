use async_trait::async_trait;
use attendance_core::domain::attendee::{Attendee, ExternalId};
use attendance_core::domain::audit::AuditEntry;
use attendance_core::domain::group::Group;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::organization::Organization;
use attendance_core::domain::page::{Page, PageRequest};
use attendance_core::ports::RepoError;
use attendance_core::ports::attendance_repo::{AttendeeQuery, Directory, Entity, Outgoing, Subject};
use jiff::Timestamp;

use crate::engine::Tx;
use crate::error::{is_taken, repo_error};
use crate::page::{List, parsed};
use crate::query::{Query, Value};
use crate::rows::{self, ATTENDEE, GROUP, ORGANIZATION, attendee_values, document, micros, text};
use crate::{SqlAttendanceRepo, audit, outbox, repeated};

const ORGANIZATIONS: List = List("organizations");
const ATTENDEES: List = List("attendees");
const GROUPS: List = List("groups");

/// `otherwise`, unless the reason is that there is no such organization.
pub(crate) async fn refusal(
    tx: &mut Tx,
    organization: &OrganizationId,
    otherwise: RepoError,
) -> Result<RepoError, RepoError> {
    let query = Query::new("SELECT id FROM organizations WHERE id = ?").bind(organization.as_str());
    Ok(if tx.row(query).await?.is_some() { otherwise } else { RepoError::UnknownOrganization })
}

fn group_row(organization: &OrganizationId, group: &Group, version: u32) -> Result<Query, RepoError> {
    let values = vec![
        organization.as_str().into(),
        group.id.as_str().into(),
        text(group.name.as_ref()),
        group.zone.name().into(),
        document(&group.timetable)?.into(),
        version.into(),
    ];
    Ok(Query::insert("group_plans (organization, id, name, zone, timetable, version)", [values]))
}

async fn write_roster(tx: &mut Tx, organization: &OrganizationId, attendee: &Attendee) -> Result<(), RepoError> {
    if attendee.groups.is_empty() {
        return Ok(());
    }
    let id = attendee.id.to_string();
    let rows = attendee
        .groups
        .iter()
        .map(|group| vec![organization.as_str().into(), group.as_str().into(), Value::from(id.as_str())]);
    tx.execute(Query::insert("rosters (organization, group_id, attendee)", rows)).await?;
    Ok(())
}

/// The attendee as it is stored, locked until the transaction ends.
pub(crate) async fn locked(
    tx: &mut Tx,
    organization: &OrganizationId,
    attendee: AttendeeId,
) -> Result<Attendee, RepoError> {
    let query = Query::new(format!("SELECT {ATTENDEE} FROM attendees WHERE organization = ? AND id = ?"))
        .bind(organization.as_str())
        .bind(attendee.to_string())
        .for_update();
    match tx.row(query).await? {
        Some(row) => rows::attendee(&row),
        None => Err(refusal(tx, organization, RepoError::NotFound(Entity::Attendee)).await?),
    }
}

/// Writes all fields, with the version that they now have.
pub(crate) async fn update(
    tx: &mut Tx,
    organization: &OrganizationId,
    before: &Attendee,
    after: &Attendee,
) -> Result<(), RepoError> {
    let query = Query::new(
        "UPDATE attendees SET external_id = ?, name = ?, email = ?, phone = ?, language = ?, attributes = ?, \
         roster = ?, consent_wording = ?, consent_at = ?, enrolment = ?, erasure = ?, erasure_requested_at = ?, \
         erasure_completed_at = ?, registered_at = ?, version = ? WHERE organization = ? AND id = ?",
    )
    .bind_all(attendee_values(after)?)
    .bind(after.version)
    .bind(organization.as_str())
    .bind(after.id.to_string());
    let updated = tx.try_execute(query).await;
    updated.map_err(|error| if is_taken(&error) { RepoError::ExternalIdTaken } else { repo_error(error) })?;
    if before.groups != after.groups {
        let query = Query::new("DELETE FROM rosters WHERE organization = ? AND attendee = ?");
        tx.execute(query.bind(organization.as_str()).bind(after.id.to_string())).await?;
        write_roster(tx, organization, after).await?;
    }
    Ok(())
}

/// Issuer and subject in one text, which no other pair has.
fn identity(subject: &Subject) -> Result<String, RepoError> {
    document(&(&subject.issuer, &subject.subject))
}

async fn save_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    attendee: &Attendee,
    outgoing: &Outgoing,
) -> Result<Attendee, RepoError> {
    let before = locked(tx, organization, attendee.id).await?;
    if before.version != attendee.version {
        return Err(RepoError::Conflict);
    }
    let stored = Attendee { version: before.version + 1, ..attendee.clone() };
    update(tx, organization, &before, &stored).await?;
    outbox::send(tx, organization, &outgoing.events, &outgoing.targets).await?;
    audit::enter(tx, organization, outgoing.audit.as_ref()).await?;
    Ok(stored)
}

async fn save_organization_within(
    tx: &mut Tx,
    organization: &Organization,
    entry: &AuditEntry,
) -> Result<Organization, RepoError> {
    let stored = Organization { version: organization.version.saturating_add(1), ..organization.clone() };
    let query = Query::new(
        "UPDATE organizations SET zone = ?, policy = ?, created_at = ?, version = ? WHERE id = ? AND version = ?",
    )
    .bind(stored.zone.name())
    .bind(document(&stored.policy)?)
    .bind(micros(stored.created_at))
    .bind(stored.version)
    .bind(stored.id.as_str())
    .bind(organization.version);
    if tx.execute(query).await? == 0 {
        return Err(refusal(tx, &stored.id, RepoError::Conflict).await?);
    }
    audit::enter(tx, &stored.id, Some(entry)).await?;
    Ok(stored)
}

async fn save_group_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    group: &Group,
    entry: &AuditEntry,
) -> Result<Group, RepoError> {
    let stored = write_group(tx, organization, group).await?;
    audit::enter(tx, organization, Some(entry)).await?;
    Ok(stored)
}

async fn write_group(tx: &mut Tx, organization: &OrganizationId, group: &Group) -> Result<Group, RepoError> {
    let stored = Group { version: group.version.saturating_add(1), ..group.clone() };
    if group.version == 0 {
        let inserted = tx.try_execute(group_row(organization, group, stored.version)?).await;
        inserted.map_err(|error| if is_taken(&error) { RepoError::Conflict } else { repo_error(error) })?;
        return Ok(stored);
    }
    let query = Query::new(
        "UPDATE group_plans SET name = ?, zone = ?, timetable = ?, version = ? \
         WHERE organization = ? AND id = ? AND version = ?",
    )
    .bind(text(group.name.as_ref()))
    .bind(group.zone.name())
    .bind(document(&group.timetable)?)
    .bind(stored.version)
    .bind(organization.as_str())
    .bind(group.id.as_str())
    .bind(group.version);
    if tx.execute(query).await? > 0 { Ok(stored) } else { Err(refusal(tx, organization, RepoError::Conflict).await?) }
}

async fn link_within(
    tx: &mut Tx,
    organization: &OrganizationId,
    subject: &Subject,
    attendee: AttendeeId,
    entry: &AuditEntry,
) -> Result<(), RepoError> {
    let identity = identity(subject)?;
    if locked(tx, organization, attendee).await?.is_erased() {
        return Err(RepoError::NotFound(Entity::Attendee));
    }
    let update = || {
        Query::new("UPDATE subjects SET attendee = ? WHERE organization = ? AND identity = ?")
            .bind(attendee.to_string())
            .bind(organization.as_str())
            .bind(identity.as_str())
    };
    if tx.execute(update()).await? == 0 {
        let values = vec![organization.as_str().into(), identity.as_str().into(), attendee.to_string().into()];
        let insert = Query::insert("subjects (organization, identity, attendee)", [values]).or_ignore();
        if tx.execute(insert).await? == 0 {
            // Somebody else linked it in between.
            tx.execute(update()).await?;
        }
    }
    audit::enter(tx, organization, Some(entry)).await
}

async fn create_within(tx: &mut Tx, stored: &Organization, entry: &AuditEntry) -> Result<(), RepoError> {
    let values = vec![
        stored.id.as_str().into(),
        stored.zone.name().into(),
        document(&stored.policy)?.into(),
        micros(stored.created_at).into(),
        stored.version.into(),
    ];
    let inserted = tx.try_execute(Query::insert(&format!("organizations ({ORGANIZATION})"), [values])).await;
    inserted.map_err(
        |error| {
            if is_taken(&error) { RepoError::Exists(Entity::Organization) } else { repo_error(error) }
        },
    )?;
    tx.execute(group_row(&stored.id, &Group::everyone(stored.zone.clone()), 1)?).await?;
    audit::enter(tx, &stored.id, Some(entry)).await
}

impl SqlAttendanceRepo {
    async fn try_create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        let stored = Attendee { version: 1, ..attendee.clone() };
        let mut values = vec![organization.as_str().into(), stored.id.to_string().into()];
        values.extend(attendee_values(&stored)?);
        values.push(stored.version.into());
        let mut tx = self.engine.begin().await?;
        let created = tx.try_execute(Query::insert(&format!("attendees (organization, {ATTENDEE})"), [values])).await;
        let taken = created.as_ref().is_err_and(is_taken);
        let created = match created {
            Ok(_) => match write_roster(&mut tx, organization, &stored).await {
                Ok(()) => audit::enter(&mut tx, organization, Some(entry)).await,
                refused => refused,
            },
            // Which of the two keys it is, is asked below.
            Err(_) if taken => Err(RepoError::ExternalIdTaken),
            Err(error) => Err(repo_error(error)),
        };
        let created = tx.end(created).await;
        if taken && !self.attendees_by_id(organization, &[stored.id]).await?.is_empty() {
            return Err(RepoError::Exists(Entity::Attendee));
        }
        created.map(|()| stored)
    }

    async fn try_save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        let mut tx = self.engine.begin().await?;
        let saved = save_within(&mut tx, organization, attendee, outgoing).await;
        tx.end(saved).await
    }

    async fn try_save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let mut tx = self.engine.begin().await?;
        let saved = save_organization_within(&mut tx, organization, entry).await;
        tx.end(saved).await
    }

    async fn try_save_group(
        &self,
        organization: &OrganizationId,
        group: &Group,
        entry: &AuditEntry,
    ) -> Result<Group, RepoError> {
        let mut tx = self.engine.begin().await?;
        let saved = save_group_within(&mut tx, organization, group, entry).await;
        tx.end(saved).await
    }

    async fn try_link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        let mut tx = self.engine.begin().await?;
        let linked = link_within(&mut tx, organization, subject, attendee, entry).await;
        tx.end(linked).await
    }
}

#[async_trait]
impl Directory for SqlAttendanceRepo {
    async fn create_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        let stored = Organization { version: 1, ..organization.clone() };
        let mut tx = self.engine.begin().await?;
        let created = create_within(&mut tx, &stored, entry).await;
        tx.end(created).await?;
        Ok(stored)
    }

    async fn save_organization(
        &self,
        organization: &Organization,
        entry: &AuditEntry,
    ) -> Result<Organization, RepoError> {
        repeated!(self.engine, self.try_save_organization(organization, entry))
    }

    async fn organization(&self, organization: &OrganizationId) -> Result<Option<Organization>, RepoError> {
        let query = Query::new(format!("SELECT {ORGANIZATION} FROM organizations WHERE id = ?"));
        let row = self.engine.row(query.bind(organization.as_str())).await?;
        row.as_ref().map(rows::organization).transpose()
    }

    async fn organizations(&self, page: &PageRequest) -> Result<Page<Organization>, RepoError> {
        let after: Option<OrganizationId> = ORGANIZATIONS.start(page, parsed)?;
        let mut query = Query::new(format!("SELECT {ORGANIZATION} FROM organizations"));
        if let Some(after) = after {
            query = query.push(" WHERE id > ?").bind(after.as_str());
        }
        let rows = self.engine.rows(query.push(" ORDER BY id").limit(page.limit() + 1)).await?;
        ORGANIZATIONS.page(&rows, page, rows::organization, |organization| organization.id.to_string())
    }

    async fn create_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        entry: &AuditEntry,
    ) -> Result<Attendee, RepoError> {
        repeated!(self.engine, self.try_create_attendee(organization, attendee, entry))
    }

    async fn save_attendee(
        &self,
        organization: &OrganizationId,
        attendee: &Attendee,
        outgoing: &Outgoing,
    ) -> Result<Attendee, RepoError> {
        repeated!(self.engine, self.try_save_attendee(organization, attendee, outgoing))
    }

    async fn attendees_by_id(
        &self,
        organization: &OrganizationId,
        attendees: &[AttendeeId],
    ) -> Result<Vec<Attendee>, RepoError> {
        let mut found = Vec::with_capacity(attendees.len());
        for some in attendees.chunks(100) {
            let query = Query::new(format!("SELECT {ATTENDEE} FROM attendees WHERE organization = ? AND id IN "))
                .bind(organization.as_str())
                .one_of(some.iter().map(|id| id.to_string().into()));
            found.extend(self.engine.rows(query).await?);
        }
        found.iter().map(rows::attendee).collect()
    }

    async fn attendee_by_external_id(
        &self,
        organization: &OrganizationId,
        external_id: &ExternalId,
    ) -> Result<Option<Attendee>, RepoError> {
        let query = Query::new(format!("SELECT {ATTENDEE} FROM attendees WHERE organization = ? AND external_id = ?"))
            .bind(organization.as_str())
            .bind(external_id.as_str());
        self.engine.row(query).await?.as_ref().map(rows::attendee).transpose()
    }

    async fn attendees(
        &self,
        organization: &OrganizationId,
        query: &AttendeeQuery,
        page: &PageRequest,
    ) -> Result<Page<Attendee>, RepoError> {
        let after: Option<AttendeeId> = ATTENDEES.start(page, parsed)?;
        let mut select = Query::new(format!("SELECT {ATTENDEE} FROM attendees WHERE organization = ? AND erasure = ?"))
            .bind(organization.as_str())
            .bind(query.erasing);
        if let Some(group) = query.group.as_ref().filter(|group| !group.is_everyone()) {
            select = select
                .push(" AND id IN (SELECT attendee FROM rosters WHERE organization = ? AND group_id = ?)")
                .bind(organization.as_str())
                .bind(group.as_str());
        }
        if let Some(after) = after {
            select = select.push(" AND id > ?").bind(after.to_string());
        }
        let rows = self.engine.rows(select.push(" ORDER BY id").limit(page.limit() + 1)).await?;
        ATTENDEES.page(&rows, page, rows::attendee, |attendee| attendee.id.to_string())
    }

    async fn erase_attendee(
        &self,
        organization: &OrganizationId,
        attendee: AttendeeId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        self.erase(organization, attendee, now, entry).await
    }

    async fn save_group(
        &self,
        organization: &OrganizationId,
        group: &Group,
        entry: &AuditEntry,
    ) -> Result<Group, RepoError> {
        repeated!(self.engine, self.try_save_group(organization, group, entry))
    }

    async fn group(&self, organization: &OrganizationId, group: &GroupId) -> Result<Option<Group>, RepoError> {
        let query = Query::new(format!("SELECT {GROUP} FROM group_plans WHERE organization = ? AND id = ?"))
            .bind(organization.as_str())
            .bind(group.as_str());
        self.engine.row(query).await?.as_ref().map(rows::group).transpose()
    }

    async fn groups(&self, organization: &OrganizationId, page: &PageRequest) -> Result<Page<Group>, RepoError> {
        let after: Option<GroupId> = GROUPS.start(page, parsed)?;
        let mut query =
            Query::new(format!("SELECT {GROUP} FROM group_plans WHERE organization = ?")).bind(organization.as_str());
        if let Some(after) = after {
            query = query.push(" AND id > ?").bind(after.as_str());
        }
        let rows = self.engine.rows(query.push(" ORDER BY id").limit(page.limit() + 1)).await?;
        GROUPS.page(&rows, page, rows::group, |group| group.id.to_string())
    }

    async fn link_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
        attendee: AttendeeId,
        entry: &AuditEntry,
    ) -> Result<(), RepoError> {
        repeated!(self.engine, self.try_link_subject(organization, subject, attendee, entry))
    }

    async fn attendee_of_subject(
        &self,
        organization: &OrganizationId,
        subject: &Subject,
    ) -> Result<Option<AttendeeId>, RepoError> {
        let query = Query::new("SELECT attendee FROM subjects WHERE organization = ? AND identity = ?")
            .bind(organization.as_str())
            .bind(identity(subject)?);
        self.engine.row(query).await?.as_ref().map(|row| row.parsed("attendee")).transpose()
    }
}
