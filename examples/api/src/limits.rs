//! Bounds on how often, how much and how long: so that one caller can't take everything from the others.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::App;
use crate::auth::Principal;
use crate::problem::Fault;

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often in a second, in the long run.
    pub per_second: NonZeroU32,
    /// How often at once, after a rest.
    pub burst: NonZeroU32,
}

/// What a host bounds. The defaults are right for one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests of one subject: 50 in a second, 200 at once.
    pub per_subject: Rate,
    /// Requests without a valid token from one address (of IPv6 its /64): 10 in a second, 50 at once.
    pub without_token: Rate,
    /// Requests at work at the same time: 32. Each may hold an image of 15 MB.
    pub at_once: usize,
    /// Requests that wait for their turn, unread: 512. Beyond these, one is told to come back.
    pub waiting: usize,
    /// How long a request may take, waiting included: 30 seconds. What is streamed afterwards is not counted.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let rate = |per_second, burst| Rate {
            per_second: NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN),
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
        };
        Self {
            per_subject: rate(50, 200),
            without_token: rate(10, 50),
            at_once: 32,
            waiting: 512,
            timeout: Duration::from_secs(30),
        }
    }
}

/// The limits with what was counted against them.
#[derive(Debug)]
pub(crate) struct Bounds {
    subjects: Keyed<(String, String)>,
    addresses: Keyed<Option<IpAddr>>,
    /// Turns for those at work and those who wait.
    admitted: Semaphore,
    at_work: Semaphore,
    timeout: Duration,
}

impl Bounds {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            subjects: Keyed::new(limits.per_subject),
            addresses: Keyed::new(limits.without_token),
            admitted: Semaphore::new(limits.at_once.saturating_add(limits.waiting).min(Semaphore::MAX_PERMITS)),
            at_work: Semaphore::new(limits.at_once.min(Semaphore::MAX_PERMITS)),
            timeout: limits.timeout,
        }
    }

    /// Counts a request of somebody who is known.
    pub(crate) fn count_subject(&self, principal: &Principal) -> Result<(), Fault> {
        self.subjects.count(&(principal.issuer.clone(), principal.subject.clone()))
    }

    /// Counts a request without a valid token.
    pub(crate) fn count_address(&self, extensions: &Extensions) -> Result<(), Fault> {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        self.addresses.count(&peer.map(|ConnectInfo(peer)| network_of(peer.ip())))
    }
}

/// What one party holds of addresses: of IPv6 a whole /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.into(),
            None => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        },
        address => address,
    }
}

/// A rate for each of many keys.
#[derive(Debug)]
struct Keyed<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    counted: AtomicU32,
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
        Self { limiter: RateLimiter::hashmap(quota), counted: AtomicU32::new(0) }
    }

    fn count(&self, key: &K) -> Result<(), Fault> {
        // Keys at rest are dropped now and then, so that what is remembered stays bounded.
        if self.counted.fetch_add(1, Ordering::Relaxed) % 1024 == 1023 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let detail = format!("ask again in {seconds} s, and less often");
            Fault::new("too-many-requests", detail).retry_after(seconds)
        })
    }
}

/// The layer: as many requests at work as there may be, a bounded queue before them, and none longer than it may take.
pub(crate) async fn bound(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(bounds) = app.limits() else { return next.run(request).await };
    let Ok(_admitted) = bounds.admitted.try_acquire() else {
        return Fault::new("busy", "too many requests are waiting: ask again in a second")
            .retry_after(1)
            .into_response();
    };
    let answer = async {
        let _turn = bounds.at_work.acquire().await;
        next.run(request).await
    };
    match tokio::time::timeout(bounds.timeout, answer).await {
        Ok(response) => response,
        Err(_) => {
            Fault::new("unavailable", "the request took too long and may be half done: look before you repeat it")
                .retry_after(5)
                .into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let network = |address: &str| network_of(address.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn one_key_does_not_use_up_the_rate_of_another() {
        let rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(2).unwrap() };
        let keyed = Keyed::new(rate);
        assert!(keyed.count(&"a").is_ok() && keyed.count(&"a").is_ok());
        assert_eq!(keyed.count(&"a").unwrap_err().code(), "too-many-requests");
        assert!(keyed.count(&"b").is_ok());
    }
}
