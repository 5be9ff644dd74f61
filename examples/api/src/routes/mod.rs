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
mod reports;
mod sessions;
mod sign_in;
mod strangers;
pub(crate) mod tokens;
mod uploads;
mod whoami;

use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// Every operation that any host has and that needs a token.
pub(crate) fn signed_in() -> OpenApiRouter<App> {
    [
        whoami::router(),
        organizations::router(),
        check_ins::router(),
        uploads::router(),
        attendees::router(),
        consent::router(),
        sign_in::router(),
        faces::router(),
        groups::router(),
        members::router(),
        sessions::router(),
        records::router(),
        reports::router(),
        strangers::router(),
        audit::router(),
        me::router(),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}
