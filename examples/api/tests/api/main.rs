//! What the API promises, asked over its router.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod attendees;
mod check_ins;
mod desk;
mod document;
mod faces;
mod groups;
mod limits;
mod live;
mod log;
mod me;
mod organizations;
mod problems;
mod records;
mod reports;
mod sign_in;
mod strangers;
mod tokens;
