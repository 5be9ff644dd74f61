//! The figures as tables.

use std::fmt::Write as _;

use serde_json::Value;

use crate::bench::table::aligned;

/// Everything that was measured, for a terminal.
pub(crate) fn tables(figures: &Value) -> String {
    let mut text = String::new();
    let mut say = |line: String| text.push_str(&(line + "\n"));
    say(format!("{} pictures of {} people", figures["pictures"], figures["people"]));
    say(format!("{} pairs of one person, {} of different people", figures["genuine"], figures["impostor"]));
    say(without_face(figures));
    say(String::new());
    say(aligned(&rates(figures)));
    say(aligned(&anchors(&figures["anchors"])));
    say(aligned(&percents(figures)));
    say("one person, least alike".to_owned());
    say(aligned(&pairs(&figures["least_alike"])));
    say("different people, most alike".to_owned());
    say(aligned(&pairs(&figures["most_alike"])).trim_end().to_owned());
    text
}

fn without_face(figures: &Value) -> String {
    let named: Vec<_> =
        figures["without_face_named"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut text = format!("{} without a face, which are like nobody", figures["without_face"]);
    if !named.is_empty() {
        let more = figures["without_face"].as_u64().unwrap_or_default() > named.len() as u64;
        let _ = write!(text, ": {}{}", named.join(", "), if more { ", ..." } else { "" });
    }
    text
}

/// The accuracy of ten folds, the equal error rate, and true accepts.
fn rates(figures: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![cells(["", "%", "95 % interval", ""])];
    let folds = &figures["folds"];
    if !folds.is_null() {
        let deviation = format!("+- {} (standard deviation)", percent(&folds["deviation"]));
        rows.push(vec!["accuracy, 10 folds".into(), percent(&folds["mean"]), String::new(), deviation]);
    }
    let rates = &figures["rates"];
    let equal = [percent(&rates["equal_error"]), interval(&rates["equal_error_interval"])];
    rows.push([vec!["equal error rate".into()], equal.into()].concat());
    for accepts in rates["accepts"].as_array().into_iter().flatten() {
        let pairs = accepts["pairs"].as_f64().unwrap_or_default();
        let rests = match pairs {
            none if none < 1.0 => "too few pairs of different people to know".to_owned(),
            few if few < 10.0 => format!("rests on {few:.0} pairs of different people"),
            _ => format!("above {}", cosine(&accepts["cosine"])),
        };
        let far = accepts["false_accepts"].as_f64().unwrap_or_default();
        let known = pairs >= 1.0;
        let value = |text: String| if known { text } else { "-".to_owned() };
        let rate = value(percent(&accepts["true_accepts"]));
        rows.push(vec![format!("true accepts at {far:e} false"), rate, value(interval(&accepts["interval"])), rests]);
    }
    rows
}

fn anchors(anchors: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![cells(["false accepts", "cosine", "true accepts %"])];
    for anchor in anchors.as_array().into_iter().flatten() {
        let one_in = format!("1 in {}", anchor["one_in"]);
        rows.push(vec![one_in, cosine(&anchor["cosine"]), percent(&anchor["true_accepts"])]);
    }
    rows
}

fn percents(figures: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![cells(["percent", "cosine", "false accepts", "of", "true accepts", "of"])];
    for row in figures["percents"].as_array().into_iter().flatten() {
        let falsely = row["false_accepts"].as_u64().map_or("not counted".to_owned(), |count| count.to_string());
        let (genuine, impostor) = (figures["genuine"].to_string(), figures["impostor"].to_string());
        let cosine = cosine(&row["cosine"]);
        rows.push(vec![
            row["percent"].to_string(),
            cosine,
            falsely,
            impostor,
            row["true_accepts"].to_string(),
            genuine,
        ]);
    }
    rows
}

fn pairs(pairs: &Value) -> Vec<Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    pairs.as_array().into_iter().flatten().map(|pair| vec![text(&pair[0]), text(&pair[1]), cosine(&pair[2])]).collect()
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

fn percent(share: &Value) -> String {
    share.as_f64().map_or("-".to_owned(), |share| format!("{:.2}", share * 100.0))
}

fn cosine(cosine: &Value) -> String {
    cosine.as_f64().map_or("-".to_owned(), |cosine| format!("{cosine:.4}"))
}

fn interval(bounds: &Value) -> String {
    if bounds.is_null() { "-".to_owned() } else { format!("{} to {}", percent(&bounds[0]), percent(&bounds[1])) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rate_that_too_few_pairs_know_is_not_told() {
        let accepts = |far: f64| {
            json!({ "false_accepts": far, "pairs": far * 600.0, "true_accepts": 0.98, "cosine": 0.91,
                    "interval": [0.97, 0.99] })
        };
        let figures = json!({
            "folds": { "mean": 0.9917, "deviation": 0.0048 },
            "rates": { "equal_error": 0.0083, "equal_error_interval": null, "accepts": [accepts(1e-1), accepts(1e-2), accepts(1e-3)] },
        });
        let text = aligned(&rates(&figures));
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).expect(start).to_owned();
        assert!(line("accuracy").contains("99.17") && line("accuracy").contains("+- 0.48"));
        assert!(line("equal error").contains("0.83") && line("equal error").ends_with('-'));
        assert!(
            line("true accepts at 1e-1").contains("97.00 to 99.00") && line("true accepts at 1e-1").contains("0.9100")
        );
        assert!(line("true accepts at 1e-2").ends_with("rests on 6 pairs of different people"));
        let unknown = line("true accepts at 1e-3");
        assert!(unknown.contains("too few") && !unknown.contains("98"), "{unknown}");
    }

    #[test]
    fn pictures_without_a_face_are_named_up_to_a_limit() {
        let text = without_face(&json!({ "without_face": 3, "without_face_named": ["a.jpg", "b.jpg"] }));
        assert_eq!(text, "3 without a face, which are like nobody: a.jpg, b.jpg, ...");
        assert!(without_face(&json!({ "without_face": 0, "without_face_named": [] })).ends_with("nobody"));
    }
}
