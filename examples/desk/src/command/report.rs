use std::process::ExitCode;

use attendance_core::domain::record::Method;
use attendance_core::domain::zone::Zone;
use attendance_core::ports::attendance_repo::{AttendanceRepoExt, RecordQuery};
use attendance_core::{Error, ReportRow, Summary};
use comfy_table::{Table, TableStyle};
use serde_json::{Value, json};

use crate::cli::{Format, Report};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output::{Output, line};

/// What can be refused without the folder.
pub(super) fn check(arguments: &Report) -> Result<(), Failure> {
    if arguments.to < arguments.from {
        return Err(Error::RangeReversed { from: arguments.from, to: arguments.to }.into());
    }
    Ok(())
}

pub(super) async fn run(desk: &Desk, arguments: &Report, output: &Output) -> Result<ExitCode, Failure> {
    let query = RecordQuery {
        from: arguments.from,
        to: arguments.to,
        group: arguments.group.clone(),
        attendee: arguments.attendee,
    };
    let rows = desk.attendance.report_all(&desk.organization, &query).await?;
    let zone = desk.attendance.repo().existing_organization(&desk.organization).await?.zone;
    let format = if output.is_json() { Format::Json } else { Format::Table };
    match arguments.format.unwrap_or(format) {
        Format::Json => rows.iter().map(object).for_each(line),
        Format::Csv => line(csv(&rows)?.trim_end()),
        Format::Table => line(table(&rows, &zone)),
    }
    Ok(ExitCode::SUCCESS)
}

fn object(row: &ReportRow) -> Value {
    let mut object = json!(row);
    object["date"] = json!(row.record.session.date());
    object["group"] = json!(row.record.session.group());
    object
}

/// How the record came to be, in a word.
fn method(row: &ReportRow) -> &'static str {
    match row.record.method {
        Method::Face { .. } => "face",
        Method::Hand { .. } => "hand",
        Method::Sweep => "sweep",
    }
}

/// For people: local times, and a last line that counts.
pub(super) fn table(rows: &[ReportRow], zone: &Zone) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_header(["date", "group", "name", "status", "at", "by"]);
    let mut summary = Summary::default();
    for row in rows {
        let record = &row.record;
        summary.add(record.status);
        table.add_row([
            record.session.date().to_string(),
            record.session.group().to_string(),
            row.name.as_ref().map_or_else(|| record.attendee.to_string(), |name| name.as_str().to_owned()),
            record.status.to_string(),
            zone.local(record.at).strftime("%H:%M:%S").to_string(),
            method(row).to_owned(),
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
        let record = &row.record;
        writer
            .write_record([
                record.session.date().to_string(),
                record.session.group().to_string(),
                record.session.to_string(),
                record.attendee.to_string(),
                row.external_id.as_ref().map_or_else(String::new, |id| cell(id.as_str())),
                row.name.as_ref().map_or_else(String::new, |name| cell(name.as_str())),
                record.status.to_string(),
                record.at.to_string(),
                method(row).to_owned(),
                record.version.to_string(),
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
