//! `attendance-gallery-...`: the project's own search, a contender for every kernel that this machine has.

use std::num::NonZeroUsize;

use anyhow::Result;
use attendance_core::domain::ids::{AttendeeId, FaceId};
use attendance_local::gallery::{Found, Gallery, Kernel, Search, Snapshot};
use uuid::Uuid;

use crate::population::TEMPLATES;
use crate::{Answer, Contender, Load, Question};

/// A gallery that was filled face by face.
#[derive(Debug)]
pub(crate) struct Ours {
    snapshot: Snapshot,
    kernel: Kernel,
    threads: NonZeroUsize,
}

/// A contender for each kernel, on one gallery.
pub(crate) fn contenders(load: &Load, rows: &[f32]) -> Result<Vec<Box<dyn Contender>>> {
    let mut gallery = Gallery::new(load.dimension);
    for (row, template) in rows.chunks_exact(load.dimension).enumerate() {
        let attendee = AttendeeId::from(Uuid::from_u128((row / TEMPLATES) as u128));
        gallery.insert(attendee, FaceId::from(Uuid::from_u128(row as u128)), template)?;
    }
    let snapshot = gallery.snapshot();
    let threads = load.threads;
    let contender = |kernel| Box::new(Ours { snapshot: snapshot.clone(), kernel, threads }) as Box<dyn Contender>;
    Ok(Kernel::available().into_iter().map(contender).collect())
}

impl Contender for Ours {
    fn name(&self) -> String {
        format!("attendance-gallery-{}", self.kernel.name())
    }

    fn search(&self, queries: &[&[f32]], question: Question) -> Result<Vec<Answer>> {
        let search = match question {
            Question::Top { most } => Search::nearest(most),
            Question::Threshold { min_cosine } => Search::at_least(min_cosine),
        };
        let search = search.threads(self.threads).kernel(self.kernel);
        let found = match queries {
            [query] => vec![self.snapshot.search(query, search)?],
            _ => self.snapshot.search_batch(queries, search)?,
        };
        Ok(found.into_iter().map(|found| answer(&found)).collect())
    }
}

fn answer(found: &Found) -> Answer {
    let people = found.matches.iter().map(|found| (found.attendee.as_uuid().as_u128() as usize, found.cosine));
    Answer { people: people.collect(), rescored: Some(found.rescored) }
}
