//! What the reports say afterwards: exactly one record for each attendee and session.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use hyper::Method;
use serde_json::{Value, json};

use crate::http::{Address, Body};
use crate::load::Load;
use crate::people::ORGANIZATION;

/// Reads all records and compares them with what the clients were told.
///
/// # Errors
/// If the desk refuses.
pub(crate) async fn verify(address: &Address, load: &Load) -> Result<Value> {
    let mut admin = address.admin();
    let mut records = BTreeMap::<(String, String), u64>::new();
    // The dates of every zone.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (from, to) = (today.yesterday()?, today.tomorrow()?);
    let first = format!("{ORGANIZATION}/reports?from={from}&to={to}&group=bench&limit=1000");
    let mut path = first.clone();
    loop {
        let page = admin.ask(Method::GET, &path, Body::None).await?;
        for row in page["items"].as_array().context("a list of records")? {
            let (Some(session), Some(attendee)) = (row["session"].as_str(), row["attendee"].as_str()) else {
                bail!("a record without session or attendee: {row}");
            };
            *records.entry((session.to_owned(), attendee.to_owned())).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => path = format!("{first}&after={next}"),
            None => break,
        }
    }
    let mut marked = load.marked.clone();
    marked.sort_unstable();
    let said = marked.len();
    marked.dedup();
    let second = records.values().map(|count| count - 1).sum::<u64>();
    let missing = load.known.iter().filter(|pair| !records.contains_key(*pair)).count();
    Ok(json!({
        "records": records.len(), "second_records": second, "missing_records": missing,
        "marked_twice": said - marked.len(),
        "unasked_records": records.keys().filter(|pair| !load.known.contains(*pair)).count(),
    }))
}
