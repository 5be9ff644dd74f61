//! Ten folds: a threshold is chosen on nine tenths of the pairs and tried on the tenth that it has not seen.

/// How many.
const FOLDS: usize = 10;

/// The share of right answers in each fold, 0 to 1. `pairs` are cosines and whether the pair shows one person, in the
/// order of the file, whose tenths are the folds; `None` with fewer pairs than folds.
pub(crate) fn accuracies(pairs: &[(f32, bool)]) -> Option<Vec<f64>> {
    let fold_of = |index: usize| index * FOLDS / pairs.len();
    let accuracies = (0..FOLDS).map(|fold| {
        let (tried, seen): (Vec<_>, Vec<_>) = pairs.iter().enumerate().partition(|(index, _)| fold_of(*index) == fold);
        let least = threshold(seen.into_iter().map(|(_, pair)| *pair).collect());
        let right = tried.iter().filter(|(_, (cosine, same))| (*cosine >= least) == *same).count();
        right as f64 / tried.len() as f64
    });
    (pairs.len() >= FOLDS).then(|| accuracies.collect())
}

/// The cosine that answers most of these pairs rightly: in the middle between the two pairs that it divides.
fn threshold(mut pairs: Vec<(f32, bool)>) -> f32 {
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Accepting nobody is right about every pair of different people.
    let nobody = pairs.first().map_or(f32::INFINITY, |(highest, _)| highest + f32::EPSILON);
    let (mut right, mut best, mut least) = (0_i64, 0_i64, nobody);
    for (index, (cosine, same)) in pairs.iter().enumerate() {
        right += if *same { 1 } else { -1 };
        let next = pairs.get(index + 1).map(|(cosine, _)| *cosine);
        if right > best && next != Some(*cosine) {
            (best, least) = (right, next.map_or(*cosine, |next| f32::midpoint(*cosine, next)));
        }
    }
    least
}

/// Mean and standard deviation (of a sample).
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (values.len() as f64 - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_a_threshold_tells_apart_are_all_answered_rightly() {
        let pairs: Vec<_> = (0..40).map(|i| if i % 2 == 0 { (0.9, true) } else { (0.2, false) }).collect();
        assert_eq!(accuracies(&pairs), Some(vec![1.0; 10]));
        assert_eq!(accuracies(&pairs[..9]), None);
    }

    #[test]
    fn a_fold_does_not_choose_its_own_threshold() {
        // The first tenth lies lower than all others: a threshold from the others refuses its genuine pairs.
        let pair = |i: usize| {
            let lower = if i < 4 { 0.5 } else { 0.0 };
            if i.is_multiple_of(2) { (0.9 - lower, true) } else { (0.6 - lower, false) }
        };
        let accuracies = accuracies(&(0..40).map(pair).collect::<Vec<_>>()).unwrap();
        assert_eq!(accuracies[0], 0.5);
        assert_eq!(accuracies[1..], [1.0; 9]);
    }

    #[test]
    fn a_threshold_lies_between_the_pairs_that_it_divides() {
        let middle = threshold(vec![(0.8, true), (0.4, false), (0.9, true)]);
        assert!((middle - 0.6).abs() < 1e-6, "{middle}");
        assert!(threshold(vec![(0.8, false)]) > 0.8);
        assert!(threshold(vec![(0.5, true), (0.5, false), (0.5, false)]) > 0.5, "equal cosines are not divided");
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        let (mean, deviation) = mean_and_deviation(&[1.0, 2.0, 3.0]);
        assert_eq!((mean, deviation), (2.0, 1.0));
    }
}
