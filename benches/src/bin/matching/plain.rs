//! What a program does that has no library: `plain-loop`; and `read-once`, how fast this machine reads a gallery.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

use anyhow::Result;

use crate::population::TEMPLATES;
use crate::shortlist::Shortlist;
use crate::{Answer, Contender, Load, Question};

/// One multiplication after the other, as it is written down first. Its answers are what the others' are held against.
#[derive(Debug)]
pub(crate) struct PlainLoop(pub(crate) Rows);

/// Every number of the gallery is read once and added up: no exact search that reads the f32 rows can be faster.
#[derive(Debug)]
pub(crate) struct ReadOnce(pub(crate) Rows);

/// A gallery in the order of its file.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) numbers: Arc<[f32]>,
    pub(crate) dimension: usize,
    pub(crate) threads: NonZeroUsize,
}

impl Rows {
    pub(crate) fn new(load: &Load, numbers: Vec<f32>) -> Self {
        Self { numbers: numbers.into(), dimension: load.dimension, threads: load.threads }
    }

    /// Does the same for the part of every thread, each with the number of its first row; a part begins with a person.
    fn in_parts<T: Send>(&self, work: impl Fn(usize, &[f32]) -> T + Sync) -> Vec<T> {
        if self.threads.get() == 1 {
            return vec![work(0, &self.numbers)];
        }
        let rows = self.numbers.len() / self.dimension;
        let share = rows.div_ceil(self.threads.get()).next_multiple_of(TEMPLATES);
        let work = &work;
        thread::scope(|scope| {
            let parts = self.numbers.chunks(share * self.dimension).enumerate();
            let parts: Vec<_> = parts.map(|(i, part)| scope.spawn(move || work(i * share, part))).collect();
            parts.into_iter().flat_map(thread::ScopedJoinHandle::join).collect()
        })
    }
}

impl Contender for PlainLoop {
    fn name(&self) -> String {
        "plain-loop".to_owned()
    }

    fn search(&self, queries: &[&[f32]], question: Question) -> Result<Vec<Answer>> {
        let search = |query: &&[f32]| {
            let lists = self.0.in_parts(|first, rows| {
                let mut list = Shortlist::new(question);
                for (row, template) in (first..).zip(rows.chunks_exact(self.0.dimension)) {
                    list.add(row, template.iter().zip(*query).map(|(a, b)| a * b).sum());
                }
                list
            });
            Answer::of(lists, question)
        };
        Ok(queries.iter().map(search).collect())
    }
}

impl Contender for ReadOnce {
    fn name(&self) -> String {
        "read-once".to_owned()
    }

    fn answers(&self) -> &'static [(&'static str, usize)] {
        &[("read", 1)]
    }

    fn search(&self, _: &[&[f32]], _: Question) -> Result<Vec<Answer>> {
        let sums = self.0.in_parts(|_, rows| pulp::Arch::new().dispatch(|| sum(rows)));
        Ok(vec![Answer { people: vec![(0, sums.into_iter().sum())], rescored: None }])
    }
}

/// Enough sums side by side that adding is never what takes the time.
#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    const LANES: usize = 64;
    let mut sums = [0.0f32; LANES];
    let (lines, rest) = numbers.as_chunks::<LANES>();
    for line in lines {
        for lane in 0..LANES {
            sums[lane] += line[lane];
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(threads: usize) -> Rows {
        // Row r looks r tenths of a right angle away from (1, 0).
        let angles = (0..20).map(|row| row as f32 * 0.157);
        let numbers = angles.flat_map(|angle| [angle.cos(), angle.sin()]).collect::<Vec<_>>();
        Rows { numbers: numbers.into(), dimension: 2, threads: NonZeroUsize::new(threads).expect("one or more") }
    }

    #[test]
    fn the_loop_finds_the_same_on_one_thread_and_on_more() {
        for threads in [1, 2, 3] {
            let questions = [Question::Top { most: 2 }, Question::Threshold { min_cosine: 0.7 }];
            for question in questions {
                let answers = PlainLoop(rows(threads)).search(&[&[1.0, 0.0]], question).expect("it can't fail");
                let people: Vec<_> = answers[0].people.iter().map(|person| person.0).collect();
                assert_eq!(people, [0, 1], "{threads} threads, {question:?}");
            }
        }
    }

    #[test]
    fn every_number_is_read_once() {
        let numbers: Vec<f32> = (0..1_001).map(|number| number as f32).collect();
        assert_eq!(sum(&numbers), 500_500.0);
    }
}
