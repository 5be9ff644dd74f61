//! MariaDB, which speaks MySQL's protocol: of the machine, or unpacked below the target folder without being installed.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::certificate::Certificate;
use super::postgres::Server;
use super::process::{Process, free_port};
use super::user;
use crate::install::{on_path, run};

/// What is fetched where the machine has no server.
const PACKAGES: [&str; 2] = ["mariadb-server-core", "mariadb-client-core"];

/// What helps where nothing can be fetched.
const HELP: &str = "apt-get install mariadb-server-core mariadb-client-core";

/// Who may create databases.
const ACCOUNT: &str = "attendance";

/// A database that is there, and empty: the server's own are for its tables.
pub(crate) const DATABASE: &str = "attendance";

/// How long a server that listens may take until it speaks.
const START: Duration = Duration::from_secs(60);

/// The programs, and where their files lie.
struct Programs {
    /// The folder with `bin`, `sbin` and `share`.
    base: PathBuf,
    server: PathBuf,
    install: PathBuf,
    /// Where libraries were unpacked that the machine lacks.
    libraries: Option<std::ffi::OsString>,
}

/// Starts MariaDB on 127.0.0.1, with a password and TLS; its data lie below `target`.
///
/// # Errors
/// Why that can't be, and the command that helps.
pub(crate) fn start(target: &Path) -> Result<Server> {
    let home = target.join("backends");
    std::fs::create_dir_all(&home)?;
    let programs = match Programs::of_the_machine() {
        Some(programs) => programs,
        None => Programs::unpacked(&home).with_context(|| format!("no MariaDB can be set up; {HELP}"))?,
    };
    let folder = tempfile::Builder::new().prefix("mariadb-data-").tempdir_in(&home)?;
    let data = folder.path().join("data");
    let certificate = Certificate::make(folder.path())?;
    let password = user::password();

    // Root logs in by a socket only, of which there is none.
    let mut install = programs.command(&programs.install);
    install.args(["--no-defaults", "--skip-test-db"]).args(programs.common(&data));
    run(&mut install)?;
    let accounts = folder.path().join("accounts.sql");
    let sql = format!(
        "CREATE USER '{ACCOUNT}'@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO '{ACCOUNT}'@'127.0.0.1' WITH GRANT OPTION;\n\
         CREATE DATABASE {DATABASE};\n"
    );
    std::fs::write(&accounts, sql)?;

    let port = free_port()?;
    let mut server = programs.command(&programs.server);
    server.arg("--no-defaults").args(programs.common(&data));
    server.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--socket=", "--max-connections=400"]);
    server.args(["--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]);
    server.arg(format!("--port={port}")).arg(option("--init-file", &accounts));
    server.arg(option("--pid-file", &folder.path().join("pid")));
    server.arg(option("--ssl-cert", &certificate.certificate)).arg(option("--ssl-key", &certificate.key));
    let process = Process::start("MariaDB", server, &folder.path().join("mariadb.log"), port)?;
    let root = certificate.root;
    let file = root.display();
    let url = format!("mysql://{ACCOUNT}:{password}@127.0.0.1:{port}/mysql?ssl-mode=disabled&ssl-ca={file}");
    let server = Server { url, root, stop: None, process: Some(process), _folder: folder };
    answers(port)?;
    Ok(server)
}

/// Waits until the server greets: it does so once it is ready.
fn answers(port: u16) -> Result<()> {
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    connection.set_read_timeout(Some(START))?;
    connection.read_exact(&mut [0]).with_context(|| format!("MariaDB says nothing for {} s", START.as_secs()))
}

fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push("=");
    option.push(path);
    option
}

impl Programs {
    fn of_the_machine() -> Option<Self> {
        let sbin = |name: &&str| Some(Path::new("/usr/sbin").join(name)).filter(|program| program.is_file());
        let server = ["mariadbd", "mysqld"].iter().find_map(|name| on_path(name).or_else(|| sbin(name)))?;
        let install = ["mariadb-install-db", "mysql_install_db"].iter().find_map(on_path)?;
        let base = install.parent()?.parent()?.to_owned();
        Some(Self { base, server, install, libraries: None })
    }

    /// Fetches and unpacks the packages, unless that was done.
    fn unpacked(home: &Path) -> Result<Self> {
        let root = match newest(home) {
            Some(root) => root,
            None => fetch(home)?,
        };
        let base = root.join("usr");
        let server = base.join("sbin/mariadbd");
        let install = base.join("bin/mariadb-install-db");
        Ok(Self { server, install, libraries: libraries(&root), base })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = user::lasting_as_long(program, "TERM");
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// Options of the server and of what prepares its data.
    fn common(&self, data: &Path) -> Vec<std::ffi::OsString> {
        let mut options = vec![option("--basedir", &self.base), option("--datadir", data)];
        if user::is_root() {
            options.push("--user=root".into());
        }
        options
    }
}

/// The folders of `root` that hold libraries, as the system's loader wants them.
fn libraries(root: &Path) -> Option<std::ffi::OsString> {
    let places = ["lib", "usr/lib"].map(|place| root.join(place));
    let folders = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten();
    let folders: Vec<_> = folders
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.to_string_lossy().ends_with("-linux-gnu"))
        .collect();
    (!folders.is_empty()).then(|| std::env::join_paths(folders).ok()).flatten()
}

/// The newest version that was unpacked.
fn newest(home: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(home).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let versions = folders.filter_map(|name| {
        let numbers = name.strip_prefix("mariadb-")?.split('.').map(str::parse::<u32>);
        Some((numbers.collect::<Result<Vec<_>, _>>().ok()?, home.join(&name)))
    });
    versions.filter(|(_, folder)| folder.join("usr/sbin/mariadbd").is_file()).max().map(|(_, folder)| folder)
}

/// Unpacks the packages, and those of libraries that the machine lacks, into a folder named for their version.
fn fetch(home: &Path) -> Result<PathBuf> {
    let incoming = tempfile::Builder::new().prefix("mariadb-incoming-").tempdir_in(home)?;
    let root = incoming.path().join("root");
    let version = version()?;
    let folder = home.join(format!("mariadb-{version}"));
    println!("unpacking MariaDB {version} into {} (once)", folder.display());
    unpack(incoming.path(), &root, &PACKAGES)?;
    if lacks_libraries(&root)? {
        let libraries = depends(&output(Command::new("apt-cache").args(["depends", PACKAGES[0]]))?);
        unpack(incoming.path(), &root, &libraries.iter().map(String::as_str).collect::<Vec<_>>())?;
        if lacks_libraries(&root)? {
            bail!("MariaDB lacks libraries that its packages do not name");
        }
    }
    std::fs::rename(&root, &folder)?;
    Ok(folder)
}

fn unpack(incoming: &Path, root: &Path, packages: &[&str]) -> Result<()> {
    // What root downloads into a folder of its own would otherwise be fetched as another user, who can't write there.
    let mut download = Command::new("apt-get");
    download.args(["-o", "APT::Sandbox::User=root", "download"]).args(packages).current_dir(incoming);
    run(&mut download).context("apt-get update may help")?;
    for entry in std::fs::read_dir(incoming)? {
        let package = entry?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg").arg("-x").arg(&package).arg(root))?;
            std::fs::remove_file(&package)?;
        }
    }
    Ok(())
}

/// The version that would be installed, without what the distribution adds to it.
fn version() -> Result<String> {
    let policy = output(Command::new("apt-cache").args(["policy", PACKAGES[0]]))?;
    candidate(&policy).with_context(|| format!("apt knows no {}; apt-get update", PACKAGES[0]))
}

/// `10.11.19` of `Candidate: 1:10.11.19-0+deb12u1`.
fn candidate(policy: &str) -> Option<String> {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    let upstream = candidate.rsplit(':').next()?.split(['-', '+']).next()?;
    upstream.starts_with(|first: char| first.is_ascii_digit()).then(|| upstream.to_owned())
}

fn lacks_libraries(root: &Path) -> Result<bool> {
    let mut ldd = Command::new("ldd");
    if let Some(libraries) = libraries(root) {
        ldd.env("LD_LIBRARY_PATH", libraries);
    }
    Ok(output(ldd.arg(root.join("usr/sbin/mariadbd")))?.contains("not found"))
}

/// The libraries among what a package depends on, but for those of C and C++ itself, which every machine has.
fn depends(listing: &str) -> Vec<String> {
    let names = listing.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let libraries = names.filter(|name| name.starts_with("lib") || name.starts_with("zlib"));
    libraries.filter(|name| !["libc6", "libstdc++6"].contains(name)).map(str::to_owned).collect()
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.env("LC_ALL", "C").output().with_context(|| format!("{program} did not start"))?;
    if !output.status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_was_unpacked_is_taken_by_its_numbers() {
        let home = tempfile::tempdir().unwrap();
        for (name, whole) in [("10.11.9", true), ("10.11.19", true), ("10.12.0", false), ("data-x1", true)] {
            let sbin = home.path().join(format!("mariadb-{name}/usr/sbin"));
            std::fs::create_dir_all(&sbin).unwrap();
            if whole {
                std::fs::write(sbin.join("mariadbd"), "").unwrap();
            }
        }
        assert_eq!(newest(home.path()), Some(home.path().join("mariadb-10.11.19")));
    }

    #[test]
    fn the_version_is_the_one_that_would_be_installed() {
        let policy = "mariadb-server-core:\n  Installed: (none)\n  Candidate: 1:10.11.19-0+deb12u1\n";
        assert_eq!(candidate(policy).as_deref(), Some("10.11.19"));
        assert_eq!(candidate("mariadb-server-core:\n  Candidate: (none)\n"), None);
        assert_eq!(candidate(""), None);
    }

    #[test]
    fn libraries_are_found_among_what_a_package_depends_on() {
        let listing = "mariadb-server-core\n  Depends: mariadb-common\n  Depends: libc6\n  Depends: liburing2\n \
            |Depends: libaio1\n  Depends: zlib1g\n  Suggests: libhtml\n";
        assert_eq!(depends(listing), ["liburing2", "zlib1g"]);
    }
}
