//! One connection to the desk, kept open, a request at a time: what a kiosk has.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a request is sent again that the desk asks to repeat later.
const TRIES: usize = 20;

/// Where a desk is, and an admin's token for it.
#[derive(Debug)]
pub(crate) struct Address {
    authority: String,
    admin: String,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    None,
    Json(Value),
    Image(&'static str, Bytes),
}

/// A client with a token of its own.
#[derive(Debug)]
pub(crate) struct Client {
    authority: String,
    authorization: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// When to try again, if that was said.
    retry_after: Option<Duration>,
    /// `null` without a body.
    pub(crate) body: Value,
}

impl Address {
    pub(crate) fn new(origin: &str, admin: &str) -> Result<Self> {
        let authority = origin.strip_prefix("http://").with_context(|| format!("{origin} is no http address"))?;
        Ok(Self { authority: authority.to_owned(), admin: admin.to_owned() })
    }

    pub(crate) fn admin(&self) -> Client {
        self.client(&self.admin)
    }

    pub(crate) fn client(&self, token: &str) -> Client {
        Client { authority: self.authority.clone(), authorization: format!("Bearer {token}"), connection: None }
    }
}

impl Client {
    /// Connects, unless that was done.
    pub(crate) async fn connect(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        if self.connection.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = TcpStream::connect(&self.authority).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            // It ends with the sender. What breaks it breaks the request too, which tells.
            tokio::spawn(connection);
            self.connection = Some(sender);
        }
        self.connection.as_mut().context("it was just made")
    }

    /// Sends one request and reads its whole answer.
    ///
    /// # Errors
    /// If the connection fails, or no answer comes in time. An answer with an error's status is an answer.
    pub(crate) async fn send(&mut self, method: Method, path: &str, key: Option<&str>, body: Body) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.authority);
        request = request.header(AUTHORIZATION, &self.authorization);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = match body {
            Body::None => request.body(Full::default()),
            Body::Json(json) => {
                request.header(CONTENT_TYPE, "application/json").body(Full::new(json.to_string().into()))
            }
            Body::Image(kind, image) => request.header(CONTENT_TYPE, kind).body(Full::new(image)),
        }?;
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.connection = None;
                Err(error)
            }
            Err(_) => {
                self.connection = None;
                bail!("no answer within {} s", PATIENCE.as_secs())
            }
        }
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let connection = self.connect().await?;
        connection.ready().await?;
        let response = connection.send_request(request).await?;
        let status = response.status();
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = response.into_body().collect().await?.to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok(Answer { status, retry_after: seconds.map(Duration::from_secs), body })
    }

    /// Sends it as often as the desk asks for, and answers the body.
    ///
    /// # Errors
    /// If the answer is not a success.
    pub(crate) async fn ask(&mut self, method: Method, path: &str, body: Body) -> Result<Value> {
        for _ in 0..TRIES {
            let answer = self.send(method.clone(), path, None, body.clone()).await?;
            match answer.retry_after {
                Some(wait) if !answer.status.is_success() => tokio::time::sleep(wait).await,
                _ => return answer.success().with_context(|| format!("{method} {path}")),
            }
        }
        bail!("{method} {path}: asked to try again later {TRIES} times")
    }
}

impl Answer {
    fn success(self) -> Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        bail!("{}", self.complaint())
    }

    /// An error in a few words, the same for all of its kind.
    pub(crate) fn complaint(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.body["code"].as_str().unwrap_or("(not a problem document)"))
    }
}
