//! Messages into the log, for trying things out.

use std::io;
use std::path::PathBuf;

use async_trait::async_trait;
use attendance_core::domain::attendee::{Email, Name, Phone};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::ports::notifier::{Message, Notifier, NotifierError, Recipient};
use serde::{Deserialize, Serialize};

use crate::lines::Lines;

/// A notifier that tells nobody: it logs that there was a message, its id and how it would have been sent, and nothing
/// of what it says or to whom. The messages themselves go into a file if one is named.
#[derive(Debug, Clone, Default)]
pub struct LogNotifier {
    file: Option<Lines>,
}

/// A message as a line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    organization: OrganizationId,
    id: String,
    to: To,
    subject: String,
    body: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum To {
    Operators,
    Recipient { name: Option<String>, email: Option<String>, phone: Option<String> },
}

impl LogNotifier {
    /// Logs only.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also appends every message to a file, as a line of JSON; only its owner may read it, as it holds names and
    /// addresses. Blocks.
    ///
    /// # Errors
    /// What the file system says.
    pub fn with_file(path: impl Into<PathBuf>) -> io::Result<Self> {
        let lines = Lines::new(path.into());
        lines.mend()?;
        Ok(Self { file: Some(lines) })
    }

    async fn file(&self, work: impl FnOnce(&Lines) -> io::Result<()> + Send + 'static) -> Result<(), NotifierError> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        match tokio::task::spawn_blocking(move || work(&file)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NotifierError::Unavailable { source: error.into() }),
            Err(error) => Err(NotifierError::Failed { source: error.into() }),
        }
    }

    async fn append(&self, organization: &OrganizationId, to: To, message: &Message) -> Result<(), NotifierError> {
        let line = Line {
            organization: organization.clone(),
            id: message.id.clone(),
            to,
            subject: message.subject.clone(),
            body: message.body.clone(),
        };
        let mut line = serde_json::to_vec(&line).map_err(|error| NotifierError::Failed { source: error.into() })?;
        line.push(b'\n');
        self.file(move |file| file.append(&line)).await
    }
}

#[async_trait]
impl Notifier for LogNotifier {
    async fn notify(
        &self,
        organization: &OrganizationId,
        recipient: &Recipient,
        message: &Message,
    ) -> Result<(), NotifierError> {
        let channel = match (&recipient.email, &recipient.phone) {
            (Some(_), _) => "email",
            (None, Some(_)) => "phone",
            (None, None) => return Err(NotifierError::NoAddress),
        };
        let to = To::Recipient {
            name: recipient.name.as_ref().map(|name| name.as_str().to_owned()),
            email: recipient.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: recipient.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        };
        self.append(organization, to, message).await?;
        tracing::info!(%organization, message = message.id, channel, "a recipient would be told");
        Ok(())
    }

    async fn alert(&self, organization: &OrganizationId, message: &Message) -> Result<(), NotifierError> {
        self.append(organization, To::Operators, message).await?;
        tracing::info!(%organization, message = message.id, channel = "operators", "the operators would be told");
        Ok(())
    }

    /// Takes every message of the organization that was to the recipient, or that mentions their name or an address of
    /// theirs, out of the file.
    async fn forget(&self, organization: &OrganizationId, recipient: &Recipient) -> Result<(), NotifierError> {
        let (organization, recipient) = (organization.clone(), recipient.clone());
        self.file(move |file| {
            file.retain(|line| match serde_json::from_slice::<Line>(line) {
                Ok(line) => line.organization != organization || !line.mentions(&recipient),
                Err(_) => true,
            })
        })
        .await
    }
}

impl Line {
    fn mentions(&self, recipient: &Recipient) -> bool {
        let email = recipient.email.as_ref().map(Email::as_str);
        let phone = recipient.phone.as_ref().map(Phone::as_str);
        let name = recipient.name.as_ref().map(Name::as_str);
        let is_to = match &self.to {
            To::Operators => false,
            To::Recipient { email: to_email, phone: to_phone, .. } => {
                (email.is_some() && to_email.as_deref() == email) || (phone.is_some() && to_phone.as_deref() == phone)
            }
        };
        let mut words = [email, phone, name].into_iter().flatten();
        is_to || words.any(|word| self.subject.contains(word) || self.body.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use super::*;

    fn recipient(name: &str, email: Option<&str>, phone: Option<&str>) -> Recipient {
        Recipient {
            name: Some(Name::new(name).unwrap()),
            email: email.map(|email| Email::new(email).unwrap()),
            phone: phone.map(|phone| Phone::new(phone).unwrap()),
            language: None,
        }
    }

    fn message(id: &str, body: &str) -> Message {
        Message { id: id.to_owned(), subject: "You are here".to_owned(), body: body.to_owned() }
    }

    fn organization() -> OrganizationId {
        OrganizationId::new("default").unwrap()
    }

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_log_tells_that_there_was_a_message_and_nothing_personal() {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || to.clone()).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let sigrid = recipient("Sigrid Müller", Some("sigrid@example.org"), Some("+4930123456"));
        LogNotifier::new().notify(&organization(), &sigrid, &message("e:mail", "Dear Sigrid")).await.unwrap();
        LogNotifier::new().alert(&organization(), &message("e:operators", "Sigrid came")).await.unwrap();
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("e:mail") && log.contains("email") && log.contains("e:operators"), "{log}");
        for personal in ["Sigrid", "Müller", "sigrid@", "+4930", "You are here"] {
            assert!(!log.contains(personal), "{log}");
        }
    }

    #[tokio::test]
    async fn a_file_holds_the_messages_until_their_recipient_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mails.jsonl");
        let notifier = LogNotifier::with_file(&path).unwrap();
        let (ann, bob) =
            (recipient("Ann Ray", Some("ann@example.org"), None), recipient("Bob", None, Some("+4930123456")));
        notifier.notify(&organization(), &ann, &message("1", "Hello")).await.unwrap();
        notifier.notify(&organization(), &bob, &message("2", "Hello")).await.unwrap();
        notifier.alert(&organization(), &message("3", "Ann Ray came late")).await.unwrap();
        let elsewhere = OrganizationId::new("other").unwrap();
        notifier.notify(&elsewhere, &recipient("A", None, Some("+4930123456")), &message("4", "Hi")).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 4);
        notifier.forget(&organization(), &ann).await.unwrap();
        notifier.forget(&organization(), &ann).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("Ann") && !text.contains("ann@"), "{text}");
        assert_eq!(text.lines().count(), 2);
        notifier.forget(&organization(), &bob).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(r#""id":"4""#) && text.lines().count() == 1, "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn a_recipient_without_an_address_is_refused() {
        let notifier = LogNotifier::new();
        let refused = notifier.notify(&organization(), &recipient("Ann", None, None), &message("1", "x")).await;
        assert!(matches!(refused, Err(NotifierError::NoAddress)));
    }
}
