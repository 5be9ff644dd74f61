//! Ranges of dates, both ends included, and the periods that they fall into.

use attendance_core::Error;
use jiff::Span;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Fault;
use crate::wire::{schema, time};

/// The most days of one report: ten years.
pub(crate) const MAX_DAYS: i32 = 3660;

/// The most periods of one chart.
pub(crate) const MAX_PERIODS: usize = 400;

/// The dates of a report.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// The first date.
    #[serde(deserialize_with = "time::read_required_date")]
    #[param(value_type = schema::Date, inline)]
    pub(crate) from: Date,
    /// The last date; the range has at most 3,660 days.
    #[serde(deserialize_with = "time::read_required_date")]
    #[param(value_type = schema::Date, inline)]
    pub(crate) to: Date,
}

/// What one bar of a chart stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Period {
    /// A day.
    #[default]
    Day,
    /// A week, from Monday on.
    Week,
    /// A month of the calendar.
    Month,
}

/// How many dates there are from `from` to `to`, both included.
pub(crate) fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days() + 1)
}

impl Range {
    /// Refuses a range that is reversed or too long.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.to < self.from {
            return Err(Error::RangeReversed { from: self.from, to: self.to }.into());
        }
        if days(self.from, self.to) > MAX_DAYS {
            return Err(Fault::invalid("to", format!("a report has at most {MAX_DAYS} days: choose a shorter range")));
        }
        Ok(())
    }

    /// The first dates of the periods that the range touches, in order.
    pub(crate) fn periods(&self, by: Period) -> Result<Vec<Date>, Fault> {
        let starts = self.starts(by);
        if starts.len() <= MAX_PERIODS {
            return Ok(starts);
        }
        let fits = |by: &Period| self.starts(*by).len() <= MAX_PERIODS;
        let coarser = if fits(&Period::Week) { "by=week or by=month" } else { "by=month" };
        let detail =
            format!("that would be {} periods, and a chart has at most {MAX_PERIODS}: use {coarser}", starts.len());
        Err(Fault::invalid("by", detail))
    }

    fn starts(&self, by: Period) -> Vec<Date> {
        let step = match by {
            Period::Day => Span::new().days(1),
            Period::Week => Span::new().weeks(1),
            Period::Month => Span::new().months(1),
        };
        by.start(self.from).series(step).take_while(|start| *start <= self.to).collect()
    }
}

impl Period {
    /// The first date of the period that has `date` in it.
    pub(crate) fn start(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Week => date.saturating_sub(Span::new().days(date.weekday().to_monday_zero_offset())),
            Self::Month => date.first_of_month(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn range(from: Date, to: Date) -> Range {
        Range { from, to }
    }

    #[test]
    fn a_week_begins_on_monday_and_a_month_on_its_first() {
        let saturday = date(2026, 11, 21);
        assert_eq!(Period::Week.start(saturday), date(2026, 11, 16));
        assert_eq!(Period::Week.start(date(2026, 11, 16)), date(2026, 11, 16));
        assert_eq!(Period::Month.start(saturday), date(2026, 11, 1));
        let starts = range(date(2026, 1, 31), date(2026, 3, 1)).periods(Period::Month).unwrap();
        assert_eq!(starts, [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]);
    }

    #[test]
    fn a_range_of_too_many_periods_says_which_would_do() {
        let told = |to| match range(date(2026, 1, 1), to).periods(Period::Day) {
            Ok(starts) => starts.len().to_string(),
            Err(fault) => fault.problem("r").detail,
        };
        assert_eq!(told(date(2027, 2, 4)), "400");
        assert_eq!(
            told(date(2027, 2, 5)),
            "that would be 401 periods, and a chart has at most 400: use by=week or by=month"
        );
        assert!(told(date(2035, 1, 1)).ends_with(": use by=month"));
    }

    #[test]
    fn ten_years_are_the_most() {
        assert!(range(date(2016, 1, 1), date(2026, 1, 7)).check().is_ok());
        assert!(range(date(2016, 1, 1), date(2026, 1, 8)).check().is_err());
        assert!(range(date(2026, 1, 2), date(2026, 1, 1)).check().is_err());
        assert!(range(time::FIRST, time::LAST).check().is_err());
    }
}
