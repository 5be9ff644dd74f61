//! What a cosine of two templates means, in percent, and the policy that follows from it.
//!
//! Percent are anchored at false-accept rates: the share of pairs of different people that are at least this alike.
//! Measured on all cross pairs of 1,041 pictures of Labeled Faces in the Wild (540,453 pairs of different people, 867
//! of one person; none of them in the collection's published pairs), the first of a pair enrolled and the second
//! checked in. Press photos are hard: of pairs of cooperative portraits far more are accepted than the table says.
//! `cargo xtask accuracy --all-pairs` prints the table anew.
//!
//! | percent | cosine | false accepts | true accepts |
//! | --- | --- | --- | --- |
//! | 50 | 0.881 | 1 in 10 | 99.8 % |
//! | 80 | 0.910 | 1 in 100 | 99.1 % |
//! | 90 | 0.928 | 1 in 1,000 | 94.2 % |
//! | 95 | 0.941 | 1 in 10,000 | 82.8 % |
//! | 98 | 0.952 | 1 in 100,000 | 59.9 % |

/// Cosine and percent, both rising; straight lines between.
const TABLE: [(f32, f32); 9] = [
    (-1.0, 0.0),
    (0.75, 5.0),
    (0.839, 20.0),
    (0.881, 50.0),
    (0.910, 80.0),
    (0.928, 90.0),
    (0.941, 95.0),
    (0.952, 98.0),
    (1.0, 100.0),
];

/// Recommended threshold in percent: one pair of strangers in 10,000 reaches it.
pub const THRESHOLD: f32 = 95.0;

/// Recommended margin in percent points between the best two attendees. Where it decides, the runner-up itself is as
/// alike as one stranger in 1,000 or fewer: a brother or sister.
pub const MARGIN: f32 = 3.0;

/// Recommended percentage from which a face may not be enrolled a second time under another name: one pair of
/// strangers in 100,000 reaches it, and siblings who look alike (94 percent, of those that were measured) still enrol.
pub const DUPLICATE: f32 = 98.0;

/// Data that the recommendations rest on.
pub const MEASURED_ON: &str =
    "all cross pairs of 1,041 pictures of Labeled Faces in the Wild outside of its published pairs";

/// Pairs of different people that were compared.
pub const IMPOSTOR_PAIRS: u64 = 540_453;

/// Pairs of one person that were compared.
pub const GENUINE_PAIRS: u64 = 867;

/// Share of the pairs of different people that reach [`THRESHOLD`], 0 to 1.
pub const FALSE_ACCEPT_RATE: f64 = 47.0 / 540_453.0;

/// Share of the pairs of one person that reach [`THRESHOLD`], 0 to 1.
pub const TRUE_ACCEPT_RATE: f64 = 718.0 / 867.0;

/// The percentage (0 to 100) of a cosine (-1 to 1); NaN becomes 0.
#[must_use]
pub fn percent(cosine: f32) -> f32 {
    interpolate(cosine, |(cosine, percent)| (cosine, percent))
}

/// The cosine of a percentage: to search down to a threshold.
#[must_use]
pub fn cosine(percent: f32) -> f32 {
    interpolate(percent, |(cosine, percent)| (percent, cosine))
}

fn interpolate(x: f32, axes: impl Fn((f32, f32)) -> (f32, f32)) -> f32 {
    let (first, last) = (axes(TABLE[0]), axes(TABLE[TABLE.len() - 1]));
    if x >= last.0 {
        return last.1;
    }
    for pair in TABLE.windows(2) {
        let ((x0, y0), (x1, y1)) = (axes(pair[0]), axes(pair[1]));
        if x >= x0 && x < x1 {
            return y0 + (x - x0) / (x1 - x0) * (y1 - y0);
        }
    }
    first.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_rise_with_the_cosine_from_0_to_100() {
        assert_eq!((percent(-1.0), percent(1.0), percent(1.1)), (0.0, 100.0, 100.0));
        assert_eq!((percent(-2.0), percent(f32::NAN)), (0.0, 0.0));
        let steps: Vec<f32> = (-1000..=1000).map(|i| percent(i as f32 / 1000.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_percentage_leads_back_to_its_cosine() {
        for value in [0.0, 5.0, 33.0, 79.9, 95.0, 99.5, 100.0] {
            assert!((percent(cosine(value)) - value).abs() < 0.01, "{value}");
        }
    }

    #[test]
    fn the_recommendations_are_the_measured_places() {
        assert_eq!((cosine(THRESHOLD), cosine(DUPLICATE)), (0.941, 0.952));
    }
}
