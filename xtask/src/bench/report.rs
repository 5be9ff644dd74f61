//! The figures of a run, for a person and for a program.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::figures::{Figures, OURS};
use super::table;

/// The stages, in the order of a check-in.
const STAGES: [&str; 7] = ["decode", "detect largest", "detect all", "embed", "match", "record", "check-in"];

/// What the peer of the whole check-in is called.
const PEER: &str = "face_recognition";

/// What is expected of ours: times as many check-ins as the peer, start-up in milliseconds, memory in MB.
const EXPECTED: (f64, f64, f64) = (8.0, 500.0, 150.0);

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Run {
    /// The core that all were kept on.
    pub(crate) core: Option<usize>,
    pub(crate) portraits: usize,
    pub(crate) people: usize,
    pub(crate) figures: Vec<Figures>,
    /// Peers that could not be measured, and why.
    pub(crate) missing: Vec<(&'static str, String)>,
}

impl Run {
    /// As text.
    pub(crate) fn table(&self) -> String {
        let mut rows = vec![self.row("ms a portrait: median (min)", |figures| figures.name.to_owned())];
        for stage in STAGES {
            rows.push(self.row(stage, |figures| {
                let measured = figures.stage(stage);
                measured.map_or("-".to_owned(), |stage| format!("{:.2} ({:.2})", stage.median, stage.min))
            }));
        }
        rows.push(self.row("check-ins a second", |figures| number(figures.check_ins_per_second())));
        rows.push(self.row("start until ready, ms", |figures| number(figures.start_ms())));
        rows.push(self.row("peak memory, MB", |figures| number(figures.peak_mb)));
        rows.push(self.row("named right / wrong / nobody", |figures| {
            let named = figures.named;
            named.map_or("-".to_owned(), |[right, wrong, nobody]| format!("{right} / {wrong} / {nobody}"))
        }));

        let place = self.core.map_or("on every core".to_owned(), |core| format!("on core {core} alone"));
        let mut text = format!("\n{} portraits of {} people, {place}\n\n", self.portraits, self.people);
        text += &table::aligned(&rows);
        text.push('\n');
        for (peer, why) in &self.missing {
            let _ = writeln!(text, "{peer} was not measured: {why}");
        }
        let (ratio, start_ms, peak_mb) = EXPECTED;
        let verdict = |good: bool| if good { "as expected" } else { "MISSED" };
        if let Some(found) = self.ratio() {
            let verdict = verdict(found >= ratio);
            let _ = writeln!(text, "{found:.1} times the check-ins of {PEER} (at least {ratio}): {verdict}");
        }
        if let Some(found) = self.ours().and_then(Figures::start_ms) {
            let _ = writeln!(text, "ready after {found:.0} ms (at most {start_ms}): {}", verdict(found <= start_ms));
        }
        if let Some(found) = self.ours().and_then(|ours| ours.peak_mb) {
            let _ = writeln!(text, "{found:.0} MB at the peak (under {peak_mb}): {}", verdict(found < peak_mb));
        }
        text
    }

    /// As one document.
    pub(crate) fn json(&self) -> Value {
        let rows = self.figures.iter().flat_map(|figures| {
            STAGES.iter().filter_map(|stage| {
                let measured = figures.stage(stage)?;
                Some(json!({
                    "contender": figures.name, "stage": stage, "median_ms": rounded(measured.median),
                    "min_ms": rounded(measured.min), "rounds": measured.rounds, "images": self.portraits,
                }))
            })
        });
        let contenders = self.figures.iter().map(|figures| {
            json!({
                "contender": figures.name,
                "check_ins_per_second": figures.check_ins_per_second().map(rounded),
                "start_ms": figures.start_ms().map(rounded),
                "peak_mb": figures.peak_mb.map(rounded),
                "named": figures.named.map(|[right, wrong, nobody]| {
                    json!({ "right": right, "wrong": wrong, "nobody": nobody })
                }),
            })
        });
        let ours = self.ours();
        json!({
            "rows": rows.collect::<Vec<_>>(),
            "contenders": contenders.collect::<Vec<_>>(),
            "missing": self.missing.iter().map(|(peer, why)| json!({ "contender": peer, "reason": why })).collect::<Vec<_>>(),
            "summary": {
                "check_ins_per_second": ours.and_then(Figures::check_ins_per_second).map(rounded),
                "ratio": self.ratio().map(rounded),
                "start_ms": ours.and_then(Figures::start_ms).map(rounded),
                "peak_mb": ours.and_then(|ours| ours.peak_mb).map(rounded),
                "core": self.core,
            },
        })
    }

    fn row(&self, name: &str, cell: impl Fn(&Figures) -> String) -> Vec<String> {
        std::iter::once(name.to_owned()).chain(self.figures.iter().map(cell)).collect()
    }

    fn of(&self, name: &str) -> Option<&Figures> {
        self.figures.iter().find(|figures| figures.name == name)
    }

    fn ours(&self) -> Option<&Figures> {
        self.of(OURS)
    }

    /// How many check-ins ours does while the peer does one.
    fn ratio(&self) -> Option<f64> {
        Some(self.ours()?.check_ins_per_second()? / self.of(PEER)?.check_ins_per_second()?)
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.1}"))
}

/// To four places.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::super::contender::Round;
    use super::*;

    fn run() -> Run {
        let figures = |name, ms, start_ms| {
            let mut figures = Figures::new(name);
            figures.add(Round { stages: [("check-in".to_owned(), ms)].into(), named: Some([2, 0, 0]) }, 2);
            figures.add_start(start_ms, Some(90.0));
            figures
        };
        Run {
            core: Some(1),
            portraits: 2,
            people: 2,
            figures: vec![figures(OURS, 20.0, 40.0), figures(PEER, 200.0, 900.0)],
            missing: vec![("opencv", "no wheel".to_owned())],
        }
    }

    #[test]
    fn the_summary_says_how_many_times_faster_ours_is() {
        let summary = &run().json()["summary"];
        assert_eq!(summary["ratio"], 10.0);
        assert_eq!(summary["check_ins_per_second"], 100.0);
        assert_eq!(summary["start_ms"], 40.0);
    }

    #[test]
    fn the_table_names_what_was_missed_and_what_is_missing() {
        let mut run = run();
        assert!(run.table().contains("10.0 times the check-ins of face_recognition (at least 8): as expected"));
        assert!(run.table().contains("opencv was not measured: no wheel"));
        run.figures[0].add_start(2000.0, None);
        assert!(run.table().contains("ready after 1020 ms (at most 500): MISSED"));
    }
}
