//! `faer`: the product of the gallery and the queries by a linear-algebra library, then the best of each column.

use anyhow::Result;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

use crate::plain::Rows;
use crate::shortlist::Shortlist;
use crate::{Answer, BATCH, Contender, Question};

/// Rows that are multiplied at once: their scores stay in the cache until they were looked at.
const BLOCK: usize = 2_048;

/// Batches only: for one query a matrix product has nothing to gain.
#[derive(Debug)]
pub(crate) struct Product(pub(crate) Rows);

impl Contender for Product {
    fn name(&self) -> String {
        "faer".to_owned()
    }

    fn answers(&self) -> &'static [(&'static str, usize)] {
        &[("top", BATCH), ("threshold", BATCH)]
    }

    fn search(&self, queries: &[&[f32]], question: Question) -> Result<Vec<Answer>> {
        let Rows { numbers, dimension, threads } = &self.0;
        let par = if threads.get() == 1 { Par::Seq } else { Par::rayon(threads.get()) };
        let side_by_side = queries.concat();
        let queries = MatRef::from_column_major_slice(&side_by_side, *dimension, queries.len());
        let mut lists: Vec<_> = (0..queries.ncols()).map(|_| Shortlist::new(question)).collect();
        let mut scores = Mat::<f32>::zeros(BLOCK, queries.ncols());
        for (first, rows) in (0..).step_by(BLOCK).zip(numbers.chunks(BLOCK * dimension)) {
            let rows = MatRef::from_row_major_slice(rows, rows.len() / dimension, *dimension);
            matmul(scores.as_mut().subrows_mut(0, rows.nrows()), Accum::Replace, rows, queries, 1.0, par);
            for (column, list) in lists.iter_mut().enumerate() {
                let scores = &scores.col_as_slice(column)[..rows.nrows()];
                (first..).zip(scores).for_each(|(row, score)| list.add(row, *score));
            }
        }
        Ok(lists.into_iter().map(|list| Answer::of([list], question)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::plain::PlainLoop;

    #[test]
    fn the_product_finds_what_the_loop_finds() {
        let numbers: Vec<f32> =
            (0..3 * (BLOCK + 5)).map(|number| ((number * 7_919) % 1_009) as f32 / 1_009.0).collect();
        let rows = Rows { numbers: numbers.into(), dimension: 3, threads: NonZeroUsize::MIN };
        let queries: [&[f32]; 2] = [&[1.0, 0.5, 0.0], &[-0.2, 0.3, 1.0]];
        for question in [Question::Top { most: 3 }, Question::Threshold { min_cosine: 1.2 }] {
            let cosines = |contender: &dyn Contender| {
                let answers = contender.search(&queries, question).expect("it can't fail");
                let cosines = answers.iter().map(|answer| answer.people.iter().map(|person| person.1).collect());
                cosines.collect::<Vec<Vec<f32>>>()
            };
            let (product, plain) = (cosines(&Product(rows.clone())), cosines(&PlainLoop(rows.clone())));
            for (product, plain) in product.iter().zip(&plain) {
                assert_eq!(product.len(), plain.len());
                assert!(product.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-5), "{product:?} {plain:?}");
            }
        }
    }
}
