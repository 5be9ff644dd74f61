//! The REST API of attendance: one axum [`Router`] over an [`Attendance`], for any host.
//!
//! ```
//! # use std::sync::Arc;
//! # use attendance_core::{Attendance, memory::*};
//! use attendance_api::{Api, Limits, auth::SharedKeyTokens};
//!
//! # fn serve(attendance: Attendance, key: [u8; 32]) -> axum::Router {
//! let tokens = Arc::new(SharedKeyTokens::new("desk".to_owned(), &key));
//! Api::new(attendance, tokens.clone()).tokens(tokens).limits(Limits::default()).metrics().router()
//! # }
//! ```
//!
//! A request passes, from the outside in: the request's id, its span and problem, the [bounds](Limits), the check
//! of its [token](auth), and then a handler of a few lines in `routes`. What is the same for every operation of the
//! [document](openapi()) is said once there.

pub mod auth;
mod csv;
mod extract;
#[cfg(feature = "lambda")]
pub mod gateway;
mod health;
mod limits;
mod live;
mod metrics;
mod observe;
mod openapi;
mod operations;
mod problem;
mod range;
mod request_id;
mod routes;
mod trend;
pub mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use attendance_core::Attendance;
use attendance_core::domain::ids::OrganizationId;
use axum::{Router, middleware};
pub use limits::{Limits, Rate};
pub use live::{LiveEvents, LiveUpdate};
pub use openapi::openapi;

use crate::auth::{Authenticator, TokenIssuer};
use crate::metrics::Metrics;
use crate::problem::Fault;

/// Puts the API together.
#[derive(Debug)]
pub struct Api {
    parts: Parts,
}

/// What handlers work with. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    attendance: Attendance,
    authenticator: Arc<dyn Authenticator>,
    home: OrganizationId,
    tokens: Option<Arc<dyn TokenIssuer>>,
    live: Option<Arc<dyn LiveEvents>>,
    limits: Option<limits::Bounds>,
    metrics: Option<Metrics>,
    /// Organizations that exist: they are never removed, so that each is asked for once.
    known: RwLock<BTreeSet<OrganizationId>>,
}

impl Api {
    /// An API over `attendance`, for those whose tokens the authenticator takes.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new(attendance: Attendance, authenticator: Arc<dyn Authenticator>) -> Self {
        let home = OrganizationId::new("default").expect("a valid id");
        Self {
            parts: Parts {
                attendance,
                authenticator,
                home,
                tokens: None,
                live: None,
                limits: None,
                metrics: None,
                known: RwLock::default(),
            },
        }
    }

    /// The organization whose admins may make organizations, and tokens for any; `default` unless this says otherwise.
    #[must_use]
    pub fn home(mut self, home: OrganizationId) -> Self {
        self.parts.home = home;
        self
    }

    /// Lets admins make tokens.
    #[must_use]
    pub fn tokens(mut self, tokens: Arc<dyn TokenIssuer>) -> Self {
        self.parts.tokens = Some(tokens);
        self
    }

    /// Shows records as they come.
    #[must_use]
    pub fn live(mut self, live: Arc<dyn LiveEvents>) -> Self {
        self.parts.live = Some(live);
        self
    }

    /// Bounds how often and how much is asked at once; without, the host does.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.parts.limits = Some(limits::Bounds::new(limits));
        self
    }

    /// Counts requests and shows the counts.
    #[must_use]
    pub fn metrics(mut self) -> Self {
        self.parts.metrics = Some(Metrics::new());
        self
    }

    /// The router. It bounds bodies and checks tokens by itself; a peer's address is taken from axum's `ConnectInfo`, if
    /// the host gives it.
    pub fn router(self) -> Router {
        let app = App(Arc::new(self.parts));
        let mut signed_in = routes::signed_in();
        if app.0.tokens.is_some() {
            signed_in = signed_in.merge(routes::tokens::router());
        }
        if app.0.live.is_some() {
            signed_in = signed_in.merge(routes::live::router());
        }
        let signed_in = signed_in.route_layer(middleware::from_fn_with_state(app.clone(), auth::sign_in));
        let mut open = health::router().merge(openapi::router());
        if app.0.metrics.is_some() {
            open = open.merge(metrics::router());
        }
        signed_in
            .merge(open)
            .fallback(nothing_here)
            .method_not_allowed_fallback(other_method)
            .layer(middleware::from_fn_with_state(app.clone(), limits::bound))
            .layer(middleware::from_fn_with_state(app.clone(), observe::observe))
            .with_state(app)
    }
}

async fn nothing_here() -> Fault {
    Fault::not_found("there is nothing at this address: /openapi.json lists what there is")
}

async fn other_method() -> Fault {
    Fault::new("method-not-allowed", "use one of the methods that the header allow lists")
}

impl App {
    pub(crate) fn attendance(&self) -> &Attendance {
        &self.0.attendance
    }

    pub(crate) fn authenticator(&self) -> &dyn Authenticator {
        &*self.0.authenticator
    }

    /// The organization whose admins may make organizations, and tokens for any.
    pub(crate) fn home(&self) -> &OrganizationId {
        &self.0.home
    }

    pub(crate) fn tokens(&self) -> Option<&dyn TokenIssuer> {
        self.0.tokens.as_deref()
    }

    pub(crate) fn live(&self) -> Option<&dyn LiveEvents> {
        self.0.live.as_deref()
    }

    fn limits(&self) -> Option<&limits::Bounds> {
        self.0.limits.as_ref()
    }

    pub(crate) fn metrics(&self) -> Option<&Metrics> {
        self.0.metrics.as_ref()
    }

    /// Whether the organization exists.
    pub(crate) async fn knows(&self, organization: &OrganizationId) -> Result<bool, Fault> {
        if self.0.known.read().unwrap_or_else(PoisonError::into_inner).contains(organization) {
            return Ok(true);
        }
        let found = self.attendance().repo().organization(organization).await?.is_some();
        if found {
            self.0.known.write().unwrap_or_else(PoisonError::into_inner).insert(organization.clone());
        }
        Ok(found)
    }
}
