use attendance_core::domain::ids::CheckInId;
use attendance_core::ports::image_store::ContentType;
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use bytes::Bytes;
use serde::Serialize;

use crate::failure::Failure;

/// What the API is asked. It can be asked again.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    pub(crate) fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Below another path.
    pub(crate) fn below(self, path: &str) -> Self {
        Self { path: format!("{path}{}", self.path), ..self }
    }

    /// With a parameter, if it has a value.
    pub(crate) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// With an id under which it is done once, however often it is asked.
    pub(crate) fn once(mut self, id: &CheckInId) -> Result<Self, Failure> {
        let value = HeaderValue::from_str(id.as_str()).map_err(anyhow::Error::from)?;
        self.headers.insert(HeaderName::from_static("idempotency-key"), value);
        Ok(self)
    }

    /// Only where there is no record, or upon that version of it.
    pub(crate) fn upon(mut self, version: Option<u32>) -> Result<Self, Failure> {
        let (name, value) = match version {
            None => (IF_NONE_MATCH, "*".to_owned()),
            Some(version) => (IF_MATCH, format!("\"{version}\"")),
        };
        self.headers.insert(name, HeaderValue::from_str(&value).map_err(anyhow::Error::from)?);
        Ok(self)
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body).map_err(anyhow::Error::from)?;
        Ok(self.with_body("application/json", body.into()))
    }

    /// With a picture. Whatever is none is called one too, so that it is the API that says so.
    pub(crate) fn image(self, bytes: Bytes) -> Self {
        let content_type = match ContentType::sniff(&bytes) {
            Some(ContentType::Png) => "image/png",
            _ => "image/jpeg",
        };
        self.with_body(content_type, bytes)
    }

    fn with_body(mut self, content_type: &'static str, body: Bytes) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { body, ..self }
    }

    pub(super) fn request(&self) -> Result<Request<Bytes>, Failure> {
        let mut target = self.path.clone();
        if !self.query.is_empty() {
            target.push('?');
            target += &form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        }
        let request = Request::builder().method(&self.method).uri(target).body(self.body.clone());
        let mut request = request.map_err(anyhow::Error::from)?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped_and_those_without_a_value_are_left_out() {
        let ask = Ask::get("/attendees").below("/v1/orgs/default");
        let ask = ask.query("external_id", Some("a&b=c d/é")).query("group", None::<String>).query("limit", Some(1));
        let request = ask.request().unwrap();
        assert_eq!(request.uri(), "/v1/orgs/default/attendees?external_id=a%26b%3Dc+d%2F%C3%A9&limit=1");
    }
}
