//! Some rows of a gallery: templates, their codes, and who they belong to.

use attendance_core::domain::ids::{AttendeeId, FaceId};

use super::best::Best;
use super::codes::{self, Query, Row};
use super::dot;
use super::kernel::Kernel;

/// The most rows of a block: their codes stay in a core's cache while a batch of queries goes over them, and a block is
/// what a change copies while a snapshot holds it.
pub(super) const ROWS: usize = 256;

/// Up to [`ROWS`] templates. What is kept of one lies at the same place of each list.
#[derive(Clone)]
pub(super) struct Block {
    dimension: usize,
    owners: Vec<(AttendeeId, FaceId)>,
    numbers: Vec<f32>,
    codes: Vec<i8>,
    scales: Vec<f32>,
    errors: Vec<f32>,
    /// What the codes are seen from: near the mean of the rows, wherever they lie.
    centre: Vec<f32>,
    /// At least the length of the centre.
    centre_length: f32,
    /// At least the length of every row, and of what its codes say.
    longest: f32,
    reach: f32,
}

/// What a search goes over block after block with.
pub(super) struct Queries<'a> {
    pub(super) templates: &'a [&'a [f32]],
    encoded: Vec<Query>,
    numbers: Vec<i16>,
}

/// What is written while a search goes over a block; kept to be used again.
#[derive(Default)]
pub(super) struct Scratch {
    products: Vec<i32>,
    bounds: Vec<f32>,
}

impl<'a> Queries<'a> {
    pub(super) fn new(templates: &'a [&'a [f32]]) -> Self {
        let mut numbers = Vec::new();
        let encoded = templates.iter().map(|template| Query::encode(template, &mut numbers)).collect();
        Self { templates, encoded, numbers }
    }
}

impl Block {
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            owners: Vec::new(),
            numbers: Vec::new(),
            codes: Vec::new(),
            scales: Vec::new(),
            errors: Vec::new(),
            centre: vec![0.0; dimension],
            centre_length: 0.0,
            longest: 0.0,
            reach: 0.0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.owners.len()
    }

    pub(super) fn owner(&self, row: usize) -> (AttendeeId, FaceId) {
        self.owners[row]
    }

    pub(super) fn template(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.dimension..][..self.dimension]
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (AttendeeId, FaceId, &[f32])> {
        let rows = self.numbers.chunks_exact(self.dimension).zip(&self.owners);
        rows.map(|(row, &(attendee, face))| (attendee, face, row))
    }

    pub(super) fn push(&mut self, owner: (AttendeeId, FaceId), template: &[f32]) {
        self.owners.push(owner);
        self.numbers.extend_from_slice(template);
        self.codes.resize(self.owners.len() * codes::width(self.dimension), 0);
        self.scales.push(0.0);
        self.errors.push(0.0);
        // Twice as many rows as the last time: the mean is worth knowing anew.
        if self.len().is_power_of_two() && self.len() > 1 {
            self.centre();
        } else {
            self.encode(self.len() - 1);
        }
    }

    pub(super) fn replace(&mut self, row: usize, owner: (AttendeeId, FaceId), template: &[f32]) {
        self.owners[row] = owner;
        self.numbers[row * self.dimension..][..self.dimension].copy_from_slice(template);
        self.encode(row);
    }

    /// Removes the last row and wipes what it held.
    pub(super) fn pop(&mut self) {
        if self.owners.pop().is_some() {
            let (numbers, codes) = (self.len() * self.dimension, self.len() * codes::width(self.dimension));
            self.numbers[numbers..].fill(0.0);
            self.numbers.truncate(numbers);
            self.codes[codes..].fill(0);
            self.codes.truncate(codes);
            self.scales.truncate(self.owners.len());
            self.errors.truncate(self.owners.len());
        }
    }

    /// Sees all rows from their mean.
    fn centre(&mut self) {
        let mut sums = vec![0.0; self.dimension];
        for row in self.numbers.chunks_exact(self.dimension) {
            for (sum, &number) in sums.iter_mut().zip(row) {
                *sum += f64::from(number);
            }
        }
        let count = self.len() as f64;
        self.centre = sums.into_iter().map(|sum| (sum / count) as f32).collect();
        self.centre_length = length(&self.centre);
        (self.longest, self.reach) = (0.0, 0.0);
        for row in 0..self.len() {
            self.encode(row);
        }
    }

    fn encode(&mut self, row: usize) {
        let width = codes::width(self.dimension);
        let template = &self.numbers[row * self.dimension..][..self.dimension];
        let encoded = Row::encode(template, &self.centre, &mut self.codes[row * width..][..width]);
        self.scales[row] = encoded.scale;
        self.errors[row] = encoded.error;
        self.longest = self.longest.max(length(template));
        self.reach = self.reach.max(encoded.length);
    }

    /// Offers every row that can still matter to the best of its query, by its score. Answers how many these were.
    pub(super) fn search(
        &self,
        kernel: Kernel,
        queries: &Queries<'_>,
        best: &mut [(Best, usize)],
        scratch: &mut Scratch,
    ) {
        let rows = self.len();
        scratch.products.resize(rows * queries.templates.len(), 0);
        scratch.bounds.resize(rows, 0.0);
        kernel.products(codes::width(self.dimension), &self.codes, &queries.numbers, &mut scratch.products);
        for (index, (query, (best, rescored))) in queries.encoded.iter().zip(best).enumerate() {
            let template = queries.templates[index];
            let centre = dot(&self.centre, template);
            let products = &scratch.products[index * rows..][..rows];
            let rows = self.scales.iter().zip(&self.errors).zip(products);
            for (bound, ((&scale, &error), &product)) in scratch.bounds.iter_mut().zip(rows) {
                *bound = (centre + product as f32 * (scale * query.scale)) + error * query.length;
            }
            let slack = f64::from(query.slack(self.longest, self.reach, self.centre_length));
            let least = |best: &Best| ((f64::from(best.floor()) - slack) as f32).next_down();
            let mut floor = least(best);
            // Without a branch for each row: mostly there is none.
            if scratch.bounds.iter().map(|&bound| u32::from(bound >= floor)).sum::<u32>() == 0 {
                continue;
            }
            for (row, &bound) in scratch.bounds.iter().enumerate() {
                if bound >= floor {
                    *rescored += 1;
                    best.offer(self.owners[row].0, dot(self.template(row), template));
                    floor = least(best);
                }
            }
        }
    }
}

/// At least the length of these numbers.
fn length(numbers: &[f32]) -> f32 {
    codes::above(numbers.iter().map(|&number| f64::from(number) * f64::from(number)).sum::<f64>().sqrt())
}
