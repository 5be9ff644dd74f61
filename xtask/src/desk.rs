//! A desk that runs: the program built with optimisations, in a data folder of its own, ended by its process id.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// How a desk says where it is.
const READY: &str = "attendance is ready: ";

/// How long a desk may take until it says so, and how long until it has ended: it finishes what runs for 10 s.
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(15);

/// A desk that runs on 127.0.0.1.
#[derive(Debug)]
pub(crate) struct Desk {
    child: Child,
    /// Kept open: a desk that can't say something may end.
    _output: BufReader<ChildStdout>,
    log: PathBuf,
    /// The link with an admin's token in its fragment.
    pub(crate) link: String,
    /// The scheme and the address, without a slash at the end.
    pub(crate) origin: String,
    /// An admin's token.
    pub(crate) token: String,
    /// From its start until it said that it is ready.
    pub(crate) started_in: Duration,
}

/// How much memory a process has now, and had at most, in MB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Memory {
    pub(crate) now: f64,
    pub(crate) peak: f64,
}

impl Desk {
    /// Builds the program with optimisations and answers where it lies.
    pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
        workspace.build_release("attendance-desk", "attendance", &[])
    }

    /// Starts it on a free port with a new data folder `{name}` in `folder`; what it logs goes to `{name}.log`.
    pub(crate) fn start(program: &Path, folder: &Path, name: &str) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let mut command = Command::new(program);
        command.arg("--data").arg(folder.join(name)).args(["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("{} did not start", program.display()))?;
        let output = child.stdout.take().context("its output is piped")?;
        let (said, hear) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            let read = output.read_line(&mut line);
            said.send((read.map(|_| line), output)).ok();
        });
        let heard = hear.recv_timeout(START);
        let started_in = start.elapsed();
        let Ok((Ok(line), output)) = heard else {
            stop_at_once(&mut child);
            bail!("the desk said nothing within {} s:\n{}", START.as_secs(), read(&log));
        };
        let Some((link, origin, token)) = parts_of(&line) else {
            stop_at_once(&mut child);
            bail!("the desk said {line:?} instead of where it is:\n{}", read(&log));
        };
        Ok(Self { child, _output: output, log, link, origin, token, started_in })
    }

    /// How much memory it has, where the machine tells.
    pub(crate) fn memory(&self) -> Option<Memory> {
        Memory::of(self.child.id())
    }

    /// Asks it to end, as Ctrl-C and a service manager do, and answers how long that took.
    ///
    /// # Errors
    /// If it has ended before, does not end in time or not well, or if its log tells of a panic.
    pub(crate) fn stop(mut self) -> Result<Duration> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the desk had ended before ({status}):\n{}", read(&self.log));
        }
        let start = Instant::now();
        let kill = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        if !kill.context("kill did not start")?.success() {
            bail!("the desk could not be asked to end");
        }
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if start.elapsed() > STOP => bail!("the desk did not end within {} s", STOP.as_secs()),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let log = read(&self.log);
        if !status.success() {
            bail!("the desk ended with {status}:\n{log}");
        }
        if let Some(panic) = log.lines().find(|line| line.contains("panicked at")) {
            bail!("the desk's log ({}) tells of a panic: {panic}", self.log.display());
        }
        Ok(start.elapsed())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        stop_at_once(&mut self.child);
    }
}

impl Memory {
    /// That of a process, where the machine tells.
    pub(crate) fn of(process: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{process}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let megabytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
            Some(kibibytes * 1024.0 / 1e6)
        };
        Some(Self { now: megabytes("VmRSS:")?, peak: megabytes("VmHWM:")? })
    }
}

/// The link, the origin and the token in a desk's first line.
fn parts_of(line: &str) -> Option<(String, String, String)> {
    let link = line.trim().strip_prefix(READY)?;
    let (address, token) = link.split_once("#token=")?;
    let origin = address.trim_end_matches('/');
    origin.starts_with("http://127.0.0.1:").then(|| (link.to_owned(), origin.to_owned(), token.to_owned()))
}

fn stop_at_once(child: &mut Child) {
    child.kill().ok();
    child.wait().ok();
}

/// The end of a log.
fn read(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desks_first_line_tells_its_origin_and_the_admins_token() {
        let (link, origin, token) = parts_of("attendance is ready: http://127.0.0.1:4321/#token=a.b.c\n").unwrap();
        assert_eq!(link, "http://127.0.0.1:4321/#token=a.b.c");
        assert_eq!((origin.as_str(), token.as_str()), ("http://127.0.0.1:4321", "a.b.c"));
        assert_eq!(parts_of("error: the port is used"), None);
        assert_eq!(parts_of("attendance is ready: http://0.0.0.0:1/#token=a"), None, "it listens on every interface");
    }

    #[test]
    fn memory_is_told_in_megabytes() {
        let status = "Name:\tattendance\nVmHWM:\t  100000 kB\nVmRSS:\t   50000 kB\n";
        assert_eq!(Memory::parse(status), Some(Memory { now: 51.2, peak: 102.4 }));
        assert_eq!(Memory::parse("Name:\tattendance\n"), None);
    }
}
