//! CloudWatch's embedded metric format: a log line out of which it makes metrics (its specification is in CloudWatch's
//! guide, Embedding metrics within logs).

use attendance_core::domain::ids::{GroupId, OrganizationId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::counts::Count;

/// Where the metrics are found.
const NAMESPACE: &str = "Attendance";

/// The line of one minute at one place. What has a group counts for the group and for its organization.
pub(crate) fn line(organization: &OrganizationId, group: Option<&GroupId>, at: Timestamp, count: Count) -> Value {
    let metric = |name: &str| json!({ "Name": name, "Unit": "Count" });
    let (dimensions, metrics) = match group {
        Some(_) => (json!([["Organization"], ["Organization", "Group"]]), json!([metric("Arrivals"), metric("Late")])),
        None => (json!([["Organization"]]), json!([metric("Strangers")])),
    };
    let mut line = json!({
        "_aws": {
            "Timestamp": at.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics }],
        },
        "Organization": organization,
    });
    match group {
        Some(group) => {
            line["Group"] = json!(group);
            line["Arrivals"] = json!(count.arrivals);
            line["Late"] = json!(count.late);
        }
        None => line["Strangers"] = json!(count.strangers),
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let (school, group) = (OrganizationId::new("school").unwrap(), GroupId::new("5B").unwrap());
        let count = Count { arrivals: 3, late: 1, strangers: 0 };
        let metric = |name: &str| json!({ "Name": name, "Unit": "Count" });
        let expected = json!({
            "_aws": {
                "Timestamp": 60_000,
                "CloudWatchMetrics": [{
                    "Namespace": "Attendance",
                    "Dimensions": [["Organization"], ["Organization", "Group"]],
                    "Metrics": [metric("Arrivals"), metric("Late")],
                }],
            },
            "Organization": "school",
            "Group": "5B",
            "Arrivals": 3,
            "Late": 1,
        });
        assert_eq!(line(&school, Some(&group), Timestamp::from_second(60).unwrap(), count), expected);
        let strangers = line(&school, None, Timestamp::UNIX_EPOCH, Count { strangers: 2, ..Count::default() });
        assert_eq!(strangers["Strangers"], 2);
        assert_eq!(strangers["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Organization"]]));
        assert!(strangers.get("Group").is_none());
    }
}
