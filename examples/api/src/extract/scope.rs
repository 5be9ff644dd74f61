use std::marker::PhantomData;
use std::sync::Arc;

use attendance_core::Error;
use attendance_core::domain::audit::Actor;
use attendance_core::domain::ids::{AttendeeId, OrganizationId};
use attendance_core::ports::attendance_repo::Subject;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::App;
use crate::auth::{Principal, Role};
use crate::problem::Fault;

/// Who asks, as the layer `sign_in` found out.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) principal: Arc<Principal>,
    pub(crate) actor: Actor,
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Fault> {
        let principal = parts.extensions.get::<Arc<Principal>>().cloned();
        let principal = principal.ok_or_else(|| Fault::failed("a route without the layer that signs in"))?;
        let actor = Actor::new(principal.subject.as_str()).map_err(|_| crate::auth::AuthError::Invalid)?;
        Ok(Self { principal, actor })
    }
}

/// The least role that an operation needs.
pub(crate) trait Least: Send + Sync + 'static {
    /// `None`: any.
    const ROLE: Option<Role>;
}

macro_rules! least {
    ($($(#[$doc:meta])* $alias:ident, $marker:ident, $role:expr;)*) => {$(
        #[derive(Debug)]
        pub(crate) enum $marker {}
        impl Least for $marker {
            const ROLE: Option<Role> = $role;
        }
        $(#[$doc])*
        pub(crate) type $alias = Scope<$marker>;
    )*};
}

least! {
    /// For those who have any role in the organization.
    AsAny, Any, None;
    /// For attendees, who see what is their own.
    AsAttendee, Attendee, Some(Role::Attendee);
    /// For kiosks, operators and admins.
    AsKiosk, Kiosk, Some(Role::Kiosk);
    /// For operators and admins.
    AsOperator, Operator, Some(Role::Operator);
    /// For admins.
    AsAdmin, Admin, Some(Role::Admin);
}

/// The organization of the path, and who asks: somebody with at least that role in it. Everybody else gets the same
/// answer as for an organization that is not there.
#[derive(Debug)]
pub(crate) struct Scope<L> {
    pub(crate) organization: OrganizationId,
    pub(crate) principal: Arc<Principal>,
    /// The highest that they have in the organization.
    pub(crate) role: Role,
    pub(crate) actor: Actor,
    least: PhantomData<L>,
}

impl<L: Least> FromRequestParts<App> for Scope<L> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let SignedIn { principal, actor } = SignedIn::from_request_parts(parts, app).await?;
        let organization = organization_of_path(parts, app).await?;
        let role = principal.roles_in(&organization).max().ok_or_else(Fault::unknown_organization)?;
        if let Some(needed) = L::ROLE.filter(|needed| !principal.may(&organization, *needed)) {
            let detail = format!("this needs the role {needed} in the organization: ask an admin for a token");
            return Err(Fault::new("forbidden", detail));
        }
        if !app.knows(&organization).await? {
            return Err(Fault::unknown_organization());
        }
        Ok(Self { organization, principal, role, actor, least: PhantomData })
    }
}

/// An admin of the home organization.
#[derive(Debug)]
pub(crate) struct AsHomeAdmin {
    pub(crate) actor: Actor,
}

impl FromRequestParts<App> for AsHomeAdmin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let SignedIn { principal, actor } = SignedIn::from_request_parts(parts, app).await?;
        if principal.may(app.home(), Role::Admin) {
            return Ok(Self { actor });
        }
        let detail = format!("this needs the role admin in the organization {}: ask one for a token", app.home());
        Err(Fault::new("forbidden", detail))
    }
}

/// An admin of the organization of the path, or of the home organization.
#[derive(Debug)]
pub(crate) struct AsTokenAdmin {
    pub(crate) organization: OrganizationId,
    pub(crate) actor: Actor,
}

impl FromRequestParts<App> for AsTokenAdmin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let SignedIn { principal, actor } = SignedIn::from_request_parts(parts, app).await?;
        if !principal.may(app.home(), Role::Admin) {
            let AsAdmin { organization, .. } = AsAdmin::from_request_parts(parts, app).await?;
            return Ok(Self { organization, actor });
        }
        let organization = organization_of_path(parts, app).await?;
        if app.knows(&organization).await? {
            Ok(Self { organization, actor })
        } else {
            Err(Fault::unknown_organization())
        }
    }
}

/// The organization that the path names. A text that no organization can have is one that is not there.
async fn organization_of_path(parts: &mut Parts, app: &App) -> Result<OrganizationId, Fault> {
    let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Fault::unknown_organization())?;
    let organization = params.iter().find(|(name, _)| *name == "org").map(|(_, value)| OrganizationId::new(value));
    organization.and_then(Result::ok).ok_or_else(Fault::unknown_organization)
}

impl AsAttendee {
    /// Whose own data are meant.
    pub(crate) async fn attendee(&self, app: &App) -> Result<AttendeeId, Fault> {
        let found = app.attendance().repo().attendee_of_subject(&self.organization, &self.principal.subject()).await?;
        found.ok_or_else(|| Error::UnknownAttendee.into())
    }
}

/// How the repository names those who sign in.
pub(crate) trait Subjects {
    /// The principal as the repository links them to an attendee.
    fn subject(&self) -> Subject;
}

impl Subjects for Principal {
    fn subject(&self) -> Subject {
        Subject { issuer: self.issuer.clone(), subject: self.subject.clone() }
    }
}
