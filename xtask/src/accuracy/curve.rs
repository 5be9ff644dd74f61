//! The curve of errors (DET): genuine pairs refused over pairs of different people accepted, both logarithmic.

use anyhow::Result;
use plotters::prelude::*;
use serde_json::Value;

/// Pixels.
const SIZE: (u32, u32) = (900, 600);

/// The curve as an SVG document.
///
/// # Errors
/// If it can't be drawn.
pub(crate) fn svg(figures: &Value) -> Result<String> {
    let points = points(figures);
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(1.0_f64, f64::min).max(1e-9);
    let across = least(&mut points.iter().map(|point| point.0));
    let up = least(&mut points.iter().map(|point| point.1)).min(1e-3);
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let caption =
            format!("{} pairs of one person, {} of different people", figures["genuine"], figures["impostor"]);
        let mut chart = ChartBuilder::on(&area)
            .caption(caption, ("sans-serif", 18))
            .margin(16)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d((across..1.0).log_scale(), (up..1.0).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("pairs of different people accepted")
            .y_desc("pairs of one person refused")
            .x_label_formatter(&|share| format!("{share:.0e}"))
            .y_label_formatter(&|share| format!("{share:.0e}"))
            .draw()?;
        let equal = (across.max(up), 1.0);
        let line = PathElement::new([(equal.0, equal.0), (equal.1, equal.1)], BLACK.mix(0.3));
        chart.draw_series([line])?;
        chart.draw_series([PathElement::new(points, BLUE.stroke_width(2))])?;
        area.present()?;
    }
    Ok(text)
}

/// False accepts and false rejects; where nobody is refused the curve leaves the picture.
fn points(figures: &Value) -> Vec<(f64, f64)> {
    let curve = figures["curve"].as_array().into_iter().flatten();
    curve
        .filter_map(|point| Some((point[0].as_f64()?, 1.0 - point[1].as_f64()?)))
        .filter(|(_, refused)| *refused > 0.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_curve_is_drawn_from_its_first_point_to_where_nobody_is_refused() {
        let figures = json!({ "genuine": 8, "impostor": 100, "curve": [[0.01, 0.5], [0.1, 0.75], [1.0, 1.0]] });
        assert_eq!(points(&figures), [(0.01, 0.5), (0.1, 0.25)]);
        let svg = svg(&figures).expect("it can be drawn");
        assert!(svg.starts_with("<svg") && svg.contains("8 pairs of one person, 100 of different people"));
    }

    #[test]
    fn without_an_error_the_picture_is_empty_but_drawn() {
        let svg = svg(&json!({ "genuine": 1, "impostor": 1, "curve": [] })).expect("it can be drawn");
        assert!(svg.contains("polyline"));
    }
}
