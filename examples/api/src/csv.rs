//! A report as a table for spreadsheets, written page by page: however long the range is, one page is in memory.

use attendance_core::domain::ids::OrganizationId;
use attendance_core::domain::page::PageRequest;
use attendance_core::ports::attendance_repo::RecordQuery;
use attendance_core::{Attendance, Error};
use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};

use crate::problem::Fault;
use crate::wire::ReportRow;

const HEADER: [&str; 10] =
    ["date", "group", "session", "attendee", "external_id", "name", "status", "at", "by", "version"];

/// The whole range. What can be refused is refused before the first byte; whatever fails later breaks the answer off, so
/// that nobody takes a part for the whole.
pub(crate) async fn report(
    attendance: Attendance,
    organization: OrganizationId,
    query: RecordQuery,
) -> Result<Body, Fault> {
    let page = PageRequest::first(PageRequest::MAX);
    let first = attendance.report(&organization, &query, &page).await?;
    let rows: Vec<_> = first.items.into_iter().map(ReportRow::from).collect();
    let start = table(&HEADER, &rows).map_err(|error| Fault::failed(error.to_string()))?;
    let rest = stream::try_unfold(first.next, move |next| {
        let (attendance, organization, query) = (attendance.clone(), organization.clone(), query.clone());
        async move {
            let Some(next) = next else { return Ok(None) };
            let page = PageRequest::first(PageRequest::MAX).after(next);
            let found = attendance.report(&organization, &query, &page).await.map_err(broken_off)?;
            let rows: Vec<_> = found.items.into_iter().map(ReportRow::from).collect();
            let text = table(&[], &rows).map_err(std::io::Error::other)?;
            Ok(Some((text, found.next)))
        }
    });
    let start = stream::once(std::future::ready(Ok::<_, std::io::Error>(start)));
    Ok(Body::from_stream(start.chain(rest)))
}

fn broken_off(error: Error) -> std::io::Error {
    tracing::error!(code = error.code(), error = &error as &dyn std::error::Error, "a table broke off");
    std::io::Error::other(error)
}

fn table(header: &[&str], rows: &[ReportRow]) -> Result<Bytes, ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    if !header.is_empty() {
        writer.write_record(header)?;
    }
    for row in rows {
        writer.write_record([
            row.date.to_string(),
            row.group.to_string(),
            row.session.to_string(),
            row.attendee.to_string(),
            row.external_id.as_ref().map_or_else(String::new, |id| cell(id.as_str())),
            row.name.as_ref().map_or_else(String::new, |name| cell(name.as_str())),
            row.status.to_string(),
            row.at.to_string(),
            row.method.as_str().to_owned(),
            row.version.to_string(),
        ])?;
    }
    Ok(writer.into_inner().map_err(::csv::IntoInnerError::into_error)?.into())
}

/// A text that a spreadsheet does not take for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_name_is_no_formula() {
        assert_eq!(cell("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("Ada"), "Ada");
    }
}
