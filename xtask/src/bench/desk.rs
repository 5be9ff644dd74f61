//! A desk under load: kiosks that all check in at once, and whether every record was made once.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::contender::Contender;
use super::{portraits, table};
use crate::desk::{Desk, Memory};
use crate::workspace::Workspace;

/// How hard the desk is tried.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A folder of portraits; files that differ only in the digits at their end show one person. Without it:
    /// ATTENDANCE_FACES, or the two portraits that the project ships.
    #[arg(long, value_name = "DIR")]
    images: Option<PathBuf>,
    /// For how long they check in.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How many kiosks check in at once, each as fast as it is answered.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1024))]
    clients: u64,
}

/// Measures, prints the table, and writes the JSON document.
///
/// # Errors
/// If a check-in went wrong, or a record was made twice or is missing.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let program = Desk::build(workspace)?;
    let clients = workspace.build_release("attendance-benches", "desk", &[])?;
    let home = workspace.target.join("xtask");
    std::fs::create_dir_all(&home)?;
    let folder = tempfile::Builder::new().prefix("bench-desk-").tempdir_in(&home)?;
    let portraits = portraits::find(workspace, options.images.as_deref())?;
    let people = portraits::first_of_each(&portraits);
    let list = |portraits: &[portraits::Portrait]| -> Vec<Value> {
        portraits.iter().map(|portrait| json!({ "name": portrait.name, "photo": portrait.photo })).collect()
    };

    let desk = Desk::start(&program, folder.path(), "data")?;
    let mut measured = Measured { start_ms: desk.started_in.as_secs_f64() * 1e3, ..Measured::default() };
    let clients = Contender {
        name: "the load",
        command: vec![clients],
        data: folder.path().join("data"),
        cores: Vec::new(),
        threads: 1,
    };
    let mut clients = clients.start()?;
    measured.remember("ready", &desk);
    let prepare = json!({
        "do": "prepare", "origin": desk.origin, "token": desk.token, "people": list(&people), "clients": options.clients,
    });
    measured.prepared = clients.ask(&prepare)?;
    measured.remember("people enrolled", &desk);
    eprintln!("{} clients check in for {} s ...", options.clients, options.seconds);
    let load = json!({ "do": "load", "seconds": options.seconds, "portraits": list(&portraits) });
    measured.load = clients.ask(&load)?;
    measured.remember("after the load", &desk);
    measured.records = clients.ask(&json!({ "do": "verify" }))?;
    clients.leave()?;
    measured.stop_ms = desk.stop().context("stopping the desk")?.as_secs_f64() * 1e3;

    print!("{}", measured.table());
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", measured.json())).with_context(|| format!("{}", file.display()))?;
        eprintln!("written to {}", file.display());
    }
    match measured.wrong() {
        wrong if wrong.is_empty() => Ok(()),
        wrong => bail!("{}", wrong.join("; ")),
    }
}

/// Everything that was measured.
#[derive(Debug, Default)]
struct Measured {
    start_ms: f64,
    stop_ms: f64,
    prepared: Value,
    load: Value,
    records: Value,
    memory: Vec<(&'static str, Memory)>,
}

impl Measured {
    fn remember(&mut self, when: &'static str, desk: &Desk) {
        self.memory.extend(desk.memory().map(|memory| (when, memory)));
    }

    fn table(&self) -> String {
        let number = |value: &Value| value.as_f64().map_or("-".to_owned(), |number| format!("{number:.1}"));
        let count = |value: &Value| value.as_u64().map_or("-".to_owned(), |count| count.to_string());
        let load = &self.load;
        let row = |name: String, cell: String| vec![name, cell];
        let mut rows = vec![
            row("clients at once".to_owned(), count(&load["clients"])),
            row("people enrolled".to_owned(), count(&self.prepared["enrolled"])),
            row("check-ins".to_owned(), count(&load["check_ins"])),
            row("check-ins a second".to_owned(), number(&load["check_ins_per_second"])),
            row("answer, ms: median".to_owned(), number(&load["median_ms"])),
            row("answer, ms: 99th percentile".to_owned(), number(&load["p99_ms"])),
            row("answer, ms: longest".to_owned(), number(&load["max_ms"])),
        ];
        for (outcome, times) in load["outcomes"].as_object().into_iter().flatten() {
            rows.push(row(format!("outcome {outcome}"), count(times)));
        }
        for (error, times) in load["errors"].as_object().into_iter().flatten() {
            rows.push(row(format!("error {error}"), count(times)));
        }
        rows.push(row("somebody else named".to_owned(), count(&load["named_wrong"])));
        rows.push(row("records in the report".to_owned(), count(&self.records["records"])));
        rows.push(row("second records".to_owned(), count(&self.records["second_records"])));
        rows.push(row("start until ready, ms".to_owned(), format!("{:.0}", self.start_ms)));
        rows.push(row("asked to end until ended, ms".to_owned(), format!("{:.0}", self.stop_ms)));
        for (when, memory) in &self.memory {
            rows.push(row(format!("memory, MB: {when} (peak)"), format!("{:.1} ({:.1})", memory.now, memory.peak)));
        }
        format!("\n{}\n", table::aligned(&rows))
    }

    fn json(&self) -> Value {
        let memory = self.memory.iter().map(
            |(when, memory)| json!({ "when": when, "rss_mb": rounded(memory.now), "peak_mb": rounded(memory.peak) }),
        );
        let load = &self.load;
        json!({
            "rows": [{
                "contender": "attendance desk", "stage": "check-in over HTTP", "clients": load["clients"],
                "check_ins_per_second": load["check_ins_per_second"], "median_ms": load["median_ms"],
                "p99_ms": load["p99_ms"], "max_ms": load["max_ms"], "seconds": load["seconds"],
            }],
            "memory": memory.collect::<Vec<_>>(),
            "outcomes": load["outcomes"], "errors": load["errors"],
            "summary": {
                "check_ins": load["check_ins"], "named_wrong": load["named_wrong"], "enrolled": self.prepared["enrolled"],
                "records": self.records, "start_ms": rounded(self.start_ms), "stop_ms": rounded(self.stop_ms),
            },
        })
    }

    /// What must not be: one sentence each.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let errors = self.load["errors"].as_object().into_iter().flatten().filter_map(|(_, times)| times.as_u64());
        let errors: u64 = errors.sum();
        if errors > 0 {
            wrong.push(format!("{errors} check-ins ended in an error"));
        }
        if self.load["check_ins"].as_u64().unwrap_or_default() == 0 {
            wrong.push("nobody was checked in".to_owned());
        }
        for (name, what) in [
            ("second_records", "records are second ones"),
            ("missing_records", "records were answered but are not in the report"),
            ("marked_twice", "answers said for a second time that they made the record"),
            ("unasked_records", "records were never answered"),
        ] {
            match self.records[name].as_u64() {
                Some(0) => {}
                Some(count) => wrong.push(format!("{count} {what}")),
                None => wrong.push(format!("{name} was not counted")),
            }
        }
        wrong
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        let records = json!({
            "records": 12, "second_records": 0, "missing_records": 0, "marked_twice": 0, "unasked_records": 0,
        });
        Measured {
            load: json!({ "check_ins": 90, "errors": {}, "outcomes": { "marked": 12 }, "p99_ms": 71.25 }),
            records,
            memory: vec![("ready", Memory { now: 60.0, peak: 61.0 })],
            ..Measured::default()
        }
    }

    #[test]
    fn a_second_record_and_an_error_are_failures() {
        let mut measured = measured();
        assert_eq!(measured.wrong(), Vec::<String>::new());
        measured.load["errors"] = json!({ "503 busy": 3, "429 too-many-requests": 1 });
        measured.records["second_records"] = json!(2);
        assert_eq!(measured.wrong(), ["4 check-ins ended in an error", "2 records are second ones"]);
        measured.records = Value::Null;
        assert_eq!(measured.wrong().len(), 5, "what was not counted is no success");
    }

    #[test]
    fn the_table_and_the_document_tell_the_same() {
        let measured = measured();
        let table = measured.table();
        assert!(table.contains("71.2") && table.contains("outcome marked") && table.contains("60.0 (61.0)"), "{table}");
        let document = measured.json();
        assert_eq!(document["rows"][0]["p99_ms"], 71.25);
        assert_eq!(document["memory"][0]["rss_mb"], 60.0);
    }
}
