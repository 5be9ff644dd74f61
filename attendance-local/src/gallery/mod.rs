//! What faces look like: templates, who they belong to, and the search for the nearest.
//!
//! The search is exact, and yet reads only a quarter of what it compares with: 8-bit codes say of nearly every template
//! that it can't matter (`codes` proves it), and only those that can are compared as they are.
//!
//! A [`Gallery`] changes while searches run: a search goes over a [`Snapshot`], which shares the blocks of rows with the
//! gallery, and a change copies the one block that it touches if somebody still looks at it. Behind a lock, a search
//! holds it only as long as [`Gallery::snapshot`] takes.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use attendance_core::domain::ids::{AttendeeId, FaceId};
use uuid::Uuid;

use block::{Block, ROWS};

mod best;
mod block;
mod codes;
mod kernel;
mod log;
mod search;
mod store;

pub use kernel::Kernel;
pub use search::{Found, Match, Search, Snapshot};

pub(crate) use log::LogError;
pub(crate) use store::{GalleryStore, StoreError};

/// The templates of one organization.
pub struct Gallery {
    dimension: usize,
    /// All are full but the last.
    blocks: Arc<Vec<Arc<Block>>>,
    /// Where the template of a face is.
    rows: BTreeMap<(AttendeeId, FaceId), usize>,
}

/// Numbers that are no template of this gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTemplate {
    /// More or fewer numbers than the gallery's templates have.
    #[error("a template of {found} numbers does not fit a gallery of templates of {expected}")]
    Dimension {
        /// How many it has.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// Not of unit length: all zero, not finite, or not normalised.
    #[error("a template must be finite and of unit length")]
    NotUnit,
}

impl Gallery {
    /// The most numbers of a template.
    pub const MAX_DIMENSION: usize = 65_536;

    /// An empty gallery for templates of `dimension` numbers.
    ///
    /// # Panics
    /// If `dimension` is 0 or more than [`Self::MAX_DIMENSION`].
    #[must_use]
    pub fn new(dimension: usize) -> Self {
        assert!((1..=Self::MAX_DIMENSION).contains(&dimension), "a template has 1 to {} numbers", Self::MAX_DIMENSION);
        Self { dimension, blocks: Arc::default(), rows: BTreeMap::new() }
    }

    /// How many bytes a template takes in memory: its numbers, codes, ids and bounds, its share of its block's centre,
    /// and about as much as its place in the index takes.
    #[must_use]
    pub const fn bytes_per_template(dimension: usize) -> usize {
        const IDS: usize = 2 * size_of::<Uuid>();
        const BOUNDS: usize = 2 * size_of::<f32>();
        // Nodes of a `BTreeMap` are at least half full, and two thirds on average.
        const INDEX: usize = (IDS + size_of::<usize>()) * 3 / 2;
        let numbers = size_of::<f32>() * dimension;
        numbers + codes::width(dimension) + numbers.div_ceil(ROWS) + IDS + BOUNDS + INDEX
    }

    /// How many numbers a template has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a face, or replaces its template.
    ///
    /// # Errors
    /// [`InvalidTemplate`], and nothing is changed.
    pub fn insert(&mut self, attendee: AttendeeId, face: FaceId, template: &[f32]) -> Result<(), InvalidTemplate> {
        check(template, self.dimension)?;
        self.place(attendee, face, template);
        Ok(())
    }

    fn place(&mut self, attendee: AttendeeId, face: FaceId, template: &[f32]) {
        if let Some(row) = self.row(attendee, face) {
            return self.block(row / ROWS).replace(row % ROWS, (attendee, face), template);
        }
        let row = self.len();
        if row / ROWS == self.blocks.len() {
            Arc::make_mut(&mut self.blocks).push(Arc::new(Block::new(self.dimension)));
        }
        self.block(row / ROWS).push((attendee, face), template);
        self.rows.insert((attendee, face), row);
    }

    /// Removes one face and answers whether it was there.
    pub fn remove_face(&mut self, attendee: AttendeeId, face: FaceId) -> bool {
        let Some(row) = self.rows.remove(&(attendee, face)) else { return false };
        self.vacate(row);
        true
    }

    /// Removes every face of an attendee and answers how many there were.
    pub fn remove_attendee(&mut self, attendee: AttendeeId) -> usize {
        let faces = self.faces(attendee);
        for &face in &faces {
            self.remove_face(attendee, face);
        }
        faces.len()
    }

    /// Moves the last row to where a row was removed, and wipes what is left over.
    fn vacate(&mut self, row: usize) {
        let last = self.len();
        if row != last {
            let block = &self.blocks[last / ROWS];
            let (owner, template) = (block.owner(last % ROWS), block.template(last % ROWS).to_vec());
            self.block(row / ROWS).replace(row % ROWS, owner, &template);
            self.rows.insert(owner, row);
        }
        self.block(last / ROWS).pop();
        if last.is_multiple_of(ROWS) {
            Arc::make_mut(&mut self.blocks).pop();
        }
    }

    /// A block to be changed: a copy if a snapshot holds it.
    fn block(&mut self, index: usize) -> &mut Block {
        Arc::make_mut(&mut Arc::make_mut(&mut self.blocks)[index])
    }

    /// The gallery as it is now, to be searched while it changes.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { dimension: self.dimension, blocks: Arc::clone(&self.blocks) }
    }

    /// Searches the gallery as it is now.
    ///
    /// # Errors
    /// [`InvalidTemplate`] where the query is none.
    pub fn search(&self, query: &[f32], search: Search) -> Result<Found, InvalidTemplate> {
        self.snapshot().search(query, search)
    }

    /// The faces of an attendee, sorted.
    #[must_use]
    pub fn faces(&self, attendee: AttendeeId) -> Vec<FaceId> {
        let (first, last) = (Uuid::nil().into(), Uuid::max().into());
        self.rows.range((attendee, first)..=(attendee, last)).map(|(&(_, face), _)| face).collect()
    }

    /// The attendees after `after` who have a face, in order.
    pub fn attendees(&self, after: Option<AttendeeId>) -> impl Iterator<Item = AttendeeId> + '_ {
        let mut after = after;
        std::iter::from_fn(move || {
            let from = after.map_or(Unbounded, |after| Excluded((after, FaceId::from(Uuid::max()))));
            let (&(attendee, _), _) = self.rows.range((from, Unbounded)).next()?;
            after = Some(attendee);
            after
        })
    }

    /// The template of a face.
    #[must_use]
    pub fn template(&self, attendee: AttendeeId, face: FaceId) -> Option<&[f32]> {
        self.row(attendee, face).map(|row| self.blocks[row / ROWS].template(row % ROWS))
    }

    /// Every face and its template, in no particular order.
    pub fn templates(&self) -> impl Iterator<Item = (AttendeeId, FaceId, &[f32])> {
        self.blocks.iter().flat_map(|block| block.rows())
    }

    fn row(&self, attendee: AttendeeId, face: FaceId) -> Option<usize> {
        self.rows.get(&(attendee, face)).copied()
    }
}

fn check(template: &[f32], dimension: usize) -> Result<(), InvalidTemplate> {
    if template.len() != dimension {
        return Err(InvalidTemplate::Dimension { found: template.len(), expected: dimension });
    }
    // Also false for NaN and infinity.
    let unit = (dot(template, template) - 1.0).abs() < 1e-3;
    if unit { Ok(()) } else { Err(InvalidTemplate::NotUnit) }
}

/// Says how many there are: the numbers are biometric data.
impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gallery({} templates of {} numbers)", self.len(), self.dimension)
    }
}

/// Many sums side by side, so that the compiler can use vector instructions; the order of adding is always the same.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests;
