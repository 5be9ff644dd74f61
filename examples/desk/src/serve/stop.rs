use std::future::Future;
use std::io;

use tokio::sync::watch;

/// Whether the server is to end. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// At an interrupt or a request to terminate. A second one ends the process at once, as a crash would: everything
    /// that was answered is on the disk, and the next owner of the folder finishes the rest.
    pub(super) fn on_signals() -> io::Result<Self> {
        let (sender, stop) = watch::channel(false);
        let mut signals = Signals::listen()?;
        tokio::spawn(async move {
            signals.recv().await;
            tracing::info!("stopping: what runs is finished");
            let _ = sender.send(true);
            signals.recv().await;
            std::process::exit(130);
        });
        Ok(Self(stop))
    }

    /// Waits until then.
    pub(super) fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.0.clone();
        async move {
            // The sender is there as long as the process.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Whether it is already.
    pub(super) fn is_set(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn recv(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
