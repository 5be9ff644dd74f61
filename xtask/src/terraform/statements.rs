//! A statement of IAM, as one reads it out of a policy's JSON.

use anyhow::{Result, bail};
use serde_json::Value;

/// What a plan can't know yet.
pub(super) const UNKNOWN: &str = "{known after apply}";

/// What a policy belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A role: what it may do.
    Role,
    /// A role: who may take it.
    Trust,
    /// A bucket, a queue, a key, ...: who may do what with it.
    Resource,
    /// An output, for programs of one's own.
    Output,
    /// A document that a plan doesn't know whole.
    Document,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Policy {
    pub(super) place: Place,
    /// Whose policy: a role's name, a resource's address.
    pub(super) holder: String,
    /// Its own name, if it has one.
    pub(super) name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    pub(super) policy: Policy,
    pub(super) sid: String,
    pub(super) effect: String,
    pub(super) principals: Vec<String>,
    pub(super) actions: Names,
    pub(super) resources: Names,
    /// As `test key = value or value`.
    pub(super) conditions: Vec<String>,
}

/// Actions or resources: these, or all but these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Names {
    pub(super) all_but: bool,
    pub(super) names: Vec<String>,
}

impl Statement {
    /// Whether it allows something on everything, or on all but something.
    pub(super) fn is_unbounded(&self) -> bool {
        let bare = |name: &String| !name.is_empty() && name.chars().all(|character| character == '*');
        self.effect == "Allow" && (self.resources.all_but || self.resources.names.iter().any(bare))
    }
}

/// The text of a policy, if it is one.
pub(super) fn document(text: &str) -> Option<Value> {
    if !text.contains("\"Statement\"") {
        return None;
    }
    serde_json::from_str::<Value>(text).ok().filter(|document| document.get("Statement").is_some())
}

pub(super) fn of_policy(policy: &Policy, document: &Value) -> Result<Vec<Statement>> {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    };
    statements.iter().map(|statement| of_json(policy, statement)).collect()
}

pub(super) fn of_json(policy: &Policy, statement: &Value) -> Result<Statement> {
    let Some(statement) = statement.as_object() else { bail!("{}: {statement} is no statement", policy.holder) };
    let names = |these: &str, but: &str| match statement.get(but) {
        Some(value) => Names { all_but: true, names: list(value) },
        None => Names { all_but: false, names: statement.get(these).map(list).unwrap_or_default() },
    };
    let mut principals = statement.get("Principal").map(of_principals).unwrap_or_default();
    let but = statement.get("NotPrincipal").map(of_principals).unwrap_or_default();
    principals.extend(but.into_iter().map(|principal| format!("all but {principal}")));
    Ok(Statement {
        policy: policy.clone(),
        sid: statement.get("Sid").map(text).unwrap_or_default().to_owned(),
        effect: statement.get("Effect").map(text).unwrap_or("Allow").to_owned(),
        principals,
        actions: names("Action", "NotAction"),
        resources: names("Resource", "NotResource"),
        conditions: statement.get("Condition").map(of_conditions).unwrap_or_default(),
    })
}

fn of_principals(principals: &Value) -> Vec<String> {
    let Some(kinds) = principals.as_object() else { return list(principals) };
    kinds.values().flat_map(list).collect()
}

fn of_conditions(conditions: &Value) -> Vec<String> {
    let tests = conditions.as_object().into_iter().flatten();
    let tests = tests.flat_map(|(test, keys)| keys.as_object().into_iter().flatten().map(move |key| (test, key)));
    tests.map(|(test, (key, values))| format!("{test} {key} = {}", list(values).join(" or "))).collect()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// One string or several, in order; what is not known yet says so.
pub(super) fn list(value: &Value) -> Vec<String> {
    let mut names: Vec<String> = match value {
        Value::Array(values) => values.iter().flat_map(list).collect(),
        Value::Null => vec![UNKNOWN.to_owned()],
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    };
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(statement: &Value) -> Statement {
        let policy = Policy { place: Place::Role, holder: "api".to_owned(), name: "faces".to_owned() };
        let text = json!({ "Statement": statement }).to_string();
        of_policy(&policy, &document(&text).unwrap()).unwrap().remove(0)
    }

    #[test]
    fn one_name_reads_as_a_list_of_one_and_a_list_is_in_order() {
        let one = read(&json!({ "Effect": "Allow", "Action": "x:Look", "Resource": "a" }));
        assert_eq!(one, read(&json!([{ "Effect": "Allow", "Action": ["x:Look"], "Resource": ["a"] }])));
        let many = read(&json!({ "Effect": "Allow", "Action": ["x:Look", "x:Ask"], "Resource": "a" }));
        assert_eq!(many.actions.names, ["x:Ask", "x:Look"]);
    }

    #[test]
    fn all_but_some_is_told_apart() {
        let statement = json!({ "Effect": "Allow", "NotAction": "x:Look", "NotResource": "a", "NotPrincipal": "*" });
        let read = read(&statement);
        assert!(read.actions.all_but && read.resources.all_but);
        assert_eq!(read.principals, ["all but *"]);
    }

    #[test]
    fn principals_and_conditions_are_plain_text() {
        let read = read(&json!({
            "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Principal": { "AWS": ["2", "1"], "Service": "lambda.amazonaws.com" },
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }));
        assert_eq!(read.principals, ["1", "2", "lambda.amazonaws.com"]);
        assert_eq!(read.conditions, ["Bool aws:SecureTransport = false"]);
        assert!(!read.is_unbounded());
    }

    #[test]
    fn other_json_is_no_policy() {
        assert_eq!(document(r#"{"widgets":[]}"#), None);
        assert_eq!(document(r#"a "Statement" of somebody"#), None);
    }
}
