//! PostgreSQL: a cluster of its own for one run, of the programs that the machine has.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::certificate::Certificate;
use super::process::{Process, free_port};
use super::user::{self, User};
use crate::install::{on_path, run};

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Who may create databases.
const ROLE: &str = "attendance";

/// How long a new cluster may take until it answers.
const START: Duration = Duration::from_secs(30);

/// A database server of the tests. Dropped, it ends, and its data are gone.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it is, with a role that may create databases, and the file of the root that signed its certificate.
    pub(crate) url: String,
    /// The file of that root.
    pub(crate) root: PathBuf,
    /// What makes it end sooner than a signal does.
    pub(super) stop: Option<Command>,
    pub(super) process: Option<Process>,
    /// After the process: it writes there until it has ended.
    pub(super) _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = &mut self.stop {
            run(stop).ok();
        }
        drop(self.process.take());
    }
}

/// Starts PostgreSQL on 127.0.0.1, with a password and TLS. Its files lie below `target`; or, since it will not run as
/// root, in a temporary folder of another user.
///
/// # Errors
/// Why that can't be, and the command that helps.
pub(crate) fn start(target: &Path) -> Result<Server> {
    let programs = programs().context("no PostgreSQL on this machine; apt-get install postgresql")?;
    let user = User::other_than_root()?;
    let place = if user.is_another() { std::env::temp_dir() } else { target.join("backends") };
    std::fs::create_dir_all(&place)?;
    let folder = tempfile::Builder::new().prefix("attendance-postgres-").tempdir_in(place)?;
    let (data, password_file) = (folder.path().join("data"), folder.path().join("password"));
    let password = user::password();
    std::fs::write(&password_file, &password)?;
    let certificate = Certificate::make(folder.path())?;
    user::only_for_its_owner(&certificate.key)?;
    for path in [folder.path(), &password_file, &certificate.root, &certificate.certificate, &certificate.key] {
        user.give(path)?;
    }

    let mut initdb = user.command(&programs.join("initdb"));
    initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(&password_file).args(["--username", ROLE]);
    // In clear text over this machine's own network: a client without optimisations takes 0.2 s for SCRAM's rounds.
    initdb.args(["--auth=password", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    run(initdb.current_dir(folder.path()))?;

    let port = free_port()?;
    let mut postgres = user.command(&programs.join("postgres"));
    postgres.current_dir(folder.path()).arg("-D").arg(&data);
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        "max_connections=400".to_owned(),
        "fsync=off".to_owned(),
        "full_page_writes=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificate.certificate.display()),
        format!("ssl_key_file={}", certificate.key.display()),
    ];
    for setting in settings {
        postgres.args(["-c", &setting]);
    }
    let log = folder.path().join("postgres.log");
    let process = Process::start("PostgreSQL", postgres, &log, port)?;
    let mut stop = user.command(&programs.join("pg_ctl"));
    stop.current_dir(folder.path()).args(["stop", "--mode=immediate", "--silent", "--pgdata"]).arg(&data);
    let root = certificate.root;
    let file = root.display();
    let url = format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/postgres?sslmode=disable&sslrootcert={file}");
    let server = Server { url, root, stop: Some(stop), process: Some(process), _folder: folder };
    answers(&data.join("postmaster.pid"))?;
    Ok(server)
}

/// Waits until the server says in the last line of its lock file that it takes connections.
fn answers(lock_file: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let lines = std::fs::read_to_string(lock_file).unwrap_or_default();
        if lines.lines().last().is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        if start.elapsed() > START {
            bail!("PostgreSQL takes no connections after {} s", START.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The folder with `initdb` and `postgres` in it: beside those on the PATH, or Debian's of the newest version.
fn programs() -> Option<PathBuf> {
    let on_path = on_path(&"initdb").and_then(|initdb| std::fs::canonicalize(initdb).ok());
    let on_path = on_path.and_then(|initdb| initdb.parent().map(Path::to_owned));
    let has_server = |folder: &PathBuf| folder.join("postgres").is_file() && folder.join("initdb").is_file();
    on_path.filter(has_server).or_else(|| newest(Path::new(VERSIONS)).filter(has_server))
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(versions).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let numbers = folders.filter_map(|name| name.parse::<u32>().ok());
    numbers.max().map(|version| versions.join(version.to_string()).join("bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_taken_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(newest(folder.path()), None);
        for version in ["9", "15", "13", "extensions"] {
            std::fs::create_dir(folder.path().join(version)).unwrap();
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("15/bin")));
        assert_eq!(newest(&folder.path().join("missing")), None);
    }
}
