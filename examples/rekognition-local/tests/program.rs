//! The program itself: what it keeps when it is killed, how it ends, what it writes to its log.
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![cfg(unix)]

mod support;

use support::{ASTRONAUT, GRACE, Program, bytes, client};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill_and_the_log_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let before = client(&program.url);
    before.create_collection().collection_id("secret-collection").send().await.unwrap();
    let index = before.index_faces().collection_id("secret-collection").image(bytes(GRACE));
    let face = index.external_image_id("secret-image").send().await.unwrap();
    let face = face.face_records()[0].face().unwrap().face_id().unwrap().to_owned();
    before.create_user().collection_id("secret-collection").user_id("secret-user").send().await.unwrap();
    let associate = before.associate_faces().collection_id("secret-collection").user_id("secret-user");
    associate.face_ids(&face).send().await.unwrap();
    program.kill();

    let program = Program::start(folder.path());
    let after = client(&program.url);
    let search = |image| after.search_users_by_image().collection_id("secret-collection").image(bytes(image)).send();
    let found = search(GRACE).await.unwrap();
    assert_eq!(found.user_matches()[0].user().unwrap().user_id(), Some("secret-user"));
    assert!(search(ASTRONAUT).await.unwrap().user_matches().is_empty());
    after.search_faces().collection_id("secret-nowhere").face_id(&face).send().await.unwrap_err();
    drop(after);
    let (status, log) = program.terminate();
    assert!(status.success(), "{status}: {log}");
    assert!(
        log.contains("SearchUsersByImage 200") && log.contains("SearchFaces 400 ResourceNotFoundException"),
        "{log}"
    );
    assert!(!log.contains("secret") && !log.contains(&face), "{log}");
}
