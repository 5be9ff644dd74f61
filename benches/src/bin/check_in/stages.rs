//! The recognising half of a check-in, a stage at a time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use attendance_core::domain::ids::{AttendeeId, FaceId, OrganizationId};
use attendance_core::domain::similarity::Threshold;
use attendance_local::gallery::{Gallery, Search};
use attendance_local::vision::{DIMENSIONS, Vision, calibration};

use crate::{Portrait, Stopwatch};

/// The networks, and a gallery of the people who are enrolled.
#[derive(Debug)]
pub(crate) struct Stages {
    vision: Vision,
    gallery: Gallery,
    search: Search,
}

impl Stages {
    pub(crate) fn load(people: &[Portrait], floor: Threshold) -> Result<Self> {
        let vision = Vision::load()?;
        let organization: OrganizationId = "bench".parse()?;
        let mut gallery = Gallery::new(DIMENSIONS);
        for person in people {
            let picture = Vision::decode(&std::fs::read(&person.photo)?)?;
            let (face, _) = vision.largest(&picture)?;
            let face = face.with_context(|| format!("{} shows no face", person.photo.display()))?;
            let template = vision.embed_to_enrol(&picture, &face)?;
            let attendee = AttendeeId::fresh();
            let face = FaceId::derive(&organization, attendee, person.name.as_bytes());
            gallery.insert(attendee, face, template.as_slice())?;
        }
        let search = Search::at_least(calibration::cosine(floor.percent())).at_most(5);
        Ok(Self { vision, gallery, search })
    }

    pub(crate) fn run(&self, photo: &Path, stopwatch: &mut Stopwatch) -> Result<()> {
        let picture = stopwatch.time("decode", || anyhow::Ok(Vision::decode(&std::fs::read(photo)?)?))?;
        let (face, _) = stopwatch.time("detect largest", || self.vision.largest(&picture))?;
        stopwatch.time("detect all", || self.vision.all(&picture))?;
        let Some(face) = face else { return Ok(()) };
        let template = stopwatch.time("embed", || self.vision.embed(&picture, &face))?;
        stopwatch.time("match", || self.gallery.search(template.as_slice(), self.search))?;
        Ok(())
    }
}

/// How many faces each picture shows, or why it can't be used.
pub(crate) fn count_faces(photos: &[PathBuf]) -> Result<Vec<Result<usize, String>>> {
    let vision = Vision::load()?;
    let count = |photo: &PathBuf| {
        let picture = match Vision::decode(&std::fs::read(photo)?) {
            Ok(picture) => picture,
            Err(error) => return Ok(Err(error.to_string())),
        };
        Ok(Ok(vision.all(&picture)?.len()))
    };
    photos.iter().map(count).collect()
}
