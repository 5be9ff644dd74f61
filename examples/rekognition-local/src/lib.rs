//! Amazon Rekognition's wire protocol over attendance's embedded networks: real matching, no account.
//!
//! The README says how to start it and what differs from Amazon's.

mod check;
mod fault;
mod http;
mod objects;
mod operations;
mod page;
mod service;
mod sight;
mod store;
mod wire;

pub use http::router;
pub use objects::s3_of_environment;
pub use service::{Rekognition, Settings};
