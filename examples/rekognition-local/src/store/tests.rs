use std::fs;
use std::path::PathBuf;

use attendance_core::domain::face::BoundingBox;
use attendance_local::vision::{DIMENSIONS, Template, calibration};
use serde_json::json;
use tempfile::TempDir;

use super::change::Face;
use super::faces::Deletion;
use super::*;
use crate::page::List;

/// Templates whose cosine to that of `0.0` is the cosine of the angle, in degrees.
fn template(angle: f32) -> Template {
    let (sin, cos) = angle.to_radians().sin_cos();
    let numbers = std::array::from_fn::<f32, DIMENSIONS, _>(|i| [cos, sin].get(i).copied().unwrap_or(0.0));
    Template::new(numbers).unwrap()
}

fn face(image: u128, angle: f32) -> NewFace {
    let bounding_box = BoundingBox { left: 0.25, top: 0.25, width: 0.5, height: 0.5 };
    let external_image_id = Some("a:b".to_owned());
    NewFace {
        image: Uuid::from_u128(image),
        external_image_id,
        bounding_box,
        confidence: 99.0,
        template: template(angle),
    }
}

fn in_memory(user_update_delay: Duration) -> Store {
    let store = Store::open(None, user_update_delay).unwrap();
    store.create("c").unwrap();
    store
}

fn open(folder: &TempDir) -> Store {
    Store::open(Some(&folder.path().join("data")), Duration::ZERO).unwrap()
}

/// The one file of a collection.
fn file(folder: &TempDir) -> PathBuf {
    let files = journal::files(&folder.path().join("data/collections")).unwrap();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Does what a request without a token does.
fn create_user(collection: &mut Collection, id: &str) -> Result<(), Fault> {
    let change = collection.creation_of_user(id)?;
    collection.commit(vec![change])
}

fn associate(collection: &mut Collection, id: &str, faces: &[Uuid], threshold: f32) -> Result<Association, Fault> {
    let (association, change) = collection.association(id, faces, threshold)?;
    collection.commit(change.into_iter().collect())?;
    Ok(association)
}

fn disassociate(collection: &mut Collection, id: &str, faces: &[Uuid]) -> Result<Association, Fault> {
    let (association, change) = collection.disassociation(id, faces)?;
    collection.commit(change.into_iter().collect())?;
    Ok(association)
}

fn users(collection: &Collection) -> Vec<(String, Status)> {
    collection.list_users(&Range::new(List::Users, collection.key(), None, 500).unwrap()).0
}

/// Who is found, down to 80 percent.
fn found(collection: &Collection, angle: f32) -> Vec<String> {
    collection.search_users(&template(angle), 80.0, 500).unwrap().into_iter().map(|found| found.user).collect()
}

#[test]
fn collections_with_their_faces_and_users_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.create("c").unwrap();
    let before = store
        .with("c", |collection| {
            let faces = collection.add_faces(vec![face(1, 0.0), face(2, 90.0)])?;
            create_user(collection, "ann")?;
            create_user(collection, "bob")?;
            associate(collection, "ann", &faces[..1], 75.0)?;
            Ok((collection.key(), collection.created_at(), collection.faces.clone(), users(collection)))
        })
        .unwrap();
    // A crash in the midst of the next line.
    let path = file(&folder);
    let written = fs::read(&path).unwrap();
    fs::write(&path, [&written, b"[{\"user-created\":{\"us".as_slice()].concat()).unwrap();
    drop(store);

    let store = open(&folder);
    let after = store.with("c", |collection| {
        assert_eq!((found(collection, 0.0), found(collection, 90.0)), (vec!["ann".to_owned()], vec![]));
        assert_eq!(collection.search_faces(&template(90.0), 80.0, 9)?[0].face, face(2, 0.0).id(collection.key()));
        create_user(collection, "cid")?;
        Ok((collection.key(), collection.created_at(), collection.faces.clone(), users(collection)))
    });
    let (key, at, faces, mut users) = after.unwrap();
    assert_eq!(users.pop(), Some(("cid".to_owned(), Status::Created)));
    assert_eq!((key, at, faces, users), before);
    assert_eq!(store.create("c").unwrap_err().code, "ResourceAlreadyExistsException");
}

#[test]
fn nothing_of_a_deleted_face_or_user_stays_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.create("c").unwrap();
    let traces = |what: &str| fs::read_to_string(file(&folder)).unwrap().contains(what);
    let line = serde_json::to_string(&Change::FaceAdded(Box::new(Face {
        id: Uuid::nil(),
        image: Uuid::nil(),
        external_image_id: None,
        bounding_box: face(1, 0.0).bounding_box,
        confidence: 1.0,
        template: template(40.0),
    })));
    let line = line.unwrap();
    let looks = line.split("\"template\":\"").nth(1).unwrap().split('"').next().unwrap();
    let faces = store.with("c", |collection| {
        create_user(collection, "ann")?;
        create_user(collection, "bob")?;
        collection.add_faces(vec![face(1, 40.0), face(2, 90.0)])
    });
    let faces = faces.unwrap();
    assert!(traces(looks) && traces("ann"));
    store.with("c", |collection| collection.delete_faces(&faces[..1])).unwrap();
    let found = store.with("c", |collection| collection.search_faces(&template(40.0), 80.0, 9)).unwrap();
    assert!(found.is_empty(), "no search comes upon it any more");
    store.with("c", |collection| collection.commit(vec![collection.deletion_of_user("ann")?])).unwrap();
    assert!(!traces(looks) && !traces("ann") && traces("bob"));
    drop(store);

    // A crash between the line that says it and the file that is written anew.
    let (path, gone) = (file(&folder), serde_json::to_string(&[Change::FaceDeleted(faces[1])]).unwrap());
    fs::write(&path, fs::read_to_string(&path).unwrap() + &gone + "\n").unwrap();
    let store = open(&folder);
    assert_eq!(store.with("c", |collection| Ok(collection.face_count())).unwrap(), 0);
    assert!(!traces(&faces[1].to_string()) && traces("bob"));
    store.delete("c").unwrap();
    assert_eq!(fs::read_dir(folder.path().join("data/collections")).unwrap().count(), 0);
    assert_eq!(store.with("c", |_| Ok(())).unwrap_err().code, "ResourceNotFoundException");
}

#[test]
fn a_file_that_is_damaged_or_of_another_model_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.create("c").unwrap();
    store.with("c", |collection| collection.add_faces(vec![face(1, 0.0)])).unwrap();
    drop(store);
    let path = file(&folder);
    let text = fs::read_to_string(&path).unwrap();
    let other = attendance_local::vision::MODEL.to_owned() + "-other";
    for (written, said) in [
        (text.replace("face-added", "face-added-somehow"), "damaged in line 2"),
        (text.lines().nth(1).unwrap().to_owned() + "\n", "no collection's file"),
        (String::new(), "damaged in line 1"),
        (text.replace(attendance_local::vision::MODEL, &other), "index the images again"),
    ] {
        fs::write(&path, &written).unwrap();
        let error = Store::open(Some(&folder.path().join("data")), Duration::ZERO).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), written, "it is left as it was");
    }
    fs::write(&path, text).unwrap();
    assert_eq!(open(&folder).with("c", |collection| Ok(collection.face_count())).unwrap(), 1);
}

#[test]
fn the_same_face_of_the_same_image_is_indexed_once_under_an_external_id() {
    let store = in_memory(Duration::ZERO);
    store
        .with("c", |collection| {
            let first = collection.add_faces(vec![face(1, 0.0)])?;
            let other_image = face(2, 0.0);
            let other_name = NewFace { external_image_id: None, ..face(1, 0.0) };
            assert_eq!(collection.add_faces(vec![face(1, 0.0)])?, first);
            assert_eq!(collection.face_count(), 1);
            collection.add_faces(vec![other_image, other_name, face(1, 0.0)])?;
            assert_eq!(collection.face_count(), 3);
            Ok(())
        })
        .unwrap();
}

#[test]
fn faces_are_associated_as_far_as_they_fit() {
    let store = in_memory(Duration::ZERO);
    store
        .with("c", |collection| {
            let [ann, like_ann, bob, unlike] = collection
                .add_faces(vec![face(1, 0.0), face(2, 5.0), face(3, 90.0), face(4, 60.0)])?
                .try_into()
                .unwrap();
            let missing = Uuid::from_u128(1);
            create_user(collection, "ann")?;
            create_user(collection, "bob")?;
            assert_eq!(associate(collection, "nobody", &[ann], 75.0).unwrap_err().code, "ResourceNotFoundException");
            associate(collection, "bob", &[bob], 75.0)?;
            assert_eq!(associate(collection, "ann", &[ann], 75.0)?.status, Status::Active);

            let percent = calibration::percent(60_f32.to_radians().cos());
            let association = associate(collection, "ann", &[ann, like_ann, bob, unlike, missing], 75.0)?;
            assert_eq!(association.done, [like_ann]);
            let [(a, other), (b, low), (c, none)] = association.others.try_into().unwrap();
            assert_eq!((a, other), (bob, Unassociated::Other("bob".to_owned())));
            assert!(b == unlike && matches!(low, Unassociated::Unlike(p) if (p - percent).abs() < 2.0), "{low:?}");
            assert_eq!((c, none), (missing, Unassociated::NotFound));
            assert_eq!(associate(collection, "ann", &[unlike], 0.0)?.done, [unlike], "no threshold, no obstacle");

            let Deletion { deleted, others } = collection.delete_faces(&[ann, missing])?;
            assert!(deleted.is_empty());
            assert_eq!(others, [(ann, Undeleted::Associated("ann".to_owned())), (missing, Undeleted::NotFound)]);

            let association = disassociate(collection, "ann", &[ann, bob, missing])?;
            assert_eq!((association.done, association.status), (vec![ann], Status::Active));
            let why: Vec<_> = association.others.into_iter().map(|(_, why)| why).collect();
            assert_eq!(why, [Unassociated::Other("bob".to_owned()), Unassociated::NotFound]);
            assert!(disassociate(collection, "ann", &[ann])?.done.is_empty(), "it is no more, and that is ignored");
            assert_eq!(disassociate(collection, "ann", &[like_ann, unlike])?.status, Status::Created);
            assert_eq!(found(collection, 0.0), [""; 0]);
            assert_eq!(collection.delete_faces(&[ann])?.deleted, [ann]);

            collection.commit(vec![collection.deletion_of_user("bob")?])?;
            assert_eq!((collection.owner(bob), collection.face(bob).is_some()), (None, true), "the face stays");
            assert_eq!(found(collection, 90.0), [""; 0]);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_user_has_at_most_a_hundred_faces() {
    let store = in_memory(Duration::ZERO);
    store
        .with("c", |collection| {
            let faces = collection.add_faces((0..150).map(|image| face(image, 0.0)).collect())?;
            create_user(collection, "ann")?;
            associate(collection, "ann", &faces[..60], 75.0)?;
            let association = associate(collection, "ann", &faces[50..], 75.0)?;
            assert_eq!((association.done.len(), association.others.len()), (40, 50));
            assert!(association.others.iter().all(|(_, why)| *why == Unassociated::Full));
            let refused = associate(collection, "ann", &faces[100..], 75.0).unwrap_err();
            assert_eq!(refused.code, "ServiceQuotaExceededException");
            Ok(())
        })
        .unwrap();
}

#[test]
fn while_a_user_is_updating_searches_find_who_they_were_and_changes_are_refused() {
    let store = in_memory(Duration::from_secs(3600));
    store
        .with("c", |collection| {
            let faces = collection.add_faces(vec![face(1, 0.0), face(2, 90.0)])?;
            create_user(collection, "ann")?;
            assert_eq!(associate(collection, "ann", &faces[..1], 75.0)?.status, Status::Updating);
            assert_eq!(users(collection), [("ann".to_owned(), Status::Updating)]);
            assert_eq!(found(collection, 0.0), [""; 0]);
            let refused = [
                associate(collection, "ann", &faces, 0.0).unwrap_err(),
                disassociate(collection, "ann", &faces).unwrap_err(),
                collection.deletion_of_user("ann").unwrap_err(),
                create_user(collection, "ann").unwrap_err(),
            ];
            assert_eq!(refused.map(|refused| refused.code), ["ConflictException"; 4]);

            collection.settle_all_users();
            assert_eq!(users(collection), [("ann".to_owned(), Status::Active)]);
            associate(collection, "ann", &faces[1..], 0.0)?;
            let first = collection.search_users(&template(0.0), 80.0, 1)?;
            assert_eq!((first[0].status, first[0].user.as_str()), (Status::Updating, "ann"));
            assert_eq!(found(collection, 90.0), [""; 0], "the new face is not known yet");
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_update_ends_when_its_time_has_come() {
    let store = in_memory(Duration::from_millis(20));
    let associate = |collection: &mut Collection| {
        let faces = collection.add_faces(vec![face(1, 0.0)])?;
        create_user(collection, "ann")?;
        associate(collection, "ann", &faces, 75.0)
    };
    assert_eq!(store.with("c", associate).unwrap().status, Status::Updating);
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while store.with("c", |collection| Ok(found(collection, 0.0))).unwrap().is_empty() {
        assert!(std::time::Instant::now() < deadline, "the update never ends");
        std::thread::yield_now();
    }
    assert_eq!(store.with("c", |collection| Ok(users(collection))).unwrap(), [("ann".to_owned(), Status::Active)]);
}

#[test]
fn users_are_found_by_the_best_of_their_faces() {
    let store = in_memory(Duration::ZERO);
    store
        .with("c", |collection| {
            let faces = collection.add_faces(vec![face(1, 0.0), face(2, 50.0), face(3, 10.0), face(4, 120.0)])?;
            for (user, faces) in [("ann", &faces[..2]), ("bob", &faces[2..3]), ("cid", &faces[3..])] {
                create_user(collection, user)?;
                associate(collection, user, faces, 0.0)?;
            }
            assert_eq!(found(collection, 49.0), ["ann"]);
            assert_eq!(found(collection, 8.0), ["bob", "ann"], "best first");
            let best = collection.search_users(&template(8.0), 80.0, 1)?;
            assert_eq!((best.len(), best[0].user.as_str()), (1, "bob"));
            let like = collection.search_users_like("ann", 80.0, 500)?;
            assert_eq!(like.iter().map(|found| found.user.as_str()).collect::<Vec<_>>(), ["bob"], "without itself");
            assert_eq!(collection.search_users_like("dan", 80.0, 1).unwrap_err().code, "ResourceNotFoundException");
            let like = collection.search_faces_like(faces[0], 80.0, 500)?;
            assert_eq!(like.iter().map(|found| found.face).collect::<Vec<_>>(), [faces[2]], "without itself");
            assert_eq!(collection.search_faces(&template(0.0), 80.0, 1)?.len(), 1);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_request_with_a_token_is_made_once_also_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.create("c").unwrap();
    let create = |store: &Store, token, id: &'static str, answer: &str| {
        let answer = json!({ "said": answer });
        store.with("c", |collection| {
            let request = Request { operation: "CreateUser", token, content: id };
            collection.once(request, |collection| Ok((answer, Some(collection.creation_of_user(id)?))))
        })
    };
    assert_eq!(create(&store, Some("t"), "ann", "first").unwrap(), json!({ "said": "first" }));
    let mut store = Some(store);
    for _ in 0..2 {
        // The folder has one owner at a time.
        let store = store.take().unwrap_or_else(|| open(&folder));
        assert_eq!(create(&store, Some("t"), "ann", "second").unwrap(), json!({ "said": "first" }));
        let mismatch = create(&store, Some("t"), "bob", "x").unwrap_err();
        assert_eq!(mismatch.code, "IdempotentParameterMismatchException");
        assert_eq!(create(&store, Some("u"), "ann", "x").unwrap_err().code, "ConflictException");
        assert_eq!(create(&store, None, "ann", "x").unwrap_err().code, "ConflictException");
        assert_eq!(store.with("c", |collection| Ok(users(collection).len())).unwrap(), 1);
    }
}
