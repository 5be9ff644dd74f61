//! The best attendees of a search so far.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use attendance_core::domain::ids::AttendeeId;

use super::search::{Match, Search};

/// Cosines as integers in the same order.
type Rank = (i32, Reverse<AttendeeId>);

/// At most as many attendees as are wanted, each with their best template.
#[derive(Debug)]
pub(super) struct Best {
    most: usize,
    /// What a score has to reach to change anything.
    floor: f32,
    cosines: HashMap<AttendeeId, f32>,
    /// The same, in order, the least first; only where a limit may cut some off.
    ranks: Option<BTreeSet<Rank>>,
}

impl Best {
    pub(super) fn of(search: &Search) -> Self {
        let ranks = (search.most != usize::MAX).then(BTreeSet::new);
        let nothing = search.most == 0 || search.min_cosine.is_nan();
        let floor = if nothing { f32::INFINITY } else { search.min_cosine };
        Self { most: search.most, floor, cosines: HashMap::new(), ranks }
    }

    /// A row below it can't change what is found; one that equals it can.
    pub(super) fn floor(&self) -> f32 {
        self.floor
    }

    pub(super) fn offer(&mut self, attendee: AttendeeId, cosine: f32) {
        if cosine < self.floor || self.cosines.get(&attendee).is_some_and(|&known| known >= cosine) {
            return;
        }
        let known = self.cosines.insert(attendee, cosine);
        let Some(ranks) = &mut self.ranks else { return };
        if let Some(known) = known {
            ranks.remove(&rank(attendee, known));
        }
        ranks.insert(rank(attendee, cosine));
        if ranks.len() > self.most
            && let Some((_, Reverse(last))) = ranks.pop_first()
        {
            self.cosines.remove(&last);
        }
        if ranks.len() == self.most
            && let Some((_, Reverse(last))) = ranks.first()
        {
            self.floor = self.floor.max(self.cosines[last]);
        }
    }

    /// Takes over what another search of other rows has found.
    pub(super) fn merge(&mut self, other: Self) {
        for (attendee, cosine) in other.cosines {
            self.offer(attendee, cosine);
        }
    }

    /// Best first, of equal ones the older attendee first.
    pub(super) fn matches(self) -> Vec<Match> {
        let mut matches: Vec<_> =
            self.cosines.into_iter().map(|(attendee, cosine)| Match { attendee, cosine }).collect();
        matches.sort_unstable_by_key(|found| Reverse(rank(found.attendee, found.cosine)));
        matches
    }
}

fn rank(attendee: AttendeeId, cosine: f32) -> Rank {
    // As `f32::total_cmp` does it; but 0 and -0 are one score.
    let bits = (cosine + 0.0).to_bits().cast_signed();
    (bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed(), Reverse(attendee))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn attendee(n: u128) -> AttendeeId {
        Uuid::from_u128(n).into()
    }

    fn found(best: Best) -> Vec<(u128, f32)> {
        best.matches().into_iter().map(|found| (found.attendee.as_uuid().as_u128(), found.cosine)).collect()
    }

    #[test]
    fn the_best_template_of_each_counts_and_the_worst_make_room() {
        let mut best = Best::of(&Search::nearest(2));
        assert_eq!(best.floor(), f32::NEG_INFINITY);
        for (n, cosine) in [(1, 0.1), (1, 0.3), (2, -0.2), (3, 0.2), (2, 0.25), (1, 0.2)] {
            best.offer(attendee(n), cosine);
        }
        assert_eq!(best.floor(), 0.25);
        assert_eq!(found(best), [(1, 0.3), (2, 0.25)]);
    }

    #[test]
    fn of_equal_ones_the_older_attendee_stays() {
        let mut best = Best::of(&Search::nearest(2));
        for n in [3, 1, 2] {
            best.offer(attendee(n), 0.5);
        }
        assert_eq!(found(best), [(1, 0.5), (2, 0.5)]);
        let mut zeros = Best::of(&Search::nearest(1));
        zeros.offer(attendee(2), 0.0);
        zeros.offer(attendee(1), -0.0);
        assert_eq!(zeros.matches()[0].attendee, attendee(1));
    }

    #[test]
    fn all_that_reach_the_floor_are_found_where_nothing_limits_them() {
        let mut best = Best::of(&Search::at_least(0.5));
        for (n, cosine) in [(1, 0.5), (2, 0.5_f32.next_down()), (3, 0.9), (3, 0.7)] {
            best.offer(attendee(n), cosine);
        }
        assert_eq!(found(best), [(3, 0.9), (1, 0.5)]);
    }

    #[test]
    fn nobody_is_found_where_nobody_is_wanted() {
        let mut best = Best::of(&Search::nearest(0));
        best.offer(attendee(1), 1.0);
        assert!(best.matches().is_empty());
    }
}
