//! How AWS is reached: endpoints, attempts, time limits, and the account of calls.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod support;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use attendance_aws::{AwsConfig, Call};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::presigning::PresigningConfig;
use support::{Disturbance, Proxy, aws_at, sdk_at};

const NO_TOPICS: &str = "<ListTopicsResponse><ListTopicsResult><Topics/></ListTopicsResult></ListTopicsResponse>";

fn topics() -> Disturbance {
    Disturbance::Answer(200, NO_TOPICS.to_owned())
}

fn sent(service: &str, operation: &str, times: u64) -> BTreeMap<Call, u64> {
    BTreeMap::from([(Call { service: service.to_owned(), operation: operation.to_owned() }, times)])
}

#[tokio::test]
async fn a_fault_that_passes_is_tried_again_and_every_request_counts() {
    let proxy = Proxy::before("http://127.0.0.1:9").await;
    let aws = aws_at(&proxy.endpoint);
    proxy.disturb([Disturbance::query(500, "InternalFailure"), Disturbance::query(400, "Throttling"), topics()]);
    aws.sns().list_topics().send().await.unwrap();
    assert_eq!(aws.calls().take(), sent("SNS", "ListTopics", 3));
    assert_eq!(proxy.take().len(), 3);
    assert!(aws.calls().sent().is_empty(), "what was taken is not counted again");
}

#[tokio::test]
async fn a_fault_that_stays_is_tried_four_times() {
    let proxy = Proxy::before("http://127.0.0.1:9").await;
    let aws = aws_at(&proxy.endpoint);
    proxy.disturb(vec![Disturbance::query(500, "InternalFailure"); 10]);
    aws.sns().list_topics().send().await.unwrap_err();
    assert_eq!(proxy.take().len(), 4);
}

#[tokio::test]
async fn what_an_application_chose_stays_and_the_rest_is_filled_in() {
    let proxy = Proxy::before("http://127.0.0.1:9").await;
    let chosen = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(200)).build();
    let sdk = sdk_at(&proxy.endpoint).into_builder().timeout_config(chosen);
    let aws = AwsConfig::from_sdk(sdk.retry_config(RetryConfig::standard().with_max_attempts(2)).build());
    let timeouts = aws.sdk().timeout_config().unwrap();
    assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(2)));
    assert_eq!(timeouts.operation_timeout(), Some(Duration::from_secs(25)));

    proxy.disturb([Disturbance::Silence(Duration::from_secs(5)), topics()]);
    let start = Instant::now();
    aws.sns().list_topics().send().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "the attempt was not given up");
    assert_eq!(proxy.take().len(), 2);
}

/// The process in which [`child_asks`] runs has the endpoints in its environment.
#[tokio::test]
#[ignore = "runs in a process of its own, for the test below"]
async fn child_asks() {
    let aws = AwsConfig::load().await;
    aws.s3().list_buckets().send().await.unwrap();
    aws.s3().get_object().bucket("images").key("a").send().await.unwrap();
    aws.sns().list_topics().send().await.unwrap();

    // What an application configured itself does not look into the environment: it is at AWS.
    let mut sdk = sdk_at("").into_builder();
    sdk.set_endpoint_url(None);
    let own = AwsConfig::from_sdk(sdk.build()).s3().get_object().bucket("images").key("a");
    let url = own.presigned(PresigningConfig::expires_in(Duration::from_secs(60)).unwrap()).await.unwrap();
    assert!(url.uri().starts_with("https://images.s3.us-east-1.amazonaws.com/a?"), "{}", url.uri());
}

#[tokio::test]
async fn one_service_and_all_services_can_be_reached_elsewhere() {
    let (all, s3) = (Proxy::before("http://127.0.0.1:9").await, Proxy::before("http://127.0.0.1:9").await);
    all.disturb([topics()]);
    let buckets = "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>";
    s3.disturb([Disturbance::Answer(200, buckets.to_owned()), Disturbance::Answer(200, "image".to_owned())]);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["child_asks", "--exact", "--ignored", "--nocapture"]);
    child.env("AWS_ENDPOINT_URL", &all.endpoint).env("AWS_ENDPOINT_URL_S3", &s3.endpoint);
    child.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_REGION", "eu-central-1");
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(all.take().len(), 1);
    // Without a host for each bucket it is a part of the path.
    let paths: Vec<_> = s3.take().iter().map(|request| request.uri.path().to_owned()).collect();
    assert_eq!(paths, ["/", "/images/a"]);
}
