//! Resources of one run, and the façade over them.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use attendance_aws::AwsConfig;
use attendance_aws::dynamodb::{DynamoAttendanceRepo, create_table};
use attendance_aws::kinesis::KinesisEventSink;
use attendance_aws::rekognition::RekognitionMatcher;
use attendance_aws::s3::{S3AttendanceRepo, S3ImageStore};
use attendance_aws::ses::{SesConfig, SesNotifier};
use attendance_aws::sns::{SnsConfig, SnsNotifier};
use attendance_core::domain::attendee::{ConsentWording, Email, Name};
use attendance_core::domain::audit::{Actor, AuditAction, AuditEntry};
use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::image::ImageKey;
use attendance_core::domain::organization::Organization;
use attendance_core::domain::policy::{MatchPolicy, QualityPolicy};
use attendance_core::domain::similarity::Threshold;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::face_matcher::ImageRef;
use attendance_core::ports::image_store::{ContentType, PutMode};
use attendance_core::ports::{Directory as _, ImageStore as _};
use attendance_core::{Attendance, EnrolRequest, NewAttendee, NewOrganization};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

/// The portrait that everybody shows.
pub(crate) const PORTRAIT: &[u8] = include_bytes!("../../../../attendance-local/testdata/grace_hopper.jpg");

/// Who writes e-mails.
pub(crate) const SENDER: &str = "attendance@example.org";

/// What one run works in.
pub(crate) struct Place {
    /// The emulator of all services but Rekognition.
    pub(crate) aws: AwsConfig,
    /// `rekognition-local`.
    pub(crate) rekognition: AwsConfig,
    /// What table, bucket and stream are called.
    pub(crate) name: String,
    /// The operators' topic.
    pub(crate) topic: String,
    pub(crate) images: S3ImageStore,
    pub(crate) repo: DynamoAttendanceRepo,
    /// The repository in the bucket, which is no part of the façade.
    pub(crate) objects: S3AttendanceRepo,
    pub(crate) sink: KinesisEventSink,
    pub(crate) notifier: SnsNotifier,
    pub(crate) mailer: SesNotifier,
    pub(crate) matcher: RekognitionMatcher,
    pub(crate) attendance: Attendance,
    pub(crate) organization: OrganizationId,
    /// Where the portrait is in the image store.
    pub(crate) portrait: ImageKey,
}

fn at(variable: &str) -> Result<SdkConfig> {
    let endpoint = std::env::var(variable).with_context(|| format!("{variable} is not set"))?;
    let credentials = Credentials::new("test", "test", None, None, "benchmark");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .endpoint_url(endpoint)
        .build())
}

impl Place {
    pub(crate) async fn new() -> Result<Self> {
        let aws = AwsConfig::from_sdk(at("ATTENDANCE_TEST_AWS")?);
        let rekognition = AwsConfig::from_sdk(at("ATTENDANCE_TEST_REKOGNITION")?);
        let name = format!("bench-{}", Uuid::now_v7().simple());
        create_table(&aws, &name).await?;
        aws.s3().create_bucket().bucket(&name).send().await?;
        aws.kinesis().create_stream().stream_name(&name).shard_count(1).send().await?;
        let topic = aws.sns().create_topic().name(&name).send().await?.topic_arn.context("a topic without an ARN")?;
        let mut topics = SnsConfig::default();
        topics.operators = Some(topic.clone());

        let images = S3ImageStore::new(&aws, &name);
        // The percentages are those of the embedded networks.
        let policy = MatchPolicy {
            threshold: Threshold::new(90.0)?,
            margin: 1.0,
            duplicate: Threshold::new(95.0)?,
            check_in_quality: QualityPolicy::ANY,
            enrolment_quality: QualityPolicy::ANY,
            measurement: None,
        };
        let matcher = RekognitionMatcher::new(&rekognition, &name)?.with_images(images.clone()).with_policy(policy);
        let repo = DynamoAttendanceRepo::new(&aws, &name);
        let sink = KinesisEventSink::new(&aws, &name);
        let notifier = SnsNotifier::new(&aws, topics)?;
        aws.ses().create_email_identity().email_identity(SENDER).send().await?;
        let mailer = SesNotifier::new(&aws, SesConfig::new(Email::new(SENDER)?));
        let objects = S3AttendanceRepo::open(&aws, &name, "").await?;
        let attendance = Attendance::builder()
            .face_matcher(Arc::new(matcher.clone()))
            .image_store(Arc::new(images.clone()))
            .repo(Arc::new(repo.clone()))
            .notifier(Arc::new(notifier.clone()))
            .event_sink(Arc::new(sink.clone()))
            .build()?;

        let (organization, me) = (OrganizationId::new("bench")?, Actor::new("bench")?);
        let new = NewOrganization { id: organization.clone(), zone: Zone::new("UTC")?, policy: Default::default() };
        attendance.ensure_organization(new, &me).await?;
        let mut person = NewAttendee::named(Name::new("Grace")?);
        person.consent = Some(ConsentWording::new("My face may be used to record my attendance.")?);
        let attendee = attendance.register(&organization, person, &me).await?.id;
        let image = ImageRef::bytes(PORTRAIT);
        attendance.enrol(&organization, EnrolRequest::new(attendee, image, me)).await?;
        let portrait = ImageKey::new("checkins/2026-11-21/portrait")?;
        let bytes = Bytes::from_static(PORTRAIT);
        images.put(&organization, &portrait, bytes, ContentType::Jpeg, PutMode::Create).await?;
        let place = Self {
            aws,
            rekognition,
            name,
            topic,
            images,
            repo,
            objects,
            sink,
            notifier,
            mailer,
            matcher,
            attendance,
            organization,
            portrait,
        };
        place.objects.create_organization(&place.unsaved_organization()?, &entry()?).await?;
        Ok(place)
    }

    /// The organization, for a repository that does not have it.
    pub(crate) fn unsaved_organization(&self) -> Result<Organization> {
        let (id, zone) = (self.organization.clone(), Zone::new("UTC")?);
        Ok(Organization { id, zone, policy: Default::default(), created_at: Timestamp::now(), version: 0 })
    }
}

/// The line of the audit that goes with an organization.
pub(crate) fn entry() -> Result<AuditEntry> {
    Ok(AuditEntry::new(Timestamp::now(), Actor::new("bench")?, AuditAction::CreateOrganization, None))
}
