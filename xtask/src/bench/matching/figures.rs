//! What was measured of one contender on one question.

use std::collections::HashMap;

use super::super::figures::median;
use super::agreement::{Agreement, Found};

/// The contender whose answers are right by definition.
pub(super) const PLAIN: &str = "plain-loop";
/// Not a search: how fast the gallery is read.
pub(super) const READ: &str = "read-once";
/// What the names of ours begin with; the kernel follows.
pub(super) const OURS: &str = "attendance-gallery-";

/// A gallery and how many threads search in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) data: String,
    pub(super) rows: u64,
    pub(super) dimension: u64,
    pub(super) threads: usize,
}

/// What is asked: `top`, `threshold`, or of read-once `read`; one query after the other, or a batch at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) query: String,
    pub(super) batch: usize,
}

/// One contender on one question.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) question: Question,
    pub(super) contender: String,
    /// Whether it promises to find everybody.
    pub(super) exact: bool,
    /// Milliseconds of every query, or of every batch.
    pub(super) ms: Vec<f64>,
    pub(super) rounds: u32,
    /// By query: what was found, and how many rows were looked at a second time.
    pub(super) found: HashMap<usize, Found>,
    pub(super) rescored: HashMap<usize, u64>,
    pub(super) agreement: Agreement,
    /// Of read-once in the same place, in milliseconds.
    pub(super) read_ms: f64,
}

impl Row {
    pub(super) fn new(place: &Place, question: &Question, contender: &str, exact: bool) -> Self {
        Self {
            place: place.clone(),
            question: question.clone(),
            contender: contender.to_owned(),
            exact,
            ms: Vec::new(),
            rounds: 0,
            found: HashMap::new(),
            rescored: HashMap::new(),
            agreement: Agreement::default(),
            read_ms: f64::NAN,
        }
    }

    pub(super) fn median(&self) -> f64 {
        median(&self.ms).unwrap_or(f64::NAN)
    }

    pub(super) fn min(&self) -> f64 {
        self.ms.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Its median over that of reading the gallery once: below 1, it was faster than any search can be that reads the
    /// f32 rows. A batch is divided by one reading too.
    pub(super) fn share_of_read(&self) -> f64 {
        self.median() / self.read_ms
    }

    /// Rows a query that were looked at a second time, on average.
    pub(super) fn rescored(&self) -> Option<f64> {
        let rows: u64 = self.rescored.values().sum();
        (!self.rescored.is_empty()).then(|| rows as f64 / self.rescored.len() as f64)
    }
}

/// Holds the answers of one place against those of the plain loop, and the times against those of read-once.
pub(super) fn compare(rows: &mut [Row], min_cosine: f64) {
    let read: Vec<f64> = rows.iter().filter(|row| row.contender == READ).flat_map(|row| row.ms.clone()).collect();
    let read = median(&read).unwrap_or(f64::NAN);
    let mut reference = HashMap::<String, HashMap<usize, Found>>::new();
    for row in rows.iter().filter(|row| row.contender == PLAIN) {
        reference.entry(row.question.query.clone()).or_default().extend(row.found.clone());
    }
    for row in rows {
        row.read_ms = read;
        let boundary = (row.question.query == "threshold").then_some(min_cosine);
        if let Some(reference) = reference.get(&row.question.query) {
            row.agreement = Agreement::of(&row.found, reference, boundary);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn row(contender: &str, question: (&str, usize), rows: u64, ms: f64) -> Row {
        let place = Place { data: "random512".to_owned(), rows, dimension: 512, threads: 1 };
        let question = Question { query: question.0.to_owned(), batch: question.1 };
        let mut row = Row::new(&place, &question, contender, true);
        row.ms = vec![ms, ms, 9.0 * ms];
        row.rounds = 3;
        row.found.insert(0, vec![(1, 0.95)]);
        row
    }

    #[test]
    fn a_place_is_held_against_its_plain_loop_and_its_reading() {
        let mut rows = [
            row(READ, ("read", 1), 100, 20.0),
            row(PLAIN, ("top", 64), 100, 70.0),
            row("x", ("top", 1), 100, 10.0),
            row("x", ("threshold", 1), 100, 10.0),
        ];
        rows[2].rescored.insert(0, 7);
        rows[2].rescored.insert(1, 8);
        compare(&mut rows, 0.939);
        assert_eq!((rows[2].share_of_read(), rows[2].min(), rows[2].rescored()), (0.5, 10.0, Some(7.5)));
        assert_eq!((rows[2].agreement.compared, rows[2].agreement.differ), (1, 0));
        assert_eq!((rows[3].agreement.compared, rows[3].rescored()), (0, None));
    }
}
