//! What scores say: the equal error rate, true accepts at a rate of false ones, and how far chance may move them.

use crate::scores::{Scored, Scores};

/// Rates, all 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rates {
    /// Where as many genuine pairs are refused as pairs of different people accepted; `None` if there are no such
    /// pairs, or if it lies beyond those that are held.
    pub(crate) equal_error: Option<f64>,
    /// At each rate of false accepts that was asked for: what is accepted truly, above which cosine.
    pub(crate) accepts: Vec<Option<Accepts>>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Accepts {
    /// Share of the genuine pairs that is accepted.
    pub(crate) rate: f64,
    /// The pair of different people that is as alike as this is the first that is refused.
    pub(crate) cosine: f32,
}

/// How often each person counts: once, or as often as a resample drew them.
#[derive(Debug)]
struct Weights<'a> {
    scores: &'a Scores,
    of_person: Option<&'a [u32]>,
    of_picture: Vec<u32>,
}

impl<'a> Weights<'a> {
    fn new(scores: &'a Scores, of_person: Option<&'a [u32]>) -> Self {
        let of_picture =
            of_person.map_or_else(Vec::new, |of| scores.person_of.iter().map(|person| of[*person as usize]).collect());
        Self { scores, of_person, of_picture }
    }

    /// A pair of one person counts as often as the person.
    fn of_genuine(&self, pair: &Scored) -> u64 {
        self.of_picture.get(pair.a as usize).map_or(1, |&times| u64::from(times))
    }

    fn of_impostor(&self, pair: &Scored) -> u64 {
        let times = |picture: u32| self.of_picture.get(picture as usize).map_or(1, |&times| u64::from(times));
        times(pair.a) * times(pair.b)
    }

    fn of_all_genuine(&self) -> u64 {
        self.scores.genuine.iter().map(|pair| self.of_genuine(pair)).sum()
    }

    /// Of all pairs of different people, also of those that are not held.
    fn of_all_impostors(&self) -> u64 {
        let Some(of_person) = self.of_person else { return self.scores.impostors_in_all };
        let Some(pictures_of) = &self.scores.pictures_of else {
            return self.scores.impostors.iter().map(|pair| self.of_impostor(pair)).sum();
        };
        let counts =
            pictures_of.iter().zip(of_person).map(|(pictures, times)| u64::from(*pictures) * u64::from(*times));
        let (sum, squares) = counts.fold((0, 0), |(sum, squares), count| (sum + count, squares + count * count));
        (sum * sum - squares) / 2
    }
}

impl Rates {
    /// The rates at these rates of false accepts, which rise.
    pub(crate) fn of(scores: &Scores, false_accepts: &[f64]) -> Self {
        Self::weighted(&Weights::new(scores, None), false_accepts)
    }

    /// Goes down the pairs of different people, the most alike first, and beside them down the genuine ones.
    fn weighted(weights: &Weights<'_>, false_accepts: &[f64]) -> Self {
        let (genuine_in_all, impostors_in_all) = (weights.of_all_genuine() as f64, weights.of_all_impostors() as f64);
        let mut rates = Self { equal_error: None, accepts: vec![None; false_accepts.len()] };
        if genuine_in_all == 0.0 || impostors_in_all == 0.0 {
            return rates;
        }
        let mut genuine = weights.scores.genuine.iter().peekable();
        let (mut accepted, mut falsely, mut answered) = (0, 0, 0);
        for impostor in &weights.scores.impostors {
            while let Some(pair) = genuine.next_if(|pair| pair.cosine > impostor.cosine) {
                accepted += weights.of_genuine(pair);
            }
            let weight = weights.of_impostor(impostor);
            if weight == 0 {
                continue;
            }
            falsely += weight;
            let (rate, far) = (accepted as f64 / genuine_in_all, falsely as f64 / impostors_in_all);
            while answered < false_accepts.len() && far > false_accepts[answered] {
                rates.accepts[answered] = Some(Accepts { rate, cosine: impostor.cosine });
                answered += 1;
            }
            if rates.equal_error.is_none() && far >= 1.0 - rate {
                let before = (falsely - weight) as f64 / impostors_in_all;
                rates.equal_error = Some((1.0 - rate).clamp(before, far));
            }
            if answered == false_accepts.len() && rates.equal_error.is_some() {
                break;
            }
        }
        rates
    }
}

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// 95 % intervals: of the equal error rate, and of the true accepts at each rate of false ones.
///
/// People are drawn anew, not pairs: pairs that share a person are no independent evidence. The draws follow from the
/// round's number alone, so that the same scores have the same intervals.
pub(crate) fn intervals(scores: &Scores, false_accepts: &[f64], rounds: u64) -> Vec<Option<Interval>> {
    let people = scores.person_of.iter().max().map_or(0, |last| *last as usize + 1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let share = |thread: u64| {
        let drawn = (thread..rounds).step_by(threads as usize).map(|round| {
            let mut random = fastrand::Rng::with_seed(round);
            let mut times = vec![0; people];
            (0..people).for_each(|_| times[random.usize(..people)] += 1);
            Rates::weighted(&Weights::new(scores, Some(&times)), false_accepts)
        });
        drawn.collect::<Vec<_>>()
    };
    let drawn: Vec<Rates> = std::thread::scope(|scope| {
        let share = &share;
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread))).collect();
        running.into_iter().flat_map(|share| share.join().expect("a round panicked")).collect()
    });
    let accepts = (0..false_accepts.len())
        .map(|i| middle(drawn.iter().filter_map(|rates| Some(rates.accepts[i]?.rate)).collect(), rounds));
    let equal_error = middle(drawn.iter().filter_map(|rates| rates.equal_error).collect(), rounds);
    std::iter::once(equal_error).chain(accepts).collect()
}

/// The middle 95 %; `None` where fewer than 95 % of the rounds have an answer.
fn middle(mut values: Vec<f64>, rounds: u64) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
    (!values.is_empty() && values.len() as f64 >= 0.95 * rounds as f64)
        .then(|| Interval { low: at(0.025), high: at(0.975) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of these cosines, each pair of people of its own.
    fn scores(genuine: &[f32], impostors: &[f32]) -> Scores {
        let pair =
            |(index, cosine): (usize, &f32)| Scored { cosine: *cosine, a: index as u32 * 2, b: index as u32 * 2 + 1 };
        let mut person_of: Vec<u32> = (0..2 * impostors.len().max(genuine.len()) as u32).collect();
        person_of.iter_mut().for_each(|person| *person /= 2);
        let impostor = |(index, cosine): (usize, &f32)| Scored {
            cosine: *cosine,
            a: index as u32 * 2,
            b: (index as u32 * 2 + 2) % person_of.len() as u32,
        };
        let impostors: Vec<_> = impostors.iter().enumerate().map(impostor).collect();
        Scores {
            genuine: genuine.iter().enumerate().map(pair).collect(),
            impostors_in_all: impostors.len() as u64,
            impostors,
            person_of,
            pictures_of: None,
        }
    }

    #[test]
    fn people_who_are_told_apart_have_no_error() {
        let rates = Rates::of(&scores(&[0.9, 0.8], &[0.5, 0.4, 0.3]), &[0.01]);
        assert_eq!(rates.equal_error, Some(0.0));
        assert_eq!(rates.accepts, [Some(Accepts { rate: 1.0, cosine: 0.5 })]);
    }

    #[test]
    fn the_equal_error_rate_is_where_both_errors_meet() {
        // From 0.65 on: one of four genuine pairs is refused, and one of four others accepted.
        let rates = Rates::of(&scores(&[0.9, 0.8, 0.7, 0.2], &[0.75, 0.6, 0.5, 0.4]), &[]);
        assert_eq!(rates.equal_error, Some(0.25));
    }

    #[test]
    fn true_accepts_are_those_above_the_first_pair_that_must_be_refused() {
        let impostors: Vec<f32> = (0..100).map(|i| 0.8 - i as f32 * 0.005).collect();
        let rates = Rates::of(&scores(&[0.9, 0.792, 0.78, 0.1], &impostors), &[0.001, 0.02, 0.5]);
        let accepts: Vec<_> = rates.accepts.iter().flatten().map(|accepts| accepts.rate).collect();
        assert_eq!(accepts, [0.25, 0.5, 0.75]);
    }

    #[test]
    fn without_pairs_there_is_no_rate() {
        let none = Rates { equal_error: None, accepts: vec![None] };
        assert_eq!(Rates::of(&scores(&[], &[0.5]), &[0.1]), none);
        assert_eq!(Rates::of(&scores(&[0.5], &[]), &[0.1]), none);
    }

    #[test]
    fn an_interval_holds_the_rate_and_is_the_same_each_time() {
        let genuine: Vec<f32> = (0..200).map(|i| 1.0 - i as f32 * 0.002).collect();
        let impostors: Vec<f32> = (0..200).map(|i| 0.7 - i as f32 * 0.002).collect();
        let scores = scores(&genuine, &impostors);
        let rate = Rates::of(&scores, &[0.1]);
        let first = intervals(&scores, &[0.1], 200);
        assert_eq!(first, intervals(&scores, &[0.1], 200));
        let holds = |interval: Option<Interval>, value: Option<f64>| {
            let (interval, value) = (interval.unwrap(), value.unwrap());
            assert!(interval.low < value && value < interval.high, "{interval:?} {value}");
        };
        holds(first[0], rate.equal_error);
        holds(first[1], rate.accepts[0].map(|accepts| accepts.rate));
    }

    #[test]
    fn a_person_who_is_drawn_twice_counts_twice() {
        let scores = Scores {
            genuine: vec![Scored { cosine: 0.9, a: 0, b: 1 }, Scored { cosine: 0.2, a: 2, b: 3 }],
            impostors: vec![Scored { cosine: 0.5, a: 0, b: 2 }],
            impostors_in_all: 4,
            person_of: vec![0, 0, 1, 1],
            pictures_of: Some(vec![2, 2]),
        };
        let weights = Weights::new(&scores, Some(&[3, 1]));
        assert_eq!((weights.of_all_genuine(), weights.of_all_impostors()), (4, 12));
        assert_eq!(Rates::weighted(&weights, &[0.0]).accepts[0].unwrap().rate, 0.75);
    }
}
