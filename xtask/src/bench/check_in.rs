//! A check-in by portrait: ours stage by stage, the peers on the same portraits, in turns, on one core.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::contender::{Contender, Running};
use super::figures::{Figures, OURS};
use super::portraits::{self, Portrait};
use super::{cores, peers, report};
use crate::workspace::Workspace;

/// How often every contender is started anew: for its start-up time and its peak memory.
const STARTS: usize = 5;

/// What to measure on.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A folder of portraits; files that differ only in the digits at their end show one person. Without it:
    /// ATTENDANCE_FACES, or the two portraits that the project ships.
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// How often every portrait is checked in.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// Measures, prints the table, and writes the JSON document.
///
/// # Errors
/// If ours can't be built or run. A peer that can't be is named in the table, with the reason.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let core = cores::allowed().first().copied();
    let folder = workspace.target.join("xtask").join("bench-check-in");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let contender = |name: &'static str, command| -> Result<Contender> {
        let data = folder.join(name);
        std::fs::create_dir_all(&data)?;
        Ok(Contender { name, command, data, cores: core.into_iter().collect(), threads: 1 })
    };

    let mut missing = Vec::new();
    let mut contenders = vec![contender(OURS, vec![workspace.build_release("attendance-benches", "check_in", &[])?])?];
    for peer in &peers::OF_CHECK_IN {
        match peer.set_up(workspace) {
            Ok(command) => contenders.push(contender(peer.name, command)?),
            Err(error) => missing.push((peer.name, format!("{error:#}"))),
        }
    }

    let mut ours = contenders[0].start()?;
    let portraits = of_one_person(&mut ours, portraits::find(workspace, options.images.as_deref())?)?;
    let people = portraits::first_of_each(&portraits);
    let mut running = vec![(ours, Figures::new(OURS))];
    ours_enrols(&mut running[0].0, &people)?;
    for contender in &contenders[1..] {
        // One untimed round: caches, lazy loading, and whether it works at all.
        let started = contender.start().and_then(|mut peer| {
            peer.enrol(&people)?;
            peer.round(&portraits, true)?;
            Ok(peer)
        });
        match started {
            Ok(peer) => running.push((peer, Figures::new(contender.name))),
            Err(error) => missing.push((contender.name, format!("{error:#}"))),
        }
    }
    running[0].0.round(&portraits, true)?;

    for round in 1..=options.rounds {
        eprint!("\rround {round} of {} ...", options.rounds);
        for (contender, figures) in &mut running {
            figures.add(contender.round(&portraits, true)?, portraits.len());
        }
    }
    eprintln!();
    let mut figures = Vec::new();
    for (contender, measured) in running {
        contender.leave()?;
        figures.push(measured);
    }
    eprintln!("starting each {STARTS} times ...");
    for _ in 0..STARTS {
        for figures in &mut figures {
            let contender = contenders.iter().find(|contender| contender.name == figures.name);
            let mut fresh = contender.context("it was started before")?.start()?;
            let start_ms = fresh.start_ms;
            fresh.round(&portraits, false)?;
            figures.add_start(start_ms, fresh.leave()?);
        }
    }

    let run = report::Run { core, portraits: portraits.len(), people: people.len(), figures, missing };
    print!("{}", run.table());
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", run.json())).with_context(|| format!("{}", file.display()))?;
        eprintln!("written to {}", file.display());
    }
    Ok(())
}

/// Leaves out what is no portrait, and says so.
fn of_one_person(ours: &mut Running, portraits: Vec<Portrait>) -> Result<Vec<Portrait>> {
    let answer =
        ours.ask(&json!({ "do": "count", "photos": portraits.iter().map(|p| &p.photo).collect::<Vec<_>>() }))?;
    let counts = answer["faces"].as_array().with_context(|| format!("{OURS} answered {answer}"))?;
    let mut kept = Vec::new();
    for (portrait, count) in portraits.into_iter().zip(counts) {
        match count.as_u64() {
            Some(1) => kept.push(portrait),
            Some(count) => eprintln!("{} is left out: it shows {count} faces", portrait.photo.display()),
            None => eprintln!("{} is left out: {}", portrait.photo.display(), count.as_str().unwrap_or_default()),
        }
    }
    if kept.is_empty() { bail!("none of the pictures is a portrait of one person") } else { Ok(kept) }
}

fn ours_enrols(ours: &mut Running, people: &[Portrait]) -> Result<()> {
    let enrolled = ours.enrol(people)?;
    if enrolled != people.len() as u64 {
        bail!("{OURS} enrolled {enrolled} of {} people", people.len());
    }
    Ok(())
}
