//! The functions on Lambda from the start of their process until they ask for the first event, beside a Python function
//! that makes as many clients of AWS with boto3.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::figures::median;
use super::{peers, table};
use crate::desk::Memory;
use crate::package;
use crate::workspace::Workspace;

/// What a function asks for when it is ready.
const FIRST_POLL: &str = "GET /2018-06-01/runtime/invocation/next ";

/// How long one may take until it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is expected of each of ours: milliseconds until the first poll, and MB of memory then.
const EXPECTED: (f64, f64) = (20.0, 20.0);

/// What a function finds in its environment. Nothing is sent to any of it.
const ENVIRONMENT: [(&str, &str); 16] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_DEFAULT_REGION", "eu-central-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "attendance"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("ATTENDANCE_REPOSITORY", "dynamodb"),
    ("ATTENDANCE_TABLE", "attendance"),
    ("ATTENDANCE_BUCKET", "attendance"),
    ("ATTENDANCE_COLLECTION_PREFIX", "attendance"),
    ("ATTENDANCE_STREAM", "attendance"),
    ("ATTENDANCE_NOTIFIER", "sns"),
    ("ATTENDANCE_DEAD_LETTERS", "https://sqs.eu-central-1.amazonaws.com/1/dead-letters"),
    ("ATTENDANCE_TOKEN_ISSUER", "https://cognito-idp.eu-central-1.amazonaws.com/pool"),
    ("ATTENDANCE_TOKEN_CLIENTS", "kiosk"),
];

/// How long it is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the figures here too, as one JSON document.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// How often each function is started.
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// Measures, prints the table, and writes the JSON document.
///
/// # Errors
/// If a function of ours can't be built, or never asks for an event. A peer that does not is named, with the reason.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let runtime = Runtime::start()?;
    let programs = package::FUNCTIONS.iter().zip(package::programs(workspace)?);
    let mut measured = Measured { missing: Vec::new(), figures: Vec::new() };
    for (function, program) in programs {
        measured.figures.push(Figures::new(function.name, true, vec![program]));
    }
    for peer in &peers::OF_FUNCTIONS {
        // One start that does not count: whether it works at all.
        let command = peer.set_up(workspace).and_then(|command| runtime.first_poll(&command).map(|_| command));
        match command {
            Ok(command) => measured.figures.push(Figures::new(peer.name, false, command)),
            Err(error) => measured.missing.push((peer.name, format!("{error:#}"))),
        }
    }
    for round in 0..=options.rounds {
        eprint!("\rround {round} of {} ...", options.rounds);
        for figures in &mut measured.figures {
            let poll = runtime.first_poll(&figures.command).with_context(|| figures.name.to_owned())?;
            // The first round fills the machine's caches.
            if round > 0 {
                figures.polls.push(poll);
            }
        }
    }
    eprintln!();

    print!("{}", measured.table());
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", measured.json())).with_context(|| format!("{}", file.display()))?;
        eprintln!("written to {}", file.display());
    }
    Ok(())
}

/// As much of Lambda's runtime API as a function needs to ask for its first event, which never comes.
#[derive(Debug)]
struct Runtime {
    address: String,
    /// When a line of a request came in, and the connection, which stays open until it is dropped.
    heard: Receiver<(Instant, String, TcpStream)>,
}

impl Runtime {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?.to_string();
        let (hear, heard) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().filter_map(Result::ok) {
                let mut line = String::new();
                let mut reader = BufReader::new(connection);
                if reader.read_line(&mut line).is_ok()
                    && hear.send((Instant::now(), line, reader.into_inner())).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { address, heard })
    }

    /// Starts a function, waits until it asks for an event, and ends it.
    fn first_poll(&self, command: &[PathBuf]) -> Result<Poll> {
        let mut start = Command::new(&command[0]);
        start.args(&command[1..]).env_clear().envs(ENVIRONMENT).env("AWS_LAMBDA_RUNTIME_API", &self.address);
        start.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let function = Running(start.spawn().with_context(|| format!("{} did not start", command[0].display()))?);
        let Ok((heard, line, _connection)) = self.heard.recv_timeout(PATIENCE) else {
            bail!("it did not ask for an event within {} s", PATIENCE.as_secs());
        };
        if !line.starts_with(FIRST_POLL) {
            bail!("it asked {:?} instead of for an event", line.trim());
        }
        let memory = Memory::of(function.0.id());
        // Before the connection is: it would complain.
        drop(function);
        Ok(Poll { ms: (heard - started).as_secs_f64() * 1e3, memory })
    }
}

/// A process that ends when this is dropped.
#[derive(Debug)]
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// How a function came to ask for its first event.
#[derive(Debug)]
struct Poll {
    /// From the start of its process.
    ms: f64,
    memory: Option<Memory>,
}

/// All starts of one function.
#[derive(Debug)]
struct Figures {
    name: &'static str,
    ours: bool,
    command: Vec<PathBuf>,
    polls: Vec<Poll>,
}

impl Figures {
    fn new(name: &'static str, ours: bool, command: Vec<PathBuf>) -> Self {
        Self { name, ours, command, polls: Vec::new() }
    }

    fn ms(&self) -> Option<f64> {
        median(&self.polls.iter().map(|poll| poll.ms).collect::<Vec<_>>())
    }

    fn least_ms(&self) -> Option<f64> {
        self.polls.iter().map(|poll| poll.ms).reduce(f64::min)
    }

    fn megabytes(&self, of: impl Fn(Memory) -> f64) -> Option<f64> {
        median(&self.polls.iter().filter_map(|poll| poll.memory.map(&of)).collect::<Vec<_>>())
    }
}

/// Everything that was measured.
#[derive(Debug)]
struct Measured {
    figures: Vec<Figures>,
    /// Peers that could not be measured, and why.
    missing: Vec<(&'static str, String)>,
}

impl Measured {
    fn table(&self) -> String {
        let number = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.1}"));
        let titles = ["start until first poll", "ms, median", "ms, least", "MB then", "MB at most"];
        let mut rows = vec![titles.map(str::to_owned).to_vec()];
        rows.extend(self.figures.iter().map(|figures| {
            let (now, peak) = (figures.megabytes(|memory| memory.now), figures.megabytes(|memory| memory.peak));
            let cells = [figures.ms(), figures.least_ms(), now, peak].map(number);
            std::iter::once(figures.name.to_owned()).chain(cells).collect()
        }));
        let mut text = format!("\n{}\n", table::aligned(&rows));
        for (peer, why) in &self.missing {
            let _ = writeln!(text, "{peer} was not measured: {why}");
        }
        let (most_ms, most_mb) = EXPECTED;
        let verdict = |good: bool| if good { "as expected" } else { "MISSED" };
        if let Some(ms) = self.slowest_ms() {
            let _ = writeln!(text, "ready after {ms:.1} ms (at most {most_ms}): {}", verdict(ms <= most_ms));
        }
        if let Some(mb) = self.largest_mb() {
            let _ = writeln!(text, "{mb:.1} MB (at most {most_mb}): {}", verdict(mb <= most_mb));
        }
        for peer in self.figures.iter().filter(|figures| !figures.ours) {
            if let [Some(slower), Some(larger)] = self.beside(peer) {
                let _ =
                    writeln!(text, "{} takes {slower:.0} times as long and {larger:.1} times the memory", peer.name);
            }
        }
        text
    }

    fn json(&self) -> Value {
        let rows = self.figures.iter().map(|figures| {
            json!({
                "contender": figures.name, "median_ms": rounded(figures.ms()), "min_ms": rounded(figures.least_ms()),
                "rss_mb": rounded(figures.megabytes(|memory| memory.now)),
                "peak_mb": rounded(figures.megabytes(|memory| memory.peak)), "rounds": figures.polls.len(),
            })
        });
        let beside = self.figures.iter().filter(|figures| !figures.ours).map(|peer| {
            let [slower, larger] = self.beside(peer).map(rounded);
            json!({ "contender": peer.name, "times_as_long": slower, "times_the_memory": larger })
        });
        json!({
            "rows": rows.collect::<Vec<_>>(),
            "missing": self.missing.iter().map(|(peer, why)| json!({ "contender": peer, "reason": why })).collect::<Vec<_>>(),
            "summary": {
                "slowest_ms": rounded(self.slowest_ms()), "largest_mb": rounded(self.largest_mb()),
                "beside": beside.collect::<Vec<_>>(),
            },
        })
    }

    /// The median of the slowest of ours.
    fn slowest_ms(&self) -> Option<f64> {
        self.ours().filter_map(Figures::ms).reduce(f64::max)
    }

    /// The memory of the largest of ours.
    fn largest_mb(&self) -> Option<f64> {
        self.ours().filter_map(|figures| figures.megabytes(|memory| memory.now)).reduce(f64::max)
    }

    fn ours(&self) -> impl Iterator<Item = &Figures> {
        self.figures.iter().filter(|figures| figures.ours)
    }

    /// How many times as long as the slowest, and as much memory as the largest of ours, a peer takes.
    fn beside(&self, peer: &Figures) -> [Option<f64>; 2] {
        let times = |theirs: Option<f64>, ours: Option<f64>| Some(theirs? / ours?);
        [times(peer.ms(), self.slowest_ms()), times(peer.megabytes(|memory| memory.now), self.largest_mb())]
    }
}

fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e2).round() / 1e2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(name: &'static str, ours: bool, starts: &[(f64, f64)]) -> Figures {
        let poll = |&(ms, now)| Poll { ms, memory: Some(Memory { now, peak: now + 1.0 }) };
        Figures { polls: starts.iter().map(poll).collect(), ..Figures::new(name, ours, Vec::new()) }
    }

    #[test]
    fn the_slowest_and_the_largest_of_ours_stand_for_all() {
        let measured = Measured {
            figures: vec![
                figures("api", true, &[(9.0, 12.0), (30.0, 12.0), (8.0, 12.0)]),
                figures("relay", true, &[(6.0, 21.0)]),
                figures("boto3", false, &[(360.0, 63.0)]),
            ],
            missing: vec![("other", "no wheel".to_owned())],
        };
        let table = measured.table();
        assert!(table.contains("ready after 9.0 ms (at most 20): as expected"), "{table}");
        assert!(table.contains("21.0 MB (at most 20): MISSED"), "{table}");
        assert!(table.contains("boto3 takes 40 times as long and 3.0 times the memory"), "{table}");
        assert!(table.contains("other was not measured: no wheel"), "{table}");
        let document = measured.json();
        assert_eq!((&document["rows"][0]["median_ms"], &document["rows"][0]["min_ms"]), (&json!(9.0), &json!(8.0)));
        assert_eq!(document["summary"]["beside"][0]["times_as_long"], 40.0);
    }

    #[test]
    fn a_function_that_asks_something_else_is_not_ready() {
        let runtime = Runtime::start().unwrap();
        let ask = |path: &str| {
            let script =
                format!("exec 3<>/dev/tcp/${{AWS_LAMBDA_RUNTIME_API/://}}; echo 'GET {path} HTTP/1.1' >&3; read <&3");
            runtime.first_poll(&["/bin/bash".into(), "-c".into(), script.into()])
        };
        assert!(ask("/2018-06-01/runtime/invocation/next").is_ok());
        let error = ask("/").unwrap_err().to_string();
        assert!(error.contains("instead of for an event"), "{error}");
    }
}
