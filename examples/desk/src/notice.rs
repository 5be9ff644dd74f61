//! The file `DESK`: where a desk that runs is found, and a token for commands on this machine.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use attendance_local::DataFolder;
use serde::{Deserialize, Serialize};

/// What a desk says of itself while it runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct Notice {
    /// Where it listens on this machine.
    pub(crate) address: SocketAddr,
    /// An admin's token of the desk's own organization: a secret.
    pub(crate) token: String,
    /// Its process.
    pub(crate) pid: u32,
}

impl Notice {
    /// Reads the notice in a folder that the process `owner` holds. What any other process left there is no word of the
    /// owner's, and an address that leads elsewhere than to this machine is nobody's to be given a token.
    pub(crate) fn of_owner(folder: &Path, owner: u32) -> Option<Self> {
        let mut text = String::new();
        File::open(DataFolder::desk_of(folder)).ok()?.take(64 * 1024).read_to_string(&mut text).ok()?;
        let notice: Self = serde_json::from_str(&text).ok()?;
        (notice.pid == owner && notice.address.ip().is_loopback()).then_some(notice)
    }

    /// Puts it into the folder, in the place of an older one. Blocks.
    pub(crate) fn put_up(&self, folder: &DataFolder) -> std::io::Result<()> {
        folder.write_private(&folder.desk(), serde_json::to_string(self)?.as_bytes())
    }

    /// Removes whatever notice is in a folder of one's own. Blocks.
    pub(crate) fn take_down(folder: &DataFolder) -> std::io::Result<()> {
        match std::fs::remove_file(folder.desk()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notice").field("address", &self.address).field("pid", &self.pid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_owners_word_counts_and_only_on_this_machine() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(place.path(), Duration::ZERO).unwrap();
        let put_up = |address: &str, pid| {
            let notice = Notice { address: address.parse().unwrap(), token: "secret".to_owned(), pid };
            assert!(!format!("{notice:?}").contains("secret"));
            notice.put_up(&folder).unwrap();
        };
        assert!(Notice::of_owner(place.path(), 7).is_none(), "there is none");
        for address in ["127.0.0.1:8080", "[::1]:8080"] {
            put_up(address, 7);
            assert_eq!(Notice::of_owner(place.path(), 7).unwrap().address, address.parse().unwrap());
            assert!(Notice::of_owner(place.path(), 8).is_none(), "another process left it");
        }
        for address in ["192.0.2.1:8080", "0.0.0.0:8080", "[2001:db8::1]:8080"] {
            put_up(address, 7);
            assert!(Notice::of_owner(place.path(), 7).is_none(), "{address}");
        }
        std::fs::write(folder.desk(), "{").unwrap();
        assert!(Notice::of_owner(place.path(), 7).is_none(), "it is cut off");
        Notice::take_down(&folder).unwrap();
        Notice::take_down(&folder).unwrap();
        assert!(!folder.desk().exists());
    }
}
