//! What SES's errors mean to the port.

use attendance_core::domain::attendee::Email;
use attendance_core::ports::NotifierError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::fault::{Fault, code};

/// What becomes of a mail from one address to another.
pub(super) fn translate<E>(error: &SdkError<E, HttpResponse>, from: &Email, to: &Email) -> NotifierError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let fault = Fault::of_call_to(error, to.as_str());
    match code(error) {
        Some("MessageRejected") if names(error, from) => fault.into(),
        Some("MessageRejected" | "BadRequestException") => NotifierError::Refused { source: fault.into_source() },
        _ => fault.into(),
    }
}

/// Whether SES lists the sender among the addresses that are not verified.
fn names<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, from: &Email) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
    message.is_some_and(|message| message.to_ascii_lowercase().contains(&from.as_str().to_ascii_lowercase()))
}
