use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

use attendance_core::domain::ids::FaceId;
use fastrand::Rng;
use uuid::Uuid;

use super::super::Gallery;
use super::*;

fn attendee(n: usize) -> AttendeeId {
    Uuid::from_u128(n as u128 + 1).into()
}

fn face(n: usize) -> FaceId {
    Uuid::from_u128(n as u128 + 1).into()
}

fn normal(random: &mut Rng) -> f32 {
    (0..12).map(|_| random.f32()).sum::<f32>() - 6.0
}

fn unit(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
    numbers.iter_mut().for_each(|number| *number /= length);
    numbers
}

/// Rows as they come, and rows that would lead a careless search astray.
const KINDS: [&str; 8] = ["random", "clustered", "compressed", "spike", "equal", "tiny differences", "signs", "mixed"];

fn row(kind: &str, dimension: usize, n: usize, random: &mut Rng) -> Vec<f32> {
    let axis = |n: usize| (0..dimension).map(|i| f32::from(u8::from(i == n % dimension))).collect::<Vec<_>>();
    let mut noise = |size: f32| (0..dimension).map(|_| normal(random) * size).collect::<Vec<_>>();
    let around = |middle: Vec<f32>, noise: Vec<f32>| middle.iter().zip(noise).map(|(a, b)| a + b).collect::<Vec<_>>();
    match kind {
        "random" => unit(noise(1.0)),
        "clustered" => {
            let centre = (0..dimension).map(|i| if (i + n % 5).is_multiple_of(3) { 1.0 } else { -0.5 }).collect();
            unit(around(centre, noise(0.2)))
        }
        // As faces are: all near one direction.
        "compressed" => unit(around(vec![1.0; dimension], noise(0.45))),
        "spike" => axis(n),
        "equal" => unit(vec![1.0; dimension]),
        "tiny differences" => unit(around(vec![1.0; dimension], noise(1e-6))),
        "signs" => unit((0..dimension).map(|i| if (i * (n + 1)).is_multiple_of(3) { -1.0 } else { 1.0 }).collect()),
        _ => row(KINDS[n % 7], dimension, n, random),
    }
}

/// Searches as they come, and at exactly what a row scores.
fn searches(snapshot: &Snapshot, query: &[f32]) -> Vec<Search> {
    let all = snapshot.scan(query, Search::nearest(usize::MAX)).unwrap().matches;
    let mut searches: Vec<_> = [0, 1, 3, 10, usize::MAX].map(Search::nearest).to_vec();
    for place in [0, 2, all.len() / 2, all.len().saturating_sub(1)] {
        if let Some(found) = all.get(place) {
            for cosine in [found.cosine.next_down(), found.cosine, found.cosine.next_up()] {
                searches.extend([Search::at_least(cosine), Search::at_least(cosine).at_most(3)]);
            }
        }
    }
    searches.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN].map(Search::at_least));
    searches
}

/// Ids and scores, to the last bit.
fn told(found: &Found) -> Vec<(AttendeeId, u32)> {
    found.matches.iter().map(|found| (found.attendee, found.cosine.to_bits())).collect()
}

fn assert_exact(snapshot: &Snapshot, query: &[f32], place: &str) {
    for search in searches(snapshot, query) {
        let expected = told(&snapshot.scan(query, search).unwrap());
        for kernel in Kernel::available() {
            for threads in [1, 3] {
                let search = search.kernel(kernel).threads(NonZeroUsize::new(threads).unwrap());
                let found = snapshot.search(query, search).unwrap();
                assert_eq!(told(&found), expected, "{place}: {search:?}");
            }
        }
    }
}

#[test]
fn a_search_finds_what_the_plain_scan_finds_to_the_last_bit() {
    let mut random = Rng::with_seed(11);
    for kind in KINDS {
        for (dimension, rows) in [(1, 40), (3, 300), (33, 17), (128, 600), (512, 530)] {
            let mut gallery = Gallery::new(dimension);
            for n in 0..rows {
                // Some have several faces, and some faces are there twice.
                let template = row(kind, dimension, n, &mut random);
                gallery.insert(attendee(n * 2 / 3), face(n), &template).unwrap();
                if n % 16 == 0 {
                    gallery.insert(attendee(n + rows), face(n + rows), &template).unwrap();
                }
            }
            let snapshot = gallery.snapshot();
            let mut queries =
                vec![row(kind, dimension, rows / 2, &mut random), row("random", dimension, 0, &mut random)];
            queries.push(gallery.templates().nth(rows / 3).unwrap().2.to_vec());
            for query in &queries {
                assert_exact(&snapshot, query, &format!("{kind}, {dimension} numbers, {rows} rows"));
            }
            let batch: Vec<&[f32]> = queries.iter().cycle().take(7).map(Vec::as_slice).collect();
            for kernel in Kernel::available() {
                let search = Search::at_least(0.5).at_most(4).kernel(kernel);
                for (found, query) in snapshot.search_batch(&batch, search).unwrap().iter().zip(&batch) {
                    assert_eq!(told(found), told(&snapshot.scan(query, search).unwrap()), "{kind}, {dimension}");
                }
            }
        }
    }
}

/// Rows that are no templates and never get in, except here: of no length, and far longer than 1.
#[test]
fn the_bound_holds_for_rows_of_any_length() {
    let mut random = Rng::with_seed(12);
    let mut gallery = Gallery::new(65);
    for n in 0..600 {
        let size = [0.0, 1e-30, 1e-3, 1.0, 40.0][n % 5];
        let template: Vec<f32> = row("mixed", 65, n, &mut random).iter().map(|number| number * size).collect();
        gallery.place(attendee(n), face(n), &template);
    }
    for n in 0..7 {
        assert_exact(&gallery.snapshot(), &row("mixed", 65, n, &mut random), "any length");
    }
}

#[test]
fn galleries_of_any_size_are_searched_whole_after_any_changes() {
    let mut random = Rng::with_seed(13);
    let mut gallery = Gallery::new(48);
    let mut there = BTreeMap::new();
    for step in 0..3_000 {
        let n = random.usize(..700);
        // It grows, then shrinks to nothing.
        if random.usize(..3_000) > step {
            let template = row("mixed", 48, random.usize(..1000), &mut random);
            gallery.insert(attendee(n / 2), face(n), &template).unwrap();
            there.insert((attendee(n / 2), face(n)), template);
        } else if n.is_multiple_of(7) {
            let before = there.len();
            there.retain(|&(owner, _), _| owner != attendee(n / 2));
            assert_eq!(gallery.remove_attendee(attendee(n / 2)), before - there.len());
        } else {
            let removed = there.remove(&(attendee(n / 2), face(n))).is_some();
            assert_eq!(gallery.remove_face(attendee(n / 2), face(n)), removed);
        }
        if step % 100 == 0 {
            let kept: BTreeMap<_, _> = gallery.templates().map(|(a, f, t)| ((a, f), t.to_vec())).collect();
            assert_eq!(kept, there);
            assert_exact(&gallery.snapshot(), &row("mixed", 48, step, &mut random), &format!("step {step}"));
        }
    }
}

#[test]
fn most_templates_are_never_read() {
    let mut random = Rng::with_seed(14);
    for (kind, dimension) in [("random", 512), ("compressed", 128)] {
        let mut gallery = Gallery::new(dimension);
        for n in 0..4_000 {
            gallery.insert(attendee(n), face(n), &row(kind, dimension, n, &mut random)).unwrap();
        }
        let query = row(kind, dimension, 0, &mut random);
        let near = gallery.search(&query, Search::at_least(0.939)).unwrap();
        assert!(near.rescored < 40, "{kind}: {} of 4000 at the threshold", near.rescored);
        let nearest = gallery.search(&query, Search::nearest(5)).unwrap();
        assert!(nearest.rescored < 400, "{kind}: {} of 4000 for the nearest", nearest.rescored);
    }
}

/// Two rows of one attendee always change together, so that they are equal in every state but the one in between.
#[test]
fn a_search_beside_changes_sees_one_state_of_the_gallery() {
    const PEOPLE: usize = 300;
    let rows: Vec<_> = (0..8).map(|n| row("spike", 8, n, &mut Rng::with_seed(0))).collect();
    let mut gallery = Gallery::new(8);
    for n in 0..PEOPLE {
        gallery.insert(attendee(n), face(n), &rows[0]).unwrap();
    }
    let gallery = RwLock::new(gallery);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..40 {
                let mut gallery = gallery.write().unwrap();
                // All at once: whoever sees the new axis sees everybody on it, but those who are removed.
                for n in 0..PEOPLE {
                    gallery.insert(attendee(n), face(n), &rows[round % 8]).unwrap();
                }
                gallery.remove_attendee(attendee(round));
            }
            done.store(true, Ordering::Release);
        });
        let mut seen = Vec::new();
        while !done.load(Ordering::Acquire) {
            let snapshot = gallery.read().unwrap().snapshot();
            let found = rows.iter().map(|axis| snapshot.search(axis, Search::at_least(0.5)).unwrap().matches.len());
            let found: Vec<_> = found.filter(|&found| found > 0).collect();
            assert_eq!(found.len(), 1, "two states in one snapshot: {found:?}");
            assert_eq!(found[0], snapshot.len());
            seen.push(found[0]);
        }
        assert!(seen.iter().all(|&found| found >= PEOPLE - 1), "{seen:?}");
    });
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let mut gallery = Gallery::new(3);
    for n in 0..600 {
        gallery.insert(attendee(n), face(n), &[1.0, 0.0, 0.0]).unwrap();
    }
    let before = gallery.snapshot();
    for n in 0..600 {
        gallery.insert(attendee(n), face(n), &[0.0, 1.0, 0.0]).unwrap();
    }
    (0..300).for_each(|n| assert!(gallery.remove_face(attendee(n), face(n))));
    let count = |snapshot: &Snapshot| {
        let found = snapshot.search(&[1.0, 0.0, 0.0], Search::at_least(0.5)).unwrap();
        (snapshot.len(), found.matches.len())
    };
    assert_eq!((count(&before), count(&gallery.snapshot())), ((600, 600), (300, 0)));
}

#[test]
fn memory_is_about_what_is_said() {
    assert_eq!(Gallery::bytes_per_template(128), 4 * 128 + 128 + 2 + 32 + 8 + 60);
    assert_eq!(Gallery::bytes_per_template(1), 4 + 32 + 1 + 32 + 8 + 60);
}
