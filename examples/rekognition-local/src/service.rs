//! What every operation needs: the networks, the collections, the buckets.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attendance_local::vision::Vision;
use aws_sdk_s3::Client;
use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;

use crate::fault::Fault;
use crate::objects::Objects;
use crate::store::{Collection, Store};
use crate::wire::Image;

/// So many requests are taken up together; others wait before their bodies are read.
const REQUESTS: usize = 32;

/// How a server behaves.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where collections are kept; in memory only, where there is no folder.
    pub data: Option<PathBuf>,
    /// For how long a user stays `UPDATING` after a change.
    pub user_update_delay: Duration,
    /// Where images in buckets are read from.
    pub s3: Option<Client>,
}

/// A Rekognition of one's own. Clones are the same.
#[derive(Debug, Clone)]
pub struct Rekognition(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    vision: Vision,
    store: Store,
    objects: Objects,
    /// As many pictures are looked at together as there are cores.
    cores: Arc<Semaphore>,
    requests: Semaphore,
}

impl Rekognition {
    /// Loads the networks and what is kept of collections. Blocks.
    ///
    /// # Errors
    /// What says why the data folder can't be used.
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self(Arc::new(Parts {
            vision: Vision::load()?,
            store: Store::open(settings.data.as_deref(), settings.user_update_delay)?,
            objects: Objects::new(settings.s3),
            cores: Arc::new(Semaphore::new(cores)),
            requests: Semaphore::new(REQUESTS),
        })))
    }

    /// Waits until a request may be taken up.
    pub(crate) async fn admit(&self) -> Result<SemaphorePermit<'_>, Fault> {
        self.0.requests.acquire().await.map_err(Fault::internal)
    }

    /// The bytes of an image, wherever it is.
    pub(crate) async fn bytes(&self, image: Option<Image>) -> Result<Bytes, Fault> {
        match image {
            Some(Image { bytes: Some(bytes), s3_object: None }) => Ok(bytes.0),
            Some(Image { bytes: None, s3_object: Some(object) }) => self.0.objects.get(&object).await,
            _ => Err(Fault::invalid_parameters()),
        }
    }

    /// Runs `work`, which looks at pictures, on a thread of its own once a core is free.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vision) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let core = Arc::clone(&self.0.cores).acquire_owned().await.map_err(Fault::internal)?;
        let vision = self.0.vision.clone();
        let look = move || {
            // The core is taken until the work ends, also if nobody waits for it any more.
            let _core = core;
            work(&vision)
        };
        spawn_blocking(look).await.map_err(Fault::internal)?
    }

    /// Runs `work` on the collections, on a thread of its own.
    pub(crate) async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let parts = Arc::clone(&self.0);
        spawn_blocking(move || work(&parts.store)).await.map_err(Fault::internal)?
    }

    /// Runs `work` on one collection, on a thread of its own.
    pub(crate) async fn collection<T: Send + 'static>(
        &self,
        name: String,
        work: impl FnOnce(&mut Collection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.store(move |store| store.with(&name, work)).await
    }

    /// Whether a collection exists: before any work is done on an image.
    pub(crate) async fn exists(&self, name: &str) -> Result<(), Fault> {
        self.collection(name.to_owned(), |_| Ok(())).await
    }
}
