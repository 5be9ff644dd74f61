//! What the SDK's errors mean to a port.

use std::fmt;

use attendance_core::ports::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What went wrong with a call that means nothing special to the caller.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Too many calls; it may pass.
    Throttled(BoxError),
    /// Not reached, too slow, or a fault of theirs; it may pass.
    Unavailable(BoxError),
    /// It will not pass by itself: no rights, no such resource, a call that is wrong.
    Failed(BoxError),
}

/// The source of a port's error. An SDK's own error would show the whole answer, and with it perhaps somebody's data.
#[derive(Debug)]
struct CallError {
    /// What became of the call, without a full stop.
    what: String,
    /// AWS's name for the request, for a question to its support.
    request_id: Option<String>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request {id})"))
    }
}

impl std::error::Error for CallError {}

/// Codes of throttling; each service has its own.
const THROTTLING: [&str; 14] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes of faults that may pass, which also say so by a status of 500 or above, with exceptions.
const PASSING: [&str; 8] = [
    "InternalError",
    "InternalErrorException",
    "InternalFailure",
    "InternalServerError",
    "KMSThrottlingException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// The error's code, as the service wrote it: `ResourceNotFoundException`.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Codes whose message speaks of resources, rights and credentials, and never of what was sent.
const TELLING: [&str; 14] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "NoSuchBucket",
    "NotFound",
    "NotFoundException",
    "ResourceNotFoundException",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

impl Fault {
    /// Sorts an error that means nothing special to the caller.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        Self::read(error, |_| true)
    }

    /// As [`Fault::of`], of a call to an address: the service's words are left out if they repeat it, as a refusal for
    /// lack of rights does.
    pub(crate) fn of_call_to<E>(error: &SdkError<E, HttpResponse>, address: &str) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let address = address.to_ascii_lowercase();
        Self::read(error, |words| !words.to_ascii_lowercase().contains(&address))
    }

    fn read<E>(error: &SdkError<E, HttpResponse>, may_repeat: impl Fn(&str) -> bool) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let status = response.map(|response| response.status().as_u16());
        let code = code(error);
        let kind: fn(BoxError) -> Self = match (code, status) {
            (Some(code), _) if THROTTLING.contains(&code) => Self::Throttled,
            (Some(code), _) if PASSING.contains(&code) => Self::Unavailable,
            (_, Some(429)) => Self::Throttled,
            (_, Some(500..)) => Self::Unavailable,
            _ => match error {
                SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
                    Self::Unavailable
                }
                _ => Self::Failed,
            },
        };
        let what = match (code, status) {
            (Some(code), _) => match error.as_service_error().and_then(ProvideErrorMetadata::message) {
                Some(message) if TELLING.contains(&code) && may_repeat(message) => format!("{code}: {message}"),
                _ => code.to_owned(),
            },
            (None, Some(status)) => format!("the answer was status {status}, which could not be read"),
            (None, None) => causes(error),
        };
        let header = |name| response.and_then(|response| response.headers().get(name)).map(str::to_owned);
        let request_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id"));
        kind(Box::new(CallError { what, request_id }))
    }

    /// What happened, for an error of another kind.
    pub(crate) fn into_source(self) -> BoxError {
        match self {
            Self::Throttled(source) | Self::Unavailable(source) | Self::Failed(source) => source,
        }
    }

    /// Sorts the code of a part of a call that else succeeded: an entry of a batch.
    pub(crate) fn of_part(what: &str, code: &str) -> Self {
        let kind: fn(BoxError) -> Self = match code {
            _ if THROTTLING.contains(&code) => Self::Throttled,
            _ if PASSING.contains(&code) => Self::Unavailable,
            _ => Self::Failed,
        };
        kind(Box::new(CallError { what: format!("{what}: {code}"), request_id: None }))
    }

    /// What could not be understood, or must not be: an answer that lacks what it always has.
    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Failed(Box::new(CallError { what: what.into(), request_id: None }))
    }
}

/// An error that never reached the service, with all that led to it.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut causes: Vec<_> = chain.map(ToString::to_string).collect();
    causes.dedup();
    causes.join(": ")
}

/// Turns a [`Fault`] into the error of a port: every port's has these three variants.
macro_rules! from_fault {
    ($features:meta, $error:path) => {
        #[cfg($features)]
        impl From<Fault> for $error {
            fn from(fault: Fault) -> Self {
                match fault {
                    Fault::Throttled(source) => Self::Throttled { source: Some(source) },
                    Fault::Unavailable(source) => Self::Unavailable { source },
                    Fault::Failed(source) => Self::Failed { source },
                }
            }
        }
    };
}
from_fault!(feature = "kinesis", attendance_core::ports::EventSinkError);
from_fault!(feature = "rekognition", attendance_core::ports::FaceMatcherError);
from_fault!(feature = "s3", attendance_core::ports::ImageStoreError);
from_fault!(any(feature = "ses", feature = "sns"), attendance_core::ports::NotifierError);
from_fault!(any(feature = "dynamodb", feature = "rds", feature = "s3"), attendance_core::ports::RepoError);
