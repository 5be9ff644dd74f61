//! Every promise of the ports, on the embedded adapters.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use attendance_core::conformance::event_sink::EventSinkFixture;
use attendance_core::conformance::face_matcher::{FaceMatcherFixture, TwoFaces};
use attendance_core::conformance::notifier::{Arrived, NotifierFixture};
use attendance_core::domain::event::Event;
use attendance_core::ports::ImageStore;
use attendance_local::event_sink::{Fanout, JsonLinesEventSink};
use attendance_local::notifier::LogNotifier;
use attendance_local::vision::Vision;
use attendance_local::{FolderImageStore, LocalFaceMatcher};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, imageops};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

mod image_store {
    use super::*;

    async fn store() -> (Arc<dyn ImageStore>, TempDir) {
        let folder = folder();
        let store = FolderImageStore::open(folder.path().join("images")).expect("a store");
        (Arc::new(store), folder)
    }

    attendance_core::image_store_suite!(store);
}

mod face_matcher {
    use super::*;

    const GRACE: &[u8] = include_bytes!("../testdata/grace_hopper.jpg");
    const ASTRONAUT: &[u8] = include_bytes!("../testdata/astronaut.png");

    struct Pictures {
        vision: Vision,
        again: Bytes,
        both: Bytes,
        no_face: Bytes,
        gigapixels: Bytes,
    }

    fn file(picture: &DynamicImage, format: ImageFormat) -> Bytes {
        let mut bytes = Cursor::new(Vec::new());
        picture.to_rgb8().write_to(&mut bytes, format).expect("a picture");
        bytes.into_inner().into()
    }

    fn pictures() -> &'static Pictures {
        static PICTURES: OnceLock<Pictures> = OnceLock::new();
        PICTURES.get_or_init(|| {
            let grace = image::load_from_memory(GRACE).expect("a picture");
            let astronaut = image::load_from_memory(ASTRONAUT).expect("a picture");
            let again = grace.crop_imm(30, 20, 450, 560).fliph().brighten(25);
            let nearer = astronaut.crop_imm(110, 10, 240, 300).resize_exact(360, 450, imageops::FilterType::Triangle);
            let mut both = DynamicImage::new_rgb8(872, 600);
            imageops::overlay(&mut both, &grace, 0, 0);
            imageops::overlay(&mut both, &nearer, 512, 75);
            let mut no_face = DynamicImage::new_rgb8(640, 480);
            let (dark, light) = (image::Rgba([10, 60, 90, 255]), image::Rgba([250, 230, 200, 255]));
            imageops::horizontal_gradient(&mut no_face, &dark, &light);
            Pictures {
                vision: Vision::load().expect("the networks"),
                again: file(&again, ImageFormat::Jpeg),
                both: file(&both, ImageFormat::Jpeg),
                no_face: file(&no_face, ImageFormat::Png),
                gigapixels: gigapixels(),
            }
        })
    }

    /// A PNG whose header claims 60,000 x 60,000 pixels.
    fn gigapixels() -> Bytes {
        let mut header = b"IHDR".to_vec();
        header.extend(60_000_u32.to_be_bytes());
        header.extend(60_000_u32.to_be_bytes());
        header.extend([8, 2, 0, 0, 0]);
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
        png.extend(&header);
        png.extend(crc32fast::hash(&header).to_be_bytes());
        png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
        png.into()
    }

    async fn fixture() -> (FaceMatcherFixture, TempDir) {
        let folder = folder();
        let pictures = pictures();
        let images: Arc<dyn ImageStore> =
            Arc::new(FolderImageStore::open(folder.path().join("images")).expect("a store"));
        let matcher = || {
            let vision = pictures.vision.clone();
            let images = Some(Arc::clone(&images));
            Arc::new(LocalFaceMatcher::new(vision, folder.path().join("gallery"), images).expect("a matcher"))
        };
        let (grace, astronaut) = (Bytes::from_static(GRACE), Bytes::from_static(ASTRONAUT));
        let mut fixture = FaceMatcherFixture::new(matcher(), grace, pictures.again.clone(), astronaut);
        fixture.another_instance = Some(matcher());
        fixture.images = Some(Arc::clone(&images));
        fixture.both = Some(TwoFaces { picture: pictures.both.clone(), largest_is_a: true });
        fixture.no_face = Some(pictures.no_face.clone());
        fixture.broken = vec![
            Bytes::from_static(b"This is a letter."),
            Bytes::from_static(&GRACE[..GRACE.len() / 2]),
            Bytes::from_static(&ASTRONAUT[..ASTRONAUT.len() / 2]),
            pictures.gigapixels.clone(),
            file(&DynamicImage::new_rgb8(1, 1), ImageFormat::Png),
            vec![0; 30_000_000].into(),
        ];
        (fixture, folder)
    }

    attendance_core::face_matcher_suite!(fixture);
}

fn lines_of(path: &PathBuf) -> Vec<Event> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

mod json_lines {
    use super::*;

    async fn fixture() -> (EventSinkFixture, TempDir) {
        let folder = folder();
        let path = folder.path().join("events.jsonl");
        let sink = Arc::new(JsonLinesEventSink::open(&path).expect("a sink"));
        (EventSinkFixture::new(sink).read_back(move || std::future::ready(lines_of(&path))), folder)
    }

    attendance_core::event_sink_suite!(fixture);
}

mod live_feed_and_fanout {
    use super::*;
    use attendance_core::domain::ids::OrganizationId;
    use attendance_core::ports::{EventSink, EventSinkError};
    use attendance_local::event_sink::{LiveEvents, LiveFeed, Update};
    use std::collections::HashMap;

    /// Listens to every organization before anything of it is published.
    #[derive(Debug, Clone, Default)]
    struct Listening {
        feed: LiveFeed,
        listeners: Arc<Mutex<HashMap<OrganizationId, LiveEvents>>>,
        heard: Arc<Mutex<Vec<Event>>>,
    }

    impl Listening {
        async fn heard(self) -> Vec<Event> {
            let mut listeners: Vec<_> = self.listeners.lock().expect("a lock").drain().collect();
            for (_, listener) in &mut listeners {
                let soon = std::time::Duration::from_millis(20);
                while let Ok(Some(update)) = tokio::time::timeout(soon, listener.recv()).await {
                    let Update::Event(event) = update else { panic!("missed some: {update:?}") };
                    self.heard.lock().expect("a lock").push(event);
                }
            }
            self.heard.lock().expect("a lock").clone()
        }
    }

    #[async_trait::async_trait]
    impl EventSink for Listening {
        async fn publish(&self, organization: &OrganizationId, events: &[Event]) -> Result<(), EventSinkError> {
            let listen = || self.feed.subscribe(organization);
            self.listeners.lock().expect("a lock").entry(organization.clone()).or_insert_with(listen);
            self.feed.publish(organization, events).await
        }
    }

    async fn fixture() -> (EventSinkFixture, TempDir) {
        let folder = folder();
        let lines = JsonLinesEventSink::open(folder.path().join("events.jsonl")).expect("a sink");
        let listening = Listening::default();
        let sink = Fanout::new(vec![Arc::new(lines), Arc::new(listening.clone())]);
        (EventSinkFixture::new(Arc::new(sink)).read_back(move || listening.clone().heard()), folder)
    }

    attendance_core::event_sink_suite!(fixture);
}

mod log_notifier {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Whom {
        Recipients,
        Operators,
    }

    fn read(path: &PathBuf, whom: Whom) -> Vec<Arrived> {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a message"));
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let arrived = lines.filter_map(|line| {
            let recipient = &line["to"]["recipient"];
            let is_to = if recipient.is_object() { Whom::Recipients } else { Whom::Operators };
            let to = if is_to == Whom::Recipients { text(&recipient["email"]) } else { String::new() };
            (is_to == whom).then(|| Arrived { to, subject: text(&line["subject"]), body: text(&line["body"]) })
        });
        arrived.collect()
    }

    async fn fixture() -> (NotifierFixture, TempDir) {
        let folder = folder();
        let path = folder.path().join("messages.jsonl");
        let notifier = Arc::new(LogNotifier::with_file(&path).expect("a notifier"));
        let other = path.clone();
        let mut fixture = NotifierFixture::new(notifier)
            .arrived(move || std::future::ready(read(&path, Whom::Recipients)))
            .alerted(move || std::future::ready(read(&other, Whom::Operators)));
        fixture.without_operators = Some(Arc::new(LogNotifier::new()));
        (fixture, folder)
    }

    attendance_core::notifier_suite!(fixture);
}
