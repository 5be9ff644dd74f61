//! What can be asked: a file per part of the address space, and in each the operations with their whole paths.

mod attendees;
mod audit;
mod check_ins;
mod consent;
mod faces;
mod groups;
pub(crate) mod live;
mod me;
mod members;
mod organizations;
mod records;
mod removals;
mod reports;
mod sessions;
mod sign_in;
mod strangers;
pub(crate) mod tokens;
mod uploads;
mod whoami;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// Every operation that any host has and that needs a token.
macro_rules! all {
    ($($part:ident),+ $(,)?) => {
        pub(crate) fn signed_in() -> Router<App> {
            Router::new()$(.merge($part::router()))+
        }

        /// As the document describes them.
        pub(crate) fn described() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.merge($part::described()))+
        }
    };
}

all! {
    whoami,
    organizations,
    check_ins,
    uploads,
    attendees,
    consent,
    sign_in,
    faces,
    removals,
    groups,
    members,
    sessions,
    records,
    reports,
    strangers,
    audit,
    me,
}
