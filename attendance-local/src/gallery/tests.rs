use super::*;

/// A unit vector in the plane of the first two of `dimension` axes.
fn at(degrees: f32, dimension: usize) -> Vec<f32> {
    let mut numbers = vec![0.0; dimension];
    (numbers[1], numbers[0]) = degrees.to_radians().sin_cos();
    numbers
}

fn attendee(n: u128) -> AttendeeId {
    uuid::Uuid::from_u128(n).into()
}

fn face(n: u128) -> FaceId {
    uuid::Uuid::from_u128(n).into()
}

fn search(gallery: &Gallery, query: &[f32], min_cosine: f32, most: usize) -> Vec<Match> {
    gallery.search(query, Search::at_least(min_cosine).at_most(most)).unwrap().matches
}

fn who(found: &[Match]) -> Vec<AttendeeId> {
    found.iter().map(|found| found.attendee).collect()
}

#[test]
fn an_attendee_is_found_once_by_the_best_of_their_faces() {
    let mut gallery = Gallery::new(2);
    for (n, degrees) in [(1, 40.0), (2, 10.0), (3, 30.0)] {
        gallery.insert(attendee(1), face(n), &at(degrees, 2)).unwrap();
    }
    gallery.insert(attendee(2), face(4), &at(20.0, 2)).unwrap();
    let found = search(&gallery, &at(0.0, 2), 0.0, 10);
    assert_eq!(who(&found), [attendee(1), attendee(2)]);
    assert!((found[0].cosine - 10_f32.to_radians().cos()).abs() < 1e-6);
}

#[test]
fn nobody_is_found_below_the_least_cosine_and_no_more_than_were_asked_for() {
    let mut gallery = Gallery::new(2);
    for n in 1..=9_u8 {
        gallery.insert(attendee(n.into()), face(n.into()), &at(f32::from(n) * 10.0, 2)).unwrap();
    }
    let query = at(0.0, 2);
    assert_eq!(who(&search(&gallery, &query, 35_f32.to_radians().cos(), 10)), [1, 2, 3].map(attendee));
    assert_eq!(who(&search(&gallery, &query, -1.0, 2)), [1, 2].map(attendee));
    let exactly = search(&gallery, &query, -1.0, 1)[0].cosine;
    assert_eq!(search(&gallery, &query, exactly, 9).len(), 1);
}

#[test]
fn equally_alike_attendees_always_come_in_the_same_order() {
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let mut gallery = Gallery::new(3);
        for n in order {
            gallery.insert(attendee(n), face(n), &at(10.0, 3)).unwrap();
        }
        assert_eq!(who(&search(&gallery, &at(0.0, 3), 0.0, 2)), [1, 2].map(attendee));
    }
}

#[test]
fn a_face_that_is_inserted_again_has_its_new_template_only() {
    let mut gallery = Gallery::new(2);
    gallery.insert(attendee(1), face(1), &at(0.0, 2)).unwrap();
    gallery.insert(attendee(1), face(1), &at(90.0, 2)).unwrap();
    assert_eq!(gallery.len(), 1);
    assert!(search(&gallery, &at(0.0, 2), 0.5, 9).is_empty());
    assert_eq!(gallery.template(attendee(1), face(1)), Some(at(90.0, 2).as_slice()));
}

#[test]
fn removing_faces_in_any_order_leaves_exactly_the_others() {
    let all: Vec<(u128, u128)> = (0..12).map(|n| (n % 4, n)).collect();
    for (a, f) in all.iter().copied() {
        let mut gallery = Gallery::new(2);
        for &(a, f) in &all {
            gallery.insert(attendee(a), face(f), &at(f as f32 * 5.0, 2)).unwrap();
        }
        assert!(gallery.remove_face(attendee(a), face(f)));
        assert!(!gallery.remove_face(attendee(a), face(f)));
        assert!(!gallery.remove_face(attendee(a + 1), face(f)));
        assert_eq!(gallery.remove_attendee(attendee(3)), if a == 3 { 2 } else { 3 });
        let mut left: Vec<_> = gallery.templates().map(|(a, f, t)| (a, f, t.to_vec())).collect();
        left.sort_by_key(|&(_, face, _)| face);
        let expected: Vec<_> = all
            .iter()
            .filter(|&&(other, g)| other != 3 && g != f)
            .map(|&(a, f)| (attendee(a), face(f), at(f as f32 * 5.0, 2)))
            .collect();
        assert_eq!(left, expected);
        for (a, f, template) in expected {
            assert_eq!(gallery.template(a, f), Some(template.as_slice()));
        }
    }
}

#[test]
fn what_is_no_template_is_refused_and_changes_nothing() {
    let mut gallery = Gallery::new(2);
    let wrong = InvalidTemplate::Dimension { found: 3, expected: 2 };
    for (bad, error) in [
        (vec![1.0, 0.0, 0.0], wrong),
        (vec![0.0, 0.0], InvalidTemplate::NotUnit),
        (vec![3.0, 4.0], InvalidTemplate::NotUnit),
        (vec![f32::NAN, 1.0], InvalidTemplate::NotUnit),
        (vec![f32::INFINITY, 0.0], InvalidTemplate::NotUnit),
    ] {
        assert_eq!(gallery.insert(attendee(1), face(1), &bad), Err(error));
        assert_eq!(gallery.search(&bad, Search::at_least(0.0)), Err(error));
        assert_eq!(gallery.snapshot().search_batch(&[&[1.0, 0.0], &bad], Search::nearest(1)), Err(error));
    }
    assert!(gallery.is_empty());
}

#[test]
fn the_search_agrees_with_a_plain_sum_in_double_precision() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    for dimension in [1, 15, 16, 17, 128, 131] {
        let mut unit = || {
            let numbers: Vec<f32> = (0..dimension).map(|_| random()).collect();
            let length = numbers.iter().map(|n| n * n).sum::<f32>().sqrt();
            numbers.iter().map(|n| n / length).collect::<Vec<_>>()
        };
        let mut gallery = Gallery::new(dimension);
        for n in 0..200 {
            gallery.insert(attendee(n), face(n), &unit()).unwrap();
        }
        let query = unit();
        let found = search(&gallery, &query, -2.0, 200);
        assert_eq!(found.len(), 200);
        assert!(found.is_sorted_by(|a, b| a.cosine >= b.cosine));
        for Match { attendee, cosine } in found {
            let template = gallery.template(attendee, face(attendee.as_uuid().as_u128())).unwrap();
            let exact: f64 = template.iter().zip(&query).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((exact - f64::from(cosine)).abs() < 1e-6, "{dimension}: {exact} {cosine}");
        }
    }
}

#[test]
fn a_gallery_is_never_printed() {
    let mut gallery = Gallery::new(2);
    gallery.insert(attendee(1), face(1), &[0.6, 0.8]).unwrap();
    assert_eq!(format!("{gallery:?}"), "Gallery(1 templates of 2 numbers)");
}
