//! What goes wrong, as Rekognition says it.

use std::fmt::Display;

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// A refusal or failure: an exception's name and a message for whoever called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    message: String,
}

/// What Rekognition says of images that it can't take, and of some more that it does not explain.
const INVALID_PARAMETERS: &str = "Request has invalid parameters";

impl Fault {
    fn client(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// The request breaks the service's model: a member is missing, too long, out of range.
    pub(crate) fn validation(problems: &[String]) -> Self {
        let errors = if problems.len() == 1 { "error" } else { "errors" };
        let message = format!("{} validation {errors} detected: {}", problems.len(), problems.join("; "));
        Self::client("ValidationException", message)
    }

    /// What is in the body is not what the operation takes.
    pub(crate) fn serialization(why: impl Into<String>) -> Self {
        Self::client("SerializationException", why)
    }

    pub(crate) fn unknown_operation() -> Self {
        Self::client("UnknownOperationException", "rekognition-local does not have this operation")
    }

    pub(crate) fn invalid_parameters() -> Self {
        Self::invalid_parameter(INVALID_PARAMETERS)
    }

    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::client("InvalidParameterException", message)
    }

    pub(crate) fn no_face() -> Self {
        Self::invalid_parameter("There are no faces in the image. Should be at least 1.")
    }

    pub(crate) fn face_not_found(face: Uuid) -> Self {
        Self::invalid_parameter(format!("faceId {face} was not found in the collection."))
    }

    pub(crate) fn invalid_image_format() -> Self {
        Self::client("InvalidImageFormatException", "Request has invalid image format")
    }

    pub(crate) fn image_too_large(message: impl Into<String>) -> Self {
        Self::client("ImageTooLargeException", message)
    }

    pub(crate) fn invalid_s3_object(message: impl Into<String>) -> Self {
        Self::client("InvalidS3ObjectException", message)
    }

    pub(crate) fn invalid_pagination_token() -> Self {
        Self::client("InvalidPaginationTokenException", "Pagination token in the request is not valid")
    }

    pub(crate) fn no_collection(id: &str) -> Self {
        Self::client("ResourceNotFoundException", format!("The collection id: {id} does not exist"))
    }

    pub(crate) fn collection_exists(id: &str) -> Self {
        Self::client("ResourceAlreadyExistsException", format!("The collection id: {id} already exists"))
    }

    pub(crate) fn no_user(id: &str) -> Self {
        Self::client("ResourceNotFoundException", format!("The user id: {id} does not exist"))
    }

    pub(crate) fn conflict(message: &str) -> Self {
        Self::client("ConflictException", message)
    }

    pub(crate) fn token_was_used() -> Self {
        let message = "The ClientRequestToken was used before with other parameters";
        Self::client("IdempotentParameterMismatchException", message)
    }

    pub(crate) fn user_is_full(most: usize) -> Self {
        let message = format!("A user can have at most {most} faces");
        Self::client("ServiceQuotaExceededException", message)
    }

    pub(crate) fn body_too_large() -> Self {
        let message = "The request's body is too large";
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::client("RequestEntityTooLargeException", message) }
    }

    pub(crate) fn body_too_slow() -> Self {
        let message = "The request's body did not arrive in time";
        Self { status: StatusCode::REQUEST_TIMEOUT, ..Self::client("RequestTimeoutException", message) }
    }

    /// Goes to the log, for whoever runs the server; the caller learns nothing of it.
    pub(crate) fn internal(why: impl Display) -> Self {
        tracing::error!("{why}");
        let message = "Amazon Rekognition experienced a service issue. Try your call again.";
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::client("InternalServerError", message) }
    }

    /// As the SDKs expect it.
    pub(crate) fn body(&self, request: Uuid) -> Value {
        json!({ "__type": self.code, "Code": self.code, "Logref": request, "Message": self.message })
    }
}
