//! How alike two faces are, in percent, as Amazon Rekognition speaks. Percent of two matchers mean different error
//! rates: each matcher brings its own default policy.

use serde::{Deserialize, Serialize};

/// How alike two faces are: 0 to 100 percent. Not the detector's confidence, which is a plain number of
/// [`Quality`](super::face::Quality).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Similarity(f32);

/// The least similarity at which a face is given a name: 0, or above 1 up to 100 percent. A value in (0, 1] is
/// refused: it is always a ratio that was meant as percent.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f32", into = "f32")]
pub struct Threshold(f32);

/// A number that is no percentage.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPercent {
    /// Not a number from 0 to 100.
    #[error("{0} is not a percentage: write a number from 0 to 100")]
    OutOfRange(f32),
    /// A threshold in (0, 1].
    #[error("a threshold of {ratio} is a ratio, and percent are meant: write {} instead", .ratio * 100.0)]
    Ratio {
        /// What was given.
        ratio: f32,
    },
}

impl Similarity {
    /// Takes 0 to 100 percent.
    ///
    /// # Errors
    /// [`InvalidPercent::OutOfRange`] for anything else, NaN too.
    pub fn new(percent: f32) -> Result<Self, InvalidPercent> {
        if (0.0..=100.0).contains(&percent) { Ok(Self(percent)) } else { Err(InvalidPercent::OutOfRange(percent)) }
    }

    /// The nearest percentage; NaN becomes 0.
    #[must_use]
    pub fn clamped(percent: f32) -> Self {
        Self(if percent.is_nan() { 0.0 } else { percent.clamp(0.0, 100.0) })
    }

    /// 0 to 100.
    #[must_use]
    pub fn percent(self) -> f32 {
        self.0
    }

    /// Whether this reaches the threshold.
    #[must_use]
    pub fn reaches(self, threshold: Threshold) -> bool {
        self.0 >= threshold.0
    }
}

impl Threshold {
    /// Takes 0, or above 1 up to 100 percent.
    ///
    /// # Errors
    /// [`InvalidPercent::Ratio`] for a value in (0, 1], [`InvalidPercent::OutOfRange`] outside of 0 to 100.
    pub fn new(percent: f32) -> Result<Self, InvalidPercent> {
        if percent > 0.0 && percent <= 1.0 {
            return Err(InvalidPercent::Ratio { ratio: percent });
        }
        Similarity::new(percent).map(|similarity| Self(similarity.0))
    }

    /// 0, or above 1 up to 100.
    #[must_use]
    pub fn percent(self) -> f32 {
        self.0
    }

    /// This threshold lowered by `points`: what a matcher must search down to, so that the runner-up is seen. What
    /// would fall to 1 or below becomes 0.
    #[must_use]
    pub fn lowered(self, points: f32) -> Self {
        let percent = self.0 - points;
        Self(if percent > 1.0 { percent } else { 0.0 })
    }
}

impl TryFrom<f32> for Similarity {
    type Error = InvalidPercent;
    fn try_from(percent: f32) -> Result<Self, Self::Error> {
        Self::new(percent)
    }
}

impl From<Similarity> for f32 {
    fn from(similarity: Similarity) -> f32 {
        similarity.0
    }
}

impl TryFrom<f32> for Threshold {
    type Error = InvalidPercent;
    fn try_from(percent: f32) -> Result<Self, Self::Error> {
        Self::new(percent)
    }
}

impl From<Threshold> for f32 {
    fn from(threshold: Threshold) -> f32 {
        threshold.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_refused_as_a_threshold_and_the_message_says_what_to_write() {
        let error = Threshold::new(0.8).unwrap_err();
        assert_eq!(error.to_string(), "a threshold of 0.8 is a ratio, and percent are meant: write 80 instead");
        assert!(Threshold::new(1.0).is_err());
        assert!(Threshold::new(0.0).is_ok());
        assert!(Threshold::new(1.5).is_ok());
        assert!(serde_json::from_str::<Threshold>("0.99").is_err());
    }

    #[test]
    fn only_0_to_100_are_percent() {
        for bad in [-0.1, 100.1, f32::NAN, f32::INFINITY] {
            assert!(Similarity::new(bad).is_err(), "{bad}");
            assert!(Threshold::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Similarity::clamped(f32::NAN).percent(), 0.0);
        assert_eq!(Similarity::clamped(101.0).percent(), 100.0);
    }

    #[test]
    fn a_lowered_threshold_never_becomes_a_ratio() {
        assert_eq!(Threshold::new(80.0).unwrap().lowered(5.0).percent(), 75.0);
        assert_eq!(Threshold::new(2.0).unwrap().lowered(1.5).percent(), 0.0);
    }
}
