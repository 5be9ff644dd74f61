//! What the store does when S3, or the way there, fails.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::support::{Disturbance, Request};
use Disturbance::{Answer, Lost, Pass, Reset, Silence};

fn busy() -> Disturbance {
    Disturbance::xml(503, "SlowDown")
}

fn of(requests: &[Request], method: &str) -> usize {
    requests.iter().filter(|request| request.method == method).count()
}

fn source(error: &ImageStoreError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    let Some(place) = Place::new().await else { return };
    for (number, fault) in (0..).zip([busy(), Disturbance::xml(500, "InternalError"), Reset, Lost]) {
        place.proxy.disturb([fault.clone()]);
        place.put("a", number).await;
        place.proxy.disturb([fault.clone()]);
        assert_eq!(place.store.get(&school(), &key("a")).await.unwrap().bytes, jpeg(number));
        place.proxy.disturb([fault]);
        assert_eq!(place.list("a", 10).await, ["a"]);
    }
}

#[tokio::test]
async fn what_does_not_pass_in_time_is_told_as_what_it_is() {
    let Some(place) = Place::new().await else { return };
    let internal = Disturbance::xml(500, "InternalError");
    for (fault, throttled) in [(busy(), true), (internal, false), (Reset, false)] {
        place.proxy.disturb([fault.clone(), fault.clone(), fault.clone()]);
        let error = place.create("a").await.unwrap_err();
        let expected = match throttled {
            true => matches!(error, ImageStoreError::Throttled { .. }),
            false => matches!(error, ImageStoreError::Unavailable { .. }),
        };
        assert!(expected, "{fault:?}: {error:?}");
        assert_eq!(of(&place.proxy.take(), "PUT"), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_in_time_is_unavailable() {
    let Some(place) = Place::new().await else { return };
    let impatient = S3ImageStore::new(&patient(&place.proxy.endpoint, Duration::from_millis(100)), &place.bucket);
    place.proxy.disturb(std::iter::repeat_n(Silence(Duration::from_secs(30)), 3));
    let error = impatient.get(&school(), &key("a")).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(of(&place.proxy.take(), "GET"), 3);
}

#[tokio::test]
async fn expired_credentials_are_named_and_not_tried_again() {
    let Some(place) = Place::new().await else { return };
    let expired = Disturbance::xml(400, "ExpiredToken");
    place.proxy.disturb([expired.clone(), expired.clone(), expired.clone(), expired]);
    let (put, got) = (place.create("a").await.unwrap_err(), place.store.get(&school(), &key("a")).await.unwrap_err());
    let listed = place.store.list(&school(), "a", &PageRequest::default()).await.unwrap_err();
    let deleted = place.store.delete(&school(), &key("a")).await.unwrap_err();
    for error in [put, got, listed, deleted] {
        assert!(matches!(error, ImageStoreError::Failed { .. }), "{error:?}");
        assert!(source(&error).contains("ExpiredToken: made by a test"), "{}", source(&error));
    }
    assert_eq!(place.proxy.take().len(), 4);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_named() {
    let Some(place) = Place::new().await else { return };
    place.s3.delete_bucket().bucket(&place.bucket).send().await.unwrap();
    let (put, got) = (place.create("a").await.unwrap_err(), place.store.get(&school(), &key("a")).await.unwrap_err());
    let listed = place.store.list(&school(), "", &PageRequest::default()).await.unwrap_err();
    let deleted = place.store.delete(&school(), &key("a")).await.unwrap_err();
    for error in [put, got, listed, deleted] {
        assert!(matches!(error, ImageStoreError::Failed { .. }), "{error:?}");
        assert!(source(&error).contains("NoSuchBucket"), "{}", source(&error));
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_succeeded() {
    for place in [Place::new().await, Place::versioned().await] {
        let Some(place) = place else { return };
        place.proxy.disturb([Lost]);
        let version = place.create("a").await.unwrap();
        let sent = place.proxy.take();
        assert_eq!((of(&sent, "PUT"), of(&sent, "HEAD")), (2, 1));
        let read = place.store.get(&school(), &key("a")).await.unwrap();
        assert_eq!((read.bytes, read.version), (jpeg(1), version));
        assert_eq!(place.versions().await.len(), 1);
        assert!(matches!(place.create("a").await, Err(ImageStoreError::Exists)));
    }
}

#[tokio::test]
async fn a_create_that_finds_the_same_bytes_of_another_put_is_refused() {
    let Some(place) = Place::new().await else { return };
    place.create("a").await.unwrap();
    place.proxy.take();
    let refused = place.create("a").await;
    assert!(matches!(refused, Err(ImageStoreError::Exists)), "{refused:?}");
    let sent = place.proxy.take();
    assert_eq!((of(&sent, "PUT"), of(&sent, "HEAD")), (1, 1));
}

#[tokio::test]
async fn a_create_that_was_refused_for_what_is_gone_is_tried_again() {
    let Some(place) = Place::new().await else { return };
    place.proxy.disturb([Disturbance::xml(412, "PreconditionFailed")]);
    place.create("a").await.unwrap();
    let sent = place.proxy.take();
    assert_eq!((of(&sent, "PUT"), of(&sent, "HEAD")), (2, 1));
    assert_eq!(place.objects().await, ["other/school/a"]);
}

#[tokio::test]
async fn creates_that_meet_each_other_are_tried_again_but_not_for_ever() {
    let Some(place) = Place::new().await else { return };
    let conflict = || Disturbance::xml(409, "ConditionalRequestConflict");
    place.proxy.disturb([conflict(), conflict()]);
    place.create("a").await.unwrap();
    assert_eq!(of(&place.proxy.take(), "PUT"), 3);

    place.proxy.disturb(std::iter::repeat_with(conflict).take(7));
    let error = place.create("b").await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Unavailable { .. }), "{error:?}");
    assert!(source(&error).contains("ConditionalRequestConflict"), "{}", source(&error));
    assert_eq!(of(&place.proxy.take(), "PUT"), 7);
}

/// An answer that says success, and that one version was not deleted.
fn undeleted(code: &str) -> Disturbance {
    let error = format!("<Key>other/school/a</Key><VersionId>null</VersionId><Code>{code}</Code><Message>m</Message>");
    Answer(200, format!("<DeleteResult><Error>{error}</Error></DeleteResult>"))
}

#[tokio::test]
async fn versions_that_were_not_deleted_are_deleted_again() {
    let Some(place) = Place::versioned().await else { return };
    place.put("a", 1).await;
    place.put("a", 2).await;
    place.proxy.take();
    place.proxy.disturb([Pass, undeleted("InternalError"), Pass, undeleted("SlowDown")]);
    place.store.delete(&school(), &key("a")).await.unwrap();
    assert_eq!(place.versions().await, []);
    // Three rounds, and a last look.
    let sent = place.proxy.take();
    assert_eq!((of(&sent, "GET"), of(&sent, "POST")), (4, 3));
}

#[tokio::test]
async fn a_version_that_can_not_be_deleted_is_told() {
    let Some(place) = Place::new().await else { return };
    place.put("a", 1).await;
    place.proxy.take();
    place.proxy.disturb([Pass, undeleted("AccessDenied")]);
    let error = place.store.delete(&school(), &key("a")).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Failed { .. }), "{error:?}");
    assert_eq!(source(&error), "a version was not deleted: AccessDenied");
    assert_eq!(place.proxy.take().len(), 2);

    place.proxy.disturb(std::iter::repeat_n([Pass, undeleted("SlowDown")], 7).flatten());
    let error = place.store.delete(&school(), &key("a")).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Throttled { .. }), "{error:?}");
    assert_eq!(of(&place.proxy.take(), "POST"), 7);
}

#[tokio::test]
async fn a_deletion_that_changes_nothing_ends() {
    let Some(place) = Place::new().await else { return };
    place.put("a", 1).await;
    let done = || Answer(200, "<DeleteResult></DeleteResult>".to_owned());
    place.proxy.disturb(std::iter::repeat_n([Pass, done()], 8).flatten());
    let error = place.store.delete(&school(), &key("a")).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Unavailable { .. }), "{error:?}");
}

/// A server that gives each request one of the answers, and closes the connection. It tells how many it gave.
async fn answering(answers: Vec<Vec<u8>>) -> (S3ImageStore, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = S3ImageStore::new(&aws(&format!("http://{}", listener.local_addr().unwrap())), "bucket");
    let given = Arc::new(AtomicUsize::new(0));
    let counter = given.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(&answer).await.unwrap();
            stream.shutdown().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (store, given)
}

/// An answer with an image, of which `sent` bytes are sent.
fn image(headers: &str, announced: usize, sent: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\nETag: \"e\"\r\n{headers}\r\n");
    let mut answer = head.into_bytes();
    answer.extend(std::iter::repeat_n(b'x', sent));
    answer
}

const JPEG: &str = "Content-Type: image/jpeg\r\nConnection: close\r\n";

#[tokio::test]
async fn an_image_that_was_cut_off_is_read_again_but_not_for_ever() {
    let (store, given) = answering(vec![image(JPEG, 100, 60), image(JPEG, 100, 0), image(JPEG, 100, 100)]).await;
    let read = store.get(&school(), &key("a")).await.unwrap();
    assert_eq!((read.bytes.len(), read.version.as_str()), (100, "e"));
    assert_eq!(given.load(Ordering::SeqCst), 3);

    let (store, given) = answering(vec![image(JPEG, 100, 99); 4]).await;
    let error = store.get(&school(), &key("a")).await.unwrap_err();
    assert!(matches!(error, ImageStoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(given.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_image_that_stops_coming_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let store = S3ImageStore::new(&patient(&endpoint, Duration::from_millis(100)), "bucket");
    let reading = tokio::spawn(async move { store.get(&school(), &key("a")).await });
    let mut open = Vec::new();
    for _ in 0..3 {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(&image(JPEG, 100, 50)).await.unwrap();
        open.push(stream);
    }
    let error = reading.await.unwrap().unwrap_err();
    assert!(matches!(error, ImageStoreError::Unavailable { .. }), "{error:?}");
}

#[tokio::test]
async fn an_image_that_is_not_what_was_stored_is_refused() {
    // The SHA-256 of nothing, and the CRC32 of nothing.
    for checksum in ["sha256: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "crc32: AAAAAA=="] {
        let headers = format!("{JPEG}x-amz-checksum-{checksum}\r\n");
        let (store, given) = answering(vec![image(&headers, 100, 100)]).await;
        let error = store.get(&school(), &key("a")).await.unwrap_err();
        assert!(matches!(error, ImageStoreError::Failed { .. }), "{error:?}");
        assert!(source(&error).contains("checksum"), "{}", source(&error));
        assert_eq!(given.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn errors_do_not_repeat_what_was_asked_for() {
    let Some(place) = Place::new().await else { return };
    let message =
        "<Error><Code>InvalidRequest</Code><Message>other/school/a</Message><Key>other/school/a</Key></Error>";
    place.proxy.disturb([Answer(400, message.to_owned())]);
    let error = place.create("a").await.unwrap_err();
    let shown = format!("{error} {error:?} {}", source(&error));
    assert!(!shown.contains("school") && shown.contains("InvalidRequest"), "{shown}");
}
