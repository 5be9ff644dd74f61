use super::*;

fn open() -> (tempfile::TempDir, FolderImageStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderImageStore::open(folder.path().join("images")).unwrap();
    (folder, store)
}

fn default() -> OrganizationId {
    OrganizationId::new("default").unwrap()
}

fn key(text: &str) -> ImageKey {
    ImageKey::new(text).unwrap()
}

async fn put(store: &FolderImageStore, name: &str, mode: PutMode) -> Result<String, ImageStoreError> {
    store.put(&default(), &key(name), name.to_owned().into(), ContentType::Png, mode).await
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

#[tokio::test]
async fn a_key_and_keys_below_it_live_together() {
    let (_folder, store) = open();
    for name in ["a", "a/b", "a/b/c", "A", "a-b", "a0", "con", "con/x", &"l".repeat(512)] {
        put(&store, name, PutMode::Create).await.unwrap();
    }
    for name in ["a", "a/b", "a/b/c", "A", "a-b", "a0", "con", "con/x", &"l".repeat(512)] {
        assert_eq!(store.get(&default(), &key(name)).await.unwrap().bytes, name);
    }
    assert!(matches!(store.get(&default(), &key("a/b/c/d")).await, Err(ImageStoreError::NotFound)));
    store.delete(&default(), &key("a/b/c/d")).await.unwrap();
    store.delete(&default(), &key("a/b")).await.unwrap();
    assert!(store.get(&default(), &key("a/b")).await.is_err());
    assert_eq!(store.get(&default(), &key("a/b/c")).await.unwrap().bytes, "a/b/c");
}

#[tokio::test]
async fn keys_are_listed_in_byte_order_whatever_their_files_are_called() {
    let (_folder, store) = open();
    let long = "m".repeat(100);
    let mut names: Vec<String> = ["a", "a/b", "a-b", "a.", "a:", "a0", "A", "Z/z", "a/B", "b/c/d", "con", "z"]
        .map(str::to_owned)
        .into_iter()
        .chain([long.clone(), format!("{long}/x"), format!("{long}-"), format!("{long}0"), long[..99].to_owned()])
        .collect();
    for name in &names {
        put(&store, name, PutMode::Create).await.unwrap();
    }
    names.sort();
    for (prefix, limit) in
        [("", 1), ("", 4), ("", 100), ("a", 2), ("a/", 1), ("m", 2), ("b/c", 9), ("nothing", 9), ("../", 9)]
    {
        let mut page = PageRequest::first(limit);
        let mut found = Vec::new();
        loop {
            let part = store.list(&default(), prefix, &page).await.unwrap();
            assert!(part.items.len() <= limit.into());
            found.extend(part.items.into_iter().map(String::from));
            let Some(next) = part.next else { break };
            page = page.after(next);
        }
        let expected: Vec<_> = names.iter().filter(|name| name.starts_with(prefix)).cloned().collect();
        assert_eq!(found, expected, "{prefix:?}, {limit} a page");
    }
}

#[tokio::test]
async fn of_many_processes_that_create_a_picture_one_wins() {
    let (folder, _) = open();
    let stores: Vec<_> = (0..24).map(|_| FolderImageStore::open(folder.path().join("images")).unwrap()).collect();
    let tasks: Vec<_> = stores
        .into_iter()
        .map(|store| tokio::spawn(async move { put(&store, "x/y", PutMode::Create).await }))
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, ImageStoreError::Exists), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn the_same_bytes_put_again_have_another_version() {
    let (_folder, store) = open();
    let first = put(&store, "x", PutMode::Create).await.unwrap();
    let second = put(&store, "x", PutMode::Replace).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(store.get(&default(), &key("x")).await.unwrap().version, second);
}

#[tokio::test]
async fn deleting_takes_the_file_and_the_folders_that_became_empty() {
    let (folder, store) = open();
    put(&store, "a/b/c", PutMode::Create).await.unwrap();
    put(&store, "a/d", PutMode::Create).await.unwrap();
    store.delete(&default(), &key("a/b/c")).await.unwrap();
    assert_eq!(files(folder.path()), [folder.path().join("images/default/a/d@image")]);
    assert!(!folder.path().join("images/default/a/b").exists());
    store.delete(&default(), &key("a/d")).await.unwrap();
    assert!(!folder.path().join("images/default").exists());
}

#[tokio::test]
async fn pictures_put_while_others_of_the_folder_are_deleted_are_not_lost() {
    let (_folder, store) = open();
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let mine = format!("same/folder/{n}");
                put(&store, &mine, PutMode::Create).await.unwrap();
                assert_eq!(store.get(&default(), &key(&mine)).await.unwrap().bytes, mine);
                store.delete(&default(), &key(&mine)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_cleared_away_and_what_others_are_writing_is_not() {
    let (folder, store) = open();
    let unfinished = folder.path().join("images/@new");
    fs::write(unfinished.join("left"), "half a face").unwrap();
    let busy = write(&unfinished.join("busy"), &[b"half a face"]).unwrap();
    put(&store, "x", PutMode::Create).await.unwrap();
    FolderImageStore::open(folder.path().join("images")).unwrap();
    assert_eq!(files(&unfinished), [unfinished.join("busy")]);
    drop(busy);
    FolderImageStore::open(folder.path().join("images")).unwrap();
    assert!(files(&unfinished).is_empty());
    assert_eq!(store.list(&default(), "", &PageRequest::default()).await.unwrap().items, [key("x")]);
}

#[tokio::test]
async fn a_damaged_file_is_said_to_be_damaged_and_can_be_replaced() {
    let (folder, store) = open();
    put(&store, "x", PutMode::Create).await.unwrap();
    let file = folder.path().join("images/default/x@image");
    let bytes = fs::read(&file).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x40;
        fs::write(&file, damaged).unwrap();
        assert!(matches!(store.get(&default(), &key("x")).await, Err(ImageStoreError::Failed { .. })), "{at}");
    }
    put(&store, "x", PutMode::Replace).await.unwrap();
    assert_eq!(store.get(&default(), &key("x")).await.unwrap().bytes, "x");
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (_folder, store) = open();
    for cursor in ["b/c", "../a", ""] {
        let page = PageRequest::first(1).after(attendance_core::domain::page::Cursor(cursor.to_owned()));
        let refused = store.list(&default(), "a/", &page).await;
        assert!(matches!(refused, Err(ImageStoreError::InvalidCursor)), "{cursor:?}");
    }
}

#[tokio::test]
#[cfg(unix)]
async fn a_symbolic_link_is_neither_followed_nor_listed() {
    let (folder, store) = open();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret@image"), "x").unwrap();
    put(&store, "a/b", PutMode::Create).await.unwrap();
    let below = folder.path().join("images/default");
    std::os::unix::fs::symlink(&outside, below.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.join("secret@image"), below.join("file@image")).unwrap();
    for name in ["link/secret", "file"] {
        assert!(matches!(store.get(&default(), &key(name)).await, Err(ImageStoreError::Failed { .. })), "{name}");
        assert!(store.delete(&default(), &key(name)).await.is_err(), "{name}");
        assert!(put(&store, name, PutMode::Replace).await.is_err(), "{name}");
    }
    assert_eq!(store.list(&default(), "", &PageRequest::default()).await.unwrap().items, [key("a/b")]);
    assert_eq!(fs::read(outside.join("secret@image")).unwrap(), b"x");
}

#[tokio::test]
#[cfg(unix)]
async fn only_the_owner_may_read_a_picture() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = open();
    put(&store, "a/b", PutMode::Create).await.unwrap();
    for (path, mode) in [("images", 0o700), ("images/default/a", 0o700), ("images/default/a/b@image", 0o600)] {
        let found = fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
}
