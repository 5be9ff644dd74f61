use std::io::Write;
use std::sync::{Arc, Mutex};

use attendance_api::Api;
use attendance_api::auth::{AuthError, Authenticator, Principal};
use axum::body::Body;
use axum::http::Method;
use jiff::Timestamp;
use tracing_subscriber::fmt::MakeWriter;

use crate::desk::{Desk, request};

/// A log that is kept.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Kept {
    /// Keeps what this thread logs from now on, as long as the guard lives.
    fn start() -> (Self, tracing::subscriber::DefaultGuard) {
        Self::start_at(tracing::Level::TRACE)
    }

    fn start_at(level: tracing::Level) -> (Self, tracing::subscriber::DefaultGuard) {
        let kept = Self::default();
        let subscriber =
            tracing_subscriber::fmt().with_writer(kept.clone()).with_max_level(level).with_ansi(false).finish();
        (kept, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Fails as it is told to.
#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl Authenticator for Broken {
    async fn authenticate(&self, token: &str, _: Timestamp) -> Result<Principal, AuthError> {
        assert!(token != "panic", "the panic of a test");
        Err(AuthError::Unavailable { source: "disk 7 is on fire".into() })
    }
}

#[tokio::test]
async fn what_failed_inside_is_in_the_log_under_the_requests_id_and_not_in_the_answer() {
    let mut desk = Desk::new().await;
    desk.router = Api::new(desk.attendance.clone(), Arc::new(Broken)).router();
    let (log, _guard) = Kept::start();
    let asked = request(Method::GET, "/v1/whoami", "x").header("x-request-id", "front-desk:7");
    let answer = desk.send(asked.body(Body::empty()).unwrap()).await;
    answer.problem(503, "unavailable");
    assert!(!String::from_utf8_lossy(&answer.body).contains("disk"), "{answer:?}");
    let line = log.text().lines().find(|line| line.contains("disk 7 is on fire")).unwrap().to_owned();
    assert!(line.contains("ERROR") && line.contains("front-desk:7"), "{line}");
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let mut desk = Desk::new().await;
    desk.router = Api::new(desk.attendance.clone(), Arc::new(Broken)).router();
    let (log, _guard) = Kept::start();
    let answer = desk.get("panic", "/v1/whoami").await;
    answer.problem(500, "failed");
    assert!(!String::from_utf8_lossy(&answer.body).contains("panic"), "{answer:?}");
    assert!(log.text().contains("a handler panicked"), "{}", log.text());
}

#[tokio::test]
async fn the_log_tells_routes_and_nothing_personal() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await;
    let (log, _guard) = Kept::start();
    desk.get(&desk.admin, &format!("/v1/orgs/default/attendees/{}", ada.id)).await.is(200);
    desk.get(&desk.admin, "/v1/orgs/default/attendees?search=Lovelace").await.is(200);
    desk.post(&desk.admin, "/v1/orgs/default/attendees", &serde_json::json!({ "name": "Grace", "email": "Hopper" }))
        .await
        .problem(422, "invalid");
    let text = log.text();
    assert!(text.contains(r#"method="GET" route="/v1/orgs/{org}/attendees/{attendee}" status=200"#), "{text}");
    let id = ada.id.to_string();
    for personal in [id.as_str(), "Lovelace", "Grace", "Hopper", &desk.admin, "search"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

#[tokio::test]
async fn each_request_leaves_one_line_that_says_how_it_went() {
    let desk = Desk::new().await;
    let (log, _guard) = Kept::start_at(tracing::Level::INFO);
    desk.get(&desk.admin, "/v1/whoami").await.is(200);
    desk.get(&desk.admin, "/v1/nothing").await.problem(404, "not-found");
    desk.get("forged", "/v1/whoami").await.problem(401, "unauthorized");
    let text = log.text();
    let lines: Vec<_> = text.lines().collect();
    for (line, (route, status)) in lines.iter().zip([("/v1/whoami", 200), ("none", 404), ("/v1/whoami", 401)]) {
        let said = format!(r#"method="GET" route="{route}" status={status}}}: "#);
        assert!(line.contains(&said) && line.contains("answered took_ms="), "{line}");
    }
    assert_eq!(lines.len(), 3, "{text}");
}

#[tokio::test]
async fn the_line_of_a_check_in_names_it_once() {
    let desk = Desk::new().await;
    let picture = || attendance_core::memory::FakePicture::of("ada").bytes();
    let (log, _guard) = Kept::start_at(tracing::Level::INFO);
    let line = || log.text().lines().last().unwrap().to_owned();
    let path = "/v1/orgs/default/check-ins";
    let named = || request(Method::POST, path, &desk.kiosk).header("content-type", "image/jpeg");
    let named = |id: &str| named().header("idempotency-key", id).body(picture().into()).unwrap();
    desk.send(named("kiosk-1:4711")).await.is(200);
    assert_eq!(line().matches("correlation=kiosk-1:4711").count(), 1, "{}", line());
    // Also one that was refused, and one that nobody named.
    let empty = request(Method::POST, path, &desk.kiosk).header("content-type", "image/jpeg");
    desk.send(empty.header("idempotency-key", "kiosk-1:4712").body("".into()).unwrap()).await.is(422);
    assert!(line().contains("correlation=kiosk-1:4712"), "{}", line());
    let answer: serde_json::Value = desk.picture(&desk.kiosk, path, picture()).await.is(200).read();
    let id = answer["id"].as_str().unwrap();
    assert!(line().contains(&format!("correlation={id}")), "{}", line());
    desk.get(&desk.kiosk, &format!("{path}/{id}")).await.is(200);
    assert!(line().contains(&format!("correlation={id}")), "{}", line());
}
