//! What S3 may answer instead of doing what it was asked.

use std::net::SocketAddr;
use std::time::Duration;

use attendance_aws::AwsConfig;
use attendance_aws::s3::S3AttendanceRepo;
use attendance_core::domain::event::Target;
use attendance_core::domain::group::Group;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::{Claim, Committed, Delivery, RecordDraft};
use attendance_core::ports::{Directory as _, Ledger as _, Outbox as _, RepoError, Retry};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::net::TcpListener;

use crate::given::{
    World, at, config, corrected, entry, monday, one_arrival, organization, record, unsaved_organization,
};
use crate::support::{Disturbance, Proxy};

/// An organization, and a repository behind a proxy.
async fn behind_a_proxy() -> Option<(World, OrganizationId, S3AttendanceRepo, Proxy)> {
    let world = World::begin().await?;
    let organization = organization(&world.repo().await).await;
    let (repo, proxy) = world.watched().await;
    Some((world, organization, repo, proxy))
}

fn group(id: &str) -> Group {
    Group::new(GroupId::new(id).unwrap(), Zone::utc())
}

fn source(error: &RepoError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn throttling_is_waited_for_and_then_said() {
    let Some((_, organization, repo, proxy)) = behind_a_proxy().await else { return };
    proxy.disturb([Disturbance::xml(503, "SlowDown"), Disturbance::xml(503, "SlowDown")]);
    repo.organization(&organization).await.unwrap().unwrap();
    assert_eq!(proxy.take().len(), 3);
    proxy.disturb((0..3).map(|_| Disturbance::xml(503, "SlowDown")));
    let error = repo.organization(&organization).await.unwrap_err();
    assert!(matches!(error, RepoError::Throttled { .. }) && error.retry() == Retry::Yes, "{error:?}");
    assert!(source(&error).starts_with("SlowDown"), "{error:?}");
}

#[tokio::test]
async fn faults_of_theirs_resets_and_silence_are_repeated_and_then_said() {
    let Some((world, organization, repo, proxy)) = behind_a_proxy().await else { return };
    let faults = [Disturbance::xml(500, "InternalError"), Disturbance::Answer(502, String::new()), Disturbance::Reset];
    for fault in faults {
        proxy.disturb([fault.clone(), fault.clone()]);
        repo.organization(&organization).await.unwrap().unwrap();
        proxy.disturb([fault.clone(), fault.clone(), fault.clone()]);
        let error = repo.organization(&organization).await.unwrap_err();
        assert!(matches!(error, RepoError::Unavailable { .. }), "{fault:?}: {error:?}");
    }
    let impatient = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(60)).build();
    let sdk = config(&proxy.endpoint).sdk().clone().into_builder().timeout_config(impatient).build();
    let repo = S3AttendanceRepo::open(&AwsConfig::from_sdk(sdk), &world.bucket, "").await.unwrap();
    proxy.disturb((0..3).map(|_| Disturbance::Silence(Duration::from_secs(2))));
    let error = repo.organization(&organization).await.unwrap_err();
    assert!(matches!(error, RepoError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn expired_credentials_are_said_at_once() {
    let Some((_, organization, repo, proxy)) = behind_a_proxy().await else { return };
    proxy.disturb([Disturbance::xml(400, "ExpiredToken")]);
    let error = repo.commit(&organization, &one_arrival(&organization, AttendeeId::fresh(), "c-1")).await.unwrap_err();
    assert!(matches!(error, RepoError::Failed { .. }) && error.retry() == Retry::No, "{error:?}");
    assert!(source(&error).starts_with("ExpiredToken"), "{}", source(&error));
    assert_eq!(proxy.take().len(), 1);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_said_with_what_to_do() {
    let Some(world) = World::begin().await else { return };
    let missing = format!("missing-{}", uuid::Uuid::now_v7());
    let error = S3AttendanceRepo::open(&config(&world.emulator), &missing, "").await.unwrap_err();
    assert!(matches!(error, RepoError::Failed { .. }), "{error:?}");
    assert!(source(&error).contains("create it"), "{}", source(&error));
}

#[tokio::test]
async fn whoever_loses_the_answer_to_a_write_knows_their_own_write_again() {
    let Some((_, organization, repo, proxy)) = behind_a_proxy().await else { return };
    let lost = || [Disturbance::Lost];
    // Create-only: the marker of the act, then the document.
    proxy.disturb([Disturbance::Lost, Disturbance::Pass, Disturbance::Pass, Disturbance::Lost]);
    let created = repo.create_organization(&unsaved_organization(), &entry()).await.unwrap();
    // Compare-and-swap: two requests read, the third is the marker, and the fourth writes.
    proxy.disturb([Disturbance::Pass, Disturbance::Pass, Disturbance::Pass, Disturbance::Lost]);
    assert_eq!(repo.save_organization(&created, &entry()).await.unwrap().version, 2);
    let ada = AttendeeId::fresh();
    let draft = RecordDraft::new(&organization, record(ada, "c-1"));
    repo.organization(&organization).await.unwrap();
    // The organization is read once, then the marker is written, then the record.
    proxy.disturb([Disturbance::Pass, Disturbance::Lost, Disturbance::Pass, Disturbance::Pass, Disturbance::Lost]);
    repo.mark(&organization, &draft, &[Target::sink()], None).await.unwrap();
    assert_eq!(repo.history(&organization, &monday(), ada).await.unwrap().len(), 1);
    let delivery = Delivery("d-1".to_owned());
    proxy.disturb(lost());
    assert_eq!(repo.claim_delivery(&organization, &delivery, at(0), at(9)).await.unwrap(), Claim::Granted);
    assert_eq!(repo.claim_delivery(&organization, &delivery, at(0), at(9)).await.unwrap(), Claim::Held);
    // Every write of a commit, one after another.
    for n in 0..5 {
        let attendee = AttendeeId::fresh();
        let commit = one_arrival(&organization, attendee, &format!("c-lost-{n}"));
        proxy.disturb(std::iter::repeat_n(Disturbance::Pass, n).chain(lost()));
        let committed = repo.commit(&organization, &commit).await.unwrap();
        assert!(matches!(committed, Committed::Written(_)), "request {n}: {committed:?}");
        assert_eq!(repo.history(&organization, &monday(), attendee).await.unwrap().len(), 1, "request {n}");
    }
}

#[tokio::test]
async fn a_correction_whose_answer_was_lost_is_known_even_after_somebody_else_corrected_it_too() {
    let Some((world, organization, repo, proxy)) = behind_a_proxy().await else { return };
    let first = record(AttendeeId::fresh(), "c-1");
    repo.mark(&organization, &RecordDraft::new(&organization, first.clone()), &[], None).await.unwrap();
    let second = corrected(&first);
    // Read, the place of its reason, the write, whose answer is lost; then all waits while somebody else is quicker.
    let pause = Disturbance::Silence(Duration::from_millis(700));
    proxy.disturb([Disturbance::Pass, Disturbance::Pass, Disturbance::Lost, pause]);
    let draft = RecordDraft::new(&organization, second.clone());
    let mine = repo.mark(&organization, &draft, &[], None);
    let theirs = async {
        let calm = world.repo().await;
        loop {
            let standing = calm.record(&organization, &monday(), first.attendee).await.unwrap().unwrap();
            if standing.version == 2 {
                let third = RecordDraft::new(&organization, corrected(&standing));
                return calm.mark(&organization, &third, &[], None).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (mine, theirs) = tokio::join!(mine, theirs);
    theirs.unwrap();
    mine.unwrap();
    assert_eq!(repo.history(&organization, &monday(), first.attendee).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_conditional_write_that_met_another_one_is_tried_again() {
    let Some((_, organization, repo, proxy)) = behind_a_proxy().await else { return };
    repo.save_group(&organization, &group("warm"), &entry()).await.unwrap();
    proxy.take();
    let met = || Disturbance::xml(409, "ConditionalRequestConflict");
    // The group is read and the marker of the act written; of its two last requests one enters it into the audit.
    proxy.disturb([Disturbance::Pass, Disturbance::Pass, met(), met()]);
    assert_eq!(repo.save_group(&organization, &group("5B"), &entry()).await.unwrap().version, 1);
    assert_eq!(proxy.take().len(), 7);
    proxy.disturb([Disturbance::Pass, Disturbance::Pass].into_iter().chain((0..7).map(|_| met())));
    let error = repo.save_group(&organization, &group("5C"), &entry()).await.unwrap_err();
    assert!(matches!(error, RepoError::Throttled { .. }), "{error:?}");
    assert_eq!(proxy.take().len(), 9);
}

#[tokio::test]
async fn a_write_upon_what_somebody_else_replaced_is_a_conflict() {
    let Some((world, organization, repo, proxy)) = behind_a_proxy().await else { return };
    let stored = repo.save_group(&organization, &group("5B"), &entry()).await.unwrap();
    let calm = world.repo().await;
    let by = entry();
    let (first, second) =
        tokio::join!(repo.save_group(&organization, &stored, &by), calm.save_group(&organization, &stored, &by));
    let conflicts = [&first, &second].iter().filter(|each| matches!(each, Err(RepoError::Conflict))).count();
    assert_eq!(conflicts, 1, "{first:?} {second:?}");
    // S3 refuses, and what stands is of the same version: somebody only wrote it again.
    let stored = repo.group(&organization, &stored.id).await.unwrap().unwrap();
    let before = [Disturbance::Pass, Disturbance::Pass, Disturbance::Pass];
    proxy.disturb(before.into_iter().chain([Disturbance::xml(412, "PreconditionFailed")]));
    assert_eq!(repo.save_group(&organization, &stored, &entry()).await.unwrap().version, stored.version + 1);
}

#[tokio::test]
async fn single_failures_of_a_batched_delete_are_not_taken_for_success() {
    let Some((_, organization, repo, proxy)) = behind_a_proxy().await else { return };
    let commit = one_arrival(&organization, AttendeeId::fresh(), "c-1");
    repo.commit(&organization, &commit).await.unwrap();
    let pending = repo.pending(&organization, &Target::sink(), 9).await.unwrap();
    let ids = [pending[0].id.clone()];
    let failures = [("SlowDown", Retry::Yes), ("InternalError", Retry::Yes), ("AccessDenied", Retry::No)];
    for (code, retry) in failures {
        let body = format!(
            "<DeleteResult><Error><Key>k</Key><Code>{code}</Code><Message>made by a test</Message></Error></DeleteResult>"
        );
        proxy.disturb([Disturbance::Answer(200, body)]);
        let error = repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap_err();
        assert_eq!(error.retry(), retry, "{code}: {error:?}");
        assert_eq!(repo.pending(&organization, &Target::sink(), 9).await.unwrap(), pending, "{code}");
    }
    repo.acknowledge(&organization, &Target::sink(), &ids).await.unwrap();
    assert!(repo.pending(&organization, &Target::sink(), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn documents_of_a_newer_version_are_refused_and_broken_ones_not_shown() {
    let Some(world) = World::begin().await else { return };
    let repo = world.repo().await;
    let organization = organization(&repo).await;
    let put = async |key: &str, body: &'static str| {
        let body = ByteStream::from_static(body.as_bytes());
        world.client().put_object().bucket(&world.bucket).key(key).body(body).send().await.unwrap();
    };
    let key = format!("records/of/{organization}/groups/5B");
    put(&key, r#"{"format":2,"content":"of another shape"}"#).await;
    let newer = repo.group(&organization, &group("5B").id).await;
    assert!(matches!(newer, Err(RepoError::TooNew)), "{newer:?}");
    put(&key, r#"{"format":1,"content":"Lovelace"}"#).await;
    let broken = repo.group(&organization, &group("5B").id).await.unwrap_err();
    assert!(matches!(broken, RepoError::Failed { .. }), "{broken:?}");
    assert!(!format!("{broken:?} {}", source(&broken)).contains("Lovelace"), "{broken:?}");
    put("newer/records/format", r#"{"format":2,"write":"0"}"#).await;
    let opened = S3AttendanceRepo::open(&config(&world.emulator), &world.bucket, "newer").await;
    assert!(matches!(opened, Err(RepoError::TooNew)), "{opened:?}");
}

/// A server that ends each answer before its time.
async fn broken_off() -> (String, tokio::task::JoinHandle<u32>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut served = 0;
        while let Ok(Ok((stream, _))) = tokio::time::timeout(Duration::from_secs(3), listener.accept()).await {
            stream.readable().await.unwrap();
            stream.try_read(&mut [0; 4096]).ok();
            stream.writable().await.unwrap();
            stream.try_write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: \"e\"\r\n\r\n{\"format\"").unwrap();
            served += 1;
        }
        served
    });
    (endpoint, serving)
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_read_again() {
    let (endpoint, serving) = broken_off().await;
    let error = S3AttendanceRepo::open(&config(&endpoint), "bucket", "").await.unwrap_err();
    assert!(matches!(error, RepoError::Unavailable { .. }), "{error:?}");
    assert!(serving.await.unwrap() >= 3);
}
