//! What faces look like: templates, who they belong to, and the search for the nearest.

use std::collections::{BTreeMap, HashMap};

use attendance_core::domain::ids::{AttendeeId, FaceId};

mod log;
mod store;

pub(crate) use log::LogError;
pub(crate) use store::{GalleryStore, StoreError};

/// The templates of one organization. The search is exact: it compares with every one of them.
#[derive(Clone)]
pub struct Gallery {
    dimension: usize,
    /// Row after row, `dimension` numbers each.
    numbers: Vec<f32>,
    owners: Vec<(AttendeeId, FaceId)>,
    rows: BTreeMap<AttendeeId, BTreeMap<FaceId, usize>>,
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
    /// An empty gallery for templates of `dimension` numbers.
    #[must_use]
    pub fn new(dimension: usize) -> Self {
        Self { dimension, numbers: Vec::new(), owners: Vec::new(), rows: BTreeMap::new() }
    }

    /// How many numbers a template has.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Adds a face, or replaces its template.
    ///
    /// # Errors
    /// [`InvalidTemplate`], and nothing is changed.
    pub fn insert(&mut self, attendee: AttendeeId, face: FaceId, template: &[f32]) -> Result<(), InvalidTemplate> {
        self.check(template)?;
        match self.row(attendee, face) {
            Some(row) => self.numbers[row * self.dimension..][..self.dimension].copy_from_slice(template),
            None => {
                self.rows.entry(attendee).or_default().insert(face, self.owners.len());
                self.owners.push((attendee, face));
                self.numbers.extend_from_slice(template);
            }
        }
        Ok(())
    }

    /// Removes one face and answers whether it was there.
    pub fn remove_face(&mut self, attendee: AttendeeId, face: FaceId) -> bool {
        let Some(faces) = self.rows.get_mut(&attendee) else { return false };
        let Some(row) = faces.remove(&face) else { return false };
        if faces.is_empty() {
            self.rows.remove(&attendee);
        }
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
        let last = self.owners.len() - 1;
        self.owners.swap_remove(row);
        if row != last {
            self.numbers.copy_within(last * self.dimension.., row * self.dimension);
            let (attendee, face) = self.owners[row];
            self.rows.entry(attendee).or_default().insert(face, row);
        }
        self.numbers[last * self.dimension..].fill(0.0);
        self.numbers.truncate(last * self.dimension);
    }

    /// The attendees whose best template has a cosine of at least `min_cosine` to `query`, with that cosine: best
    /// first, of equal ones the older attendee first, at most `k`.
    ///
    /// # Errors
    /// [`InvalidTemplate`] where the query is none.
    pub fn search(&self, query: &[f32], min_cosine: f32, k: usize) -> Result<Vec<(AttendeeId, f32)>, InvalidTemplate> {
        self.check(query)?;
        let mut best = HashMap::<AttendeeId, f32>::new();
        for (row, &(attendee, _)) in self.numbers.chunks_exact(self.dimension).zip(&self.owners) {
            let cosine = dot(row, query);
            if cosine >= min_cosine {
                best.entry(attendee).and_modify(|best| *best = best.max(cosine)).or_insert(cosine);
            }
        }
        let mut best: Vec<_> = best.into_iter().collect();
        best.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        best.truncate(k);
        Ok(best)
    }

    /// The faces of an attendee, sorted.
    #[must_use]
    pub fn faces(&self, attendee: AttendeeId) -> Vec<FaceId> {
        self.rows.get(&attendee).map(|faces| faces.keys().copied().collect()).unwrap_or_default()
    }

    /// The attendees after `after` who have a face, in order.
    pub fn attendees(&self, after: Option<AttendeeId>) -> impl Iterator<Item = AttendeeId> + '_ {
        use std::ops::Bound::{Excluded, Unbounded};
        self.rows.range((after.map_or(Unbounded, Excluded), Unbounded)).map(|(&attendee, _)| attendee)
    }

    /// The template of a face.
    #[must_use]
    pub fn template(&self, attendee: AttendeeId, face: FaceId) -> Option<&[f32]> {
        self.row(attendee, face).map(|row| &self.numbers[row * self.dimension..][..self.dimension])
    }

    /// Every face and its template, in no particular order.
    pub fn templates(&self) -> impl Iterator<Item = (AttendeeId, FaceId, &[f32])> {
        let rows = self.numbers.chunks_exact(self.dimension);
        rows.zip(&self.owners).map(|(row, &(attendee, face))| (attendee, face, row))
    }

    fn row(&self, attendee: AttendeeId, face: FaceId) -> Option<usize> {
        self.rows.get(&attendee)?.get(&face).copied()
    }

    fn check(&self, template: &[f32]) -> Result<(), InvalidTemplate> {
        if template.len() != self.dimension {
            return Err(InvalidTemplate::Dimension { found: template.len(), expected: self.dimension });
        }
        // Also false for NaN and infinity.
        let unit = (dot(template, template) - 1.0).abs() < 1e-3;
        if unit { Ok(()) } else { Err(InvalidTemplate::NotUnit) }
    }
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
