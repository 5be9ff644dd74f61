//! A real SMTP server on loopback: mailin's protocol, and what it does with mails.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::SmtpTls;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behavior {
    Accept,
    Refuse(&'static str),
    RefuseRecipients,
    RefuseContent,
    Busy,
    Silent,
    HangUpAfterMail,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Mail {
    pub(super) user: Option<String>,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) raw: String,
}

impl Mail {
    /// A header, unfolded and decoded.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split_once("\r\n\r\n")?.0.replace("\r\n ", " ");
        let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))?;
        let mut text = String::new();
        let mut after_encoded = false;
        for word in value.split(' ') {
            let encoded = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
            if !(text.is_empty() || encoded.is_some() && after_encoded) {
                text.push(' ');
            }
            match encoded {
                Some(encoded) => text += &String::from_utf8(base64(encoded)).unwrap(),
                None => text += word,
            }
            after_encoded = encoded.is_some();
        }
        Some(text)
    }

    /// The text, decoded, without line ends at its end.
    pub(super) fn body(&self) -> String {
        let body = self.raw.split_once("\r\n\r\n").unwrap().1;
        let bytes = match self.header("Content-Transfer-Encoding").unwrap().as_str() {
            "base64" => base64(&body.replace("\r\n", "")),
            "quoted-printable" => quoted_printable(body),
            _ => body.as_bytes().to_vec(),
        };
        String::from_utf8(bytes).unwrap().trim_end().to_owned()
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|b| DIGITS.iter().position(|&digit| digit == b)).collect::<Vec<_>>();
    let group = |group: &[usize]| {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bits.to_be_bytes()[5..5 + group.len() - 1].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    bytes
}

#[derive(Clone)]
struct Desk {
    behavior: Behavior,
    current: Mail,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Handler for Desk {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        self.current = Mail { from: from.to_owned(), user: self.current.user.clone(), ..Mail::default() };
        if self.behavior == Behavior::Busy { response::INTERNAL_ERROR } else { response::OK }
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let refused = self.behavior == Behavior::RefuseRecipients || self.behavior == Behavior::Refuse(to_static(to));
        if refused {
            return Response::custom(550, format!("<{to}> is not known here"));
        }
        self.current.to.push(to.to_owned());
        response::OK
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.current.raw += std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        if self.behavior == Behavior::RefuseContent {
            return response::TRANSACTION_FAILED;
        }
        self.mails.lock().unwrap().push(self.current.clone());
        response::OK
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        if password != "s3cret" {
            return response::INVALID_CREDENTIALS;
        }
        self.current.user = Some(user.to_owned());
        response::AUTH_OK
    }
}

/// The one address that a test refuses, or none.
fn to_static(to: &str) -> &'static str {
    if to == "gone@example.org" { "gone@example.org" } else { "" }
}

pub(super) struct MailServer {
    port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    authority: String,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub(super) async fn start(behavior: Behavior) -> Self {
        Self::run(behavior, SmtpTls::None, None, String::new()).await
    }

    pub(super) async fn start_tls(tls: SmtpTls) -> Self {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        // Named, since another crate of a build may bring a second one.
        let provider = Arc::new(ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = versions.unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::run(Behavior::Accept, tls, Some(acceptor), certified.cert.pem()).await
    }

    async fn run(behavior: Behavior, tls: SmtpTls, acceptor: Option<TlsAcceptor>, authority: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let desk = Desk { behavior, current: Mail::default(), mails: Arc::clone(&mails) };
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, desk.clone(), tls, acceptor.clone()));
            }
        });
        Self { port, mails, authority, task }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn authority(&self) -> String {
        self.authority.clone()
    }

    pub(super) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

/// Ends with the connection, whatever ends that.
async fn serve(stream: TcpStream, desk: Desk, tls: SmtpTls, acceptor: Option<TlsAcceptor>) {
    if desk.behavior == Behavior::Silent {
        return std::future::pending().await;
    }
    let hangs_up = desk.behavior == Behavior::HangUpAfterMail;
    let mut builder = SessionBuilder::new("mail.example.org");
    if acceptor.is_some() {
        builder.enable_auth(AuthMechanism::Plain);
    }
    if tls == SmtpTls::StartTls {
        builder.enable_start_tls();
    }
    let mut session = builder.build(Ipv4Addr::LOCALHOST.into(), desk);
    let greeting = session.greeting();
    match (tls, acceptor) {
        (SmtpTls::Tls, Some(acceptor)) => {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            session.tls_active();
            answer(&mut stream, &greeting).await;
            talk(&mut stream, &mut session, hangs_up).await;
        }
        (_, acceptor) => {
            let mut stream = stream;
            answer(&mut stream, &greeting).await;
            let Some(acceptor) = talk(&mut stream, &mut session, hangs_up).await.and(acceptor) else { return };
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            session.tls_active();
            talk(&mut stream, &mut session, hangs_up).await;
        }
    }
}

/// `Some` once the client wants to go on encrypted.
async fn talk<S, H>(stream: &mut S, session: &mut Session<H>, hangs_up: bool) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    let mut stream = BufReader::new(stream);
    let (mut line, mut in_data) = (Vec::new(), false);
    while stream.read_until(b'\n', &mut line).await.ok()? > 0 {
        let said = session.process(&line);
        line.clear();
        match said.action {
            Action::NoReply => {}
            Action::Reply => answer(&mut stream, &said).await,
            Action::Close => {
                answer(&mut stream, &said).await;
                return None;
            }
            Action::UpgradeTls => {
                answer(&mut stream, &said).await;
                return Some(());
            }
        }
        if hangs_up && in_data && said.code == 250 {
            return None;
        }
        in_data |= said.code == 354;
    }
    None
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), said: &Response) {
    // A client that hung up does not hear it.
    let _ = stream.write_all(&said.buffer().unwrap()).await;
    let _ = stream.flush().await;
}
