//! The name of a request in answers and in the log.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's, if it is 1 to 128 of A-Z, a-z, 0-9, '.', '_', ':', '=' and '-'; else a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self::of_text(headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()))
    }

    pub(crate) fn of_text(given: Option<&str>) -> Self {
        let given = given.filter(|id| is_id(id));
        Self(given.map_or_else(|| Uuid::now_v7().to_string().into(), Into::into))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }
}

fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'=' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_that_can_stand_in_a_log_is_taken() {
        let of = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_str(id).unwrap());
            RequestId::of(&headers)
        };
        assert_eq!(of("a.B_c:1-2=").as_str(), "a.B_c:1-2=");
        for other in ["", "a b", "a\"b", "a/b", &"a".repeat(129)] {
            assert_ne!(of(other).as_str(), other);
        }
        assert_ne!(RequestId::of(&HeaderMap::new()).as_str(), RequestId::of(&HeaderMap::new()).as_str());
    }
}
