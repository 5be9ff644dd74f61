//! What ours is compared with: installed once, pinned, under the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::Workspace;

/// A Python package that others use.
#[derive(Debug)]
pub(crate) struct Peer {
    /// How the table calls it.
    pub(crate) name: &'static str,
    /// Its list of packages is `benches/peers/{file}.txt`, its contender `benches/peers/{file}_peer.py`.
    file: &'static str,
}

/// The peers of a check-in.
pub(crate) const OF_CHECK_IN: [Peer; 2] =
    [Peer { name: "face_recognition", file: "face_recognition" }, Peer { name: "opencv", file: "opencv" }];

/// The peers of the search for the most alike.
pub(crate) const OF_MATCHING: [Peer; 4] = [
    Peer { name: "faiss", file: "faiss" },
    Peer { name: "usearch", file: "usearch" },
    Peer { name: "numpy", file: "numpy" },
    Peer { name: "simsimd", file: "simsimd" },
];

impl Peer {
    /// Installs it, unless that was done, and answers the command that starts it.
    pub(crate) fn set_up(&self, workspace: &Workspace) -> Result<Vec<PathBuf>> {
        let sources = workspace.root.join("benches/peers");
        let list = sources.join(format!("{}.txt", self.file));
        let wanted = std::fs::read_to_string(&list).with_context(|| format!("{} can't be read", list.display()))?;
        let folder = workspace.target.join("peers").join(self.file);
        let python = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        let (python, installed) = (folder.join(python), folder.join("installed.txt"));
        if !std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            eprintln!("{}: installing it into {} (once) ...", self.name, folder.display());
            run("python3", &["-m".as_ref(), "venv".as_ref(), "--clear".as_ref(), folder.as_ref()])?;
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary"];
            // Only one of them has no wheel, and it has nothing to compile.
            let rest = [":all:", "--no-binary", "face_recognition_models", "--requirement"];
            let pip = pip.iter().chain(&rest).map(AsRef::as_ref);
            run(&python, &pip.chain([list.as_ref()]).collect::<Vec<&Path>>())?;
            std::fs::write(&installed, wanted)?;
        }
        Ok(vec![python, sources.join(format!("{}_peer.py", self.file))])
    }
}

/// Runs a command and answers with its complaint if it fails.
fn run(program: impl AsRef<Path>, arguments: &[&Path]) -> Result<()> {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("{} did not start", program.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(if output.stderr.is_empty() { &output.stdout } else { &output.stderr });
    bail!("{} failed: {}", program.display(), complaint.trim())
}
