//! The exact search: who is nearest, or near enough.

use std::num::NonZeroUsize;
use std::sync::Arc;

use attendance_core::domain::ids::AttendeeId;

use super::best::Best;
use super::block::{Block, Queries, Scratch};
use super::kernel::Kernel;
use super::{InvalidTemplate, check, dot};

/// Up to this many rows are compared as they are: codes would not pay.
const FEW: usize = 16;

/// What is searched for, and with what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Search {
    /// The least cosine, -1 to 1, that counts; what equals it does.
    pub min_cosine: f32,
    /// The most attendees that are wanted.
    pub most: usize,
    /// How many threads share the work; more than the machine's cores do not help.
    pub threads: NonZeroUsize,
    /// The instructions; all of them find the same.
    pub kernel: Kernel,
}

/// Somebody whose best template is near enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Who it is.
    pub attendee: AttendeeId,
    /// The cosine of their best template, -1 to 1.
    pub cosine: f32,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first, of equal ones the older attendee first.
    pub matches: Vec<Match>,
    /// For how many templates the codes could not say that they do not matter.
    pub rescored: usize,
}

/// A gallery as it was at one moment; it stays so whatever becomes of the gallery.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) dimension: usize,
    pub(super) blocks: Arc<Vec<Arc<Block>>>,
}

impl Search {
    /// The nearest attendees, at most so many, however far they are; on one thread.
    #[must_use]
    pub fn nearest(most: usize) -> Self {
        Self { min_cosine: f32::NEG_INFINITY, most, threads: NonZeroUsize::MIN, kernel: Kernel::best() }
    }

    /// All attendees with a cosine of at least this, -1 to 1; on one thread. Not a number: nobody.
    #[must_use]
    pub fn at_least(min_cosine: f32) -> Self {
        Self { min_cosine, ..Self::nearest(usize::MAX) }
    }

    /// At most so many of them: the nearest.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Shared by so many threads.
    #[must_use]
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        Self { threads, ..self }
    }

    /// With these instructions.
    #[must_use]
    pub fn kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }
}

impl Snapshot {
    /// How many templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Finds what [`scan`](Self::scan) finds, to the last bit, without reading most of the templates.
    ///
    /// # Errors
    /// [`InvalidTemplate`] where the query is none.
    pub fn search(&self, query: &[f32], search: Search) -> Result<Found, InvalidTemplate> {
        check(query, self.dimension)?;
        Ok(self.find(&[query], search).remove(0))
    }

    /// As [`search`](Self::search), for many queries at once: every row that is read is compared with all of them.
    ///
    /// # Errors
    /// [`InvalidTemplate`] where one of the queries is none.
    pub fn search_batch(&self, queries: &[&[f32]], search: Search) -> Result<Vec<Found>, InvalidTemplate> {
        queries.iter().try_for_each(|query| check(query, self.dimension))?;
        Ok(self.find(queries, search))
    }

    /// Compares the query with every template, one after the other: what a search has to find.
    ///
    /// # Errors
    /// [`InvalidTemplate`] where the query is none.
    pub fn scan(&self, query: &[f32], search: Search) -> Result<Found, InvalidTemplate> {
        check(query, self.dimension)?;
        Ok(self.compare(query, search))
    }

    fn compare(&self, query: &[f32], search: Search) -> Found {
        let mut best = Best::of(&search);
        for (attendee, _, template) in self.blocks.iter().flat_map(|block| block.rows()) {
            best.offer(attendee, dot(template, query));
        }
        Found { matches: best.matches(), rescored: self.len() }
    }

    fn find(&self, queries: &[&[f32]], search: Search) -> Vec<Found> {
        let few = self.blocks.len() <= 1 && self.len() <= FEW;
        if few || queries.is_empty() {
            return queries.iter().map(|query| self.compare(query, search)).collect();
        }
        let queries = Queries::new(queries);
        let share = self.blocks.len().div_ceil(search.threads.get());
        let mut shares = self.blocks.chunks(share);
        let own = shares.next().unwrap_or_default();
        let found = std::thread::scope(|scope| {
            let others: Vec<_> = shares.map(|share| scope.spawn(|| go_over(share, &queries, search))).collect();
            let mut found = go_over(own, &queries, search);
            for other in others {
                // What went wrong there goes wrong here.
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                for ((best, rescored), (others_best, others_rescored)) in found.iter_mut().zip(other) {
                    best.merge(others_best);
                    *rescored += others_rescored;
                }
            }
            found
        });
        found.into_iter().map(|(best, rescored)| Found { matches: best.matches(), rescored }).collect()
    }
}

/// The best of these blocks for every query, and how many templates were read for it.
fn go_over(blocks: &[Arc<Block>], queries: &Queries<'_>, search: Search) -> Vec<(Best, usize)> {
    let mut best: Vec<_> = queries.templates.iter().map(|_| (Best::of(&search), 0)).collect();
    let mut scratch = Scratch::default();
    for block in blocks {
        block.search(search.kernel, queries, &mut best, &mut scratch);
    }
    best
}

/// Says how many there are: the numbers are biometric data.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot({} templates of {} numbers)", self.len(), self.dimension)
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
