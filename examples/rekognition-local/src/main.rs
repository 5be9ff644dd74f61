//! `rekognition-local`: the server.

use std::io::{IsTerminal, stderr};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use rekognition_local::{Rekognition, Settings, router, s3_of_environment};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

/// How long requests that are under way may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// Speaks Amazon Rekognition's protocol and really matches faces, on this machine alone.
///
/// Images in buckets are read from the S3 that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names. RUST_LOG chooses what is
/// logged.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5100")]
    listen: SocketAddr,
    /// The folder to keep collections in; without one they end with the server
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// For how many milliseconds a user stays UPDATING after faces were associated or disassociated
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    user_update_delay: u64,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rekognition-local: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let filter = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = filter.as_deref().unwrap_or("info,aws=warn,hyper=warn").parse::<Targets>();
    let filter = filter.context("RUST_LOG takes a level for all or for some, such as warn, or info,hyper=debug")?;
    let lines = fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal());
    registry().with(lines.with_filter(filter)).init();
    tokio::runtime::Runtime::new()?.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    let stop = stop_on_signals()?;
    let settings = Settings {
        data: arguments.data,
        user_update_delay: Duration::from_millis(arguments.user_update_delay),
        s3: s3_of_environment().await,
    };
    if settings.data.is_none() {
        eprintln!("collections are kept in memory only and end with the server; --data DIR keeps them");
    }
    let rekognition = tokio::task::spawn_blocking(|| Rekognition::open(settings)).await??;
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.with_context(|| format!("{} can't be listened on", arguments.listen))?;
    println!("rekognition-local is ready: http://{}", listener.local_addr()?);

    let served = axum::serve(listener, router(rekognition)).with_graceful_shutdown(stopped(stop.clone()));
    let too_long = async {
        stopped(stop).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = served.into_future() => Ok(served?),
        () = too_long => Ok(()),
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error means that nobody can stop us any more, which ends the server too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Becomes true when Ctrl-C or SIGTERM comes.
#[cfg(unix)]
fn stop_on_signals() -> anyhow::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        let _ = sender.send(true);
    });
    Ok(receiver)
}

/// Becomes true when Ctrl-C comes.
#[cfg(not(unix))]
fn stop_on_signals() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        let _ = sender.send(true);
    });
    Ok(receiver)
}
