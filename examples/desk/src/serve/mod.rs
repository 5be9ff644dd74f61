//! The server: the API and the pages over one data folder, until somebody stops it.

mod board;
mod chores;
mod door;
mod live;
mod pages;
mod stop;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use attendance_api::Limits;
use attendance_api::auth::Issued;
use attendance_core::Error;
use attendance_core::domain::audit::{Actor, Matter};
use attendance_core::domain::zone::Zone;
use axum::middleware;
use jiff::SignedDuration;
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::Serve;
use crate::desk::{Desk, home, load_networks};
use crate::failure::Failure;
use crate::find::{Found, find};
use crate::output::Output;
use crate::together::Lost;
use board::Board;
use chores::Chores;
use door::Door;
use stop::Stop;

/// Where the desk listens if nothing else is said: on this machine alone.
pub(crate) const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// For how long the link that is printed is valid.
const LINK: SignedDuration = SignedDuration::from_hours(12);

/// The subject of the link that is printed.
const SUBJECT: &str = "desk";

/// Opens the folder and serves it until a signal comes. What runs by then is finished, in bounds.
pub(crate) async fn run(
    folder: &Path,
    zone: Option<Zone>,
    arguments: &Serve,
    output: &Output,
) -> Result<ExitCode, Failure> {
    // From here on a signal means an orderly end.
    let stop = Stop::on_signals()?;
    let vision = load_networks()?;
    let found = tokio::select! {
        found = find(folder) => found?,
        () = stop.wait() => return Ok(ExitCode::SUCCESS),
    };
    let lost = if arguments.without_faces { Lost::Faces } else { Lost::Nothing };
    let desk = match found {
        Found::Free(folder) => Desk::open(folder, vision, zone, lost).await?,
        Found::Running(notice) => {
            return Err(Failure::Running { folder: folder.to_owned(), address: notice.address, pid: notice.pid });
        }
    };
    let served = serve(&desk, arguments.listen, &stop, *output).await;
    // What was recorded is told of even if the server failed.
    desk.close().await?;
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(desk: &Desk, address: SocketAddr, stop: &Stop, output: Output) -> Result<(), Failure> {
    let listener = listen(address).await?;
    let address = listener.local_addr()?;
    let mut listeners = vec![listener];
    let mut local = on_this_machine(address);
    if !local.ip().is_loopback() {
        // Commands on this machine give their token to nobody elsewhere.
        let listener = listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await?;
        local = listener.local_addr()?;
        listeners.push(listener);
    }

    let chores = Chores::start(&desk.attendance, stop);
    let router = desk
        .api()
        .live(Arc::new(live::Feed::new(desk.live.clone(), stop.clone())))
        .limits(Limits::default())
        .metrics()
        .router()
        .layer(middleware::from_fn(pages::serve))
        .layer(middleware::from_fn_with_state(chores.written(), chores::tell_of_writes));
    let mut board = Board::put_up(desk, local)?;
    let url = link(desk, on_this_machine(address)).await?;
    output.say(&json!({ "address": address, "url": url }), format!("attendance is ready: {url}"));
    if !address.ip().is_loopback() {
        output.warn(&format!(
            "the desk listens on {address}, where other machines reach it, without encryption: put a server that \
             speaks HTTPS in front of it; browsers give a camera only to pages that came over HTTPS or from their own \
             machine"
        ));
    }

    let door = Door::new(router, stop);
    tokio::select! {
        () = door.keep(listeners) => {}
        () = board.keep() => {}
    }
    chores.end().await;
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|why| Failure::Listen { address, why })
}

/// The address at which this machine reaches whoever listens on `address`.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The page for the admin, with their token in the fragment: no server sees it, and no log. That there is such a link,
/// and until when, is in the audit.
async fn link(desk: &Desk, address: SocketAddr) -> Result<String, Failure> {
    let Issued { token, expires_at } = desk.admin_token(SUBJECT, LINK)?;
    let matter = Matter::new(format!("{SUBJECT} until {expires_at}")).map_err(Error::from)?;
    desk.attendance.audit_token(&home(), matter, None, &Actor::system()).await?;
    Ok(format!("http://{address}/#token={token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_everywhere_is_reached_on_this_machine_too() {
        for (listens, reached) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("127.0.0.1:1", "127.0.0.1:1"),
            ("192.0.2.1:1", "192.0.2.1:1"),
        ] {
            assert_eq!(on_this_machine(listens.parse().unwrap()), reached.parse().unwrap());
        }
    }
}
