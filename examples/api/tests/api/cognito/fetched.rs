use std::sync::atomic::Ordering;

use attendance_api::auth::{InvalidJwks, Jwks};
use jiff::SignedDuration;
use serde_json::json;
use tokio::net::TcpListener;

use super::address::Address;
use super::pool::{ACCESS, ID, Pool, header, jwk, jwks, key, signed, signed_as};
use crate::sign_in::forged;

async fn pool_of(address: &Address) -> Pool {
    Pool::with(Jwks::fetched(&address.url).unwrap()).await
}

/// A token that names a key which nobody knows.
fn invented(pool: &Pool, id: &str) -> String {
    signed_as(&header(id), &pool.access(), &key(ACCESS))
}

#[tokio::test]
async fn keys_are_fetched_once_and_kept() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    assert_eq!(address.times_asked(), 0);
    for _ in 0..3 {
        pool.ask(&pool.access_token()).await.is(200);
        pool.ask(&signed(ID, &pool.id())).await.is(200);
    }
    assert_eq!(address.times_asked(), 1);
}

#[tokio::test]
async fn invented_keys_are_asked_for_once_a_minute() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    for (seconds, asked) in [(0, 1), (59, 1), (1, 2), (0, 2), (59, 2), (1, 3)] {
        pool.desk.clock.advance(SignedDuration::from_secs(seconds));
        for id in ["one", "two", "three"] {
            pool.ask(&invented(&pool, id)).await.problem(401, "unauthorized");
        }
        assert_eq!(address.times_asked(), asked);
    }
    pool.ask(&pool.access_token()).await.is(200);
}

#[tokio::test]
async fn no_key_is_asked_for_where_the_token_can_not_count() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    for header in
        [json!({ "alg": "none", "kid": "x" }), json!({ "alg": "HS256", "kid": "x" }), json!({ "alg": "RS256" })]
    {
        pool.ask(&forged(&header, &pool.access(), "AAAA")).await.problem(401, "unauthorized");
    }
    assert_eq!(address.times_asked(), 0);
}

#[tokio::test]
async fn a_new_key_is_found() {
    let address = Address::showing(&json!({ "keys": [jwk(ID)] })).await;
    let pool = pool_of(&address).await;
    pool.ask(&signed(ID, &pool.id())).await.is(200);
    address.shows(&jwks());
    pool.ask(&pool.access_token()).await.problem(401, "unauthorized");
    pool.desk.clock.advance(SignedDuration::from_secs(60));
    pool.ask(&pool.access_token()).await.is(200);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_counts_for_an_hour_at_most() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    pool.ask(&pool.access_token()).await.is(200);
    address.shows(&json!({ "keys": [jwk(ID)] }));
    pool.desk.clock.advance(SignedDuration::from_secs(3599));
    pool.ask(&pool.access_token()).await.is(200);
    pool.desk.clock.advance(SignedDuration::from_secs(1));
    pool.ask(&pool.access_token()).await.problem(401, "unauthorized");
    pool.ask(&signed(ID, &pool.id())).await.is(200);
    assert_eq!(address.times_asked(), 2);
}

#[tokio::test]
async fn keys_that_are_known_count_while_the_address_fails() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    pool.ask(&pool.access_token()).await.is(200);
    address.answers("500 Internal Server Error", "");
    pool.desk.clock.advance(SignedDuration::from_hours(2));
    pool.ask(&pool.access_token()).await.is(200);
    pool.ask(&invented(&pool, "new")).await.problem(503, "unavailable");
    assert_eq!(address.times_asked(), 2);
}

#[tokio::test]
async fn without_any_answer_nobody_is_taken_and_the_next_question_comes_soon() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    let documents = [
        ("500 Internal Server Error", jwks().to_string()),
        ("404 Not Found", jwks().to_string()),
        ("302 Found", jwks().to_string()),
        ("200 OK", "<html>Sign in to the network</html>".to_owned()),
        ("200 OK", String::new()),
        ("200 OK", json!({ "keys": [] }).to_string()),
        ("200 OK", jwks().to_string() + &" ".repeat(64 * 1024)),
    ];
    for (index, (status, body)) in documents.iter().enumerate() {
        address.answers(status, body);
        for _ in 0..3 {
            let answer = pool.ask(&pool.access_token()).await;
            answer.problem(503, "unavailable");
            assert_eq!(answer.header("retry-after"), "1");
        }
        assert_eq!(address.times_asked(), index + 1, "{status} {body}");
        pool.desk.clock.advance(SignedDuration::from_secs(5));
    }
    address.shows(&jwks());
    pool.ask(&pool.access_token()).await.is(200);
}

#[tokio::test]
async fn an_address_that_nobody_listens_at_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let pool = Pool::with(Jwks::fetched(&url).unwrap()).await;
    pool.ask(&pool.access_token()).await.problem(503, "unavailable");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_does_not_answer_is_waited_for_three_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let pool = Pool::with(Jwks::fetched(&url).unwrap()).await;
    let started = tokio::time::Instant::now();
    pool.ask(&pool.access_token()).await.problem(503, "unavailable");
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_its_end() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    address.never_ends();
    pool.ask(&pool.access_token()).await.problem(503, "unavailable");
    // What lies in the buffers of the two sockets is all that was sent beside the 64 KiB.
    assert!(address.written.load(Ordering::Relaxed) < 20_000_000);
}

#[tokio::test]
async fn many_who_need_a_key_ask_for_it_once() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    address.hold();
    let token = pool.access_token();
    let all = futures_util::future::join_all((0..20).map(|_| pool.ask(&token)));
    let release = async {
        address.asked(1).await;
        address.release();
    };
    let (answers, ()) = tokio::join!(all, release);
    answers.into_iter().for_each(|answer| drop(answer.is(200)));
    assert_eq!(address.times_asked(), 1);
}

#[tokio::test]
async fn who_has_a_key_does_not_wait_for_one_who_asks() {
    let address = Address::showing(&jwks()).await;
    let pool = pool_of(&address).await;
    pool.ask(&pool.access_token()).await.is(200);
    pool.desk.clock.advance(SignedDuration::from_hours(1));
    address.hold();
    let token = pool.access_but("exp", json!(pool.desk.now().as_second() + 60));
    let others = async {
        address.asked(2).await;
        for _ in 0..3 {
            pool.ask(&token).await.is(200);
        }
        address.release();
    };
    let (first, ()) = tokio::join!(pool.ask(&token), others);
    first.is(200);
    assert_eq!(address.times_asked(), 2);
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    for url in [
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example/.well-known/jwks.json",
        "http://127.0.0.1:4566/pool/.well-known/jwks.json",
        "http://localhost/x",
        "http://[::1]:1/x",
    ] {
        assert!(Jwks::fetched(url).is_ok(), "{url}");
    }
    for url in [
        "",
        "/jwks.json",
        "https:///jwks.json",
        "ftp://127.0.0.1/x",
        "http://cognito-idp.eu-west-1.amazonaws.com/x",
        "http://127.0.0.1.example.org/x",
        "http://localhost@example.org/x",
        "http://10.0.0.1/x",
    ] {
        assert_eq!(Jwks::fetched(url).unwrap_err(), InvalidJwks::Address, "{url}");
    }
}
