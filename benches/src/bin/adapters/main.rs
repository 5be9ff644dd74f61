//! What AWS's adapters cost over the SDK's own calls, and how many check-ins a second they make together: started by
//! `cargo xtask bench adapters`, which says in the environment where the parts are that play AWS.

mod commits;
mod database;
mod kiosks;
mod pairs;
mod place;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;

use place::Place;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u32>());
    let mut number = |what: &'static str| numbers.next().context(what)?.context(what);
    let (rounds, kiosks, seconds) = (number("rounds")?, number("kiosks")?, number("seconds")?);
    let place = Place::new().await?;
    let rows = pairs::measure(&place, rounds).await?;
    let check_ins = kiosks::measure(&place, kiosks, Duration::from_secs(seconds.into())).await?;
    println!("{}", json!({ "rows": rows, "check_ins": check_ins }));
    Ok(())
}
