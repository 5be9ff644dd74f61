//! A chore is done part by part. Each says when it begins and how it went; a table of all of them ends the chore.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::bench::table;

/// Names a file to which each part adds a line: the chore and the part, seconds, and how it went, with tabs between.
pub(crate) const STEPS: &str = "ATTENDANCE_STEPS";

/// Whether whatever is skipped counts as a failure: `ATTENDANCE_REQUIRE_BACKENDS=1`.
pub(crate) fn everything_is_required() -> bool {
    std::env::var("ATTENDANCE_REQUIRE_BACKENDS").is_ok_and(|value| value == "1")
}

/// What a part that did not fail has to say.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// A remark for whoever reads along.
    pub(crate) said: String,
    /// What of it could not be run, why, and what helps: a line each.
    pub(crate) skipped: Vec<String>,
    /// Whether nothing of it was run.
    pub(crate) not_run: bool,
}

impl Done {
    /// All of it went well.
    pub(crate) fn saying(said: String) -> Self {
        Self { said, ..Self::default() }
    }

    /// Nothing of it was run.
    pub(crate) fn not_run(why: String) -> Self {
        Self { skipped: vec![why], not_run: true, ..Self::default() }
    }
}

/// How a part went.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Went {
    Passed,
    /// So many of its tests, or all of it, could not be run.
    PassedBut(usize),
    Skipped,
    Failed,
}

impl fmt::Display for Went {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::PassedBut(skipped) => write!(f, "passed, {skipped} skipped"),
            Self::Skipped => f.write_str("skipped"),
            Self::Failed => f.write_str("FAILED"),
        }
    }
}

/// The parts of a chore that are over.
#[derive(Debug)]
pub(crate) struct Parts {
    chore: &'static str,
    over: Vec<(String, Duration, Went)>,
    skipped: Vec<String>,
}

impl Parts {
    pub(crate) fn of(chore: &'static str) -> Self {
        Self { chore, over: Vec::new(), skipped: Vec::new() }
    }

    /// Does one part, and says how it went.
    pub(crate) fn run(&mut self, name: &str, work: impl FnOnce() -> Result<Done>) {
        println!("{name} ...");
        let start = Instant::now();
        let (went, text) = match work() {
            Ok(done) => {
                let went = match done.skipped.len() {
                    _ if done.not_run => Went::Skipped,
                    0 => Went::Passed,
                    some => Went::PassedBut(some),
                };
                let why = if done.not_run { done.skipped.join("; ") } else { done.said };
                self.skipped.extend(done.skipped);
                (went, why)
            }
            Err(error) => (Went::Failed, format!("{error:#}")),
        };
        let colon = if text.is_empty() { "" } else { ": " };
        println!("{name}: {went} ({:.1} s){colon}{text}", start.elapsed().as_secs_f64());
        self.note(name, start.elapsed(), went);
    }

    fn note(&mut self, name: &str, took: Duration, went: Went) {
        if let Some(file) = std::env::var_os(STEPS).filter(|file| !file.is_empty()) {
            let line = format!("{}: {name}\t{:.0}\t{went}\n", self.chore, took.as_secs_f64());
            let added = OpenOptions::new().create(true).append(true).open(&file);
            if let Err(error) = added.and_then(|mut file| file.write_all(line.as_bytes())) {
                eprintln!("{STEPS}: {} can't be written: {error}", file.display());
            }
        }
        self.over.push((name.to_owned(), took, went));
    }

    /// Prints the table, what was skipped, and how many parts ran.
    ///
    /// # Errors
    /// If a part failed, or something was skipped although everything is required.
    pub(crate) fn verdict(mut self) -> Result<()> {
        self.skipped.sort_unstable();
        self.skipped.dedup();
        let row = |(name, took, went): &(String, Duration, Went)| {
            vec![name.clone(), format!("{:.1} s", took.as_secs_f64()), went.to_string()]
        };
        println!("\n{}", table::aligned(&self.over.iter().map(row).collect::<Vec<_>>()));
        for line in &self.skipped {
            println!("{line}");
        }
        let count = |wanted: &dyn Fn(&Went) -> bool| self.over.iter().filter(|(.., went)| wanted(went)).count();
        let failed = count(&|went| *went == Went::Failed);
        let skipped = count(&|went| *went == Went::Skipped);
        println!("{}: {} passed, {failed} failed, {skipped} skipped", self.chore, self.over.len() - failed - skipped);
        self.is_well()
    }

    /// # Errors
    /// As [`Parts::verdict`].
    pub(crate) fn is_well(&self) -> Result<()> {
        let failed: Vec<_> = self.over.iter().filter(|(.., went)| *went == Went::Failed).collect();
        if !failed.is_empty() {
            let names: Vec<_> = failed.iter().map(|(name, ..)| name.as_str()).collect();
            bail!("{} failed: {}", self.chore, names.join(", "));
        }
        if everything_is_required() && !self.skipped.is_empty() {
            bail!("{} skipped, and ATTENDANCE_REQUIRE_BACKENDS=1 requires everything", self.skipped.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_skipped_is_no_failure_and_one_that_failed_is_named() {
        let mut parts = Parts::of("try");
        parts.run("tools", || Ok(Done::not_run("skipped: tools: there are none; install some".to_owned())));
        parts.run("tests", || {
            Ok(Done { skipped: vec!["skipped: faces: none; name some".to_owned()], ..Done::default() })
        });
        let words: Vec<_> = parts.over.iter().map(|(.., went)| went.to_string()).collect();
        assert_eq!(words, ["skipped", "passed, 1 skipped"]);
        assert_eq!(parts.is_well().is_ok(), !everything_is_required());
        parts.run("docs", || bail!("an example is wrong"));
        assert_eq!(parts.is_well().unwrap_err().to_string(), "try failed: docs");
    }
}
