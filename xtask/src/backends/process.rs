//! A server of the tests, for as long as they run.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(60);

/// How long a server may take to end.
const STOP: Duration = Duration::from_secs(5);

/// A running server. It is asked to end when this is dropped, and made to if it does not.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
}

/// A port that nobody listens on, at this moment.
///
/// # Errors
/// If there is none.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

impl Process {
    /// Starts a server that writes to `log`, and waits until it listens on `port`.
    ///
    /// # Errors
    /// If it does not start, ends, or does not listen in time; the end of its log is in the error.
    pub(super) fn start(name: &str, mut command: Command, log: &Path, port: u16) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("{} can't be written", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("{name} did not start"))?;
        let mut process = Self { child };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = process.child.try_wait()? {
                bail!("{name} ended with {status}: {}", last_lines(log));
            }
            if start.elapsed() > START {
                bail!("{name} does not listen after {} s: {}", START.as_secs(), last_lines(log));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().ok();
        let start = Instant::now();
        while start.elapsed() < STOP {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a server said last.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_is_named_with_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no room >&2; exit 3"]);
        let error = Process::start("the server", command, &folder.path().join("log"), free_port().unwrap());
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("the server ended with") && error.ends_with("no room"), "{error}");
    }
}
