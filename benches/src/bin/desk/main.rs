//! The clients in `cargo xtask bench desk`: told what to do on their input, a line of JSON each (benches/README.md).

mod http;
mod load;
mod people;
mod records;

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use http::Address;
use load::Load;
use people::Portrait;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    answer(&json!({ "ready": true }))?;
    let mut desk = None;
    let mut loaded = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        match command["do"].as_str() {
            Some("prepare") => {
                let address = Address::new(text(&command["origin"])?, text(&command["token"])?)?;
                let people = portraits(&command["people"])?;
                let clients = usize::try_from(command["clients"].as_u64().context("how many clients?")?)?;
                let prepared = people::prepare(&address, &people, clients).await?;
                answer(&json!({ "enrolled": prepared.enrolled.len() }))?;
                desk = Some((address, prepared));
            }
            Some("load") => {
                let (address, prepared) = desk.as_ref().context("prepare comes first")?;
                let time = Duration::from_secs(command["seconds"].as_u64().context("for how long?")?);
                let load = Load::run(address, prepared, &portraits(&command["portraits"])?, time).await?;
                answer(&load.json())?;
                loaded = Some(load);
            }
            Some("verify") => {
                let (address, _) = desk.as_ref().context("prepare comes first")?;
                let load = loaded.as_ref().context("load comes first")?;
                answer(&records::verify(address, load).await?)?;
            }
            Some("leave") => return answer(&json!({})),
            other => bail!("unknown: {other:?}"),
        }
    }
    Ok(())
}

fn portraits(list: &Value) -> Result<Vec<Portrait>> {
    let portrait = |value: &Value| {
        let photo = PathBuf::from(text(&value["photo"])?);
        let name = text(&value["name"])?.to_owned();
        Portrait::read(name, &photo).with_context(|| format!("{} can't be read", photo.display()))
    };
    list.as_array().context("a list of portraits is wanted")?.iter().map(portrait).collect()
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

fn answer(value: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
