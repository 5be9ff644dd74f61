//! What attendance is made of: plain data and pure rules. Nothing here waits, reads a clock or knows an adapter.

mod text;

pub mod attendee;
pub mod audit;
pub mod check_in;
pub mod event;
pub mod face;
pub mod group;
pub mod ids;
pub mod image;
pub mod organization;
pub mod page;
pub mod policy;
pub mod record;
pub mod session;
pub mod similarity;
pub mod zone;

pub use text::InvalidText;
