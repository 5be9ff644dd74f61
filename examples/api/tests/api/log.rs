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
        let kept = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(kept.clone())
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .finish();
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
