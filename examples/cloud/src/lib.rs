//! What the functions of attendance on AWS share: their [`Settings`], the ports put together as [`Cloud`], and their logs.
//!
//! ```no_run
//! # use attendance_cloud::{Cloud, Failure, serve};
//! # use attendance_core::domain::ids::OrganizationId;
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Failure> {
//!     let cloud = Cloud::start().await?;
//!     serve(&cloud, async |organization: OrganizationId| Ok(cloud.attendance().await?.relay(&organization).await?)).await
//! }
//! ```
//!
//! Nothing here asks or sends anything before the first event: a new copy of a function is ready in milliseconds.

mod cloud;
mod function;
mod log;
mod settings;
mod variables;

pub use cloud::Cloud;
pub use function::{Failure, chain, serve};
pub use log::start_log;
pub use settings::{Database, Login, Notifying, Repository, Settings, Tokens};
pub use variables::{InvalidVariable, Variables};
