//! The template of every picture, each embedded once, on all cores.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use attendance_local::vision::{Cut, DetectedFace, Template, Vision};

use crate::pictures::Picture;

/// How faces are looked for and embedded.
#[derive(Debug)]
pub(crate) struct Way {
    /// The largest face, as a check-in looks for it, instead of the one nearest to the middle of the picture.
    pub(crate) largest: bool,
    /// Chips whose mean is enrolled.
    pub(crate) enrolled: Vec<Cut>,
    /// Chips whose mean checks in.
    pub(crate) checked_in: Vec<Cut>,
}

/// A face as it is enrolled and as it checks in.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(crate) enrolled: Template,
    pub(crate) checked_in: Template,
}

/// Embeds the pictures below `folder`; `None` where no face was found. Says on stderr how far it is.
///
/// # Errors
/// A picture that can't be read, with its name, or a network that fails.
pub(crate) fn embed(vision: &Vision, folder: &Path, pictures: &[Picture], way: &Way) -> Result<Vec<Option<Embedded>>> {
    let (next, progress) = (AtomicUsize::new(0), Mutex::new(Progress::new(pictures.len())));
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(picture) = pictures.get(index) else { return Ok(done) };
            let embedded = one(vision, &folder.join(&picture.name), way);
            done.push((index, embedded.with_context(|| picture.name.clone())?));
            progress.lock().expect("no thread panics while it holds it").one_more();
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<Result<Vec<_>>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().expect("a thread panicked")).collect()
    });
    eprintln!();
    let mut done: Vec<_> = results.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, embedded)| embedded).collect())
}

fn one(vision: &Vision, file: &Path, way: &Way) -> Result<Option<Embedded>> {
    let picture = Vision::decode(&std::fs::read(file)?)?;
    let face = if way.largest {
        vision.largest(&picture)?.0
    } else {
        vision.all(&picture)?.into_iter().min_by(|a, b| from_middle(a).total_cmp(&from_middle(b)))
    };
    let Some(face) = face else { return Ok(None) };
    let checked_in = vision.embed_cuts(&picture, &face, &way.checked_in)?;
    let enrolled = match way.enrolled == way.checked_in {
        true => checked_in.clone(),
        false => vision.embed_cuts(&picture, &face, &way.enrolled)?,
    };
    Ok(Some(Embedded { enrolled, checked_in }))
}

fn from_middle(face: &DetectedFace) -> f32 {
    let place = face.bounding_box;
    (place.left + place.width / 2.0 - 0.5).hypot(place.top + place.height / 2.0 - 0.5)
}

#[derive(Debug)]
struct Progress {
    done: usize,
    all: usize,
    said: Instant,
}

impl Progress {
    fn new(all: usize) -> Self {
        Self { done: 0, all, said: Instant::now() }
    }

    fn one_more(&mut self) {
        self.done += 1;
        if self.done == self.all || self.said.elapsed() > Duration::from_millis(500) {
            eprint!("\r{} of {} pictures ...", self.done, self.all);
            self.said = Instant::now();
        }
    }
}
