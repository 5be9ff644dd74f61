//! Images in S3 objects, and the repository in S3 objects only.

mod attendance_repo;
mod image_store;

pub use attendance_repo::S3AttendanceRepo;
pub use image_store::{S3ImageStore, parse_object_key};
