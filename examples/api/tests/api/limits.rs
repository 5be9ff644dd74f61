use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use attendance_api::auth::{AuthError, Authenticator, Principal};
use attendance_api::{Api, Limits, Rate};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use jiff::Timestamp;

use crate::desk::{Desk, request};

const WHOAMI: &str = "/v1/whoami";

/// So many at once, and then one in a second.
fn burst(burst: u32) -> Rate {
    Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(burst).unwrap() }
}

fn from(address: &str, token: &str) -> Request<Body> {
    let mut request = request(Method::GET, WHOAMI, token).body(Body::empty()).unwrap();
    let peer: SocketAddr = (address.parse::<std::net::IpAddr>().unwrap(), 4711).into();
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

#[tokio::test]
async fn a_subject_that_asks_too_often_is_told_when_to_ask_again() {
    let limits = Limits { per_subject: burst(2), ..Limits::default() };
    let desk = Desk::with(|api| api.limits(limits)).await;
    for _ in 0..2 {
        desk.get(&desk.admin, WHOAMI).await.is(200);
    }
    let answer = desk.get(&desk.admin, WHOAMI).await;
    answer.problem(429, "too-many-requests");
    assert_eq!(answer.header("retry-after"), "1");
    // Somebody else is not held back.
    desk.get(&desk.operator, WHOAMI).await.is(200);
}

#[tokio::test]
async fn an_address_that_guesses_tokens_is_held_back_and_its_neighbours_are_not() {
    let limits = Limits { without_token: burst(3), ..Limits::default() };
    let desk = Desk::with(|api| api.limits(limits)).await;
    for _ in 0..3 {
        desk.send(from("192.0.2.1", "guess")).await.problem(401, "unauthorized");
    }
    let answer = desk.send(from("192.0.2.1", "guess")).await;
    answer.problem(429, "too-many-requests");
    assert_ne!(answer.header("retry-after"), "");
    desk.send(from("192.0.2.2", "guess")).await.problem(401, "unauthorized");
    // A valid token is not guessed: many kiosks may share an address.
    desk.send(from("192.0.2.1", &desk.admin)).await.is(200);
}

#[tokio::test]
async fn without_limits_nothing_is_counted() {
    let desk = Desk::new().await;
    for _ in 0..300 {
        desk.get(&desk.admin, WHOAMI).await.is(200);
    }
}

/// Lets nobody in until it is told to.
#[derive(Debug)]
struct Slow(tokio::sync::Semaphore);

#[async_trait::async_trait]
impl Authenticator for Slow {
    async fn authenticate(&self, _: &str, _: Timestamp) -> Result<Principal, AuthError> {
        drop(self.0.acquire().await);
        Err(AuthError::Invalid)
    }
}

fn slow(desk: &Desk, limits: Limits) -> (Arc<Slow>, axum::Router) {
    let slow = Arc::new(Slow(tokio::sync::Semaphore::new(0)));
    (slow.clone(), Api::new(desk.attendance.clone(), slow).limits(limits).router())
}

#[tokio::test]
async fn one_request_too_many_is_sent_away_and_those_before_it_are_not() {
    let mut desk = Desk::new().await;
    let (slow, router) = slow(&desk, Limits { at_once: 1, waiting: 1, ..Limits::default() });
    desk.router = router;
    let three = (desk.get("a", WHOAMI), desk.get("b", WHOAMI), async {
        let third = desk.get("c", WHOAMI).await;
        slow.0.add_permits(1);
        third
    });
    let (first, second, third) = tokio::join!(three.0, three.1, three.2);
    third.problem(503, "busy");
    assert_eq!(third.header("retry-after"), "1");
    first.problem(401, "unauthorized");
    second.problem(401, "unauthorized");
    // The places are free again.
    desk.get("d", WHOAMI).await.problem(401, "unauthorized");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_is_given_up() {
    let mut desk = Desk::new().await;
    let (_slow, router) = slow(&desk, Limits { timeout: Duration::from_secs(30), ..Limits::default() });
    desk.router = router;
    let answer = desk.get("a", WHOAMI).await;
    answer.problem(503, "unavailable");
    assert_ne!(answer.header("retry-after"), "");
}
