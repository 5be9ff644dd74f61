//! The API's client: every command is one, whether the desk is this process or another.

mod ask;
pub(crate) mod remote;

use std::net::SocketAddr;
use std::time::Duration;

use attendance_api::auth::Role;
use attendance_api::wire;
use attendance_core::domain::ids::OrganizationId;
use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::json;
use tower::ServiceExt;

pub(crate) use ask::Ask;
use remote::Remote;

use crate::desk::{Desk, home};
use crate::failure::Failure;
use crate::notice::Notice;

/// The subject of commands: who acts, in the audit of the desk's own organization.
pub(crate) const SUBJECT: &str = "cli";

/// For how long the token of a command that opened the folder itself is valid: longer than any command takes.
const VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How often a desk that has too much to do is asked again before it is taken at its word.
const TRIES: u32 = 20;

/// For how long a desk that has too much to do is left alone at most, whatever it says.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the API about one organization.
pub(crate) struct Client {
    transport: Transport,
    token: String,
    organization: OrganizationId,
}

enum Transport {
    InProcess(Router),
    Remote(Box<Remote>),
}

/// What the API said.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Client {
    /// Asks the desk that is this process.
    pub(crate) async fn in_process(desk: &Desk, organization: &OrganizationId) -> Result<Self, Failure> {
        let token = desk.admin_token(SUBJECT, VALID_FOR)?.token;
        Self { transport: Transport::InProcess(desk.api().router()), token, organization: home() }
            .of(organization)
            .await
    }

    /// Asks the desk that runs.
    pub(crate) async fn remote(notice: &Notice, organization: &OrganizationId) -> Result<Self, Failure> {
        let transport = Transport::Remote(Box::new(Remote::new(notice.address)));
        Self { transport, token: notice.token.clone(), organization: home() }.of(organization).await
    }

    /// Asks about another organization: with a right in it, which the desk's own admin may give.
    async fn of(self, organization: &OrganizationId) -> Result<Self, Failure> {
        if *organization == self.organization {
            return Ok(self);
        }
        let client = Self { organization: organization.clone(), ..self };
        let new = json!({ "role": Role::Admin, "days": 1 });
        let token: wire::IssuedToken = client.of_organization(Ask::post("/tokens").json(&new)?).await?;
        Ok(Self { token: token.token, ..client })
    }

    /// Where the desk listens that is asked, if it is not this process.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.transport {
            Transport::InProcess(_) => None,
            Transport::Remote(remote) => Some(remote.address()),
        }
    }

    /// Asks below the organization, and reads the answer.
    pub(crate) async fn of_organization<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, Failure> {
        self.ask(ask.below(&format!("/v1/orgs/{}", self.organization))).await
    }

    /// As [`of_organization`](Self::of_organization), where the answer has nothing in it.
    pub(crate) async fn tell(&self, ask: Ask) -> Result<(), Failure> {
        self.patiently(&ask.below(&format!("/v1/orgs/{}", self.organization))).await.map(drop)
    }

    /// Asks, and reads the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, Failure> {
        let body = self.patiently(&ask).await?;
        Ok(serde_json::from_slice(&body)
            .map_err(|error| anyhow::anyhow!("the desk's answer can't be read: {error}"))?)
    }

    /// Asks again while the desk has too much to do.
    async fn patiently(&self, ask: &Ask) -> Result<Bytes, Failure> {
        let mut tries = 1;
        loop {
            let answer = self.send(ask).await?;
            if answer.status.is_success() {
                return Ok(answer.body);
            }
            match answer.wait() {
                Some(wait) if tries < TRIES => tokio::time::sleep(wait).await,
                _ => return Err(answer.failure()),
            }
            tries += 1;
        }
    }

    async fn send(&self, ask: &Ask) -> Result<Answer, Failure> {
        let mut request = ask.request()?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.token)).map_err(anyhow::Error::from)?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        match &self.transport {
            Transport::InProcess(router) => {
                let Ok(response) = router.clone().oneshot(request.map(Body::from)).await;
                let (parts, body) = response.into_parts();
                let body = body.collect().await.map_err(anyhow::Error::from)?.to_bytes();
                Ok(Answer { status: parts.status, headers: parts.headers, body })
            }
            Transport::Remote(remote) => remote.send(request).await,
        }
    }
}

impl Answer {
    /// For how long to wait before the same is asked again, if nothing was done because too much is.
    fn wait(&self) -> Option<Duration> {
        let busy = self.status == StatusCode::TOO_MANY_REQUESTS
            || self.status == StatusCode::SERVICE_UNAVAILABLE && self.problem()?.code == "busy";
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        busy.then(|| Duration::from_secs(seconds).min(PATIENCE))
    }

    fn problem(&self) -> Option<wire::Problem> {
        serde_json::from_slice(&self.body).ok()
    }

    fn failure(&self) -> Failure {
        match self.problem() {
            Some(problem) => Failure::Refused(Box::new(problem)),
            None => anyhow::anyhow!("the desk answered {} and nothing that can be read", self.status).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A client of an API that refuses so often, with that code, before it answers.
    fn client(refusals: u32, status: u16, code: &'static str) -> (Client, Arc<AtomicU32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let counted = asked.clone();
        let router = Router::new().fallback(move || {
            let done = counted.fetch_add(1, Ordering::Relaxed) >= refusals;
            let problem = wire::Problem {
                kind: format!("urn:problem-type:attendance:{code}"),
                title: "Refused".to_owned(),
                status,
                detail: "ask again".to_owned(),
                code: code.to_owned(),
                request_id: "r-1".to_owned(),
                attendee: None,
                sessions: None,
                record: None,
                field: None,
            };
            let body = if done { json!("done") } else { json!(problem) };
            let status = if done { StatusCode::OK } else { StatusCode::from_u16(status).unwrap() };
            std::future::ready((status, [(RETRY_AFTER, "0")], body.to_string()))
        });
        let client =
            Client { transport: Transport::InProcess(router), token: "token".to_owned(), organization: home() };
        (client, asked)
    }

    #[tokio::test]
    async fn only_what_was_not_begun_is_asked_again() {
        for (status, code) in [(429, "too-many-requests"), (503, "busy")] {
            let (client, asked) = client(3, status, code);
            assert_eq!(client.ask::<String>(Ask::post("/")).await.unwrap(), "done");
            assert_eq!(asked.load(Ordering::Relaxed), 4);
        }
        for (status, code) in [(503, "unavailable"), (422, "no-face")] {
            let (client, asked) = client(3, status, code);
            assert_eq!(client.ask::<String>(Ask::post("/")).await.unwrap_err().code(), code);
            assert_eq!(asked.load(Ordering::Relaxed), 1);
        }
        let (client, asked) = client(u32::MAX, 503, "busy");
        assert_eq!(client.ask::<String>(Ask::post("/")).await.unwrap_err().code(), "busy");
        assert_eq!(asked.load(Ordering::Relaxed), TRIES);
    }
}
