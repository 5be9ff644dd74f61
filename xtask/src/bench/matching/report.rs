//! The figures of a run, for a person and for a program.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::report::rounded;
use super::super::table;
use super::figures::{OURS, PLAIN, Place, READ, Row};

/// What is asked, in the order of the table, and how its column is headed.
pub(super) const QUESTIONS: [(&str, usize, &str); 4] = [
    ("top", 1, "best 5"),
    ("threshold", 1, "threshold"),
    ("top", 64, "64: best 5"),
    ("threshold", 64, "64: threshold"),
];

/// Everything that was measured.
#[derive(Debug)]
pub(super) struct Run {
    /// The cores that the contenders were kept on.
    pub(super) cores: Vec<usize>,
    pub(super) rows: Vec<Row>,
    /// Contenders that could not be measured, and why.
    pub(super) missing: Vec<(String, String)>,
}

/// Something that is expected of ours.
#[derive(Debug)]
struct Check {
    what: String,
    found: f64,
    at_least: f64,
}

impl Run {
    /// As text.
    pub(super) fn table(&self) -> String {
        let mut head = vec!["ms: median (min), times read-once".to_owned()];
        head.extend(QUESTIONS.map(|(_, _, heading)| heading.to_owned()));
        head.extend(["rescored a query", "beside plain-loop"].map(str::to_owned));
        let mut lines = vec![head];
        for place in self.places() {
            let threads = if place.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", place.threads) };
            lines.push(Vec::new());
            lines.push(vec![format!("{}, {} x {}, {threads}", place.data, place.rows, place.dimension)]);
            for contender in self.contenders(place) {
                lines.push(self.line(place, contender));
            }
        }
        let where_to = match &self.cores[..] {
            [] => "on every core".to_owned(),
            [core, ..] => format!("one thread on core {core} alone"),
        };
        let mut text = format!("\n{where_to}\n\n{}\n", table::aligned(&lines));
        for (contender, why) in &self.missing {
            let _ = writeln!(text, "{contender} was not measured: {why}");
        }
        for check in self.checks() {
            let verdict = if check.found >= check.at_least { "as expected" } else { "MISSED" };
            let _ = writeln!(text, "{}: {:.2} (at least {}): {verdict}", check.what, check.found, check.at_least);
        }
        text
    }

    fn line(&self, place: &Place, contender: &str) -> Vec<String> {
        let mut cells = vec![format!("  {contender}")];
        if let Some(read) = self.row(place, contender, "read", 1) {
            let gigabytes = (4 * place.rows * place.dimension) as f64 / 1e6 / read.median();
            cells.push(format!("{:.3} ({:.3})  {gigabytes:.1} GB/s", read.median(), read.min()));
            return cells;
        }
        let rows = QUESTIONS.map(|(query, batch, _)| self.row(place, contender, query, batch));
        cells.extend(rows.map(|row| row.map_or("-".to_owned(), figures)));
        let rescored = [0, 1].map(|at| rows[at].and_then(Row::rescored));
        cells.push(match rescored {
            [Some(top), Some(threshold)] => format!("{top:.1} / {threshold:.1}"),
            [Some(one), None] | [None, Some(one)] => format!("{one:.1}"),
            [None, None] => "-".to_owned(),
        });
        let rows: Vec<_> = rows.into_iter().flatten().collect();
        cells.push(if contender == PLAIN { "-".to_owned() } else { beside_plain(&rows) });
        cells
    }

    /// As one document.
    pub(super) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let mut value = json!({
                "contender": row.contender, "data": row.place.data, "n": row.place.rows, "dim": row.place.dimension,
                "threads": row.place.threads, "batch": row.question.batch, "query": row.question.query,
                "median_ms": rounded(row.median()), "min_ms": rounded(row.min()),
                "share_of_read": rounded(row.share_of_read()),
                "rounds": row.rounds, "compared": row.agreement.compared, "differ": row.agreement.differ,
            });
            if let Some(rescored) = row.rescored() {
                value["rescored"] = rounded(rescored).into();
            }
            if !row.exact {
                value["recall"] = rounded(row.agreement.recall()).into();
            }
            value
        });
        let missing = self.missing.iter().map(|(peer, why)| json!({ "contender": peer, "reason": why }));
        let checks = self.checks().into_iter().map(|check| {
            let good = check.found >= check.at_least;
            json!({ "what": check.what, "found": rounded(check.found), "at_least": check.at_least, "as_expected": good })
        });
        json!({
            "rows": rows.collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
            "summary": { "checks": checks.collect::<Vec<_>>(), "cores": self.cores },
        })
    }

    /// What is expected of ours, as far as it was measured.
    fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut check = |what: String, found: Option<f64>, at_least| {
            checks.extend(found.map(|found| Check { what, found, at_least }));
        };
        let single = |place: &&Place| place.threads == 1;
        for place in self.places().into_iter().filter(single) {
            let at = format!("{}, {}", place.data, place.rows);
            let median = |contender: &str, (query, batch)| Some(self.row(place, contender, query, batch)?.median());
            let times = |theirs: Option<f64>, ours: Option<f64>| Some(theirs? / ours?);
            let threshold = ("threshold", 1);
            if place.rows == 1_000_000 {
                // faiss-flat knows no threshold: the best 5 take it as long.
                let flat = median("faiss-flat", ("top", 1));
                let kernels: &[(&str, f64)] = match place.data.as_str() {
                    "random512" => &[("avx512-vnni", 4.0), ("avx2", 2.0)],
                    _ => &[("avx512-vnni", 2.0), ("avx2", 2.0)],
                };
                for (kernel, at_least) in kernels {
                    let ours = median(&format!("{OURS}{kernel}"), threshold);
                    check(format!("{at}: times as fast as faiss-flat, by {kernel}"), times(flat, ours), *at_least);
                }
                if place.data == "random512" {
                    let ours = self.best_of_ours(place, threshold);
                    check(format!("{at}: times as fast as read-once"), times(median(READ, ("read", 1)), ours), 1.0);
                }
            }
            for (query, batch, heading) in QUESTIONS {
                let ours = self.best_of_ours(place, (query, batch));
                if batch == 1 {
                    let plain = median(PLAIN, (query, batch));
                    check(format!("{at}: times as fast as {PLAIN}, {heading}"), times(plain, ours), 1.0);
                } else {
                    let faer = median("faer", (query, batch));
                    check(format!("{at}: times as fast as faer, {heading}"), times(faer, ours), 1.0);
                }
            }
        }
        let exact = self.rows.iter().filter(|row| row.exact);
        let ours = exact.filter(|row| row.contender.starts_with(OURS));
        let (compared, differ) = ours
            .fold((0, 0), |(compared, differ), row| (compared + row.agreement.compared, differ + row.agreement.differ));
        if compared > 0 {
            let same = (compared - differ) as f64 / compared as f64;
            checks.push(Check {
                what: format!("share of our {compared} answers that are {PLAIN}'s"),
                found: same,
                at_least: 1.0,
            });
        }
        checks
    }

    fn best_of_ours(&self, place: &Place, (query, batch): (&str, usize)) -> Option<f64> {
        let ours = self.contenders(place).into_iter().filter(|contender| contender.starts_with(OURS));
        ours.filter_map(|contender| Some(self.row(place, contender, query, batch)?.median())).reduce(f64::min)
    }

    fn row(&self, place: &Place, contender: &str, query: &str, batch: usize) -> Option<&Row> {
        self.rows.iter().find(|row| {
            let question = &row.question;
            row.place == *place && row.contender == contender && question.query == query && question.batch == batch
        })
    }

    fn places(&self) -> Vec<&Place> {
        let mut places: Vec<&Place> = Vec::new();
        for row in &self.rows {
            if !places.contains(&&row.place) {
                places.push(&row.place);
            }
        }
        places
    }

    fn contenders(&self, place: &Place) -> Vec<&str> {
        contenders(self.rows.iter().filter(|row| row.place == *place))
    }
}

/// The names, ours first, each once.
pub(super) fn contenders<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.contender.as_str()) {
            names.push(&row.contender);
        }
    }
    names.sort_by_key(|name| (*name != READ, !name.starts_with(OURS)));
    names
}

fn figures(row: &Row) -> String {
    let (median, min) = (row.median(), row.min());
    // Four figures, whether it is microseconds or seconds.
    let places = if median < 1.0 {
        4
    } else if median < 100.0 {
        2
    } else {
        0
    };
    format!("{median:.places$} ({min:.places$}) {:>6.2}", row.share_of_read())
}

fn beside_plain(rows: &[&Row]) -> String {
    if rows.iter().any(|row| !row.exact) {
        let recalls: Vec<_> = rows.iter().map(|row| format!("{:.0}", row.agreement.recall() * 100.0)).collect();
        return format!("recall {} %", recalls.join(" / "));
    }
    let compared: usize = rows.iter().map(|row| row.agreement.compared).sum();
    match rows.iter().map(|row| row.agreement.differ).sum() {
        0 if compared > 0 => format!("the same, {compared} times"),
        0 => "not compared".to_owned(),
        differ => format!("{differ} of {compared} DIFFER"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::compare;
    use super::super::figures::tests::row;
    use super::*;

    fn run(ours_ms: f64) -> Run {
        let mut rows = vec![
            row(READ, ("read", 1), 1_000_000, 200.0),
            row(PLAIN, ("threshold", 1), 1_000_000, 700.0),
            row("faiss-flat", ("top", 1), 1_000_000, 280.0),
            row("faer", ("threshold", 64), 1_000_000, 1_000.0),
            row("attendance-gallery-avx2", ("threshold", 1), 1_000_000, ours_ms),
            row("attendance-gallery-avx2", ("threshold", 64), 1_000_000, 800.0),
        ];
        rows[4].rescored.insert(0, 3);
        compare(&mut rows, 0.939);
        Run { cores: vec![1], rows, missing: vec![("numpy".to_owned(), "no wheel".to_owned())] }
    }

    #[test]
    fn the_table_has_ours_first_and_says_what_is_expected() {
        let table = run(100.0).table();
        let at = |word: &str| table.find(word).unwrap_or_else(|| panic!("{word} in {table}"));
        assert!(
            at("read-once") < at("  attendance-gallery-avx2") && at("  attendance-gallery-avx2") < at("  plain-loop")
        );
        assert!(table.contains("random512, 1000000 x 512, 1 thread"));
        assert!(table.contains("100 (100)   0.50"), "{table}");
        assert!(table.contains("times as fast as faiss-flat, by avx2: 2.80 (at least 2): as expected"), "{table}");
        assert!(table.contains("times as fast as faer, 64: threshold: 1.25 (at least 1): as expected"), "{table}");
        assert!(table.contains("numpy was not measured: no wheel") && !table.contains("MISSED"), "{table}");
        assert!(run(230.0).table().contains("times as fast as read-once: 0.87 (at least 1): MISSED"));
    }

    #[test]
    fn an_answer_that_differs_is_named() {
        let mut run = run(100.0);
        run.rows[4].found.insert(0, vec![(2, 0.99)]);
        compare(&mut run.rows, 0.939);
        let table = run.table();
        assert!(table.contains("1 of 2 DIFFER") && table.contains("0.50 (at least 1): MISSED"), "{table}");
    }

    #[test]
    fn a_row_of_the_document_says_what_was_measured_where() {
        let document = run(100.0).json();
        let row = &document["rows"][4];
        assert_eq!(
            (&row["contender"], &row["n"], &row["dim"]),
            (&json!("attendance-gallery-avx2"), &json!(1_000_000), &json!(512))
        );
        assert_eq!((&row["batch"], &row["query"], &row["threads"]), (&json!(1), &json!("threshold"), &json!(1)));
        assert_eq!((&row["share_of_read"], &row["rescored"]), (&json!(0.5), &json!(3.0)));
        assert!(row.get("recall").is_none());
    }
}
