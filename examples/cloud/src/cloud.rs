use std::path::Path;
use std::sync::Arc;

use attendance_aws::AwsConfig;
use attendance_aws::dynamodb::DynamoAttendanceRepo;
use attendance_aws::kinesis::KinesisEventSink;
use attendance_aws::rds::{self, RdsConfig, RdsEngine, RdsTls};
use attendance_aws::rekognition::RekognitionMatcher;
use attendance_aws::s3::{S3AttendanceRepo, S3ImageStore};
use attendance_aws::ses::{SesConfig, SesNotifier};
use attendance_aws::sns::{SnsConfig, SnsNotifier, SnsSms};
use attendance_core::Attendance;
use attendance_core::domain::event::Target;
use attendance_core::domain::policy::MatchPolicy;
use attendance_core::ports::{AttendanceRepo, FaceMatcher as _, Notifier};
use tokio::sync::OnceCell;

use crate::function::Failure;
use crate::log::start_log;
use crate::settings::{Database, Login, Notifying, Repository, Settings};
use crate::variables::Variables;

/// Attendance on AWS, as the environment says. Nothing is asked or sent before the first event.
#[derive(Debug)]
pub struct Cloud {
    settings: Settings,
    aws: AwsConfig,
    attendance: OnceCell<Attendance>,
}

impl Cloud {
    /// Begins to log, reads the settings, and puts the ports together where no repository has to be connected for that:
    /// before its first event a function has a whole core.
    ///
    /// # Errors
    /// [`InvalidVariable`](crate::InvalidVariable), and a setting that an adapter refuses.
    pub async fn start() -> Result<Self, Failure> {
        start_log()?;
        let settings = Settings::read(&Variables::of_process())?;
        let cloud = Self { settings, aws: AwsConfig::load().await, attendance: OnceCell::new() };
        if let Repository::Dynamo { .. } = cloud.settings.repository {
            cloud.attendance().await?;
        }
        Ok(cloud)
    }

    /// Where everything is.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How AWS is reached.
    #[must_use]
    pub fn aws(&self) -> &AwsConfig {
        &self.aws
    }

    /// The ports put together; the repository is connected at the first call that succeeds. Events go to the sink only:
    /// people are told by what reads the stream.
    ///
    /// # Errors
    /// Those of the repository, and of a setting that an adapter refuses.
    pub async fn attendance(&self) -> Result<&Attendance, Failure> {
        self.attendance.get_or_try_init(|| self.put_together()).await
    }

    async fn put_together(&self) -> Result<Attendance, Failure> {
        let Self { settings, aws, .. } = self;
        let mut images = S3ImageStore::new(aws, &settings.bucket);
        if let Some(key) = &settings.kms_key {
            images = images.kms_key(key);
        }
        let mut matcher = RekognitionMatcher::new(aws, &settings.collection_prefix)?.with_images(images.clone());
        if let Some(threshold) = settings.threshold {
            let policy = matcher.default_policy();
            // Whoever is alike enough to be the same is, when a face is enrolled.
            matcher = matcher.with_policy(MatchPolicy { threshold, duplicate: threshold, ..policy });
        }
        Ok(Attendance::builder()
            .face_matcher(Arc::new(matcher))
            .image_store(Arc::new(images))
            .repo(self.repository().await?)
            .notifier(self.notifier()?)
            .event_sink(Arc::new(KinesisEventSink::new(aws, &settings.stream)))
            .targets([Target::sink()])
            .build()?)
    }

    async fn repository(&self) -> Result<Arc<dyn AttendanceRepo>, Failure> {
        let Self { settings, aws, .. } = self;
        Ok(match &settings.repository {
            Repository::Dynamo { table } => Arc::new(DynamoAttendanceRepo::new(aws, table)),
            Repository::Postgres(database) => {
                Arc::new(rds::connect(aws, &server(database, RdsEngine::Postgres)?).await?)
            }
            Repository::MySql(database) => Arc::new(rds::connect(aws, &server(database, RdsEngine::MySql)?).await?),
            Repository::S3 => Arc::new(S3AttendanceRepo::open(aws, &settings.bucket, "").await?),
        })
    }

    fn notifier(&self) -> Result<Arc<dyn Notifier>, Failure> {
        Ok(match &self.settings.notifying {
            // Topics that nobody named reach nobody.
            Notifying::Nobody => Arc::new(SnsNotifier::new(&self.aws, SnsConfig::default())?),
            Notifying::Sns { operators, attendees, sms } => {
                let mut config = SnsConfig::default();
                config.operators.clone_from(operators);
                config.attendees.clone_from(attendees);
                config.sms = sms.clone().map(|sender_id| {
                    let mut sms = SnsSms::default();
                    sms.sender_id = sender_id;
                    sms
                });
                Arc::new(SnsNotifier::new(&self.aws, config)?)
            }
            Notifying::Ses { from, operators } => {
                let mut config = SesConfig::new(from.clone());
                config.operators.clone_from(operators);
                Arc::new(SesNotifier::new(&self.aws, config))
            }
        })
    }
}

fn server(database: &Database, engine: RdsEngine) -> Result<RdsConfig, Failure> {
    let mut config = match &database.login {
        Login::Secret(secret) => RdsConfig::from_secret(secret).engine(engine),
        Login::Iam(user) => RdsConfig::with_iam(engine, "", "", user),
    };
    if let Some(host) = &database.host {
        config = config.host(host);
    }
    if let Some(port) = database.port {
        config = config.port(port);
    }
    if let Some(name) = &database.name {
        config = config.database(name);
    }
    match &database.roots {
        Some(roots) => Ok(config.tls(RdsTls::Roots(read(roots)?))),
        None => Ok(config),
    }
}

fn read(roots: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(Path::new(roots))
        .map_err(|error| format!("the file that ATTENDANCE_DATABASE_ROOTS names can't be read: {error}").into())
}
