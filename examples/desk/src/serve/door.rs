use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::future::join_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::stop::Stop;

/// How many connections are open at once; more wait in the system's queue.
const CONNECTIONS: usize = 1024;

/// How long the head of a request may take, and how long a connection may be idle. The API bounds the rest.
const HEAD: Duration = Duration::from_secs(15);

/// How long what runs may take when the server is to end.
const FINISH: Duration = Duration::from_secs(10);

/// How long to wait when the system has no more connections to give.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Lets requests in, in bounds.
pub(super) struct Door {
    router: Router,
    stop: Stop,
}

impl Door {
    pub(super) fn new(router: Router, stop: &Stop) -> Self {
        Self { router, stop: stop.clone() }
    }

    /// Serves whoever comes until the server is to end; then lets nobody in, and returns when everybody was answered, or
    /// took too long.
    pub(super) async fn keep(&self, listeners: Vec<TcpListener>) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let doors = listeners.into_iter().map(|listener| self.let_in(listener, &graceful, &places));
        tokio::select! {
            _ = join_all(doors) => {}
            () = self.stop.wait() => {}
        }
        if tokio::time::timeout(FINISH, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests that took more than {} s were cut off", FINISH.as_secs());
        }
    }

    async fn let_in(&self, listener: TcpListener, graceful: &GracefulShutdown, places: &Arc<Semaphore>) {
        while let Ok(place) = places.clone().acquire_owned().await {
            let Some((stream, peer)) = accept(&listener).await else { continue };
            let router = self.router.clone();
            let service = service_fn(move |request| answer(router.clone(), request, peer));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection broke");
                }
                drop(place);
            });
        }
    }
}

async fn accept(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and wanted now.
            let _ = stream.set_nodelay(true);
            Some((stream, peer))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(EXHAUSTED).await;
            None
        }
    }
}

async fn answer(router: Router, request: Request<Incoming>, peer: SocketAddr) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
