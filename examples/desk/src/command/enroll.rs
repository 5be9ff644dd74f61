use std::path::Path;
use std::process::ExitCode;

use attendance_api::wire;
use attendance_core::Error;
use attendance_core::domain::ids::GroupId;
use attendance_core::ports::RepoError;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::cli::Enroll;
use crate::client::{Ask, Client};
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
pub(super) async fn run(client: &Client, arguments: &Enroll, output: &Output) -> Result<ExitCode, Failure> {
    let registered = match &arguments.external_id {
        Some(id) => {
            let ask = Ask::get("/attendees").query("external_id", Some(id.as_str()));
            client.of_organization::<wire::Page<wire::Attendee>>(ask).await?.items.pop()
        }
        None => None,
    };
    if registered.as_ref().is_some_and(|attendee| attendee.name.as_ref() != Some(&arguments.name)) {
        return Err(Error::from(RepoError::ExternalIdTaken).into());
    }
    let mut images = Vec::with_capacity(arguments.photos.len());
    for path in &arguments.photos {
        let image = photo::read(path)?;
        let ask = Ask::post("/face-checks")
            .query("attendee", registered.as_ref().map(|attendee| attendee.id))
            .query("allow_lookalike", arguments.allow_lookalike.then_some(true))
            .query("allow_unlike", arguments.allow_unlike.then_some(true))
            .image(image.clone());
        client.tell(ask).await.map_err(|failure| failure.of_photo(path))?;
        images.push((path, image));
    }

    for group in &arguments.groups {
        ensure_group(client, group).await?;
    }
    let is_new = registered.is_none();
    let attendee = match registered {
        Some(attendee) => update(client, attendee, arguments).await?,
        None => register(client, arguments).await?,
    };
    let mut faces = 0;
    for (path, image) in images {
        match enrol(client, &attendee, path, image, arguments).await {
            Ok(enrolled) => faces = enrolled.faces,
            Err(failure) => {
                if is_new {
                    let erased = Ask::delete(format!("/attendees/{}", attendee.id));
                    client.of_organization::<wire::Erased>(erased).await?;
                }
                return Err(failure);
            }
        }
    }
    let object = json!({ "attendee": attendee.id, "faces": faces });
    let photos = if faces == 1 { "1 face" } else { &format!("{faces} faces") };
    output.say(&object, format_args!("enrolled {} with {photos}: {}", arguments.name.as_str(), attendee.id));
    Ok(ExitCode::SUCCESS)
}

/// Makes a group that meets the whole day, unless it is there.
async fn ensure_group(client: &Client, group: &GroupId) -> Result<(), Failure> {
    let made = client.of_organization::<Value>(Ask::post("/groups").json(&json!({ "id": group }))?).await;
    match made {
        Err(failure) if failure.code() != "exists" => Err(failure),
        _ => Ok(()),
    }
}

async fn register(client: &Client, arguments: &Enroll) -> Result<wire::Attendee, Failure> {
    let new = wire::NewAttendee {
        name: arguments.name.clone(),
        external_id: arguments.external_id.clone(),
        email: arguments.email.clone(),
        phone: None,
        language: None,
        attributes: wire::Attributes::default(),
        groups: arguments.groups.iter().cloned().collect(),
        consent: arguments.consent.clone(),
    };
    client.of_organization(Ask::post("/attendees").json(&new)?).await
}

/// Whoever is registered under the external id gets what is new.
async fn update(client: &Client, attendee: wire::Attendee, arguments: &Enroll) -> Result<wire::Attendee, Failure> {
    let place = format!("/attendees/{}", attendee.id);
    if let Some(email) = &arguments.email {
        let patch = wire::AttendeePatch { email: Some(Some(email.clone())), ..wire::AttendeePatch::default() };
        client.tell(Ask::patch(&place).json(&patch)?).await?;
    }
    for group in arguments.groups.iter().filter(|group| !group.is_everyone()) {
        client.tell(Ask::put(format!("/groups/{group}/members/{}", attendee.id))).await?;
    }
    if let Some(wording) = arguments.consent.clone() {
        client.tell(Ask::put(format!("{place}/consent")).json(&wire::NewConsent { wording })?).await?;
    }
    Ok(attendee)
}

async fn enrol(
    client: &Client,
    attendee: &wire::Attendee,
    path: &Path,
    image: Bytes,
    arguments: &Enroll,
) -> Result<wire::Enrolled, Failure> {
    let ask = Ask::post(format!("/attendees/{}/faces", attendee.id))
        .query("allow_lookalike", arguments.allow_lookalike.then_some(true))
        .query("allow_unlike", arguments.allow_unlike.then_some(true))
        .image(image);
    client.of_organization(ask).await.map_err(|failure| failure.of_photo(path))
}
