//! What the API promises, asked over its router.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod attendees;
mod check_ins;
#[cfg(feature = "cognito")]
mod cognito;
mod desk;
mod document;
mod faces;
#[cfg(feature = "lambda")]
mod gateway;
mod groups;
mod limits;
mod live;
mod log;
mod me;
mod organizations;
mod problems;
mod records;
mod removals;
mod reports;
mod sign_in;
mod sign_ins;
mod strangers;
mod tokens;
mod uploads;
