//! Ours in `cargo xtask bench check-in`: the embedded adapters behind the façade, told what to do on its input, a line
//! of JSON each (benches/README.md).

mod embedded;
mod stages;
mod timed;

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use embedded::Embedded;
use stages::Stages;

/// A picture of one person.
#[derive(Debug)]
struct Portrait {
    name: String,
    photo: PathBuf,
}

/// Time per stage, added up over the portraits of a round.
#[derive(Debug, Default)]
struct Stopwatch(BTreeMap<&'static str, Duration>);

impl Stopwatch {
    fn time<T>(&mut self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(stage, start.elapsed());
        result
    }

    fn add(&mut self, stage: &'static str, time: Duration) {
        *self.0.entry(stage).or_default() += time;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("usage: check_in DATA_FOLDER")?;
    let embedded = Embedded::open(Path::new(&folder)).await?;
    answer(&json!({ "ready": true }))?;
    // Loaded when it is asked for: the process whose memory is measured only checks in.
    let mut stages = None;
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        match command["do"].as_str() {
            Some("count") => answer(&count(&command)?)?,
            Some("enrol") => {
                let people = portraits(&command["people"])?;
                let mut enrolled = 0;
                for person in &people {
                    match embedded.enrol(person).await {
                        Ok(()) => enrolled += 1,
                        Err(error) => eprintln!("{} is not enrolled: {error:#}", person.photo.display()),
                    }
                }
                stages = Some(Stages::load(&people, embedded.floor())?);
                answer(&json!({ "enrolled": enrolled }))?;
            }
            Some("round") => {
                let wanted = command["stages"] == true;
                let stages = stages.as_ref().filter(|_| wanted);
                answer(&round(&embedded, stages, &portraits(&command["portraits"])?).await?)?;
            }
            _ => return answer(&json!({ "peak_mb": peak_mb() })),
        }
    }
    Ok(())
}

/// How many faces each picture shows, or why it can't be used.
fn count(command: &Value) -> Result<Value> {
    let photos = command["photos"].as_array().context("count wants photos")?;
    let photos = photos.iter().filter_map(Value::as_str).map(PathBuf::from).collect::<Vec<_>>();
    let counts = stages::count_faces(&photos)?;
    let counts = counts.into_iter().map(|counted| counted.map_or_else(Value::from, Value::from));
    Ok(json!({ "faces": counts.collect::<Vec<_>>() }))
}

async fn round(embedded: &Embedded, stages: Option<&Stages>, portraits: &[Portrait]) -> Result<Value> {
    let mut stopwatch = Stopwatch::default();
    let (mut right, mut wrong, mut nobody) = (0, 0, 0);
    for portrait in portraits {
        if let Some(stages) = stages {
            stages.run(&portrait.photo, &mut stopwatch)?;
        }
        let named = embedded.check_in(&portrait.photo, &mut stopwatch).await?;
        match named {
            Some(name) if name == portrait.name => right += 1,
            Some(_) => wrong += 1,
            None => nobody += 1,
        }
    }
    let stages: BTreeMap<_, _> = stopwatch.0.iter().map(|(stage, time)| (stage, time.as_secs_f64() * 1e3)).collect();
    Ok(json!({ "stages": stages, "named": { "right": right, "wrong": wrong, "nobody": nobody } }))
}

fn portraits(list: &Value) -> Result<Vec<Portrait>> {
    let text = |value: &Value| value.as_str().map(str::to_owned).context("a portrait has a name and a photo");
    let portrait = |value: &Value| Ok(Portrait { name: text(&value["name"])?, photo: text(&value["photo"])?.into() });
    list.as_array().context("a list of portraits is wanted")?.iter().map(portrait).collect()
}

/// The most memory that this process had, where the machine tells.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = peak.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

fn answer(value: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
