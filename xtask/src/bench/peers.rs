//! What ours is compared with: installed once, pinned, under the target folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::install::Python;
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

/// The peers of the functions.
pub(crate) const OF_FUNCTIONS: [Peer; 1] = [Peer { name: "boto3", file: "boto3" }];

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
        let folder = workspace.target.join("peers").join(self.file);
        // Only one of the packages has no wheel, and it has nothing to compile.
        let python = Python::set_up(folder, &list, self.name, &["face_recognition_models"])?.program("python");
        Ok(vec![python, sources.join(format!("{}_peer.py", self.file))])
    }
}
