//! An API over the fakes, with an organization `default` and a token for everyone.

use std::sync::Arc;

use attendance_api::auth::{Grant, Role, SharedKeyTokens, TokenIssuer};
use attendance_api::{Api, wire};
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::zone::Zone;
use attendance_core::memory::{
    InMemoryAttendanceRepo, InMemoryEventSink, InMemoryFaceMatcher, InMemoryImageStore, InMemoryNotifier,
};
use attendance_core::ports::ImageStore;
use attendance_core::{Attendance, Clock, ManualClock, NewOrganization};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Builder;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const KEY: [u8; 32] = [7; 32];

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) struct Desk {
    pub(crate) attendance: Attendance,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tokens: Arc<SharedKeyTokens>,
    pub(crate) router: Router,
    pub(crate) admin: String,
    pub(crate) operator: String,
    pub(crate) kiosk: String,
}

impl Desk {
    /// The organization `default` with tokens for it; the time stands at 2026-11-21 09:00 UTC.
    pub(crate) async fn new() -> Self {
        Self::with(|api| api).await
    }

    /// With an API that is put together otherwise.
    pub(crate) async fn with(change: impl FnOnce(Api) -> Api) -> Self {
        Self::with_images(Arc::new(InMemoryImageStore::new()), change).await
    }

    /// With an image store of one's own, too.
    pub(crate) async fn with_images(images: Arc<dyn ImageStore>, change: impl FnOnce(Api) -> Api) -> Self {
        let clock = Arc::new(ManualClock::new("2026-11-21T09:00:00Z".parse().unwrap()));
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(InMemoryFaceMatcher::new().with_images(images.clone())))
            .image_store(images)
            .repo(Arc::new(InMemoryAttendanceRepo::new()))
            .notifier(Arc::new(InMemoryNotifier::new()))
            .event_sink(Arc::new(InMemoryEventSink::new()))
            .clock(clock.clone())
            .build()
            .unwrap();
        let tokens = Arc::new(SharedKeyTokens::new("desk".to_owned(), &KEY));
        let api = Api::new(attendance.clone(), tokens.clone()).tokens(tokens.clone()).metrics();
        let router = change(api).router();
        let mut desk = Self {
            attendance,
            clock,
            tokens,
            router,
            admin: String::new(),
            operator: String::new(),
            kiosk: String::new(),
        };
        desk.organization("default").await;
        desk.admin = desk.token("default:admin");
        desk.operator = desk.token("default:operator");
        desk.kiosk = desk.token("default:kiosk");
        desk
    }

    /// Makes an organization.
    pub(crate) async fn organization(&self, id: &str) {
        let new = NewOrganization { id: id.parse().unwrap(), zone: Zone::utc(), policy: Default::default() };
        self.attendance.ensure_organization(new, &Actor::system()).await.unwrap();
    }

    /// A token for a day with one right, such as `default:admin`; its subject is named as the right is.
    pub(crate) fn token(&self, right: &str) -> String {
        let (organization, role) = right.split_once(':').unwrap();
        let right: (OrganizationId, Role) = (organization.parse().unwrap(), role.parse().unwrap());
        let grant = Grant {
            subject: format!("{organization}-{role}"),
            groups: [right].into(),
            valid_for: SignedDuration::from_hours(24),
        };
        self.tokens.issue(&grant, self.clock.now()).unwrap().token
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(request(Method::GET, path, token).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, token: &str, path: &str) -> Answer {
        self.send(request(Method::DELETE, path, token).body(Body::empty()).unwrap()).await
    }

    /// Sends a JSON body.
    pub(crate) async fn json(&self, method: Method, token: &str, path: &str, body: &Value) -> Answer {
        let request = request(method, path, token).header("content-type", "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// Marks as an operator: where there is no record, or upon that version of it.
    pub(crate) async fn mark(&self, path: &str, replaced: Option<u32>, body: &Value) -> Answer {
        let (name, value) = match replaced {
            None => ("if-none-match", "*".to_owned()),
            Some(version) => ("if-match", format!("\"{version}\"")),
        };
        self.mark_with(path, &[(name, &value)], body).await
    }

    /// Marks as an operator with these headers.
    pub(crate) async fn mark_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let method = if path.ends_with("/records") { Method::POST } else { Method::PUT };
        let mut request = request(method, path, &self.operator).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, token, path, body).await
    }

    /// Sends a picture.
    pub(crate) async fn picture(&self, token: &str, path: &str, picture: Bytes) -> Answer {
        let request = request(Method::POST, path, token).header("content-type", "image/jpeg");
        self.send(request.body(picture.into()).unwrap()).await
    }

    /// Somebody with a consent on record.
    pub(crate) async fn registered(&self, name: &str) -> wire::Attendee {
        let new = serde_json::json!({ "name": name, "consent": "My face may be used." });
        self.post(&self.admin, "/v1/orgs/default/attendees", &new).await.is(201).read()
    }

    /// Somebody whose face, which is called as they are, is enrolled.
    pub(crate) async fn enrolled(&self, name: &str) -> wire::Attendee {
        let attendee = self.registered(name).await;
        let path = format!("/v1/orgs/default/attendees/{}/faces", attendee.id);
        let portrait = attendance_core::memory::FakePicture::of(name).bytes();
        self.picture(&self.admin, &path, portrait).await.is(201);
        attendee
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The start of a request with a token.
pub(crate) fn request(method: Method, path: &str, token: &str) -> Builder {
    Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"))
}

impl Answer {
    /// Has that status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    pub(crate) fn read<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Is a problem of that status and code, complete and of its own media type.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> wire::Problem {
        let problem: wire::Problem = self.read();
        assert_eq!((self.status, problem.code.as_str()), (status, code), "{problem:?}");
        assert_eq!(problem.status, status);
        assert_eq!(problem.kind, format!("urn:problem-type:attendance:{code}"));
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("x-request-id"), problem.request_id);
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{problem:?}");
        problem
    }
}
