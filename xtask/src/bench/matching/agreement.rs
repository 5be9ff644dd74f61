//! Whether two contenders found the same.

use std::collections::HashMap;

/// People and their cosines, the most alike first.
pub(super) type Found = Vec<(u64, f32)>;

/// How far two f32 cosines of the same templates may lie from each other: the order of adding differs.
const ROUNDING: f32 = 1e-5;

/// Answers of a contender beside those of the plain loop.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Agreement {
    /// Queries that both answered.
    pub(super) compared: usize,
    /// Of these, those whose answers differ by more than rounding explains.
    pub(super) differ: usize,
    /// People whom the plain loop found, and how many of them the contender found too.
    wanted: usize,
    met: usize,
}

impl Agreement {
    /// Of answers by query. The boundary is `min_cosine`, or that of the last one whom the plain loop found.
    pub(super) fn of(
        found: &HashMap<usize, Found>,
        reference: &HashMap<usize, Found>,
        min_cosine: Option<f64>,
    ) -> Self {
        let mut agreement = Self::default();
        for (query, found) in found {
            let Some(reference) = reference.get(query) else { continue };
            let last = reference.last().map_or(f32::NEG_INFINITY, |person| person.1);
            let boundary = min_cosine.map_or(last, |cosine| cosine as f32);
            agreement.compared += 1;
            agreement.differ += usize::from(differ(found, reference, boundary));
            agreement.wanted += reference.len();
            agreement.met += reference.iter().filter(|person| cosine(found, person.0).is_some()).count();
        }
        agreement
    }

    /// Share of those whom the plain loop found, 0 to 1; of nobody, 1.
    pub(super) fn recall(&self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.met as f64 / self.wanted as f64 }
    }
}

fn cosine(found: &Found, person: u64) -> Option<f32> {
    found.iter().find(|(other, _)| *other == person).map(|(_, cosine)| *cosine)
}

/// Whether somebody has another cosine, or is missing in one of them without standing at the boundary.
fn differ(a: &Found, b: &Found, boundary: f32) -> bool {
    let off = |here: &Found, there: &Found| {
        here.iter().any(|(person, own)| (cosine(there, *person).unwrap_or(boundary) - own).abs() > ROUNDING)
    };
    off(a, b) || off(b, a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(found: &[(u64, f32)], reference: &[(u64, f32)], min_cosine: Option<f64>) -> Agreement {
        let one = |found: &[(u64, f32)]| HashMap::from([(0, found.to_vec())]);
        Agreement::of(&one(found), &one(reference), min_cosine)
    }

    #[test]
    fn rounding_is_no_difference_even_where_it_decides_who_is_last() {
        assert_eq!(of(&[(1, 0.9), (2, 0.5)], &[(1, 0.900_001), (3, 0.500_001)], None).differ, 0);
        assert_eq!(of(&[], &[(1, 0.939_000_1)], Some(0.939)).differ, 0);
    }

    #[test]
    fn somebody_else_or_another_cosine_is_a_difference() {
        assert_eq!(of(&[(1, 0.9), (2, 0.51)], &[(1, 0.9), (3, 0.5)], None).differ, 1);
        assert_eq!(of(&[(1, 0.9)], &[(1, 0.91)], Some(0.5)).differ, 1);
        assert_eq!(of(&[], &[(1, 0.95)], Some(0.939)).differ, 1);
        assert_eq!(of(&[(1, 0.95)], &[], Some(0.939)).differ, 1);
    }

    #[test]
    fn recall_is_the_share_of_people_who_were_found() {
        let agreement = of(&[(1, 0.9), (4, 0.4)], &[(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.4)], None);
        assert_eq!((agreement.recall(), agreement.compared), (0.5, 1));
        assert_eq!(of(&[], &[], Some(0.9)).recall(), 1.0);
    }

    #[test]
    fn what_the_plain_loop_was_not_asked_is_not_compared() {
        let found = HashMap::from([(7, vec![(1, 0.5)])]);
        assert_eq!(Agreement::of(&found, &HashMap::new(), None), Agreement::default());
    }
}
