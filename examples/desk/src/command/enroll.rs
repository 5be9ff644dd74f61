use std::process::ExitCode;

use attendance_core::domain::attendee::Attendee;
use attendance_core::domain::ids::GroupId;
use attendance_core::{EnrolRequest, Error, NewAttendee};
use serde_json::json;

use crate::cli::Enroll;
use crate::desk::{Desk, operator};
use crate::failure::Failure;
use crate::output::Output;
use crate::photo;

/// What can be refused without the folder.
pub(super) fn check(arguments: &Enroll) -> Result<(), Failure> {
    if arguments.consent.is_none() {
        return Err(Error::ConsentMissing.into());
    }
    arguments.photos.iter().try_for_each(|path| photo::read(path).map(drop))
}

/// Registers somebody with every photo, or not at all.
pub(super) async fn run(desk: &Desk, arguments: &Enroll, output: &Output) -> Result<ExitCode, Failure> {
    let (attendance, organization, by) = (&desk.attendance, &desk.organization, operator());
    let registered = match &arguments.external_id {
        Some(id) => attendance.repo().attendee_by_external_id(organization, id).await?,
        None => None,
    };
    let same_name = |attendee: &Attendee| attendee.name.as_ref() == Some(&arguments.name);
    if registered.as_ref().is_some_and(|attendee| !same_name(attendee)) {
        return Err(Error::from(attendance_core::ports::RepoError::ExternalIdTaken).into());
    }
    let mut images = Vec::with_capacity(arguments.photos.len());
    for path in &arguments.photos {
        let image = photo::read(path)?;
        let whose = registered.as_ref().map(|attendee| attendee.id);
        attendance
            .check_enrolment(organization, whose, &image, arguments.allow_lookalike)
            .await
            .map_err(|error| photo::refused(path, &error))?;
        images.push((path, image));
    }

    for group in &arguments.groups {
        attendance.ensure_group(organization, group).await?;
    }
    let is_new = registered.is_none();
    let attendee = match registered {
        Some(attendee) => update(desk, &attendee, arguments).await?,
        None => {
            let new = NewAttendee {
                external_id: arguments.external_id.clone(),
                email: arguments.email.clone(),
                groups: arguments.groups.iter().cloned().collect(),
                consent: arguments.consent.clone(),
                ..NewAttendee::named(arguments.name.clone())
            };
            attendance.register(organization, new, &by).await?
        }
    };
    let mut faces = 0;
    for (path, image) in images {
        let request =
            EnrolRequest { attendee: attendee.id, image, allow_lookalike: arguments.allow_lookalike, by: by.clone() };
        match attendance.enrol(organization, request).await {
            Ok(enrolled) => faces = enrolled.faces,
            Err(error) => {
                if is_new {
                    attendance.erase(organization, attendee.id, &by).await?;
                }
                return Err(photo::refused(path, &error));
            }
        }
    }
    let object = json!({ "attendee": attendee.id, "faces": faces });
    let photos = if faces == 1 { "1 face" } else { &format!("{faces} faces") };
    output.say(&object, format_args!("enrolled {} with {photos}: {}", arguments.name.as_str(), attendee.id));
    Ok(ExitCode::SUCCESS)
}

/// Whoever is registered under the external id gets what is new.
async fn update(desk: &Desk, attendee: &Attendee, arguments: &Enroll) -> Result<Attendee, Failure> {
    let now = desk.attendance.now();
    let changed = desk.attendance.change_attendee(&desk.organization, attendee.id, |attendee| {
        attendee.email = arguments.email.clone().or(attendee.email.take());
        attendee.groups.extend(arguments.groups.iter().filter(|group| **group != GroupId::everyone()).cloned());
        if let Some(wording) = arguments.consent.clone() {
            attendee.consent = Some(attendance_core::domain::attendee::Consent { wording, at: now });
        }
        Vec::new()
    });
    Ok(changed.await?)
}
