//! What must be there before anybody checks in: people with a face, groups whose sessions are open, kiosks.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::http::{Address, Body, Client};

/// The organization that a desk has from the start.
pub(crate) const ORGANIZATION: &str = "/v1/orgs/default";

/// How many sessions are open at once: slots of one group, the most that a timetable has.
const SESSIONS: u8 = 100;

/// A picture of one person.
#[derive(Debug)]
pub(crate) struct Portrait {
    /// Who it shows.
    pub(crate) name: String,
    kind: &'static str,
    image: Bytes,
}

/// What the clients need to know.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Name by attendee's id.
    pub(crate) enrolled: BTreeMap<String, String>,
    /// The sessions that are open.
    pub(crate) sessions: Vec<String>,
    /// A kiosk's token for each client.
    pub(crate) tokens: Vec<String>,
}

impl Portrait {
    pub(crate) fn read(name: String, photo: &Path) -> Result<Self> {
        let png = photo.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
        let kind = if png { "image/png" } else { "image/jpeg" };
        Ok(Self { name, kind, image: std::fs::read(photo)?.into() })
    }

    pub(crate) fn body(&self) -> Body {
        Body::Image(self.kind, self.image.clone())
    }
}

/// Enrols the people, opens a group's sessions with all of them on the roster, and makes the kiosks' tokens.
///
/// # Errors
/// If the desk refuses, or nobody could be enrolled. A portrait that can't be is said and left out.
pub(crate) async fn prepare(address: &Address, people: &[Portrait], clients: usize) -> Result<Prepared> {
    let mut admin = address.admin();
    let mut enrolled = BTreeMap::new();
    for person in people {
        match enrol(&mut admin, person).await {
            Ok(id) => enrolled.insert(id, person.name.clone()),
            Err(error) => {
                eprintln!("{} is left out: {error:#}", person.name);
                continue;
            }
        };
    }
    if enrolled.is_empty() {
        bail!("nobody could be enrolled");
    }
    let sessions = open(&mut admin, enrolled.keys()).await?;
    let mut tokens = Vec::new();
    for _ in 0..clients {
        let role = Body::Json(json!({ "role": "kiosk" }));
        let issued = admin.ask(Method::POST, &format!("{ORGANIZATION}/tokens"), role).await?;
        tokens.push(text(&issued["token"])?);
    }
    Ok(Prepared { enrolled, sessions, tokens })
}

async fn enrol(admin: &mut Client, person: &Portrait) -> Result<String> {
    let attendees = format!("{ORGANIZATION}/attendees");
    let attendee = admin.ask(Method::POST, &attendees, Body::Json(json!({ "name": person.name }))).await?;
    let id = text(&attendee["id"])?;
    let consent = Body::Json(json!({ "wording": "Sample data, published to be recognised." }));
    admin.ask(Method::PUT, &format!("{attendees}/{id}/consent"), consent).await?;
    let faces = format!("{attendees}/{id}/faces?allow_lookalike=true");
    if let Err(error) = admin.ask(Method::POST, &faces, person.body()).await {
        admin.ask(Method::DELETE, &format!("{attendees}/{id}"), Body::None).await?;
        return Err(error);
    }
    Ok(id)
}

/// A group whose sessions are all open now, and for hours.
async fn open(admin: &mut Client, members: impl Iterator<Item = &String>) -> Result<Vec<String>> {
    let groups = format!("{ORGANIZATION}/groups");
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let slot = |number| {
        json!({
            "number": number, "days": days, "opens": "00:00:00", "late_after": null, "closes": "00:00:00",
            "marks_absent": false,
        })
    };
    let timetable: Vec<Value> = (0..SESSIONS).map(slot).collect();
    let group = json!({ "id": "bench", "zone": zone_of_noon()?, "timetable": timetable });
    admin.ask(Method::POST, &groups, Body::Json(group)).await?;
    for member in members {
        admin.ask(Method::PUT, &format!("{groups}/bench/members/{member}"), Body::None).await?;
    }
    let today = admin.ask(Method::GET, &format!("{groups}/bench/sessions"), Body::None).await?;
    let today = today["items"].as_array().context("a list of sessions")?;
    let sessions: Vec<String> = today.iter().map(|session| text(&session["id"])).collect::<Result<_>>()?;
    if sessions.len() != usize::from(SESSIONS) {
        bail!("{} sessions are open, not {SESSIONS}", sessions.len());
    }
    Ok(sessions)
}

/// A zone in which it is about noon, so that no session closes on a run near midnight.
fn zone_of_noon() -> Result<String> {
    let hour = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    // The signs of these names are the other way round: at 9 hours UTC it is noon in Etc/GMT-3.
    let ahead = 12 - hour;
    let name = if ahead == 0 { "Etc/GMT".to_owned() } else { format!("Etc/GMT{:+}", -ahead) };
    Ok(name)
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("{value} is no text"))
}
