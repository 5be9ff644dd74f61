//! A server between a client and an emulator: it records what is sent, and does what no emulator does on demand.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// The operation of a JSON protocol: what follows the dot of `X-Amz-Target`.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.headers.get("x-amz-target")?.to_str().ok()?.rsplit('.').next()
    }

    /// Everything that was sent as one text, to look for what must not be in it.
    pub(crate) fn text(&self) -> String {
        format!("{} {}\n{:?}\n{}", self.method, self.uri, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// What happens to a request instead of reaching the emulator.
#[derive(Debug, Clone)]
pub(crate) enum Disturbance {
    /// It goes through.
    Pass,
    /// This is the answer: a status, and a body.
    Answer(u16, String),
    /// It reaches the emulator, whose answer is lost: the connection is reset.
    Lost,
    /// The connection is reset before it reaches the emulator.
    Reset,
    /// There is no answer for that long, and then a reset.
    Silence(Duration),
}

impl Disturbance {
    /// An error of a JSON protocol (DynamoDB, Kinesis, Rekognition, Secrets Manager).
    pub(crate) fn json(status: u16, code: &str) -> Self {
        Self::Answer(status, format!(r#"{{"__type":"{code}","message":"made by a test"}}"#))
    }

    /// An error of an XML protocol (S3; SNS wraps it in an `ErrorResponse`).
    pub(crate) fn xml(status: u16, code: &str) -> Self {
        Self::Answer(status, format!("<Error><Code>{code}</Code><Message>made by a test</Message></Error>"))
    }

    /// An error of the query protocol (SNS).
    pub(crate) fn query(status: u16, code: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>made by a test</Message></Error>");
        Self::Answer(status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
    }
}

/// The proxy. It ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<VecDeque<Disturbance>>>,
}

impl Proxy {
    /// Listens in front of an emulator.
    pub(crate) async fn before(emulator: &str) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self { endpoint, requests: Arc::default(), script: Arc::default() };
        let (serving, emulator) = (proxy.clone(), emulator.trim_end_matches('/').to_owned());
        tokio::spawn(async move {
            let client = Client::builder(TokioExecutor::new()).build_http();
            while let Ok((stream, _)) = listener.accept().await {
                let (proxy, emulator, client) = (serving.clone(), emulator.clone(), client.clone());
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(|request| proxy.answer(&emulator, &client, request));
                    // A disturbance ends the connection by an error of the service.
                    let connection = hyper::server::conn::http1::Builder::new();
                    connection.serve_connection(TokioIo::new(stream), service).await.ok();
                });
            }
        });
        proxy
    }

    /// What happens to the next requests, one after another; those after them pass.
    pub(crate) fn disturb(&self, disturbances: impl IntoIterator<Item = Disturbance>) {
        self.script.lock().unwrap().extend(disturbances);
    }

    /// The requests since the last call of this.
    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    async fn answer(
        &self,
        emulator: &str,
        client: &Client<HttpConnector, Full<Bytes>>,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        self.requests.lock().unwrap().push(Request {
            method: head.method.clone(),
            uri: head.uri.clone(),
            headers: head.headers.clone(),
            body: body.clone(),
        });
        let disturbance = self.script.lock().unwrap().pop_front().unwrap_or(Disturbance::Pass);
        match disturbance {
            Disturbance::Answer(status, body) => {
                let mut response = Response::new(Full::new(Bytes::from(body)));
                *response.status_mut() = StatusCode::from_u16(status)?;
                response.headers_mut().insert("x-amzn-requestid", HeaderValue::from_static("r-1"));
                return Ok(response);
            }
            Disturbance::Reset => return Err("reset".into()),
            Disturbance::Silence(time) => {
                tokio::time::sleep(time).await;
                return Err("reset".into());
            }
            Disturbance::Pass | Disturbance::Lost => {}
        }
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut forwarded = hyper::Request::builder().method(head.method).uri(format!("{emulator}{path}"));
        // The host stays: it was signed.
        *forwarded.headers_mut().ok_or("no headers")? = head.headers;
        let response = client.request(forwarded.body(Full::new(body))?).await;
        // The caller sees a closed connection only, and does not know whose fault it was.
        let response = response.inspect_err(|error| eprintln!("the proxy does not reach {emulator}: {error:?}"))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        if matches!(disturbance, Disturbance::Lost) {
            return Err("reset".into());
        }
        let mut response = Response::new(Full::new(body));
        *response.status_mut() = head.status;
        *response.headers_mut() = head.headers;
        response.headers_mut().remove(hyper::header::TRANSFER_ENCODING);
        Ok(response)
    }
}
