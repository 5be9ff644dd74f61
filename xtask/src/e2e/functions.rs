//! The real functions in an emulator's Lambda, behind its gateway: the scenarios in `xtask/e2e/functions`, once for each
//! repository, each with a deployment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::api::Host;
use crate::backends::{AWS, Backends, PYTHON, REKOGNITION, mariadb, postgres};
use crate::workspace::Workspace;

/// Names a folder of zips that were made already.
pub(super) const ZIPS: &str = "ATTENDANCE_FUNCTIONS";

/// What the gateway does not lead to, or the function does not have.
const NOT_THERE: &str = "/(live|tokens|metrics)$";

/// Where everything is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repository {
    Dynamo,
    S3,
    Postgres,
    MySql,
}

impl Repository {
    pub(crate) const ALL: [Self; 4] = [Self::Dynamo, Self::S3, Self::Postgres, Self::MySql];

    /// As a deployment's settings call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dynamo => "dynamodb",
            Self::S3 => "s3",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// How its deployment differs from the others, so that each way is gone once.
    fn variant(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &["--keys", "given"],
            Self::MySql => &["--notifier", "ses"],
            Self::Dynamo | Self::Postgres => &[],
        }
    }
}

/// An emulator, and what is deployed to it.
#[derive(Debug)]
pub(crate) struct Emulator {
    python: String,
    pub(super) aws: String,
    pub(super) rekognition: String,
    pub(super) zips: PathBuf,
    scripts: PathBuf,
    target: PathBuf,
    /// Where what belongs to a deployment goes.
    pub(super) place: PathBuf,
    _backends: Backends,
}

/// The functions and all that they need. Dropped, its database is gone.
#[derive(Debug)]
pub(crate) struct Deployment<'a> {
    emulator: &'a Emulator,
    /// `deployment.json`.
    description: PathBuf,
    _database: Option<postgres::Server>,
}

impl Emulator {
    /// Starts what plays AWS, and makes the zips.
    ///
    /// # Errors
    /// Why that can't be, and the command that helps.
    pub(crate) fn set_up(workspace: &Workspace, place: &Path) -> Result<Self> {
        let backends = Backends::aws(workspace);
        Ok(Self {
            python: backends.address(PYTHON)?,
            aws: backends.address(AWS)?,
            rekognition: backends.address(REKOGNITION)?,
            zips: zips(workspace)?,
            scripts: workspace.root.join("xtask/e2e/functions"),
            target: workspace.target.clone(),
            place: place.to_owned(),
            _backends: backends,
        })
    }

    /// Deploys the functions with a repository of their own.
    ///
    /// # Errors
    /// If its database does not start, or the emulator refuses something.
    pub(crate) fn deploy(&self, repository: Repository) -> Result<Deployment<'_>> {
        let description = self.place.join(format!("{}.json", repository.name()));
        let mut deploy = self.script("deploy.py");
        deploy.args(["--repository", repository.name()]).arg("--functions").arg(&self.zips);
        deploy.args(["--endpoint", &self.aws, "--rekognition", &self.rekognition]).arg("--out").arg(&description);
        deploy.args(repository.variant());
        let database = match repository {
            Repository::Dynamo | Repository::S3 => None,
            Repository::Postgres => Some((postgres::start(&self.target)?, "postgres")),
            Repository::MySql => Some((mariadb::start(&self.target)?, mariadb::DATABASE)),
        };
        if let Some((server, name)) = &database {
            // Others on this machine could read it in the arguments.
            deploy.env("DATABASE_URL", over_tls(&server.url, name)?).arg("--database-roots").arg(&server.root);
        }
        succeed(&mut deploy)?;
        Ok(Deployment { emulator: self, description, _database: database.map(|(server, _)| server) })
    }

    /// One that somebody else deployed, and described.
    pub(super) fn described(&self, description: PathBuf) -> Deployment<'_> {
        Deployment { emulator: self, description, _database: None }
    }

    /// Looks for everything whose name begins so.
    ///
    /// # Errors
    /// If there is anything.
    pub(super) fn has_nothing_of(&self, prefix: &str, region: &str) -> Result<()> {
        succeed(self.script("leftovers.py").args(["--endpoint", &self.aws, "--region", region, prefix]))
    }

    fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join(name)).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
        command
    }
}

impl Deployment<'_> {
    /// Runs the scenarios. The script says how each went, and shows the functions' logs after one that failed.
    ///
    /// # Errors
    /// If one fails.
    pub(crate) fn run_scenarios(&self) -> Result<()> {
        succeed(self.emulator.script("scenarios.py").arg(&self.description).arg("--faults"))
    }

    /// The API behind the gateway, with an admin's token.
    ///
    /// # Errors
    /// If no admin can sign in.
    pub(crate) fn host(&self) -> Result<Host> {
        let said = self.ask(&["--sign-in"])?;
        let text = |name: &str| said[name].as_str().map(str::to_owned).context("the script said something else");
        let left_out = (NOT_THERE, "live, tokens and metrics are left out: the function does not have them");
        Ok(Host { origin: text("origin")?, token: text("token")?, left_out, hooks: "gateway_hooks", examples: "4" })
    }

    /// Makes an organization, and answers the names and passwords of its admin and its kiosk.
    ///
    /// # Errors
    /// If it can't be made.
    pub(super) fn people(&self, organization: &str) -> Result<Value> {
        self.ask(&["--people", organization])
    }

    fn ask(&self, question: &[&str]) -> Result<Value> {
        let mut script = self.emulator.script("scenarios.py");
        let output = script.arg(&self.description).args(question).output().context("Python did not start")?;
        if !output.status.success() {
            bail!("{} failed: {}", question.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The folder with a zip for each function.
fn zips(workspace: &Workspace) -> Result<PathBuf> {
    match std::env::var_os(ZIPS) {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => crate::package::functions(workspace),
    }
}

/// The address of another database of the server, under the name that its certificate is made out for.
fn over_tls(url: &str, database: &str) -> Result<String> {
    let (server, _) = url.rsplit_once('?').unwrap_or((url, ""));
    let (server, _) = server.rsplit_once('/').context("the server's address names a database")?;
    Ok(format!("{}/{database}", server.replace("@127.0.0.1:", "@localhost:")))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("Python did not start")?;
    if status.success() { Ok(()) } else { bail!("see above") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_reached_by_the_name_in_the_certificate() {
        let url = "mysql://u:p@127.0.0.1:3307/mysql?ssl-mode=disabled&ssl-ca=/x/root.pem";
        assert_eq!(over_tls(url, "attendance").unwrap(), "mysql://u:p@localhost:3307/attendance");
    }
}
