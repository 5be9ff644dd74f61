use attendance_core::Summary;
use attendance_core::domain::ids::{AttendeeId, GroupId, OrganizationId};
use attendance_core::domain::page::PageRequest;
use attendance_core::domain::record::AttendanceRecord;
use attendance_core::ports::attendance_repo::RecordQuery;
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::extract::{AsOperator, InQuery, Paging};
use crate::operations::operations;
use crate::problem::Fault;
use crate::range::{Period, Range};
use crate::trend::{self, Look, Size, Theme};
use crate::wire::{self, schema};
use crate::{App, csv};

operations! { (report), (summary), (chart) }

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Only sessions of that group.
    #[param(value_type = Option<schema::GroupId>, nullable = false, inline)]
    group: Option<GroupId>,
    /// Only that attendee's.
    #[param(value_type = Option<schema::AttendeeId>, nullable = false, inline)]
    attendee: Option<AttendeeId>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Written {
    /// How the report is written; left out: as JSON.
    #[serde(default)]
    #[param(inline, required = false)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// In pages.
    #[default]
    Json,
    /// The whole range in one table, for spreadsheets.
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Drawn {
    /// What a bar stands for; left out: a day. There are at most 400 bars.
    #[serde(default)]
    #[param(inline, required = false)]
    by: Period,
    /// What the chart is looked at on; left out: light.
    #[serde(default)]
    #[param(inline, required = false)]
    theme: Theme,
    /// How much room there is for it; left out: wide.
    #[serde(default)]
    #[param(inline, required = false)]
    size: Size,
}

/// The records of a range of dates, ordered by date, group, slot and attendee.
///
/// In a table, a text that a spreadsheet would take for a formula has a `'` before it.
#[utoipa::path(get, path = "/v1/orgs/{org}/reports", tag = "reports",
    params(Range, Whose, Written, wire::PageQuery),
    responses((status = 200, description = "A page of them, or the whole table.",
        content((wire::Page<wire::ReportRow> = "application/json"), (String = "text/csv")),
        headers(("content-disposition" = String, description = "Of a table: the name of its file.")))))]
async fn report(
    scope: AsOperator,
    State(app): State<App>,
    InQuery(range): InQuery<Range>,
    InQuery(whose): InQuery<Whose>,
    InQuery(Written { format }): InQuery<Written>,
    Paging(page): Paging,
) -> Result<Response, Fault> {
    range.check()?;
    let query = whose.records(range);
    match format {
        Format::Json => {
            let rows = app.attendance().report(&scope.organization, &query, &page).await?;
            Ok(Json(wire::Page::of(rows, wire::ReportRow::from)).into_response())
        }
        Format::Csv => {
            let name = format!("attachment; filename=\"attendance_{}_{}.csv\"", range.from, range.to);
            let body = csv::report(app.attendance().clone(), scope.organization, query).await?;
            Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, &name)], body).into_response())
        }
    }
}

/// How many were what in a range of dates.
#[utoipa::path(get, path = "/v1/orgs/{org}/reports/summary", tag = "reports",
    params(Range, Whose),
    responses((status = 200, description = "The counts.", body = wire::Summary)))]
async fn summary(
    scope: AsOperator,
    State(app): State<App>,
    InQuery(range): InQuery<Range>,
    InQuery(whose): InQuery<Whose>,
) -> Result<Json<wire::Summary>, Fault> {
    range.check()?;
    let mut summary = Summary::default();
    each_record(&app, &scope.organization, &whose.records(range), |record| summary.add(record.status)).await?;
    Ok(Json(summary.into()))
}

/// How attendance went, as a chart.
#[utoipa::path(get, path = "/v1/orgs/{org}/reports/trend.svg", tag = "reports",
    params(Range, Whose, Drawn),
    responses((status = 200, description = "Stacked bars.", body = String, content_type = "image/svg+xml")))]
async fn chart(
    scope: AsOperator,
    State(app): State<App>,
    InQuery(range): InQuery<Range>,
    InQuery(whose): InQuery<Whose>,
    InQuery(Drawn { by, theme, size }): InQuery<Drawn>,
) -> Result<Response, Fault> {
    range.check()?;
    let mut bars: Vec<_> = range.periods(by)?.into_iter().map(|start| (start, Summary::default())).collect();
    each_record(&app, &scope.organization, &whose.records(range), |record| {
        let start = by.start(record.session.date());
        if let Ok(index) = bars.binary_search_by_key(&start, |(start, _)| *start) {
            bars[index].1.add(record.status);
        }
    })
    .await?;
    let svg = trend::chart(&range, by, &bars, Look { theme, size });
    let svg = svg.map_err(|error| Fault::failed(error.to_string()))?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

impl Whose {
    fn records(self, range: Range) -> RecordQuery {
        RecordQuery { from: range.from, to: range.to, group: self.group, attendee: self.attendee }
    }
}

/// Reads all pages; a group or an attendee that does not exist is refused.
async fn each_record(
    app: &App,
    organization: &OrganizationId,
    query: &RecordQuery,
    mut record: impl FnMut(&AttendanceRecord),
) -> Result<(), Fault> {
    app.attendance().report(organization, query, &PageRequest::first(1)).await?;
    let mut page = PageRequest::first(PageRequest::MAX);
    loop {
        let found = app.attendance().repo().records(organization, query, &page).await?;
        found.items.iter().for_each(&mut record);
        match found.next {
            Some(next) => page = page.after(next),
            None => return Ok(()),
        }
    }
}
