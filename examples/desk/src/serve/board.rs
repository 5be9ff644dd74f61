use std::net::SocketAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::client::SUBJECT;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::notice::Notice;

/// For how long the token in the notice is valid.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How long before its end it is renewed: longer than any command takes.
const RENEW: SignedDuration = SignedDuration::from_hours(12);

/// How often the clock on the wall is looked at: a laptop sleeps, and its other clocks with it.
const LOOK: Duration = Duration::from_secs(60);

/// Where the notice hangs by which commands on this machine find the server.
pub(super) struct Board<'desk> {
    desk: &'desk Desk,
    address: SocketAddr,
    expires_at: Timestamp,
}

impl<'desk> Board<'desk> {
    /// Says that the desk listens on `address`.
    pub(super) fn put_up(desk: &'desk Desk, address: SocketAddr) -> Result<Self, Failure> {
        let mut board = Self { desk, address, expires_at: Timestamp::MIN };
        board.renew()?;
        Ok(board)
    }

    /// Renews the token in it well before it expires, for ever.
    pub(super) async fn keep(&mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let left = self.expires_at.duration_since(self.desk.attendance.now());
            if left < RENEW
                && let Err(error) = self.renew()
            {
                tracing::error!(%error, "the file DESK could not be renewed");
            }
        }
    }

    fn renew(&mut self) -> Result<(), Failure> {
        let issued = self.desk.admin_token(SUBJECT, VALID_FOR)?;
        let notice = Notice { address: self.address, token: issued.token, pid: std::process::id() };
        notice.put_up(&self.desk.folder)?;
        self.expires_at = issued.expires_at;
        Ok(())
    }
}

impl Drop for Board<'_> {
    fn drop(&mut self) {
        // One that stays is of no worth, since its process no longer owns the folder.
        let _ = Notice::take_down(&self.desk.folder);
    }
}
