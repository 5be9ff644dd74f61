//! Telling people from one machine: into a log, or by e-mail.

mod log;
mod smtp;

pub use log::LogNotifier;
pub use smtp::{InvalidSmtpConfig, SmtpConfig, SmtpCredentials, SmtpNotifier, SmtpTls};
