//! Embedded adapters of `attendance`: what runs on one machine, without an account, a network or a server.

mod data_folder;
pub mod durable;
pub mod event_sink;
mod face_matcher;
mod folder_image_store;
pub mod gallery;
pub mod lines;
pub mod notifier;
pub mod vision;

pub use data_folder::{DataFolder, DataFolderError, Holder};
pub use face_matcher::{LocalFaceMatcher, OpenMatcherError};
pub use folder_image_store::FolderImageStore;
