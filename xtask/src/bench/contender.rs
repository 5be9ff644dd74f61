//! A program that checks portraits in and says how long each stage took: ours, or a peer's.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::portraits::Portrait;

/// How a contender is started.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// The program and its first arguments; its data folder follows.
    pub(crate) command: Vec<PathBuf>,
    pub(crate) data: PathBuf,
    /// The cores that it may use, where `taskset` can see to that; none: all of them.
    pub(crate) cores: Vec<usize>,
    /// How many threads its libraries may use.
    pub(crate) threads: usize,
}

/// A contender that runs.
#[derive(Debug)]
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// From its start until it could check in, in milliseconds.
    pub(crate) start_ms: f64,
}

/// What a round over all portraits took.
#[derive(Debug)]
pub(crate) struct Round {
    /// Milliseconds per stage, all portraits together.
    pub(crate) stages: BTreeMap<String, f64>,
    /// How many portraits were named right, wrong and not at all; `None` for a contender that names nobody.
    pub(crate) named: Option<[u64; 3]>,
}

impl Contender {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Running> {
        let mut command = if self.cores.is_empty() {
            let mut command = Command::new(&self.command[0]);
            command.args(&self.command[1..]);
            command
        } else {
            let cores: Vec<_> = self.cores.iter().map(usize::to_string).collect();
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &cores.join(",")]).args(&self.command);
            command
        };
        command.arg(&self.data).stdin(Stdio::piped()).stdout(Stdio::piped());
        // For libraries that count the machine's cores instead of those that they may use.
        let libraries = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"];
        command.envs(libraries.map(|library| (library, self.threads.to_string())));
        // Python: no byte code beside the sources, no word about other people's deprecations.
        command.envs([("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONWARNINGS", "ignore")]);
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{command:?} did not start"))?;
        let commands = child.stdin.take().context("its input is piped")?;
        let answers = BufReader::new(child.stdout.take().context("its output is piped")?).lines();
        let mut running = Running { name: self.name, child, commands, answers, start_ms: 0.0 };
        running.answer()?;
        running.start_ms = start.elapsed().as_secs_f64() * 1e3;
        Ok(running)
    }
}

impl Running {
    /// Enrols people and answers how many could be.
    pub(crate) fn enrol(&mut self, people: &[Portrait]) -> Result<u64> {
        let answer = self.ask(&json!({ "do": "enrol", "people": list(people) }))?;
        answer["enrolled"].as_u64().with_context(|| format!("{} answered {answer}", self.name))
    }

    /// Checks every portrait in; with `stages`, also each stage on its own.
    pub(crate) fn round(&mut self, portraits: &[Portrait], stages: bool) -> Result<Round> {
        let answer = self.ask(&json!({ "do": "round", "portraits": list(portraits), "stages": stages }))?;
        let stages = answer["stages"].as_object().with_context(|| format!("{} answered {answer}", self.name))?;
        let named = &answer["named"];
        let count = |word: &str| named[word].as_u64().unwrap_or_default();
        Ok(Round {
            stages: stages.iter().map(|(stage, ms)| (stage.clone(), ms.as_f64().unwrap_or(f64::NAN))).collect(),
            named: named.is_object().then(|| ["right", "wrong", "nobody"].map(count)),
        })
    }

    /// Ends it and answers how much memory it had at its peak, in MB, where the machine tells.
    pub(crate) fn leave(mut self) -> Result<Option<f64>> {
        let answer = self.ask(&json!({ "do": "leave" }))?;
        self.child.wait()?;
        Ok(answer["peak_mb"].as_f64())
    }

    /// Says one line and answers the line that comes back.
    pub(crate) fn ask(&mut self, command: &Value) -> Result<Value> {
        writeln!(self.commands, "{command}").with_context(|| format!("{} has ended", self.name))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<Value> {
        let Some(line) = self.answers.next().transpose()? else {
            bail!("{} ended early ({})", self.name, self.child.wait()?);
        };
        serde_json::from_str(&line).with_context(|| format!("{} said {line:?}", self.name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, or an error is on its way that says more.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn list(portraits: &[Portrait]) -> Vec<Value> {
    portraits.iter().map(|portrait| json!({ "name": portrait.name, "photo": portrait.photo })).collect()
}
