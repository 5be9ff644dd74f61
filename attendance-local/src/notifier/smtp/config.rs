//! Which mail server, and how.

use std::time::Duration;

use attendance_core::domain::attendee::{Email, Name};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

/// How the connection to the mail server is encrypted. Certificates are always verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SmtpTls {
    /// Not at all: a relay on the same machine.
    None,
    /// Begun in the clear and encrypted before anything is said (port 587); a server that can't is not used.
    #[default]
    StartTls,
    /// From the first byte (port 465).
    Tls,
}

/// A user of the mail server. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpCredentials {
    /// The user's name.
    pub user: String,
    /// Their password.
    pub password: String,
}

impl std::fmt::Debug for SmtpCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SmtpCredentials(..)")
    }
}

/// A mail server and who writes through it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmtpConfig {
    /// The server's name or address.
    pub host: String,
    /// Its port; `None` for the usual one of `tls`: 25, 587 or 465.
    pub port: Option<u16>,
    /// How the connection is encrypted. Default: [`SmtpTls::StartTls`].
    pub tls: SmtpTls,
    /// A certificate authority to trust besides the public ones, in PEM.
    pub certificate_authority: Option<String>,
    /// Who signs in; never sent in the clear, but to the machine itself.
    pub credentials: Option<SmtpCredentials>,
    /// The address that mails come from.
    pub from: Email,
    /// The name that mails come from.
    pub from_name: Option<Name>,
    /// Who is told by [`alert`](attendance_core::ports::Notifier::alert).
    pub operators: Vec<Email>,
    /// The longest that one mail may take, from connecting to the server's word that it has it. Default: 30 s.
    pub timeout: Duration,
}

impl SmtpConfig {
    /// Mails from an address through a server, by STARTTLS, without signing in, and with no operators.
    #[must_use]
    pub fn new(host: impl Into<String>, from: Email) -> Self {
        Self {
            host: host.into(),
            port: None,
            tls: SmtpTls::default(),
            certificate_authority: None,
            credentials: None,
            from,
            from_name: None,
            operators: Vec::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// A configuration that can't work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSmtpConfig {
    /// Not the name or address of a machine.
    #[error("the mail server's host must be a name such as mail.example.org, or an address")]
    Host,
    /// An address of ours to or from which no mail can go.
    #[error("the address of the {0} can't be used in a mail")]
    Address(&'static str),
    /// The certificate authority is not one certificate in PEM, or TLS can't be set up with it.
    #[error("the certificate authority must be one certificate in PEM")]
    CertificateAuthority,
    /// The password would travel in the clear.
    #[error("credentials are only sent over an encrypted connection: choose StartTls or Tls")]
    CredentialsInTheClear,
}

/// A configuration once it was checked.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) mode: SmtpTls,
    pub(super) tls: TlsParameters,
    pub(super) hello: ClientId,
    pub(super) credentials: Option<Credentials>,
    pub(super) from: Mailbox,
    pub(super) operators: Vec<Mailbox>,
    pub(super) timeout: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl TryFrom<SmtpConfig> for Server {
    type Error = InvalidSmtpConfig;

    fn try_from(config: SmtpConfig) -> Result<Self, InvalidSmtpConfig> {
        let host = config.host;
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':')) {
            return Err(InvalidSmtpConfig::Host);
        }
        if config.tls == SmtpTls::None && config.credentials.is_some() && !is_this_machine(&host) {
            return Err(InvalidSmtpConfig::CredentialsInTheClear);
        }
        let from = mailbox(config.from_name.as_ref(), &config.from).ok_or(InvalidSmtpConfig::Address("sender"))?;
        let operators = config.operators.iter().map(|operator| mailbox(None, operator));
        let operators: Option<Vec<_>> = operators.collect();
        let mut tls = TlsParameters::builder(host.clone());
        if let Some(pem) = &config.certificate_authority {
            // What holds no certificate at all is taken for none.
            let authority =
                Certificate::from_pem(pem.as_bytes()).ok().filter(|_| pem.contains("-----BEGIN CERTIFICATE"));
            let authority = authority.ok_or(InvalidSmtpConfig::CertificateAuthority)?;
            tls = tls.add_root_certificate(authority);
        }
        Ok(Self {
            port: config.port.unwrap_or(match config.tls {
                SmtpTls::None => 25,
                SmtpTls::StartTls => 587,
                SmtpTls::Tls => 465,
            }),
            mode: config.tls,
            tls: tls.build().map_err(|_| InvalidSmtpConfig::CertificateAuthority)?,
            hello: ClientId::Domain(from.email.domain().to_owned()),
            credentials: config.credentials.map(|found| Credentials::new(found.user, found.password)),
            operators: operators.ok_or(InvalidSmtpConfig::Address("operators"))?,
            host,
            from,
            timeout: config.timeout,
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `None` for an address that a mail can't have.
pub(super) fn mailbox(name: Option<&Name>, email: &Email) -> Option<Mailbox> {
    let address = email.as_str().parse().ok()?;
    Some(Mailbox::new(name.map(|name| name.as_str().to_owned()), address))
}
