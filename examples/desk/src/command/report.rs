use std::process::ExitCode;

use attendance_api::wire::{self, ReportRow};
use attendance_core::domain::zone::Zone;
use attendance_core::{Error, Summary};
use comfy_table::{Table, TableStyle};
use serde_json::json;

use crate::cli::{Format, Report};
use crate::client::{Ask, Client};
use crate::failure::Failure;
use crate::output::{Output, line};

/// The most rows that the API gives at once.
const PAGE: u16 = 1000;

/// What can be refused without the folder.
pub(super) fn check(arguments: &Report) -> Result<(), Failure> {
    if arguments.to < arguments.from {
        return Err(Error::RangeReversed { from: arguments.from, to: arguments.to }.into());
    }
    Ok(())
}

pub(super) async fn run(client: &Client, arguments: &Report, output: &Output) -> Result<ExitCode, Failure> {
    let rows = rows(client, arguments).await?;
    let format = if output.is_json() { Format::Json } else { Format::Table };
    match arguments.format.unwrap_or(format) {
        Format::Json => rows.iter().map(|row| json!(row)).for_each(line),
        Format::Csv => line(csv(&rows)?.trim_end()),
        Format::Table => {
            let organization: wire::Organization = client.of_organization(Ask::get("")).await?;
            line(table(&rows, &organization.zone));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn rows(client: &Client, arguments: &Report) -> Result<Vec<ReportRow>, Failure> {
    let ask = Ask::get("/reports")
        .query("from", Some(arguments.from))
        .query("to", Some(arguments.to))
        .query("group", arguments.group.as_ref())
        .query("attendee", arguments.attendee)
        .query("limit", Some(PAGE));
    let mut page: wire::Page<ReportRow> = client.of_organization(ask.clone()).await?;
    let mut rows = page.items;
    while let Some(next) = page.next {
        page = client.of_organization(ask.clone().query("after", Some(next))).await?;
        rows.append(&mut page.items);
    }
    Ok(rows)
}

/// For people: local times, and a last line that counts.
pub(super) fn table(rows: &[ReportRow], zone: &Zone) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["date", "group", "name", "status", "at", "by"]);
    let mut summary = Summary::default();
    for row in rows {
        summary.add(row.status);
        table.add_row([
            row.date.to_string(),
            row.group.to_string(),
            row.name.as_ref().map_or_else(|| row.attendee.to_string(), |name| name.as_str().to_owned()),
            row.status.to_string(),
            zone.local(row.at).strftime("%H:%M:%S").to_string(),
            row.method.as_str().to_owned(),
        ]);
    }
    let Summary { present, late, absent, excused } = summary;
    let rate = summary.attendance_rate().map_or(String::new(), |rate| format!("; attendance {:.0} %", rate * 100.0));
    format!("{table}\n{present} present, {late} late, {absent} absent, {excused} excused{rate}")
}

fn csv(rows: &[ReportRow]) -> Result<String, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = ["date", "group", "session", "attendee", "external_id", "name", "status", "at", "by", "version"];
    writer.write_record(header).map_err(anyhow::Error::from)?;
    for row in rows {
        writer
            .write_record([
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
            ])
            .map_err(anyhow::Error::from)?;
    }
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(String::from_utf8(bytes).map_err(anyhow::Error::from)?)
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
