//! Who writes, and how.

use attendance_core::domain::attendee::{Email, Name};

/// Who writes e-mails, and to which operators.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SesConfig {
    /// The address that mails come from; it, or its domain, is verified in SES.
    pub from: Email,
    /// The name that mails come from.
    pub from_name: Option<Name>,
    /// Where answers go. `None`: to `from`.
    pub reply_to: Option<Email>,
    /// The configuration set that mails are sent with. `None`: the sender's own, if it has one.
    pub configuration_set: Option<String>,
    /// Who is told by [`alert`](attendance_core::ports::Notifier::alert).
    pub operators: Vec<Email>,
}

impl SesConfig {
    /// Mails from an address, with no operators.
    #[must_use]
    pub fn new(from: Email) -> Self {
        Self { from, from_name: None, reply_to: None, configuration_set: None, operators: Vec::new() }
    }
}
