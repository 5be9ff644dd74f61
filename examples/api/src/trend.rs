//! How attendance went, as a chart: stacked bars in one SVG that needs no script and no font file.

use attendance_core::Summary;
use jiff::civil::Date;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::range::{Period, Range};

/// What the chart is looked at on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Theme {
    /// On white.
    #[default]
    Light,
    /// On nearly black.
    Dark,
}

/// How much room there is for the chart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Size {
    /// 960 x 400 pixels.
    #[default]
    Wide,
    /// 480 x 360 pixels, for a phone.
    Narrow,
}

/// How the chart is to look.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    pub(crate) theme: Theme,
    pub(crate) size: Size,
}

/// One bar: its first date, and what is counted in it.
pub(crate) type Bar = (Date, Summary);

/// Stands at least 3 to 1 against the background. Each two of the four are told apart by those who see no red, no green or
/// no blue too: a difference (CIE 1976) of 32 or more in simulations of all three.
struct Colours {
    background: RGBColor,
    text: RGBColor,
    lines: RGBColor,
    /// Present, late, absent, excused.
    bars: [RGBColor; 4],
}

const LIGHT: Colours = Colours {
    background: RGBColor(0xff, 0xff, 0xff),
    text: RGBColor(0x24, 0x29, 0x2f),
    lines: RGBColor(0xd5, 0xd9, 0xde),
    bars: [
        RGBColor(0x00, 0x5a, 0x9c),
        RGBColor(0xc2, 0x7c, 0x00),
        RGBColor(0x7a, 0x0f, 0x2b),
        RGBColor(0x94, 0x94, 0x94),
    ],
};

const DARK: Colours = Colours {
    background: RGBColor(0x14, 0x17, 0x1c),
    text: RGBColor(0xe6, 0xe8, 0xeb),
    lines: RGBColor(0x3a, 0x40, 0x49),
    bars: [
        RGBColor(0x4a, 0x9b, 0xea),
        RGBColor(0xf2, 0xb6, 0x32),
        RGBColor(0xc2, 0x25, 0x5c),
        RGBColor(0xe6, 0xe6, 0xe6),
    ],
};

const STATUSES: [&str; 4] = ["present", "late", "absent", "excused"];

/// Where things lie, in pixels of the picture.
#[derive(Debug, Clone, Copy)]
struct Layout {
    size: (u32, u32),
    /// The edges of the part that has the bars in it.
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    /// The distance of two words of the legend.
    word_width: i32,
}

const WIDE: Layout = Layout { size: (960, 400), left: 64, right: 936, top: 56, bottom: 352, word_width: 116 };
const NARROW: Layout = Layout { size: (480, 360), left: 48, right: 468, top: 56, bottom: 312, word_width: 104 };

/// The least distance of two dates below the axis, in pixels.
const DATE_WIDTH: i32 = 108;

/// A chart that could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the chart could not be drawn: {0}")]
pub(crate) struct NotDrawn(String);

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for NotDrawn {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self(error.to_string())
    }
}

/// Draws the bars, which are in order and at most [`MAX_PERIODS`](crate::range::MAX_PERIODS).
pub(crate) fn chart(range: &Range, by: Period, bars: &[Bar], look: Look) -> Result<String, NotDrawn> {
    let mut svg = String::new();
    {
        let layout = look.layout();
        let area = SVGBackend::with_string(&mut svg, layout.size).into_drawing_area();
        let picture = Picture { area, colours: look.colours(), layout };
        picture.draw(by, bars)?;
    }
    Ok(for_readers(&svg, range, by, bars))
}

fn counts(summary: &Summary) -> [u64; 4] {
    [summary.present, summary.late, summary.absent, summary.excused]
}

/// A round distance of at most six lines up to `highest`: 1, 2 or 5 times a power of ten.
fn step(highest: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        if let Some(step) =
            [1, 2, 5].map(|n| power.saturating_mul(n)).into_iter().find(|step| highest.div_ceil(*step) <= 5)
        {
            return step;
        }
        power = power.saturating_mul(10);
    }
}

impl Look {
    fn colours(self) -> &'static Colours {
        match self.theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    fn layout(self) -> &'static Layout {
        match self.size {
            Size::Wide => &WIDE,
            Size::Narrow => &NARROW,
        }
    }
}

impl Layout {
    /// How far down `count` lies where `top` is the highest line.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "pixels")]
    fn height(&self, count: u64, top: u64) -> i32 {
        self.bottom - (f64::from(self.bottom - self.top) * count as f64 / top as f64).round() as i32
    }

    /// Where the `index`-th of `count` bars begins.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 400 bars on 872 pixels")]
    fn bar(&self, index: usize, count: usize) -> i32 {
        self.left + (self.right - self.left) * index as i32 / count.max(1) as i32
    }
}

/// A chart in the making.
struct Picture<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    colours: &'static Colours,
    layout: &'static Layout,
}

impl Picture<'_> {
    fn draw(&self, by: Period, bars: &[Bar]) -> Result<(), NotDrawn> {
        let Layout { left, right, top, bottom, .. } = *self.layout;
        self.area.fill(&self.colours.background)?;
        let highest = bars.iter().map(|(_, summary)| counts(summary).iter().sum()).max().unwrap_or(0);
        self.legend()?;
        if highest == 0 {
            let style = self.text(24, HPos::Center, VPos::Center);
            let middle = (i32::midpoint(left, right), i32::midpoint(top, bottom));
            self.area.draw(&Text::new("No records in this range", middle, style))?;
        } else {
            let step = step(highest);
            let top = highest.div_ceil(step) * step;
            self.grid(step, top)?;
            self.columns(bars, top)?;
        }
        self.dates(by, bars)?;
        Ok(self.area.present()?)
    }

    fn text(&self, size: i32, across: HPos, along: VPos) -> TextStyle<'static> {
        ("sans-serif", size).into_font().color(&self.colours.text).pos(Pos::new(across, along))
    }

    fn legend(&self) -> Result<(), NotDrawn> {
        let mut x = self.layout.left;
        for (status, colour) in STATUSES.iter().zip(self.colours.bars) {
            self.area.draw(&Rectangle::new([(x, 20), (x + 14, 34)], colour.filled()))?;
            self.area.draw(&Text::new(*status, (x + 20, 27), self.text(18, HPos::Left, VPos::Center)))?;
            x += self.layout.word_width;
        }
        Ok(())
    }

    fn grid(&self, step: u64, top: u64) -> Result<(), NotDrawn> {
        let Layout { left, right, .. } = *self.layout;
        let mut count = 0;
        while count <= top {
            let y = self.layout.height(count, top);
            self.area.draw(&PathElement::new(vec![(left, y), (right, y)], self.colours.lines))?;
            self.area.draw(&Text::new(count.to_string(), (left - 8, y), self.text(18, HPos::Right, VPos::Center)))?;
            count += step;
        }
        Ok(())
    }

    fn columns(&self, bars: &[Bar], top: u64) -> Result<(), NotDrawn> {
        let layout = self.layout;
        for (index, (_, summary)) in bars.iter().enumerate() {
            let (from, to) = (layout.bar(index, bars.len()), layout.bar(index + 1, bars.len()));
            // Narrow bars stand close together; a few wide ones do not become walls.
            let gap = ((to - from) / 6).max((to - from - 72) / 2);
            let (from, to) = (from + gap, (to - gap).max(from + gap + 1));
            let mut below = 0;
            for (count, colour) in counts(summary).into_iter().zip(self.colours.bars) {
                if count > 0 {
                    let (upper, lower) = (layout.height(below + count, top), layout.height(below, top));
                    self.area.draw(&Rectangle::new([(from, upper.min(lower - 1)), (to, lower)], colour.filled()))?;
                    if below > 0 {
                        self.area.draw(&PathElement::new(vec![(from, lower), (to, lower)], self.colours.background))?;
                    }
                    below += count;
                }
            }
        }
        Ok(())
    }

    /// As many dates as fit, each below its bar.
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "at most 400 bars")]
    fn dates(&self, by: Period, bars: &[Bar]) -> Result<(), NotDrawn> {
        let Layout { left, right, bottom, .. } = *self.layout;
        self.area.draw(&PathElement::new(vec![(left, bottom), (right, bottom)], self.colours.text))?;
        let fit = ((right - left) / DATE_WIDTH) as usize;
        for (index, (date, _)) in bars.iter().enumerate().step_by(bars.len().div_ceil(fit).max(1)) {
            let x = i32::midpoint(self.layout.bar(index, bars.len()), self.layout.bar(index + 1, bars.len()));
            self.area.draw(&PathElement::new(vec![(x, bottom), (x, bottom + 5)], self.colours.text))?;
            let style = self.text(18, HPos::Center, VPos::Top);
            self.area.draw(&Text::new(label(*date, by), (x, bottom + 10), style))?;
        }
        Ok(())
    }
}

fn label(date: Date, by: Period) -> String {
    match by {
        Period::Day | Period::Week => date.to_string(),
        Period::Month => date.strftime("%Y-%m").to_string(),
    }
}

/// Adds what a screen reader says instead of the picture.
fn for_readers(svg: &str, range: &Range, by: Period, bars: &[Bar]) -> String {
    let mut total = Summary::default();
    for (_, summary) in bars {
        total.present += summary.present;
        total.late += summary.late;
        total.absent += summary.absent;
        total.excused += summary.excused;
    }
    let period = match by {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
    };
    let Summary { present, late, absent, excused } = total;
    let counted = if counts(&total) == [0; 4] {
        "No records in this range.".to_owned()
    } else {
        let rate = total.attendance_rate().map_or(String::new(), |rate| format!(" Attendance {:.0} %.", rate * 100.0));
        format!("In all {present} present, {late} late, {absent} absent, {excused} excused.{rate}")
    };
    let spoken = format!(
        "<title id=\"trend-title\">Attendance from {} to {}</title>\n\
         <desc id=\"trend-desc\">Stacked bars, one per {period}. {counted}</desc>\n",
        range.from, range.to
    );
    let opened = svg.replacen("<svg ", "<svg role=\"img\" aria-labelledby=\"trend-title trend-desc\" ", 1);
    opened.replacen(">\n", &format!(">\n{spoken}"), 1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn week() -> (Range, Vec<Bar>) {
        let range = Range { from: date(2026, 11, 16), to: date(2026, 11, 20) };
        let bars = range.periods(Period::Day).unwrap().into_iter().zip(1..);
        let summary = |n| Summary { present: 20 + n, late: n, absent: 2, excused: 1 };
        (range, bars.map(|(date, n)| (date, summary(n))).collect())
    }

    #[test]
    fn the_chart_says_in_words_what_it_shows() {
        let (range, bars) = week();
        let svg = chart(&range, Period::Day, &bars, Look::default()).unwrap();
        assert!(svg.starts_with("<svg role=\"img\" aria-labelledby=\"trend-title trend-desc\" "), "{svg}");
        assert!(svg.contains(">Attendance from 2026-11-16 to 2026-11-20</title>"), "{svg}");
        assert!(svg.contains("In all 115 present, 15 late, 10 absent, 5 excused. Attendance 93 %."), "{svg}");
        for word in ["present", "late", "absent", "excused", "2026-11-16", "2026-11-20"] {
            assert!(svg.contains(&format!("\n{word}\n</text>")), "{word}: {svg}");
        }
    }

    #[test]
    fn four_segments_of_a_bar_are_as_high_as_they_count() {
        let range = Range { from: date(2026, 11, 16), to: date(2026, 11, 16) };
        let bars = [(range.from, Summary { present: 4, late: 3, absent: 2, excused: 1 })];
        let svg = chart(&range, Period::Day, &bars, Look { theme: Theme::Dark, ..Look::default() }).unwrap();
        let heights: Vec<i32> = DARK
            .bars
            .iter()
            .map(|RGBColor(r, g, b)| {
                let colour = format!("fill=\"#{r:02X}{g:02X}{b:02X}\"");
                let bar =
                    svg.lines().filter(|line| line.starts_with("<rect") && line.contains(&colour)).nth(1).unwrap();
                bar.split_once("height=\"").unwrap().1.split_once('"').unwrap().0.parse().unwrap()
            })
            .collect();
        assert_eq!(heights, [118, 89, 59, 30]);
    }

    #[test]
    fn a_range_without_records_says_so() {
        let (range, bars) = week();
        let bars: Vec<_> = bars.into_iter().map(|(date, _)| (date, Summary::default())).collect();
        let svg = chart(&range, Period::Day, &bars, Look::default()).unwrap();
        assert_eq!(svg.matches("No records in this range").count(), 2, "{svg}");
    }

    #[test]
    fn dates_below_the_axis_never_touch() {
        let range = Range { from: date(2026, 1, 1), to: date(2027, 2, 4) };
        let bars: Vec<_> =
            range.periods(Period::Day).unwrap().into_iter().map(|date| (date, Summary::default())).collect();
        assert_eq!(bars.len(), 400);
        for (size, most) in [(Size::Wide, 8), (Size::Narrow, 3)] {
            let svg = chart(&range, Period::Day, &bars, Look { size, ..Look::default() }).unwrap();
            let dates = svg.lines().filter(|line| line.starts_with("202")).count();
            assert!((most - 1..=most).contains(&dates), "{size:?}: {dates}");
        }
    }

    #[test]
    fn lines_are_few_and_round() {
        for (highest, expected) in [(1, 1), (5, 1), (6, 2), (10, 2), (11, 5), (26, 10), (100, 20), (1001, 500)] {
            assert_eq!(step(highest), expected, "{highest}");
        }
        assert!(step(u64::MAX) > 0);
    }
}
