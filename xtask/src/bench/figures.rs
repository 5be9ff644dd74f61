//! What was measured of one contender.

use std::collections::BTreeMap;

use super::contender::Round;

/// The contender that the others are compared with.
pub(crate) const OURS: &str = "attendance";

/// Everything that was measured of one contender.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) name: &'static str,
    /// Per stage and round: milliseconds a portrait.
    stages: BTreeMap<String, Vec<f64>>,
    /// In the last round; they are all alike.
    pub(crate) named: Option<[u64; 3]>,
    starts: Vec<f64>,
    /// In MB: the largest of all starts.
    pub(crate) peak_mb: Option<f64>,
}

/// A stage over all rounds, in milliseconds a portrait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stage {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) rounds: usize,
}

impl Figures {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, stages: BTreeMap::new(), named: None, starts: Vec::new(), peak_mb: None }
    }

    pub(crate) fn add(&mut self, round: Round, portraits: usize) {
        for (stage, ms) in round.stages {
            self.stages.entry(stage).or_default().push(ms / portraits as f64);
        }
        self.named = round.named;
    }

    pub(crate) fn add_start(&mut self, ms: f64, peak_mb: Option<f64>) {
        self.starts.push(ms);
        self.peak_mb = self.peak_mb.into_iter().chain(peak_mb).reduce(f64::max);
    }

    pub(crate) fn stage(&self, stage: &str) -> Option<Stage> {
        let values = self.stages.get(stage)?;
        Some(Stage {
            median: median(values)?,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            rounds: values.len(),
        })
    }

    /// From its start until it could check in, in milliseconds.
    pub(crate) fn start_ms(&self) -> Option<f64> {
        median(&self.starts)
    }

    pub(crate) fn check_ins_per_second(&self) -> Option<f64> {
        Some(1e3 / self.stage("check-in")?.median)
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_the_median_and_the_least_of_its_rounds_per_portrait() {
        let mut figures = Figures::new("x");
        for ms in [40.0, 20.0, 90.0, 60.0] {
            figures.add(Round { stages: [("check-in".to_owned(), ms)].into(), named: None }, 2);
        }
        assert_eq!(figures.stage("check-in"), Some(Stage { median: 25.0, min: 10.0, rounds: 4 }));
        assert_eq!(figures.check_ins_per_second(), Some(40.0));
        assert_eq!(figures.stage("other"), None);
    }
}
