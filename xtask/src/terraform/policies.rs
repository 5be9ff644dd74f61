//! Finds the policies in a plan's JSON: those of roles, of what has a policy of its own, and those that outputs give away.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::statements::{Names, Place, Policy, Statement, UNKNOWN, document, list, of_json, of_policy, text};

/// Attributes that hold a policy. One that is known is found whatever its name.
const POLICIES: [&str; 6] =
    ["access_policies", "access_policy", "assume_role_policy", "inline_policy", "policy", "resource_policy"];

/// What a plan says of rights.
#[derive(Debug, Default)]
pub(super) struct Policies {
    pub(super) statements: BTreeSet<Statement>,
    /// Policies that are whole after apply only.
    pub(super) unknown: BTreeSet<Policy>,
    /// Why a statement has no narrower resource, by its sid.
    pub(super) reasons: BTreeMap<String, String>,
}

/// Reads a plan.
///
/// # Errors
/// If a policy is none, or one that AWS manages is used: its statements are in no plan.
pub(super) fn read(plan: &Value) -> Result<Policies> {
    let mut found = Policies::default();
    for change in plan["resource_changes"].as_array().into_iter().flatten() {
        let (after, unknown) = (&change["change"]["after"], &change["change"]["after_unknown"]);
        let address = text(&change["address"]);
        let kind = text(&change["type"]);
        if change["mode"] == "data" {
            if kind == "aws_iam_policy_document" {
                let policy = Policy { place: Place::Document, holder: short(address), name: String::new() };
                found.statements.extend(of_document(&policy, after, unknown)?);
            }
            continue;
        }
        if after.is_null() {
            continue;
        }
        if let Some(managed) = strings(after).find(|text| text.contains(":iam::aws:policy/")) {
            bail!(
                "{address} uses {managed}, whose statements are in no plan: write a policy with the actions that are needed"
            );
        }
        if kind == "aws_lambda_permission" {
            let policy = Policy { place: Place::Resource, holder: short(address), name: String::new() };
            found.statements.insert(of_permission(policy, after, unknown));
        }
        for (attribute, value) in after.as_object().into_iter().flatten() {
            for document in strings(value).filter_map(document) {
                found.statements.extend(of_policy(&holder(change, attribute), &document)?);
            }
        }
        for (attribute, value) in unknown.as_object().into_iter().flatten() {
            let waits = POLICIES.contains(&attribute.as_str()) && any_true(value);
            if waits && is_written(plan, change, attribute) {
                found.unknown.insert(holder(change, attribute));
            }
        }
    }
    of_outputs(&plan["output_changes"], &mut found)?;
    Ok(found)
}

/// The outputs `policies` and `iam_wildcards`, of the root itself or of an example that calls it.
fn of_outputs(outputs: &Value, found: &mut Policies) -> Result<()> {
    let of = |name: &str, when: &str| match &outputs["attendance"] {
        Value::Null => outputs[name][when].clone(),
        called => called[when][name].clone(),
    };
    for (sid, reason) in of("iam_wildcards", "after").as_object().into_iter().flatten() {
        found.reasons.insert(sid.clone(), text(reason).to_owned());
    }
    let output = |name: &str| Policy { place: Place::Output, holder: format!("policies.{name}"), name: String::new() };
    for (name, policy) in of("policies", "after").as_object().into_iter().flatten() {
        if let Some(document) = policy.as_str().and_then(document) {
            found.statements.extend(of_policy(&output(name), &document)?);
        }
    }
    for (name, unknown) in of("policies", "after_unknown").as_object().into_iter().flatten() {
        if any_true(unknown) {
            found.unknown.insert(output(name));
        }
    }
    Ok(())
}

/// Whose the policy in an attribute is.
fn holder(change: &Value, attribute: &str) -> Policy {
    let after = &change["change"]["after"];
    let address = short(text(&change["address"]));
    let (place, holder, name) = match (text(&change["type"]), attribute) {
        ("aws_iam_role", "assume_role_policy") => (Place::Trust, after["name"].as_str(), None),
        ("aws_iam_role", _) => (Place::Role, after["name"].as_str(), Some(attribute)),
        ("aws_iam_role_policy", _) => (Place::Role, after["role"].as_str(), after["name"].as_str()),
        _ => (Place::Resource, None, None),
    };
    let holder = holder.map_or_else(|| address, str::to_owned);
    Policy { place, holder, name: name.unwrap_or_default().to_owned() }
}

/// A right to call a function is a statement of the function's policy.
fn of_permission(policy: Policy, after: &Value, unknown: &Value) -> Statement {
    let value = |name: &str| if any_true(&unknown[name]) { UNKNOWN } else { text(&after[name]) };
    let tests = [("ArnLike aws:SourceArn", "source_arn"), ("StringEquals aws:SourceAccount", "source_account")];
    let conditions = tests.into_iter().map(|(test, name)| (test, value(name))).filter(|(_, value)| !value.is_empty());
    Statement {
        policy,
        sid: value("statement_id").to_owned(),
        effect: "Allow".to_owned(),
        principals: vec![value("principal").to_owned()],
        actions: Names { all_but: false, names: vec![value("action").to_owned()] },
        resources: Names { all_but: false, names: vec![value("function_name").to_owned()] },
        conditions: conditions.map(|(test, value)| format!("{test} = {value}")).collect(),
    }
}

/// What is known of a document whose text is made when it is applied.
fn of_document(policy: &Policy, after: &Value, unknown: &Value) -> Result<Vec<Statement>> {
    let mut statements = Vec::new();
    for whole in strings(after).filter_map(document) {
        statements.extend(of_policy(policy, &whole)?);
    }
    let parts = ["source_policy_documents", "override_policy_documents"];
    let part_waits = parts.iter().any(|parts| any_true(&unknown[*parts]));
    if unknown["statement"] == true || part_waits {
        let nothing = json!({ "Sid": UNKNOWN, "Action": UNKNOWN, "Resource": UNKNOWN });
        statements.push(of_json(policy, &nothing)?);
    }
    for (index, block) in after["statement"].as_array().into_iter().flatten().enumerate() {
        let unknown = &unknown["statement"][index];
        let mut statement = Map::new();
        let fields = [
            ("Sid", "sid"),
            ("Effect", "effect"),
            ("Action", "actions"),
            ("NotAction", "not_actions"),
            ("Resource", "resources"),
            ("NotResource", "not_resources"),
        ];
        for (name, field) in fields {
            match &block[field] {
                _ if unknown[field] == true => drop(statement.insert(name.to_owned(), UNKNOWN.into())),
                Value::Null => {}
                Value::Array(none) if none.is_empty() => {}
                value => drop(statement.insert(name.to_owned(), value.clone())),
            }
        }
        for (name, field) in [("Principal", "principals"), ("NotPrincipal", "not_principals")] {
            let principals: Vec<_> =
                block[field].as_array().into_iter().flatten().flat_map(|kind| list(&kind["identifiers"])).collect();
            if !principals.is_empty() {
                statement.insert(name.to_owned(), principals.into());
            }
        }
        let mut read = of_json(policy, &Value::Object(statement))?;
        read.conditions = block["condition"].as_array().into_iter().flatten().map(of_condition_block).collect();
        statements.push(read);
    }
    Ok(statements)
}

fn of_condition_block(block: &Value) -> String {
    format!("{} {} = {}", text(&block["test"]), text(&block["variable"]), list(&block["values"]).join(" or "))
}

/// Whether the configuration gives the attribute a value: what it does not is AWS's to say.
fn is_written(plan: &Value, change: &Value, attribute: &str) -> bool {
    let mut module = &plan["configuration"]["root_module"];
    let address = without_keys(text(&change["module_address"]));
    for call in address.split('.').filter(|part| !part.is_empty() && *part != "module") {
        module = &module["module_calls"][call]["module"];
    }
    let (kind, name) = (&change["type"], &change["name"]);
    let mut resources = module["resources"].as_array().into_iter().flatten();
    let configured = resources.find(|it| it["mode"] == "managed" && it["type"] == *kind && it["name"] == *name);
    configured.is_none_or(|resource| resource["expressions"].get(attribute).is_some())
}

/// An address without `[0]` and `["name"]`.
fn without_keys(address: &str) -> String {
    let mut depth = 0;
    let kept = address.chars().filter(|character| {
        depth += i32::from(*character == '[');
        let keep = depth == 0;
        depth -= i32::from(*character == ']');
        keep
    });
    kept.collect()
}

/// An address as it is in the root, whoever calls it.
fn short(address: &str) -> String {
    address.strip_prefix("module.attendance.").unwrap_or(address).to_owned()
}

/// Every string in a value.
fn strings(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(values) => Box::new(values.iter().flat_map(strings)),
        Value::Object(values) => Box::new(values.values().flat_map(strings)),
        _ => Box::new(std::iter::empty()),
    }
}

fn any_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Array(values) => values.iter().any(any_true),
        Value::Object(values) => values.values().any(any_true),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str =
        r#"{ "Statement": { "Sid": "Look", "Effect": "Allow", "Action": "x:Look", "Resource": "*" } }"#;

    /// A plan of one change, whose configuration gives `policy` a value.
    fn plan(kind: &str, change: &Value) -> Value {
        let resource = json!({ "mode": "managed", "type": kind, "name": "it", "expressions": { "policy": {} } });
        let web = json!({ "module": { "resources": [resource] } });
        let attendance = json!({ "module": { "module_calls": { "web": web } } });
        let module = "module.attendance.module.web[\"a.b\"]";
        let changed = json!({
            "address": format!("{module}.{kind}.it[0]"), "module_address": module,
            "mode": "managed", "type": kind, "name": "it", "change": change,
        });
        json!({
            "resource_changes": [changed],
            "configuration": { "root_module": { "module_calls": { "attendance": attendance } } },
        })
    }

    #[test]
    fn a_policy_is_found_in_whatever_attribute_of_whatever_resource() {
        let vault = plan("aws_vault", &json!({ "after": { "locks": [{ "rules": POLICY }] } }));
        let found = read(&vault).unwrap();
        let statement = found.statements.first().unwrap();
        assert_eq!(statement.policy.holder, "module.web[\"a.b\"].aws_vault.it[0]");
        assert!(statement.is_unbounded());
    }

    #[test]
    fn a_policy_that_is_written_but_not_known_is_named() {
        let bucket =
            plan("aws_s3_bucket_policy", &json!({ "after": {}, "after_unknown": { "policy": true, "id": true } }));
        assert_eq!(read(&bucket).unwrap().unknown.len(), 1);
    }

    #[test]
    fn a_policy_that_aws_would_fill_in_is_nobody_s() {
        let queue = plan("aws_iam_role", &json!({ "after": {}, "after_unknown": { "inline_policy": true } }));
        assert!(read(&queue).unwrap().unknown.is_empty());
    }

    #[test]
    fn a_document_that_waits_tells_what_is_known_of_it() {
        let block = json!({
            "sid": "Serve", "effect": null, "actions": ["s3:GetObject"], "resources": [null], "not_resources": null,
            "principals": [{ "type": "Service", "identifiers": ["cloudfront.amazonaws.com"] }],
            "condition": [{ "test": "StringEquals", "variable": "AWS:SourceArn", "values": [null] }],
        });
        let unknown = json!({ "statement": [{ "resources": [true] }] });
        let mut plan =
            plan("aws_iam_policy_document", &json!({ "after": { "statement": [block] }, "after_unknown": unknown }));
        plan["resource_changes"][0]["mode"] = "data".into();
        let found = read(&plan).unwrap();
        let statement = found.statements.first().unwrap();
        assert_eq!((statement.policy.place, statement.effect.as_str()), (Place::Document, "Allow"));
        assert_eq!(statement.resources.names, [UNKNOWN]);
        assert_eq!(statement.principals, ["cloudfront.amazonaws.com"]);
        assert_eq!(statement.conditions, [format!("StringEquals AWS:SourceArn = {UNKNOWN}")]);
    }

    #[test]
    fn a_document_that_waits_may_not_do_everything_either() {
        let block = json!({ "actions": ["s3:GetObject"], "resources": ["*"], "effect": "Allow" });
        let mut plan = plan("aws_iam_policy_document", &json!({ "after": { "statement": [block] } }));
        plan["resource_changes"][0]["mode"] = "data".into();
        assert!(read(&plan).unwrap().statements.first().unwrap().is_unbounded());
    }

    #[test]
    fn a_right_to_call_a_function_is_a_statement() {
        let after = json!({
            "statement_id": "api", "action": "lambda:InvokeFunction", "function_name": "attendance-api",
            "principal": "apigateway.amazonaws.com", "source_account": null,
        });
        let found =
            read(&plan("aws_lambda_permission", &json!({ "after": after, "after_unknown": { "source_arn": true } })));
        let found = found.unwrap();
        let statement = found.statements.first().unwrap();
        assert_eq!(statement.conditions, [format!("ArnLike aws:SourceArn = {UNKNOWN}")]);
    }

    #[test]
    fn policies_that_aws_manages_are_refused() {
        let after = json!({ "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess" });
        let error = read(&plan("aws_iam_role_policy_attachment", &json!({ "after": after }))).unwrap_err();
        assert!(error.to_string().contains("whose statements are in no plan"), "{error}");
    }

    #[test]
    fn outputs_are_the_root_s_or_those_of_an_example() {
        let outputs = json!({ "iam_wildcards": { "Look": "Because." }, "policies": { "reader": POLICY } });
        let root = json!({ "output_changes": {
            "iam_wildcards": { "after": outputs["iam_wildcards"] }, "policies": { "after": outputs["policies"] },
        } });
        let called = json!({ "output_changes": { "attendance": {
            "after": outputs, "after_unknown": { "policies": { "writer": true } },
        } } });
        for plan in [&root, &called] {
            let found = read(plan).unwrap();
            assert_eq!(found.reasons["Look"], "Because.");
            assert_eq!(found.statements.first().unwrap().policy.holder, "policies.reader");
        }
        assert_eq!(read(&called).unwrap().unknown.first().unwrap().holder, "policies.writer");
    }
}
