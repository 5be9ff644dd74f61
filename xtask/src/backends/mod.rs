//! The real parts that tests run against: set up once below the target folder, started for one run, stopped after it.
//!
//! Each is handed to the tests by an environment variable that says where it is. One that is set already is left alone:
//! somebody else runs that part.

pub(crate) mod certificate;
mod emulator;
pub(crate) mod mariadb;
pub(crate) mod postgres;
mod process;
mod user;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::workspace::Workspace;
use process::{Process, free_port};

/// An emulator of AWS, without Rekognition.
pub(crate) const AWS: &str = "ATTENDANCE_TEST_AWS";
/// `rekognition-local`.
pub(crate) const REKOGNITION: &str = "ATTENDANCE_TEST_REKOGNITION";
/// A Python with boto3.
pub(crate) const PYTHON: &str = "ATTENDANCE_TEST_PYTHON";
/// PostgreSQL.
const POSTGRES: &str = "ATTENDANCE_TEST_POSTGRES";
/// MySQL or MariaDB.
const MYSQL: &str = "ATTENDANCE_TEST_MYSQL";

/// What the parts that play AWS take as credentials.
pub(crate) const CREDENTIALS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];

/// The parts that could be started, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Backends {
    variables: Vec<(&'static str, String)>,
    /// What could not be set up: its name, why, and what helps.
    pub(crate) missing: Vec<String>,
    processes: Vec<Process>,
    /// After the processes: they write there until they have ended.
    folders: Vec<TempDir>,
    databases: Vec<postgres::Server>,
}

impl Backends {
    /// Starts every part, and says in a line what it did and what it could not.
    pub(crate) fn start(workspace: &Workspace) -> Self {
        let mut backends = Self::aws(workspace).with_postgres(workspace);
        if wanted(MYSQL) {
            let started = mariadb::start(&workspace.target).map(|server| backends.keep(server));
            backends.note(MYSQL, "MariaDB", started);
        }
        backends
    }

    /// Starts what plays AWS: the emulator and `rekognition-local`.
    pub(crate) fn aws(workspace: &Workspace) -> Self {
        let home = workspace.target.join("backends");
        let mut backends = Self::default();
        // What runs in the emulator has to know where it will be.
        let port = match free_port() {
            Ok(port) => port,
            Err(error) => {
                backends.missing.push(format!("a free port: {error:#}"));
                return backends;
            }
        };
        let named = std::env::var(REKOGNITION).ok().filter(|address| !address.is_empty());
        let rekognition = named.unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
        backends.python_and_emulator(workspace, &home, &rekognition);
        if wanted(REKOGNITION) {
            let started = backends.rekognition(workspace, &home, port);
            backends.note(REKOGNITION, "rekognition-local", started);
        }
        backends
    }

    /// Starts PostgreSQL beside them.
    pub(crate) fn with_postgres(mut self, workspace: &Workspace) -> Self {
        if wanted(POSTGRES) {
            let started = postgres::start(&workspace.target).map(|server| self.keep(server));
            self.note(POSTGRES, "PostgreSQL", started);
        }
        self
    }

    /// Tells a command where the parts are.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Where a part is: one of ours, or one that somebody else runs.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn address(&self, variable: &str) -> Result<String> {
        let started = self.variables.iter().find(|(name, _)| *name == variable).map(|(_, address)| address.clone());
        let named = || std::env::var(variable).ok().filter(|address| !address.is_empty());
        started.or_else(named).with_context(|| self.missing.join("; "))
    }

    fn python_and_emulator(&mut self, workspace: &Workspace, home: &Path, rekognition: &str) {
        if !wanted(AWS) && !wanted(PYTHON) {
            return;
        }
        let python = std::fs::create_dir_all(home).map_err(Into::into).and_then(|()| emulator::python(workspace, home));
        match python {
            Ok(python) => {
                if wanted(AWS) {
                    let started = emulator::start(&python, home, rekognition).map(|(address, process, folder)| {
                        self.processes.push(process);
                        self.folders.push(folder);
                        address
                    });
                    self.note(AWS, "ministack", started);
                }
                if wanted(PYTHON) {
                    self.variables.push((PYTHON, python.program("python").display().to_string()));
                }
            }
            Err(error) => self.missing.push(format!("ministack and boto3: {error:#}")),
        }
    }

    /// Ours, built as the tests are; its images come from the emulator.
    fn rekognition(&mut self, workspace: &Workspace, home: &Path, port: u16) -> Result<String> {
        let program = workspace.build_as_tested("rekognition-local")?;
        let mut command = Command::new(program);
        command.args(["--listen", &format!("127.0.0.1:{port}")]).envs(CREDENTIALS);
        let named = std::env::var(AWS).ok();
        let started = self.variables.iter().find(|(name, _)| *name == AWS).map(|(_, address)| address.clone());
        if let Some(address) = named.or(started) {
            command.env("AWS_ENDPOINT_URL_S3", address);
        }
        std::fs::create_dir_all(home)?;
        self.processes.push(Process::start("rekognition-local", command, &home.join("rekognition-local.log"), port)?);
        Ok(format!("http://127.0.0.1:{port}"))
    }

    fn keep(&mut self, server: postgres::Server) -> String {
        let address = server.url.clone();
        self.databases.push(server);
        address
    }

    fn note(&mut self, variable: &'static str, name: &str, started: Result<String>) {
        match started {
            Ok(address) => {
                println!("{name} runs for the tests ({variable})");
                self.variables.push((variable, address));
            }
            Err(error) => {
                println!("{name} could not be set up: {error:#}");
                self.missing.push(format!("{name}: {error:#}"));
            }
        }
    }
}

/// Whether nobody said where that part is.
fn wanted(variable: &str) -> bool {
    std::env::var_os(variable).is_none_or(|value| value.is_empty())
}
