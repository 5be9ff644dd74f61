//! What SNS's errors mean to the port.

use attendance_core::ports::NotifierError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::fault::{Fault, code};

/// What to do where SNS has no room for another subscriber.
const FULL: &str = "SNS has no room for another filter policy or subscription: tell attendees through SES";

/// What becomes of a call that names topics and subscriptions.
pub(super) fn translate<E>(error: &SdkError<E, HttpResponse>) -> NotifierError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    sort(error, Fault::of(error))
}

/// What becomes of a call to an address.
pub(super) fn translate_call_to<E>(address: &str, error: &SdkError<E, HttpResponse>) -> NotifierError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    sort(error, Fault::of_call_to(error, address))
}

fn sort<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, fault: Fault) -> NotifierError {
    match code(error) {
        Some("FilterPolicyLimitExceeded" | "SubscriptionLimitExceeded") => {
            NotifierError::Refused { source: FULL.into() }
        }
        Some("KMSThrottling") => NotifierError::Throttled { source: Some(fault.into_source()) },
        Some("InvalidParameter") if says(error, "TopicArn") => fault.into(),
        Some("InvalidParameter" | "OptedOut" | "ParameterValueInvalid" | "ValidationException") => {
            NotifierError::Refused { source: fault.into_source() }
        }
        _ => fault.into(),
    }
}

/// Whether SNS would have taken the message with another subject.
pub(super) fn is_about_the_subject<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    code(error) == Some("InvalidParameter") && says(error, "Subject")
}

/// Whether somebody else has subscribed the address meanwhile, with another policy.
pub(super) fn is_subscribed_already<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    code(error) == Some("InvalidParameter") && says(error, "already exists")
}

/// Whether there is no such subscription, or not any more.
pub(super) fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    code(error) == Some("NotFound")
}

fn says<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, word: &str) -> bool {
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
    message.is_some_and(|message| message.contains(word))
}
