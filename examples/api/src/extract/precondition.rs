use attendance_core::Expected;
use axum::extract::FromRequestParts;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::problem::Fault;

/// What whoever marks knows to stand: `If-None-Match: *`, or `If-Match` with the version of the record.
#[derive(Debug)]
pub(crate) struct Precondition(pub(crate) Expected);

/// The entity tag of a record's version.
pub(crate) fn etag(version: u32) -> String {
    format!("\"{version}\"")
}

impl<S: Send + Sync> FromRequestParts<S> for Precondition {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        match (one(&parts.headers, &IF_NONE_MATCH)?, one(&parts.headers, &IF_MATCH)?) {
            (None, None) => Err(Fault::new(
                "precondition-required",
                "say what you know to stand there: send the header if-none-match: * where there is no record, or \
                 if-match with the version that you replace, such as if-match: \"1\"",
            )),
            (Some("*"), None) => Ok(Self(Expected::None)),
            (Some(_), None) => {
                Err(Fault::invalid("if-none-match", "the header if-none-match can only be *: there is no record yet"))
            }
            (None, Some(tag)) => version(tag).map(|version| Self(Expected::Version(version))).ok_or_else(|| {
                let detail = "the header if-match must be the version of one record in quotes, such as \"1\": that \
                              is its etag, and never *, which would replace what you have not seen";
                Fault::invalid("if-match", detail)
            }),
            (Some(_), Some(_)) => Err(Fault::invalid("if-match", "send one of if-none-match and if-match, not both")),
        }
    }
}

/// A header's one value; a text that can't be one is none of ours.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Fault> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value.map(|value| value.to_str().unwrap_or_default().trim())),
        _ => Err(Fault::invalid(name.as_str(), format!("send the header {name} once"))),
    }
}

fn version(tag: &str) -> Option<u32> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    canonical.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_tag_that_it_was_given() {
        for number in [1, 12, u32::MAX] {
            assert_eq!(version(&etag(number)), Some(number));
        }
        for none in
            ["", "*", "1", "\"", "\"\"", "W/\"1\"", "\"0\"", "\"01\"", "\"+1\"", "\"1\", \"2\"", "\"4294967296\""]
        {
            assert_eq!(version(none), None, "{none}");
        }
    }
}
