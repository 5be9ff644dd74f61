//! Why a request is not done, as RFC 9457 writes it.

use std::fmt::Write as _;
use std::sync::Arc;

use attendance_core::Error;
use attendance_core::domain::InvalidText;
use attendance_core::domain::ids::AttendeeId;
use attendance_core::domain::session::SessionId;
use attendance_core::ports::{FaceMatcherError, ImageStoreError, RepoError};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::auth::AuthError;
use crate::wire;

/// Every code with its status and its title; whatever is not in here is `failed`.
const CODES: &[(&str, u16, &str)] = &[
    ("malformed-json", 400, "The body is not JSON"),
    ("body-incomplete", 400, "The body did not arrive as a whole"),
    ("unauthorized", 401, "A valid token is needed"),
    ("token-expired", 401, "The token has expired"),
    ("forbidden", 403, "The token does not allow this"),
    ("not-found", 404, "There is no such thing"),
    ("unknown-organization", 404, "There is no such organization"),
    ("unknown-attendee", 404, "There is no such attendee"),
    ("unknown-group", 404, "There is no such group"),
    ("unknown-session", 404, "There is no such session"),
    ("image-missing", 404, "There is no such image"),
    ("method-not-allowed", 405, "That method is not for this address"),
    ("exists", 409, "It exists already"),
    ("external-id-taken", 409, "The external id belongs to another attendee"),
    ("conflict", 409, "It was changed in between"),
    ("enrolled-as-another", 409, "The face is enrolled as another attendee"),
    ("choose-session", 409, "Several sessions are possible"),
    ("no-session", 409, "The attendee has no session"),
    ("not-on-roster", 409, "The attendee is not on the roster"),
    ("not-open", 409, "The session has not opened"),
    ("no-consent", 409, "No consent is on record"),
    ("everyone-stays", 409, "Everybody is in that group"),
    ("can-not-presign", 409, "Nothing can be uploaded past this host"),
    ("erased", 410, "The attendee was erased"),
    ("outdated", 412, "Another record stands"),
    ("body-too-large", 413, "The body is too large"),
    ("image-too-large", 413, "The image is too large"),
    ("unsupported-media-type", 415, "That content type is not taken"),
    ("invalid", 422, "A part of the request breaks a rule"),
    ("range-reversed", 422, "The range ends before it starts"),
    ("invalid-cursor", 422, "The cursor is not one of this list"),
    ("image-empty", 422, "The image is empty"),
    ("image-unsupported", 422, "The image has another format"),
    ("image-damaged", 422, "The image is damaged"),
    ("image-too-small", 422, "The image is too small"),
    ("no-face", 422, "There is no face in the picture"),
    ("several-faces", 422, "There are several faces in the picture"),
    ("poor-quality", 422, "The face does not show well enough"),
    ("too-many-faces", 422, "The attendee has too many faces"),
    ("unlike-own-faces", 422, "The face is unlike the attendee's others"),
    ("answer-too-large", 422, "The answer is too large"),
    ("precondition-required", 428, "Say what you know to stand"),
    ("too-many-requests", 429, "Too many requests"),
    ("busy", 503, "Too much is asked at the moment"),
    ("unavailable", 503, "A part that is needed can't be reached"),
    ("not-erased", 503, "The erasure is not complete"),
];

/// What a request fails with on the way through the layers; the outermost one writes it down as a
/// [`Problem`](wire::Problem), which needs the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    code: &'static str,
    detail: Box<str>,
    about: About,
    retry_after: Option<u32>,
    challenge: Challenge,
    /// What happened inside, for the log only.
    cause: Option<Arc<str>>,
}

/// What a program needs to know beside the code.
#[derive(Debug, Clone)]
enum About {
    Nothing,
    Field(Box<str>),
    Attendee(AttendeeId),
    Sessions(Box<[SessionId]>),
    Record(Box<wire::Record>),
}

/// What the header `WWW-Authenticate` says.
#[derive(Debug, Clone, Copy)]
enum Challenge {
    None,
    NoToken,
    InvalidToken,
}

impl Fault {
    /// A problem of that code, with one sentence that says what to do.
    pub(crate) fn new(code: &'static str, detail: impl Into<Box<str>>) -> Self {
        let detail = detail.into();
        Self { code, detail, about: About::Nothing, retry_after: None, challenge: Challenge::None, cause: None }
    }

    /// A part of the request that breaks a rule.
    pub(crate) fn invalid(field: impl Into<Box<str>>, detail: impl Into<Box<str>>) -> Self {
        Self { about: About::Field(field.into()), ..Self::new("invalid", detail) }
    }

    /// Something that is not there.
    pub(crate) fn not_found(detail: impl Into<Box<str>>) -> Self {
        Self::new("not-found", detail)
    }

    /// An organization that is not there, or in which the token has no right: one does not learn which.
    pub(crate) fn unknown_organization() -> Self {
        Error::from(RepoError::UnknownOrganization).into()
    }

    /// No token, or more than one.
    pub(crate) fn unauthorized(detail: impl Into<Box<str>>) -> Self {
        Self { challenge: Challenge::NoToken, ..Self::new("unauthorized", detail) }
    }

    /// Nothing internal goes out; the cause goes to the log.
    pub(crate) fn failed(cause: impl Into<Arc<str>>) -> Self {
        let detail = "something failed inside: ask the operator, and name the request's id";
        Self { cause: Some(cause.into()), ..Self::new("failed", detail) }
    }

    fn about_field(self, field: &str) -> Self {
        Self { about: About::Field(field.into()), ..self }
    }

    /// Says after how many seconds to try again.
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn kind(&self) -> (u16, &'static str) {
        let known = CODES.iter().find(|(code, ..)| *code == self.code);
        known.map_or((500, "Something failed inside"), |(_, status, title)| (*status, *title))
    }

    /// The problem as it is sent.
    pub(crate) fn problem(&self, request_id: &str) -> wire::Problem {
        let (status, title) = self.kind();
        let mut problem = wire::Problem {
            kind: format!("urn:problem-type:attendance:{}", self.code),
            title: title.to_owned(),
            status,
            detail: self.detail.to_string(),
            code: self.code.to_owned(),
            request_id: request_id.to_owned(),
            attendee: None,
            sessions: None,
            record: None,
            field: None,
        };
        match &self.about {
            About::Nothing => {}
            About::Field(field) => problem.field = Some(field.to_string()),
            About::Attendee(attendee) => problem.attendee = Some(*attendee),
            About::Sessions(sessions) => problem.sessions = Some(sessions.to_vec()),
            About::Record(record) => problem.record = Some(record.clone()),
        }
        problem
    }

    /// Writes the problem into an answer that one of the inner layers made out of it.
    pub(crate) fn write(&self, response: &mut Response, request_id: &str) {
        let body = serde_json::to_vec(&self.problem(request_id)).unwrap_or_default();
        *response.body_mut() = Body::from(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        let challenge = match self.challenge {
            Challenge::None => None,
            Challenge::NoToken => Some("Bearer"),
            Challenge::InvalidToken => Some(r#"Bearer error="invalid_token""#),
        };
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error with all that lies below it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let code = error.code();
        let fault = Self::new(code, error.to_string());
        match fault.status().as_u16() {
            500 => Self { code, ..Self::failed(chain(&error)) },
            503 => Self { cause: Some(chain(&error).into()), ..fault.retry_after(1) },
            _ => match error {
                Error::EnrolledAsAnother { attendee } => Self { about: About::Attendee(attendee), ..fault },
                Error::ChooseSession(sessions) => Self { about: About::Sessions(sessions.into()), ..fault },
                Error::Outdated(Some(record)) => Self { about: About::Record(Box::new((*record).into())), ..fault },
                Error::Attributes(_) => fault.about_field("attributes"),
                Error::Timetable(_) => fault.about_field("timetable"),
                Error::TooManyGroups(_) => fault.about_field("groups"),
                Error::RangeReversed { .. } => fault.about_field("to"),
                Error::Repo(RepoError::InvalidCursor) => fault.about_field("after"),
                _ => fault,
            },
        }
    }
}

impl From<AuthError> for Fault {
    fn from(error: AuthError) -> Self {
        let challenge = Challenge::InvalidToken;
        match error {
            AuthError::Invalid => Self { challenge, ..Self::new("unauthorized", error.to_string()) },
            AuthError::Expired => Self { challenge, ..Self::new("token-expired", error.to_string()) },
            AuthError::Unavailable { .. } => {
                let cause = Some(chain(&error).into());
                Self { cause, ..Self::new("unavailable", error.to_string()).retry_after(1) }
            }
        }
    }
}

macro_rules! from_core {
    ($($error:ty),*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Error::from(error).into()
            }
        }
    )*};
}
from_core!(RepoError, ImageStoreError, FaceMatcherError, InvalidText);

#[cfg(test)]
mod tests {
    use attendance_core::ports::face_matcher::ImageProblem;

    use super::*;

    #[test]
    fn what_failed_inside_is_told_to_the_log_only() {
        let inside = Error::from(RepoError::Failed { source: "disk 7 is on fire".into() });
        let fault = Fault::from(inside);
        assert_eq!(fault.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(fault.cause(), Some("the repository failed: disk 7 is on fire"));
        let problem = serde_json::to_string(&fault.problem("r-1")).unwrap();
        assert!(!problem.contains("disk") && !problem.contains("repository"), "{problem}");
        assert!(problem.contains(r#""request_id":"r-1""#), "{problem}");
    }

    #[test]
    fn a_fault_that_may_pass_says_when_to_try_again() {
        let fault = Fault::from(RepoError::Throttled { source: None });
        assert_eq!((fault.status().as_u16(), fault.retry_after), (503, Some(1)));
    }

    #[test]
    fn every_refusal_of_the_core_has_its_status() {
        let status = |error: Error| Fault::from(error).status().as_u16();
        assert_eq!(status(Error::UnknownAttendee), 404);
        assert_eq!(status(Error::Erased), 410);
        assert_eq!(status(Error::ConsentMissing), 409);
        assert_eq!(status(Error::Outdated(None)), 412);
        assert_eq!(status(FaceMatcherError::NoFace.into()), 422);
        assert_eq!(status(FaceMatcherError::Image(ImageProblem::TooManyBytes { bytes: 2, limit: 1 }).into()), 413);
        assert_eq!(status(FaceMatcherError::NotProvisioned.into()), 500);
        assert_eq!(status(RepoError::TooNew.into()), 500);
        assert_eq!(status(Error::NotErased("faces")), 503);
    }

    #[test]
    fn a_code_stands_once() {
        for (index, (code, ..)) in CODES.iter().enumerate() {
            assert!(CODES[index + 1..].iter().all(|(other, ..)| other != code), "{code}");
        }
    }
}
