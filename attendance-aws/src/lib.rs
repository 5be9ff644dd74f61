//! Adapters of [`attendance_core`]'s ports on AWS, a folder and a feature each. What they do and cost stands at each; so
//! does a table of faults, with what the adapter does in each case.
//!
//! | feature | adapter | port |
//! | --- | --- | --- |
//! | `rekognition` | [`RekognitionMatcher`](rekognition::RekognitionMatcher) | `FaceMatcher` |
//! | `s3` | [`S3ImageStore`](s3::S3ImageStore) | `ImageStore` |
//! | `s3` | [`S3AttendanceRepo`](s3::S3AttendanceRepo), without a database | `AttendanceRepo` |
//! | `dynamodb` | [`DynamoAttendanceRepo`](dynamodb::DynamoAttendanceRepo) | `AttendanceRepo` |
//! | `rds` | [`rds::connect`] gives an [`SqlAttendanceRepo`](rds::SqlAttendanceRepo) | `AttendanceRepo` |
//! | `sns` | [`SnsNotifier`](sns::SnsNotifier) | `Notifier` |
//! | `ses` | [`SesNotifier`](ses::SesNotifier) | `Notifier` |
//! | `kinesis` | [`KinesisEventSink`](kinesis::KinesisEventSink) | `EventSink` |
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use attendance_aws::AwsConfig;
//! use attendance_aws::dynamodb::DynamoAttendanceRepo;
//! use attendance_aws::kinesis::KinesisEventSink;
//! use attendance_aws::rekognition::RekognitionMatcher;
//! use attendance_aws::s3::S3ImageStore;
//! use attendance_aws::sns::{SnsConfig, SnsNotifier};
//! use attendance_core::Attendance;
//!
//! let aws = AwsConfig::load().await;
//! let images = S3ImageStore::new(&aws, "school-images");
//! let matcher = RekognitionMatcher::new(&aws, "school")?.with_images(images.clone());
//! let mut topics = SnsConfig::default();
//! topics.operators = Some("arn:aws:sns:eu-central-1:123456789012:operators".to_owned());
//! let attendance = Attendance::builder()
//!     .face_matcher(Arc::new(matcher))
//!     .image_store(Arc::new(images))
//!     .repo(Arc::new(DynamoAttendanceRepo::new(&aws, "attendance")))
//!     .notifier(Arc::new(SnsNotifier::new(&aws, topics)?))
//!     .event_sink(Arc::new(KinesisEventSink::new(&aws, "attendance-events")))
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! A kiosk's check-in of an uploaded picture costs one call of Rekognition, which reads S3 itself, and one write of
//! DynamoDB; [`AwsConfig::calls`] counts what is sent.
//!
//! # Without an account
//!
//! The adapters are tested against servers that play AWS: an emulator of S3, DynamoDB, SNS, SES, Kinesis and Secrets
//! Manager, the project's own `rekognition-local`, PostgreSQL and MariaDB. `AWS_ENDPOINT_URL` and its variants
//! (`AWS_ENDPOINT_URL_S3`) lead to any of them.
//!
//! # What all have in common
//!
//! - Nothing is asked or sent when an adapter is made, unless its name is `connect` or `open`.
//! - The SDK repeats what may pass, as [`AwsConfig`] says; an adapter repeats only what the SDK can't see: parts of a
//!   batch, conflicts of transactions. Do not wrap them in the core's `Retried`.
//! - An error names AWS's code and request, and its message only where that speaks of resources and rights, never of
//!   what was sent. Names, addresses and external ids are in no id, key, attribute of a message, metric or log.

mod calls;
mod config;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[allow(dead_code, reason = "no feature needs all of it")]
mod fault;
#[cfg(feature = "kinesis")]
pub mod kinesis;
#[cfg(any(feature = "dynamodb", feature = "kinesis", feature = "s3"))]
mod pauses;
#[cfg(feature = "rds")]
pub mod rds;
#[cfg(feature = "rekognition")]
pub mod rekognition;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "ses")]
pub mod ses;
#[cfg(feature = "sns")]
pub mod sns;

pub use calls::{Call, Calls};
pub use config::AwsConfig;
