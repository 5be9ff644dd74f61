use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use rust_embed::{Embed, EmbeddedFile};

/// The pages, within the program; a debug build reads them from their folder, so that a change shows at once. What lies
/// there without a [`content_type`] is not theirs.
#[derive(Embed)]
#[folder = "../web"]
struct Web;

/// Only what comes from here runs, and nothing else may show these pages within its own.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
         connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'",
    ),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Kept, and asked for again each time: mostly nothing has changed, and an update shows at once.
    (CACHE_CONTROL, "no-cache"),
];

/// What tells the pages where they are: here the API has their own origin, and people sign in by a link.
const CONFIG: &str = "config.json";

const NOT_FOUND: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>\
                         <h1>There is no such page</h1><p><a href=\"/\">To the start</a></p></html>\n";

/// The layer: pages are answered here, and everything that is the API's goes on to it.
pub(super) async fn serve(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_of_the_api(path) {
        return next.run(request).await;
    }
    let mut response = page(request.method(), path, request.headers());
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_of_the_api(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics" | "/openapi.json" | "/v1") || path.starts_with("/v1/")
}

fn page(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response =
            answer(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", Cow::Borrowed(b"use GET\n"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let name = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
    let found = Web::get(name).zip(content_type(name));
    let is_head = *method == Method::HEAD;
    match found {
        Some((file, content_type)) => whole_or_unchanged(file, content_type, headers, is_head),
        None => of_head(
            answer(StatusCode::NOT_FOUND, "text/html; charset=utf-8", Cow::Borrowed(NOT_FOUND.as_bytes())),
            is_head,
        ),
    }
}

fn whole_or_unchanged(file: EmbeddedFile, content_type: &'static str, headers: &HeaderMap, is_head: bool) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let mut response = if has(headers, &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        of_head(answer(StatusCode::OK, content_type, file.data), is_head)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// Whether the browser has it already.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = tags.flat_map(|tags| tags.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn answer(status: StatusCode, content_type: &'static str, bytes: Cow<'static, [u8]>) -> Response {
    let length = bytes.len();
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// The head alone, with the length that the whole has.
fn of_head(response: Response, is_head: bool) -> Response {
    if is_head { response.map(|_| Body::empty()) } else { response }
}

fn content_type(name: &str) -> Option<&'static str> {
    if name == CONFIG {
        return Some("application/json");
    }
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    fn get(path: &str, known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, known.parse().unwrap());
        }
        page(&Method::GET, path, &headers)
    }

    #[test]
    fn every_file_has_a_type_but_the_words_for_contributors() {
        assert!(Web::get("index.html").is_some());
        let others: Vec<_> = Web::iter().filter(|name| content_type(name).is_none()).collect();
        assert_eq!(others, ["README.md"]);
    }

    #[test]
    fn what_has_not_changed_is_not_sent_again() {
        let first = get("/", None);
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[ETAG].to_str().unwrap();
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = get("/index.html", Some(&known));
            assert_eq!((again.status(), &again.headers()[ETAG]), (StatusCode::NOT_MODIFIED, &first.headers()[ETAG]));
        }
        assert_eq!(get("/", Some("\"other\"")).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_pages_are_told_that_the_api_is_here_and_that_links_sign_in() {
        let config = get("/config.json", None);
        assert_eq!(config.headers()[CONTENT_TYPE], "application/json");
        let config = to_bytes(config.into_body(), 4096).await.unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let desk = serde_json::json!({ "api": "", "sign_in": { "kind": "link" }, "upload": "direct" });
        assert_eq!(config, desk);
    }

    #[tokio::test]
    async fn the_head_alone_has_the_length_of_the_whole() {
        let whole = get("/", None);
        let head = page(&Method::HEAD, "/", &HeaderMap::new());
        assert_eq!(head.headers()[CONTENT_LENGTH], whole.headers()[CONTENT_LENGTH]);
        assert!(to_bytes(head.into_body(), 1).await.unwrap().is_empty());
    }

    #[test]
    fn nothing_but_the_pages_is_served() {
        for path in [
            "/../desk/Cargo.toml",
            "/js/../../desk/Cargo.toml",
            "/README.md",
            "/js",
            "/js/",
            "/js/config.json",
            "/nothing.html",
            "//",
        ] {
            assert_eq!(get(path, None).status(), StatusCode::NOT_FOUND, "{path}");
        }
        let other = page(&Method::POST, "/", &HeaderMap::new());
        assert_eq!(
            (other.status(), &other.headers()[ALLOW]),
            (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static("GET, HEAD"))
        );
    }
}
