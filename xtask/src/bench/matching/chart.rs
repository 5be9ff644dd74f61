//! The table as a picture: a panel for each gallery and question, a bar for each contender.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::figures::{OURS, Place, READ, Row};
use super::report::{QUESTIONS, contenders};

/// Pixels: a bar with the space below it, a panel's heading, a panel, the names on the left.
const BAR: i32 = 18;
const HEAD: i32 = 48;
const PANEL: i32 = 300;
const NAMES: i32 = 230;
/// The longest bar; the rest of its panel is for its number.
const LONGEST: f64 = 215.0;

const TEXT: RGBColor = RGBColor(0x24, 0x29, 0x2f);
const OWN: RGBColor = RGBColor(0x00, 0x5a, 0x9c);
const EXACT: RGBColor = RGBColor(0x94, 0x94, 0x94);
const APPROXIMATE: RGBColor = RGBColor(0xc2, 0x7c, 0x00);
const READING: RGBColor = RGBColor(0x7a, 0x0f, 0x2b);

/// As one SVG.
///
/// # Errors
/// If it can't be drawn.
pub(super) fn draw(rows: &[Row]) -> Result<String> {
    let mut places: Vec<&Place> = Vec::new();
    for row in rows {
        if !places.contains(&&row.place) {
            places.push(&row.place);
        }
    }
    let of = |place: &Place| rows.iter().filter(|row| row.place == *place).collect::<Vec<_>>();
    let heights = places.iter().map(|place| height(&of(place)));
    let (width, all) = (NAMES + PANEL * QUESTIONS.len() as i32, heights.sum::<i32>() + HEAD);
    let mut svg = String::new();
    {
        let canvas = SVGBackend::with_string(&mut svg, (width as u32, all as u32)).into_drawing_area();
        canvas.fill(&WHITE)?;
        let legend = "ms, median. Blue: ours; grey: exact; orange: approximate; red line: reading the gallery once";
        canvas.draw(&Text::new(legend, (12, 14), style(14, HPos::Left)))?;
        let mut top = HEAD / 2;
        for place in places {
            let rows = of(place);
            group(&canvas, place, &rows, top)?;
            top += height(&rows);
        }
        canvas.present()?;
    }
    Ok(svg)
}

fn height(rows: &[&Row]) -> i32 {
    HEAD + BAR * names(rows).len() as i32
}

fn names<'a>(rows: &[&'a Row]) -> Vec<&'a str> {
    contenders(rows.iter().copied()).into_iter().filter(|name| *name != READ).collect()
}

fn group(canvas: &DrawingArea<SVGBackend<'_>, Shift>, place: &Place, rows: &[&Row], top: i32) -> Result<()> {
    let heading = format!("{}, {} x {}, threads: {}", place.data, place.rows, place.dimension, place.threads);
    canvas.draw(&Text::new(heading, (12, top + 14), style(15, HPos::Left)))?;
    let names = names(rows);
    let line = |at: usize| top + HEAD + BAR * at as i32;
    for (at, name) in names.iter().enumerate() {
        canvas.draw(&Text::new(*name, (NAMES - 8, line(at) + BAR / 2 - 2), style(12, HPos::Right)))?;
    }
    for (panel, (query, batch, heading)) in QUESTIONS.into_iter().enumerate() {
        let left = NAMES + PANEL * panel as i32;
        canvas.draw(&Text::new(heading, (left, top + HEAD - 12), style(13, HPos::Left)))?;
        let asked: Vec<_> =
            rows.iter().filter(|row| row.question.query == query && row.question.batch == batch).collect();
        let longest = asked.iter().map(|row| row.median()).fold(0.0, f64::max);
        let long = |ms: f64| left + (LONGEST * ms / longest).round() as i32;
        for row in &asked {
            let Some(at) = names.iter().position(|name| *name == row.contender) else { continue };
            let end = long(row.median()).max(left + 1);
            let bar = Rectangle::new([(left, line(at)), (end, line(at) + BAR - 4)], colour(row).filled());
            canvas.draw(&bar)?;
            let number = Text::new(figure(row.median()), (end + 4, line(at) + BAR / 2 - 2), style(12, HPos::Left));
            canvas.draw(&number)?;
        }
        if let Some(read) = asked.first().map(|row| row.read_ms).filter(|read| *read <= longest) {
            let ends = vec![(long(read), line(0) - 3), (long(read), line(names.len()) - 1)];
            canvas.draw(&PathElement::new(ends, READING.stroke_width(1)))?;
        }
    }
    Ok(())
}

fn colour(row: &Row) -> RGBColor {
    match row.exact {
        _ if row.contender.starts_with(OURS) => OWN,
        true => EXACT,
        false => APPROXIMATE,
    }
}

fn style(size: i32, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(side, VPos::Center))
}

fn figure(ms: f64) -> String {
    let places = if ms < 1.0 {
        3
    } else if ms < 100.0 {
        1
    } else {
        0
    };
    format!("{ms:.places$}")
}

#[cfg(test)]
mod tests {
    use super::super::figures::compare;
    use super::super::figures::tests::row;
    use super::*;

    #[test]
    fn every_contender_has_a_bar_and_reading_has_a_line() {
        let mut rows = vec![
            row(READ, ("read", 1), 1_000, 20.0),
            row("attendance-gallery-avx2", ("top", 1), 1_000, 10.0),
            row("faiss-flat", ("top", 1), 1_000, 40.0),
        ];
        compare(&mut rows, 0.939);
        let svg = draw(&rows).expect("it can be drawn");
        assert!(svg.contains("attendance-gallery-avx2") && svg.contains("40.0"), "{svg}");
        // The background and two bars.
        assert_eq!(svg.matches("<rect").count(), 3);
        assert_eq!(svg.matches("<polyline").count(), 1);
    }
}
