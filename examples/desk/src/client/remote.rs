use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Request, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{Answer, Ask};
use crate::failure::Failure;
use crate::notice::Notice;

/// For how long an answer may take: an erasure goes through many pictures.
const TIMEOUT: Duration = Duration::from_secs(300);

/// For how long a desk may take to say that it is there.
const GREETING: Duration = Duration::from_secs(2);

/// A desk that runs on this machine, over TCP.
pub(super) struct Remote {
    address: SocketAddr,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl Remote {
    pub(super) fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Self { address, http }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Answer, Failure> {
        let gone = |why: String| Failure::Gone { address: self.address, why };
        let (mut parts, body) = request.into_parts();
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.scheme = Some(axum::http::uri::Scheme::HTTP);
        uri.authority = Some(self.address.to_string().parse().map_err(anyhow::Error::from)?);
        parts.uri = Uri::from_parts(uri).map_err(anyhow::Error::from)?;
        let sent = async {
            let response = self.http.request(Request::from_parts(parts, Full::new(body))).await?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, anyhow::Error>(Answer { status: parts.status, headers: parts.headers, body })
        };
        match tokio::time::timeout(TIMEOUT, sent).await {
            Ok(answer) => answer.map_err(|error| gone(format!("{error:#}"))),
            Err(_) => Err(gone(format!("no answer within {} s", TIMEOUT.as_secs()))),
        }
    }
}

/// Whether the desk of that notice is there, and takes the notice's token.
pub(crate) async fn answers(notice: &Notice) -> bool {
    let asked = async {
        let client = super::Client::remote(notice, &crate::desk::home()).await?;
        client.ask::<serde_json::Value>(Ask::get("/v1/whoami")).await
    };
    matches!(tokio::time::timeout(GREETING, asked).await, Ok(Ok(_)))
}
