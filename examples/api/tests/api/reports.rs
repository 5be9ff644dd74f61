use attendance_api::wire::{Page, ReportRow, Summary};
use serde_json::{Value, json};

use crate::desk::Desk;

const REPORTS: &str = "/v1/orgs/default/reports";
const DAY: &str = "from=2026-11-21&to=2026-11-21";

impl Desk {
    /// Three days, on each of which Ada Lovelace is present, and an attendee whose name is a formula late.
    async fn with_records() -> Self {
        let desk = Self::new().await;
        for (name, status) in [("Ada Lovelace", "present"), ("=1+1", "late")] {
            let attendee = desk.registered(name).await.id;
            for date in ["2026-11-19", "2026-11-20", "2026-11-21"] {
                let new = json!({ "attendee": attendee, "date": date, "status": status, "reason": "was there" });
                desk.mark("/v1/orgs/default/records", None, &new).await.is(201);
            }
        }
        desk
    }
}

#[tokio::test]
async fn a_report_comes_in_pages_that_yield_each_row_once() {
    let desk = Desk::with_records().await;
    let mut path = format!("{REPORTS}?from=2026-11-01&to=2026-11-30&limit=4");
    let first: Page<ReportRow> = desk.get(&desk.operator, &path).await.is(200).read();
    assert_eq!(first.items.len(), 4);
    path += &format!("&after={}", first.next.unwrap());
    let last: Page<ReportRow> = desk.get(&desk.operator, &path).await.is(200).read();
    assert_eq!((last.items.len(), last.next), (2, None));
    let of_one = format!("{REPORTS}?{DAY}&attendee={}", first.items[0].attendee);
    assert_eq!(desk.get(&desk.operator, &of_one).await.is(200).read::<Page<ReportRow>>().items.len(), 1);
    desk.get(&desk.operator, &format!("{REPORTS}?{DAY}&after=nonsense")).await.problem(422, "invalid-cursor");
    desk.get(&desk.operator, &format!("{REPORTS}?{DAY}&group=5C")).await.problem(404, "unknown-group");
    desk.get(&desk.kiosk, &format!("{REPORTS}?{DAY}")).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_table_has_the_whole_range_and_no_formulas() {
    let desk = Desk::with_records().await;
    let answer = desk.get(&desk.operator, &format!("{REPORTS}?from=2026-11-19&to=2026-11-21&format=csv&limit=1")).await;
    let answer = answer.is(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"attendance_2026-11-19_2026-11-21.csv\"");
    let table = String::from_utf8(answer.body.to_vec()).unwrap();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 7, "{table}");
    assert_eq!(lines[0], "date,group,session,attendee,external_id,name,status,at,by,version");
    assert!(lines[1].starts_with("2026-11-19,everyone,everyone.2026-11-19.0,"), "{table}");
    assert!(lines[1].ends_with(",Ada Lovelace,present,2026-11-21T09:00:00Z,hand,1"), "{table}");
    assert!(lines[2].contains(",'=1+1,late,"), "{table}");
    let refused = desk.get(&desk.operator, &format!("{REPORTS}?{DAY}&format=csv&group=5C")).await;
    refused.problem(404, "unknown-group");
}

#[tokio::test]
async fn a_table_of_several_pages_is_streamed_to_its_end() {
    let desk = Desk::new().await;
    let ada = desk.registered("Ada Lovelace").await.id;
    let mut date = jiff::civil::date(2023, 1, 1);
    for _ in 0..1001 {
        let new = json!({ "attendee": ada, "date": date, "status": "excused", "reason": "sabbatical" });
        desk.mark("/v1/orgs/default/records", None, &new).await.is(201);
        date = date.tomorrow().unwrap();
    }
    let answer = desk.get(&desk.operator, &format!("{REPORTS}?from=2023-01-01&to={date}&format=csv")).await.is(200);
    let table = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(table.lines().count(), 1002);
    let counted = desk.get(&desk.operator, &format!("{REPORTS}/summary?from=2023-01-01&to={date}")).await.is(200);
    assert_eq!(counted.read::<Summary>().excused, 1001);
}

#[tokio::test]
async fn a_summary_counts_and_gives_the_rate() {
    let desk = Desk::with_records().await;
    let path = format!("{REPORTS}/summary");
    let counted: Value = desk.get(&desk.operator, &format!("{path}?{DAY}")).await.is(200).read();
    assert_eq!(counted, json!({ "present": 1, "late": 1, "absent": 0, "excused": 0, "attendance_rate": 1.0 }));
    let nobody: Value = desk.get(&desk.operator, &format!("{path}?from=2026-12-01&to=2026-12-02")).await.is(200).read();
    assert_eq!(nobody["attendance_rate"], Value::Null);
}

#[tokio::test]
async fn ranges_are_bounded() {
    let desk = Desk::new().await;
    for path in ["", "/summary", "/trend.svg"] {
        for (query, code) in [
            ("from=2026-11-21&to=2026-11-20", "range-reversed"),
            ("from=2016-01-01&to=2026-01-08", "invalid"),
            ("from=2026-11-21", "invalid"),
            ("from=2026-11-21&to=2200-01-01", "invalid"),
        ] {
            desk.get(&desk.operator, &format!("{REPORTS}{path}?{query}")).await.problem(422, code);
        }
    }
    let chart = desk.get(&desk.operator, &format!("{REPORTS}/trend.svg?from=2016-01-01&to=2026-01-01")).await;
    let problem = chart.problem(422, "invalid");
    assert_eq!(problem.field.as_deref(), Some("by"));
    assert!(problem.detail.ends_with("use by=month"), "{problem:?}");
}

#[tokio::test]
async fn a_chart_counts_what_falls_into_each_period() {
    let desk = Desk::with_records().await;
    let chart = |query: &'static str| desk.get(&desk.operator, query);
    let days = chart("/v1/orgs/default/reports/trend.svg?from=2026-11-16&to=2026-11-22").await.is(200);
    assert_eq!(days.header("content-type"), "image/svg+xml");
    let days = String::from_utf8(days.body.to_vec()).unwrap();
    assert!(days.contains("one per day. In all 3 present, 3 late, 0 absent, 0 excused. Attendance 100 %."), "{days}");
    assert_eq!(days.matches("fill=\"#005A9C\"").count(), 4, "three bars and the legend");
    let month = chart("/v1/orgs/default/reports/trend.svg?from=2026-11-16&to=2026-11-22&by=month&theme=dark").await;
    let month = String::from_utf8(month.is(200).body.to_vec()).unwrap();
    assert_eq!(month.matches("fill=\"#4A9BEA\"").count(), 2, "one bar and the legend");
}
