//! Numbers that are random and always the same: every person and every template has a stream of its own, so that the
//! beginning of a large gallery is a small one.

use std::f32::consts::TAU;

/// A stream of normal numbers: mean 0, spread 1, independent.
#[derive(Debug)]
pub(crate) struct Normal(fastrand::Rng);

impl Normal {
    /// The stream of one template of one person.
    pub(crate) fn stream(seed: u64, person: u64, template: u64) -> Self {
        Self(fastrand::Rng::with_seed(mixed(mixed(mixed(seed) ^ person) ^ template)))
    }

    /// By Box and Muller: two uniform numbers make two normal ones.
    pub(crate) fn fill(&mut self, numbers: &mut [f32]) {
        for pair in numbers.chunks_mut(2) {
            // Never 0, so that its logarithm is finite.
            let radius = (-2.0 * (1.0 - self.0.f32()).ln()).sqrt();
            let (sine, cosine) = (TAU * self.0.f32()).sin_cos();
            pair[0] = radius * cosine;
            if let Some(second) = pair.get_mut(1) {
                *second = radius * sine;
            }
        }
    }
}

/// SplitMix64's last step: neighbours become strangers.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(person: u64, template: u64) -> Vec<f32> {
        let mut numbers = vec![0.0; 40_001];
        Normal::stream(7, person, template).fill(&mut numbers);
        numbers
    }

    #[test]
    fn they_are_normal() {
        let numbers = numbers(1, 1);
        let mean = |power: i32| numbers.iter().map(|x| f64::from(*x).powi(power)).sum::<f64>() / numbers.len() as f64;
        assert!(mean(1).abs() < 0.02 && (mean(2) - 1.0).abs() < 0.03, "{} {}", mean(1), mean(2));
        assert!(mean(3).abs() < 0.1 && (mean(4) - 3.0).abs() < 0.2, "{} {}", mean(3), mean(4));
    }

    #[test]
    fn a_stream_is_always_the_same_and_no_other_is_like_it() {
        assert_eq!(numbers(1, 2), numbers(1, 2));
        for other in [numbers(1, 3), numbers(2, 2), numbers(2, 1)] {
            let product: f32 = numbers(1, 2).iter().zip(&other).map(|(a, b)| a * b).sum();
            assert!((product / other.len() as f32).abs() < 0.03);
        }
    }
}
