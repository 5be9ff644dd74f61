//! Messages as e-mails.

mod config;

use std::time::Duration;

use async_trait::async_trait;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Notifier, NotifierError, Recipient};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use uuid::Uuid;

pub use config::{InvalidSmtpConfig, SmtpConfig, SmtpCredentials, SmtpTls};
use config::{Server, mailbox};

/// How long a server may take over its goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// A notifier that writes e-mails, in plain text, through one mail server.
///
/// A mail's `Message-ID` is derived from the message's id, so that a mail server or reader that sees an attempt and its
/// repetition knows them for the same. Errors carry the server's code and never its words, which may repeat an address.
#[derive(Debug, Clone)]
pub struct SmtpNotifier {
    server: Server,
}

/// What went wrong, without anybody's address in it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the mail server answered {0}")]
    Answered(u16),
    #[error("the address or the text can't be put into a mail")]
    Unwritable,
    #[error("the mail server took longer than {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("the exchange with the mail server failed")]
    Exchange(#[source] Error),
}

impl SmtpNotifier {
    /// A notifier by this configuration; connects for each mail anew.
    ///
    /// # Errors
    /// [`InvalidSmtpConfig`] that says what to change.
    pub fn new(config: SmtpConfig) -> Result<Self, InvalidSmtpConfig> {
        Ok(Self { server: config.try_into()? })
    }

    async fn mail(&self, organization: &OrganizationId, to: Mailbox, message: &Message) -> Result<(), NotifierError> {
        let unwritable = || NotifierError::Refused { source: Failure::Unwritable.into() };
        let mail = self.write(organization, to, message).ok_or_else(unwritable)?;
        let timeout = self.server.timeout;
        match tokio::time::timeout(timeout, self.send(&mail)).await {
            Ok(Ok(mut connection)) => {
                // The server has the mail: how the goodbye goes does not matter.
                let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(translate(error)),
            Err(_) => Err(NotifierError::Unavailable { source: Failure::TimedOut(timeout).into() }),
        }
    }

    fn write(&self, organization: &OrganizationId, to: Mailbox, message: &Message) -> Option<lettre::Message> {
        let id = format!("{organization}\n{}\n{}", message.id, to.email);
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes());
        let domain = self.server.from.email.domain();
        // A line feed would begin another header.
        let subject: String = message.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        lettre::Message::builder()
            .from(self.server.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(format!("<{id}@{domain}>")))
            .date_now()
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(message.body.clone())
            .ok()
    }

    /// Step by step, since the client's own `send` waits for a server's goodbye before it says why that refused, and
    /// panics if it says goodbye to a server with which TLS failed.
    async fn send(&self, mail: &lettre::Message) -> Result<AsyncSmtpConnection, Error> {
        let Server { host, port, mode, tls, hello, credentials, timeout, .. } = &self.server;
        let from_start = (*mode == SmtpTls::Tls).then(|| tls.clone());
        let address = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(*timeout), hello, from_start, None).await?;
        if *mode == SmtpTls::StartTls {
            connection.starttls(tls.clone(), hello).await?;
        }
        if let Some(credentials) = credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        let envelope = mail.envelope();
        connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await?;
        for to in envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        connection.command(Data).await?;
        connection.message(&mail.formatted()).await?;
        Ok(connection)
    }
}

fn translate(error: Error) -> NotifierError {
    let Some(code) = error.status().map(u16::from) else {
        let may_pass = !(error.is_tls() || error.is_client());
        let source = Failure::Exchange(error).into();
        return if may_pass { NotifierError::Unavailable { source } } else { NotifierError::Failed { source } };
    };
    let source = Failure::Answered(code).into();
    match code {
        // Signing in: nothing about this recipient or message.
        530 | 534 | 535 | 538 => NotifierError::Failed { source },
        500.. => NotifierError::Refused { source },
        _ => NotifierError::Unavailable { source },
    }
}

/// RFC 3834: nobody's absence note should answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[async_trait]
impl Notifier for SmtpNotifier {
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let email = recipient.email.as_ref().ok_or(NotifierError::NoAddress)?;
        let to = mailbox(recipient.name.as_ref(), email);
        let to = to.ok_or_else(|| NotifierError::Refused { source: Failure::Unwritable.into() })?;
        self.mail(organization, to, message).await
    }

    /// Writes to each operator by themselves. It succeeds once one of them was told, so that an operator whose mailbox
    /// is full does not make the others be told again and again.
    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError> {
        let (mut told, mut error) = (false, None);
        for operator in &self.server.operators {
            match self.mail(organization, operator.clone(), message).await {
                Ok(()) => told = true,
                Err(failed) => {
                    tracing::warn!(%organization, message = message.id, error = &failed as &dyn std::error::Error,
                        "an operator could not be told");
                    error = error.or(Some(failed));
                }
            }
        }
        if told { Ok(()) } else { error.map_or(Ok(()), Err) }
    }

    /// Nothing is kept here: what the mail server keeps is its operator's affair.
    async fn forget(&self, _: &OrganizationId, _: &Recipient) -> Result<(), NotifierError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
