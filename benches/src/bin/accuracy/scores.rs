//! The cosines of all pairs, without holding all pairs: 13,233 pictures make 87 million.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pairs::Pair;

/// Pairs of different people that are held, the most alike; the others are only counted. 180 MB at most, about twice
/// that while they are collected, and 17 % of what all 13,233 pictures of Labeled Faces in the Wild make.
const HELD: u64 = 15_000_000;

/// Steps from cosine -1 to 1 in which pairs are counted to find what will be held.
const STEPS: usize = 1 << 16;

/// How alike two pictures are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) cosine: f32,
    /// Indices of the pictures.
    pub(crate) a: u32,
    pub(crate) b: u32,
}

/// What was compared, the most alike first.
#[derive(Debug)]
pub(crate) struct Scores {
    /// Every pair of one person.
    pub(crate) genuine: Vec<Scored>,
    /// Pairs of different people: the most alike of them.
    pub(crate) impostors: Vec<Scored>,
    /// How many pairs of different people there are.
    pub(crate) impostors_in_all: u64,
    /// The index of each picture's person.
    pub(crate) person_of: Vec<u32>,
    /// Pictures of each person, where every pair was compared.
    pub(crate) pictures_of: Option<Vec<u32>>,
}

/// A picture as it is compared: `None` where no face was found, which is like nobody (cosine -1).
#[derive(Debug)]
pub(crate) struct Compared<'a> {
    /// As it is enrolled.
    pub(crate) enrolled: Option<&'a [f32]>,
    /// As it checks in.
    pub(crate) checked_in: Option<&'a [f32]>,
}

/// How alike picture `b` is to picture `a` as it is enrolled.
pub(crate) fn cosine(compared: &[Compared<'_>], a: u32, b: u32) -> f32 {
    match (compared[a as usize].enrolled, compared[b as usize].checked_in) {
        (Some(a), Some(b)) => dot(a, b),
        _ => -1.0,
    }
}

/// Eight sums at once, so that the compiler uses vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

impl Scores {
    /// Of these pairs.
    pub(crate) fn of_pairs(compared: &[Compared<'_>], person_of: Vec<u32>, pairs: &[Pair]) -> Self {
        let scored = |pair: &Pair| Scored { cosine: cosine(compared, pair.a, pair.b), a: pair.a, b: pair.b };
        let of = |same: bool| sorted(pairs.iter().filter(|pair| pair.same == same).map(scored).collect());
        let (genuine, impostors) = (of(true), of(false));
        let impostors_in_all = impostors.len() as u64;
        Self { genuine, impostors, impostors_in_all, person_of, pictures_of: None }
    }

    /// Of every two pictures; the first of them is enrolled.
    pub(crate) fn of_all(compared: &[Compared<'_>], person_of: Vec<u32>) -> Self {
        Self::of_all_holding(compared, person_of, HELD)
    }

    fn of_all_holding(compared: &[Compared<'_>], person_of: Vec<u32>, most: u64) -> Self {
        let mut pictures_of = vec![0; person_of.iter().max().map_or(0, |last| *last as usize + 1)];
        for person in &person_of {
            pictures_of[*person as usize] += 1;
        }
        let pairs = |pictures: u64| pictures * pictures.saturating_sub(1) / 2;
        let genuine_in_all: u64 = pictures_of.iter().map(|count| pairs(u64::from(*count))).sum();
        let impostors_in_all = pairs(person_of.len() as u64) - genuine_in_all;
        let least = if impostors_in_all <= most { f32::MIN } else { held_from(compared, &person_of, most) };
        let found = rows(compared.len(), |a, found: &mut [Vec<Scored>; 2]| {
            for b in a + 1..compared.len() {
                let (a, b) = (a as u32, b as u32);
                let cosine = cosine(compared, a, b);
                let same = person_of[a as usize] == person_of[b as usize];
                if same || cosine >= least {
                    found[usize::from(same)].push(Scored { cosine, a, b });
                }
            }
        });
        let (mut genuine, mut impostors) = (Vec::new(), Vec::new());
        for [different, same] in found {
            impostors.extend(different);
            genuine.extend(same);
        }
        let (genuine, impostors) = (sorted(genuine), sorted(impostors));
        Self { genuine, impostors, impostors_in_all, person_of, pictures_of: Some(pictures_of) }
    }
}

/// The cosine from which on no more than `most` pairs of different people lie.
fn held_from(compared: &[Compared<'_>], person_of: &[u32], most: u64) -> f32 {
    let step_of = |cosine: f32| (((cosine + 1.0) / 2.0 * STEPS as f32) as usize).min(STEPS - 1);
    let counts = rows(compared.len(), |a, counts: &mut Vec<u64>| {
        counts.resize(STEPS, 0);
        for b in a + 1..compared.len() {
            if person_of[a] != person_of[b] {
                counts[step_of(cosine(compared, a as u32, b as u32))] += 1;
            }
        }
    });
    let (mut step, mut held) = (STEPS, 0);
    while step > 0 {
        held += counts.iter().filter_map(|counts| counts.get(step - 1)).sum::<u64>();
        if held > most {
            break;
        }
        step -= 1;
    }
    step as f32 / STEPS as f32 * 2.0 - 1.0
}

/// Does `work` for the rows 0 to `count`, on all cores, each with a result of its own that grows.
fn rows<T: Default + Send>(count: usize, work: impl Fn(usize, &mut T) + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut result = T::default();
                loop {
                    let row = next.fetch_add(1, Ordering::Relaxed);
                    if row >= count {
                        break;
                    }
                    work(row, &mut result);
                }
                results.lock().expect("no thread panics while it holds it").push(result);
            });
        }
    });
    results.into_inner().expect("no thread panicked")
}

/// The most alike first; in the pictures' order where that is the same.
fn sorted(mut scored: Vec<Scored>) -> Vec<Scored> {
    scored.sort_unstable_by(|x, y| y.cosine.total_cmp(&x.cosine).then((x.a, x.b).cmp(&(y.a, y.b))));
    scored
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pictures on a circle, at these degrees, as they are enrolled and as they check in.
    fn on_a_circle(degrees: &[f32]) -> Vec<[f32; 8]> {
        let place = |angle: &f32| [angle.to_radians().cos(), angle.to_radians().sin(), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        degrees.iter().map(place).collect()
    }

    fn compared(vectors: &[[f32; 8]]) -> Vec<Compared<'_>> {
        vectors.iter().map(|v| Compared { enrolled: Some(v), checked_in: Some(v) }).collect()
    }

    #[test]
    fn every_two_pictures_are_compared_once() {
        let vectors = on_a_circle(&[0.0, 10.0, 50.0, 180.0]);
        let scores = Scores::of_all(&compared(&vectors), vec![0, 0, 1, 2]);
        assert_eq!((scores.genuine.len(), scores.impostors.len(), scores.impostors_in_all), (1, 5, 5));
        assert_eq!((scores.impostors[0].a, scores.impostors[0].b), (1, 2));
        assert!((scores.genuine[0].cosine - 10.0_f32.to_radians().cos()).abs() < 1e-6);
    }

    #[test]
    fn of_too_many_pairs_the_most_alike_are_held_and_all_are_counted() {
        let angles: Vec<f32> = (0..60).map(|i| i as f32 * 3.0).collect();
        let vectors = on_a_circle(&angles);
        let people: Vec<u32> = (0..60).map(|i| i / 2).collect();
        let all = Scores::of_all(&compared(&vectors), people.clone());
        let some = Scores::of_all_holding(&compared(&vectors), people, 100);
        assert_eq!(all.genuine, some.genuine);
        assert_eq!((some.impostors_in_all, all.impostors.len()), (1740, 1740));
        assert!((28..=100).contains(&some.impostors.len()), "{}", some.impostors.len());
        assert_eq!(all.impostors[..some.impostors.len()], some.impostors);
    }

    #[test]
    fn a_picture_without_a_face_is_like_nobody() {
        let vectors = on_a_circle(&[0.0]);
        let mut pictures = compared(&vectors);
        pictures.push(Compared { enrolled: None, checked_in: None });
        let scores = Scores::of_pairs(&pictures, vec![0, 0], &[Pair { a: 0, b: 1, same: true }]);
        assert_eq!(scores.genuine[0].cosine, -1.0);
    }
}
